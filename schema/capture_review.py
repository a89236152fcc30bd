"""What moderators do about captures that may show somebody else."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from models import capture as rows
from resolvers import capture_review as resolve
from schema.access import Access, field, plain
from schema.account_ref import AccountRef, account_of
from schema.cameo_ref import CameoRef, cameo_of
from schema.errors import ConflictError, DeniedError, InvalidError, NotFoundError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import global_id, row_id


@strawberry.enum(description="Why a moderator has to look at a capture.")
class ReviewCause(Enum):
    FACE_MATCH = strawberry.enum_value("FACE_MATCH", description="Another member's cameo looks alike.")
    VOICE_MATCH = strawberry.enum_value("VOICE_MATCH", description="Another member's cameo sounds the same.")
    PROTECTED = strawberry.enum_value("PROTECTED", description="A person who asked to be protected looks alike.")


@strawberry.type(description="A capture that waits for a moderator. Nothing of the recording is in here.")
class CaptureReview:
    row: strawberry.Private[rows.Capture]

    @field(Access.PARENT, "Id of the capture.")
    def capture_id(self) -> strawberry.ID:
        return global_id("Capture", self.row.id)

    @field(Access.PARENT, "Who recorded themselves.")
    async def account(self, info: Info) -> AccountRef:
        return await account_of(info, self.row.account_id)

    @field(Access.PARENT, "Why it waits.")
    def cause(self) -> ReviewCause:
        return ReviewCause[rows.Review(self.row.review or "").name]

    @field(Access.PARENT, "When it was started.")
    def created_at(self) -> datetime:
        return self.row.created_at


@strawberry.type
class CaptureReviewQuery:
    @field(Access.MODERATOR, "Captures that wait for a moderator, the oldest first, at most 50.")
    async def captures_to_review(self, info: Info) -> list[CaptureReview]:
        return [CaptureReview(row=row) for row in await resolve.waiting_captures(info.context)]


@strawberry.input(description="Which capture to look at.")
class OpenCaptureInput:
    capture_id: strawberry.ID = strawberry.field(description="A capture that waits for a moderator.")


@strawberry.type(
    description="The capture is open to this moderator for some minutes, and its owner can read that it was."
)
class OpenCaptureSuccess:
    clip_url: str = plain("The recording (MP4).")
    thumbnail_url: str = plain("The face (WebP).")
    expires_at: datetime = plain("When the addresses end. They end with the decision, too.")
    matches: list[CameoRef] = plain("Cameos of other members that look alike; empty for protected persons.")


@strawberry.input(description="A decision about a capture.")
class ResolveCaptureInput:
    capture_id: strawberry.ID = strawberry.field(description="A capture that waits for a moderator.")
    accept: bool = strawberry.field(description="Is it the person themselves?")
    reason: str = strawberry.field(description="Why, at most 300 characters; the person recorded reads it.")


@strawberry.type(description="The decision is taken.")
class ResolveCaptureSuccess:
    resolved_id: strawberry.ID = plain("Id of the capture.")


OpenCapturePayload = Annotated[
    OpenCaptureSuccess | UnauthenticatedError | DeniedError | NotFoundError | ConflictError,
    strawberry.union("OpenCapturePayload", description="Where to look, or why not."),
]
ResolveCapturePayload = Annotated[
    ResolveCaptureSuccess | UnauthenticatedError | DeniedError | NotFoundError | ConflictError | InvalidError,
    strawberry.union("ResolveCapturePayload", description="Done, or why not."),
]


@strawberry.type
class CaptureReviewMutations:
    @mutation(Access.MODERATOR, "Look at a capture that may show somebody else. Its owner can read that it was opened.")
    async def open_capture(
        self, info: Info, input: Annotated[OpenCaptureInput, strawberry.argument(description="Which one.")]
    ) -> OpenCapturePayload:
        found = await resolve.open_capture(info.context, row_id(input.capture_id, "Capture", field="captureId"))
        return OpenCaptureSuccess(
            clip_url=found.clip_url,
            thumbnail_url=found.thumbnail_url,
            expires_at=found.expires_at,
            matches=[await cameo_of(info, match) for match in found.matches],
        )

    @mutation(Access.MODERATOR, "Decide on a capture that may show somebody else.")
    async def resolve_capture(
        self, info: Info, input: Annotated[ResolveCaptureInput, strawberry.argument(description="The decision.")]
    ) -> ResolveCapturePayload:
        capture_id = row_id(input.capture_id, "Capture", field="captureId")
        await resolve.resolve_capture(info.context, capture_id, accept=input.accept, reason=input.reason)
        return ResolveCaptureSuccess(resolved_id=input.capture_id)
