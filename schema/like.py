"""Likes: what members like, once each."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import like as resolve
from schema.access import Access, plain
from schema.errors import NotFoundError, RateLimitedError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import row_id
from schema.video import Video


@strawberry.input(description="What to like.")
class LikeInput:
    video_id: strawberry.ID = strawberry.field(description="A published video that the viewer may see.")


@strawberry.type(description="The viewer likes it.")
class LikeSuccess:
    video: Video = plain("The video, with its counts.")


@strawberry.input(description="What to like no more.")
class UnlikeInput:
    video_id: strawberry.ID = strawberry.field(description="The video.")


@strawberry.type(description="The viewer does not like it.")
class UnlikeSuccess:
    video: Video = plain("The video, with its counts.")


LikePayload = Annotated[
    LikeSuccess | UnauthenticatedError | NotFoundError | RateLimitedError,
    strawberry.union("LikePayload", description="The video, or why not."),
]
UnlikePayload = Annotated[
    UnlikeSuccess | UnauthenticatedError | NotFoundError | RateLimitedError,
    strawberry.union("UnlikePayload", description="The video, or why not."),
]


@strawberry.type
class LikeMutations:
    @mutation(Access.MEMBER, "Like a video; liking twice is success.")
    async def like(
        self, info: Info, input: Annotated[LikeInput, strawberry.argument(description="Which video.")]
    ) -> LikePayload:
        row = await resolve.like(info.context, row_id(input.video_id, "Video", field="videoId"))
        return LikeSuccess(video=Video.of(row))

    @mutation(Access.MEMBER, "Take a like back; without one it is success.")
    async def unlike(
        self, info: Info, input: Annotated[UnlikeInput, strawberry.argument(description="Which video.")]
    ) -> UnlikePayload:
        row = await resolve.unlike(info.context, row_id(input.video_id, "Video", field="videoId"))
        return UnlikeSuccess(video=Video.of(row))
