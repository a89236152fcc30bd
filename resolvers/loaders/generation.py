"""Generations of the viewer, and their places in the queue."""

from __future__ import annotations

from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections

from models.generation import Generation


class GenerationsById(DataLoader[UUID, Generation | None]):
    """The viewer's own generations; None for anybody else's, so that foreign and missing look alike."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[Generation | None]:
        if self.viewer_id is None:
            return [None for _ in keys]
        found = {row.id: row for row in await Generation.filter(id__in=keys, account_id=self.viewer_id)}
        return [found.get(key) for key in keys]


class QueuePositions(DataLoader[UUID, int | None]):
    """How many queued jobs go before each generation; None for one that is not queued."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[int | None]:
        rows = await connections.get("default").execute_query_dict(
            """
            SELECT g.id, (SELECT count(*) FROM generation q
                WHERE q.state = 'QUEUED' AND (-q.priority, q.id) < (-g.priority, g.id)) AS ahead
            FROM generation g WHERE g.id = ANY($1::uuid[]) AND g.state = 'QUEUED'
            """,
            [keys],
        )
        found: dict[UUID, int] = {row["id"]: row["ahead"] for row in rows}
        return [found.get(key) for key in keys]
