"""Where videos come from and what was made from them."""

from __future__ import annotations

from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections

from models.lineage import Lineage
from models.rules.sql import account
from models.rules.video import may_be_listed


class LineageByVideo(DataLoader[UUID, Lineage | None]):
    """Each video's place in its chain."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[Lineage | None]:
        found = {row.id: row for row in await Lineage.filter(id__in=keys)}
        return [found.get(key) for key in keys]


class RemixCounts(DataLoader[UUID, int]):
    """How many remixes of each video the viewer would be shown; a hidden one stops counting at once."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[int]:
        rows = await connections.get("default").execute_query_dict(
            f"""
            SELECT t.parent_id, count(*) AS remixes FROM lineage t
            JOIN video_visibility ON video_visibility.id = t.id
            WHERE t.parent_id = ANY ($1::uuid[]) AND {may_be_listed(account(self.viewer_id))} GROUP BY t.parent_id
            """,  # noqa: S608 - rules
            [keys],
        )
        found: dict[UUID, int] = {row["parent_id"]: row["remixes"] for row in rows}
        return [found.get(key, 0) for key in keys]
