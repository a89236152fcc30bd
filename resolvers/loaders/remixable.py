"""Which videos are open to the viewer's remixes, as far as their authors' age goes."""

from __future__ import annotations

from uuid import UUID

from tortoise import connections

from models.rules.sql import account
from models.rules.video import open_to
from resolvers.loaders.known import Known


class OpenToRemix(Known[UUID, bool]):
    """One statement for all videos of a page. Whether the author wants remixes is on the video."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[bool]:
        rows = await connections.get("default").execute_query_dict(
            f"""
            SELECT id FROM video_visibility WHERE id = ANY ($1::uuid[]) AND {open_to(account(self.viewer_id))}
            """,  # noqa: S608 - a rule
            [keys],
        )
        found = {row["id"] for row in rows}
        return [key in found for key in keys]
