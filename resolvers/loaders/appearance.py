"""Which videos the viewer, who is in them, shows on their profile."""

from __future__ import annotations

from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections

from models.rules.video import casts, may_be_listed


class ShownByViewer(DataLoader[UUID, bool | None]):
    """Is it on the viewer's profile? None where they may not put it there: not public, or nobody else cast them."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[bool | None]:
        if self.viewer_id is None:
            return [None for _ in keys]
        rows = await connections.get("default").execute_query_dict(_SHOWS, [keys, self.viewer_id])
        found = {row["id"]: row["shows"] for row in rows}
        return [found.get(key) for key in keys]


# What was put there and is for fewer people now can be taken off, before it is public again.
_SHOWS = f"""
    SELECT video_visibility.id, CASE
        WHEN EXISTS (SELECT 1 FROM shown_appearance s WHERE s.video_id = video_visibility.id AND s.account_id = $2)
            THEN true
        WHEN {may_be_listed("$2::uuid")} AND {casts("$2::uuid")} THEN false
    END AS shows
    FROM video_visibility WHERE video_visibility.id = ANY ($1::uuid[])
"""  # noqa: S608 - rules
