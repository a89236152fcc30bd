"""Tombstones: links of a chain that the viewer may know nothing of, except that something stands on them."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry.types import Info

from resolvers.lineage import Stone
from schema.access import Access, field
from schema.node import Node, global_id


@strawberry.type(
    description="A link of a chain that was deleted, withdrawn, removed, or is not for the viewer: it tells not which."
)
class Tombstone(Node):
    video_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, stone: Stone) -> Tombstone:
        """What stands where a video was."""
        return cls(id=global_id("Tombstone", stone.id), video_id=stone.video_id)

    @field(Access.PARENT, "How many published remixes stand on it.")
    async def child_count(self, info: Info) -> int:
        return (await info.context.loaders.counts.load(self.video_id)).remix_count
