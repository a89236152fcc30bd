"""What a member met in a feed, as clients tell it."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import impression as resolve
from schema.access import Access, plain
from schema.errors import InvalidError, NotFoundError, RateLimitedError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import row_id


@strawberry.input(description="One video that was shown.")
class ViewInput:
    video_id: strawberry.ID = strawberry.field(description="The video.")
    seconds: float = strawberry.field(description="For how many seconds it ran in view, 0 to 3600.", default=0.0)


@strawberry.input(description="What the viewer met.")
class NoteViewsInput:
    views: list[ViewInput] = strawberry.field(description="At most 50; the longest time of a video counts.")


@strawberry.type(description="Noted. The ranked feed does not show these again while there is anything new.")
class NoteViewsSuccess:
    new_count: int = plain("How many of them the viewer had not met before.")


NoteViewsPayload = Annotated[
    NoteViewsSuccess | UnauthenticatedError | NotFoundError | InvalidError | RateLimitedError,
    strawberry.union("NoteViewsPayload", description="That it is noted, or why not."),
]


@strawberry.type
class ImpressionMutations:
    @mutation(
        Access.MEMBER,
        "Note which videos the viewer met, and for how long. Sending again is harmless; each counts one view a member.",
    )
    async def note_views(
        self, info: Info, input: Annotated[NoteViewsInput, strawberry.argument(description="What they met.")]
    ) -> NoteViewsPayload:
        seconds: dict[str, float] = {}
        for each in input.views:
            seconds[each.video_id] = max(each.seconds, seconds.get(each.video_id, each.seconds))
        ids = {row_id(video_id, "Video", field="views"): ran for video_id, ran in seconds.items()}
        return NoteViewsSuccess(new_count=await resolve.note_views(info.context, ids))
