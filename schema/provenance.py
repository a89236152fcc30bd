"""Where a video comes from: the recipe it was made by, and who made what it remixes."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from resolvers.credit import credits_of
from resolvers.lineage import stone_of
from resolvers.loaders.credit import CreditReading
from schema.access import Access, field, loaded, plain
from schema.account_ref import AccountRef, account_of
from schema.node import global_id


@strawberry.type(description="Who made one link of the chain that a remix comes from.")
class Credit:
    reading: strawberry.Private[CreditReading]
    distance: int = plain("How many links away: 1 is the video that was remixed.")

    @field(Access.PARENT, "The link, for `node(id:)`: a video, or a tombstone when nothing may be told of it.")
    def link_id(self, info: Info) -> strawberry.ID:
        if self.reading.author_id is None:
            return global_id("Tombstone", stone_of(info.context, self.reading.video_id).id)
        return global_id("Video", self.reading.video_id)

    @field(Access.PARENT, "Who made it; null for a tombstone.")
    async def author(self, info: Info) -> AccountRef | None:
        return None if self.reading.author_id is None else await account_of(info, self.reading.author_id)

    @classmethod
    async def chain(cls, info: Info, video_id: UUID) -> list[Credit]:
        """The credits of a video that the viewer was allowed to load."""
        readings = await credits_of(info.context, video_id)
        return [cls(reading=reading, distance=distance) for distance, reading in enumerate(readings, 1)]


@strawberry.type(description="Where a video comes from.")
class Provenance:
    video_id: strawberry.Private[UUID]

    @loaded(
        Access.PARENT,
        "Everything needed to make the clip again, with what was not understood; null unless the viewer is its author.",
    )
    async def recipe(self, info: Info) -> JSON | None:
        return await info.context.loaders.recipes.load(self.video_id)

    @field(Access.PARENT, "Who made what it comes from, the video that was remixed first; empty for an original.")
    async def credits(self, info: Info) -> list[Credit]:
        return await Credit.chain(info, self.video_id)
