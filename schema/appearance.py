"""Appearances: the person shown answers for a draft, and removes any video with their likeness."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import appearance as resolve
from schema.access import Access, plain
from schema.errors import ConflictError, NotFoundError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import row_id


@strawberry.input(description="What the person shown says to a draft.")
class AnswerAppearanceInput:
    video_id: strawberry.ID = strawberry.field(description="A draft with the viewer's likeness that waits for them.")
    cameo_id: strawberry.ID | None = strawberry.field(
        description="Which cameo of theirs; null: all that wait.", default=None
    )
    approve: bool = strawberry.field(description="May it be published?")
    draft_hash: str | None = strawberry.field(
        description="The `draftHash` of what was looked at; another draft is not approved by mistake.", default=None
    )


@strawberry.type(description="The answer counts. A declined draft is withdrawn, and costs its author nothing.")
class AnswerAppearanceSuccess:
    video_id: strawberry.ID = plain("The draft.")


@strawberry.input(description="What to take the viewer's likeness out of.")
class WithdrawLikenessInput:
    video_id: strawberry.ID = strawberry.field(description="A video or draft with the viewer's likeness.")
    cameo_id: strawberry.ID | None = strawberry.field(description="Which cameo of theirs; null: all.", default=None)


@strawberry.type(
    description="The video is hidden from everybody, with all that was made from it; its bytes are purged."
)
class WithdrawLikenessSuccess:
    withdrawn_id: strawberry.ID = plain("Id of the video, to drop it from caches.")
    withdrawn_videos: int = plain("How many videos were hidden.")


AnswerAppearancePayload = Annotated[
    AnswerAppearanceSuccess | UnauthenticatedError | NotFoundError | ConflictError,
    strawberry.union("AnswerAppearancePayload", description="Done, or why not."),
]
WithdrawLikenessPayload = Annotated[
    WithdrawLikenessSuccess | UnauthenticatedError | NotFoundError,
    strawberry.union("WithdrawLikenessPayload", description="Done, or why not."),
]


@strawberry.type
class AppearanceMutations:
    @mutation(Access.MEMBER, "Approve or decline a draft that shows the viewer and waits for them.")
    async def answer_appearance(
        self, info: Info, input: Annotated[AnswerAppearanceInput, strawberry.argument(description="The answer.")]
    ) -> AnswerAppearancePayload:
        answer = resolve.Answer(
            video_id=row_id(input.video_id, "Video", field="videoId"),
            cameo_id=None if input.cameo_id is None else row_id(input.cameo_id, "Cameo", field="cameoId"),
            approve=input.approve,
            draft_hash=input.draft_hash,
        )
        await resolve.answer(info.context, answer)
        return AnswerAppearanceSuccess(video_id=input.video_id)

    @mutation(Access.MEMBER, "Take the viewer's likeness out of any video, alone: it goes, with all made from it.")
    async def withdraw_likeness(
        self, info: Info, input: Annotated[WithdrawLikenessInput, strawberry.argument(description="Which video.")]
    ) -> WithdrawLikenessPayload:
        cameo_id = None if input.cameo_id is None else row_id(input.cameo_id, "Cameo", field="cameoId")
        video_id = row_id(input.video_id, "Video", field="videoId")
        effects = await resolve.withdraw_likeness(info.context, video_id, cameo_id)
        return WithdrawLikenessSuccess(withdrawn_id=input.video_id, withdrawn_videos=effects.videos)
