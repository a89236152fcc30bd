"""Near duplicates as moderators see them."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import duplicates as resolve
from resolvers.video import video_by_id
from schema.access import Access, field, plain
from schema.connection import First
from schema.node import global_id, row_id
from schema.video import Video


@strawberry.type(description="A published clip with much the same pictures or sound as another. For moderators.")
class NearDuplicate:
    found: strawberry.Private[resolve.NearDuplicate]
    pictures: float = plain("How alike the pictures are: 1 the same, about 0 unrelated; mirrored counts as the same.")
    sound: float = plain("How alike the sounds are: 1 the same, about 0 unrelated, or silent.")

    @field(Access.PARENT, "Id of the clip.")
    def video_id(self) -> strawberry.ID:
        return global_id("Video", self.found.video_id)

    @field(Access.PARENT, "The clip; null where the moderator may not watch it, as it is for chosen people only.")
    async def video(self, info: Info) -> Video | None:
        row = await video_by_id(info.context, self.found.video_id)
        return None if row is None else Video.of(row)


@strawberry.type
class DuplicateQueries:
    @field(
        Access.MODERATOR,
        "Published clips with the same pictures or the same sound as this one, however they were encoded, scaled, "
        "brightened, mirrored or cut, the most alike first.",
    )
    async def near_duplicates(
        self,
        info: Info,
        video_id: Annotated[strawberry.ID, strawberry.argument(description="The clip to compare with.")],
        first: First = 10,
    ) -> list[NearDuplicate]:
        found = await resolve.near_duplicates(info.context, row_id(video_id, "Video", field="videoId"), first)
        return [NearDuplicate(found=each, pictures=each.pictures, sound=each.sound) for each in found]
