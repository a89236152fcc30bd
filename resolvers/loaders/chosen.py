"""Who was chosen to see each video."""

from __future__ import annotations

from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections

from models.rules.account import in_good_standing


class ViewersByVideo(DataLoader[UUID, list[UUID]]):
    """Accounts chosen for each video, in the order of choosing; those that are gone are left out."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[list[UUID]]:
        rows = await connections.get("default").execute_query_dict(
            f"""
            SELECT w.video_id, w.account_id FROM chosen_viewer w
            WHERE w.video_id = ANY ($1::uuid[]) AND {in_good_standing("w.account_id")} ORDER BY w.id
            """,  # noqa: S608 - a rule
            [keys],
        )
        found: dict[UUID, list[UUID]] = {key: [] for key in keys}
        for row in rows:
            found[row["video_id"]].append(row["account_id"])
        return [found[key] for key in keys]
