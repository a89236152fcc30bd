"""Receipts as clients see them: what was taken out of videos, what was erased, and the public state of a use."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from models import erasure as erasures
from models import withdrawal as rows
from models.consent.public_state import Answer
from resolvers import verification as resolve
from resolvers.erase import delete_account
from resolvers.page import Page
from resolvers.receipt import consent_receipt_url, erasure_receipt_url, withdrawal_receipt_url
from schema.access import Access, field, plain
from schema.connection import PageInfo
from schema.consent import WithdrawalReason
from schema.errors import ConflictError, StepUpRequiredError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import global_id, row_id


@strawberry.type(description="How much of one class of data was destroyed.")
class Destroyed:
    name: str = plain("Class, as the manifest of erasures calls it.")
    objects: int = plain("How many objects or rows.")
    bytes: int = plain("How many bytes, as far as they were counted.")


@strawberry.type(description="One act that took a cameo out of videos. For the cameo's owner.")
class Withdrawal:
    row: strawberry.Private[rows.Withdrawal]

    @field(Access.PARENT, "When it was asked for: from then on nobody saw those videos.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @field(Access.PARENT, "Why.")
    def reason(self) -> WithdrawalReason:
        return WithdrawalReason[self.row.reason.name]

    @field(Access.PARENT, "How many videos it hid, drafts and remixes among them.")
    def videos(self) -> int:
        return self.row.videos

    @field(Access.PARENT, "What was destroyed so far.")
    def destroyed(self) -> list[Destroyed]:
        return _destroyed(self.row.purged)

    @field(Access.PARENT, "When everything was destroyed; null until then.")
    def purged_at(self) -> datetime | None:
        return self.row.purged_at

    @field(Access.PARENT, "Where the signed deletion receipt can be fetched for a day; null until all is destroyed.")
    def receipt_url(self, info: Info) -> str | None:
        return withdrawal_receipt_url(info.context.stores, self.row, datetime.now(UTC))


@strawberry.type(description="A withdrawal and its place in the list.")
class WithdrawalEdge:
    cursor: str = plain("The place of this withdrawal: give it as `after`.")
    node: Withdrawal = plain("The withdrawal.")


@strawberry.type(description="A page of withdrawals.")
class WithdrawalConnection:
    edges: list[WithdrawalEdge] = plain("The withdrawals, newest first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[rows.Withdrawal]) -> WithdrawalConnection:
        """A page of rows of a cameo of the viewer's."""
        edges = [
            WithdrawalEdge(cursor=cursor, node=Withdrawal(row=row))
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.type(description="The erasure of a cameo or an account. For whoever asked for it.")
class Erasure:
    row: strawberry.Private[erasures.Erasure]

    @field(Access.PARENT, "When it was asked for: from then on nobody used or saw any of it.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @field(Access.PARENT, "What was destroyed so far.")
    def destroyed(self) -> list[Destroyed]:
        return _destroyed(self.row.erased)

    @field(Access.PARENT, "When everything was destroyed; null until then.")
    def done_at(self) -> datetime | None:
        return self.row.done_at

    @field(
        Access.PARENT,
        "Where the signed deletion receipt can be fetched once all is destroyed; for a day, or 30 for an account.",
    )
    def receipt_url(self, info: Info) -> str:
        farewell = self.row.kind is erasures.ErasureKind.ACCOUNT
        return erasure_receipt_url(info.context.stores, self.row.id, datetime.now(UTC), farewell=farewell)


@strawberry.enum(description="Is a use still consented to?")
class VerificationAnswer(Enum):
    CONSENTED = strawberry.enum_value("CONSENTED", description="Everybody shown consents to it at this moment.")
    NOT_CONSENTED = strawberry.enum_value(
        "NOT_CONSENTED", description="It is not consented to, was withdrawn, or was never published. Why is not told."
    )
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="Not made here, changed since, or not for everybody.")
    NO_LIKENESS = strawberry.enum_value("NO_LIKENESS", description="Made here; it carries nobody's cameo.")


@strawberry.type(description="The answer of `verify`. Nothing in it is personal, and two answers cannot be linked.")
class Verification:
    answer: VerificationAnswer = plain("The answer.")
    checked_at: datetime = plain("When it was true.")
    video_id: strawberry.ID | None = plain("The published video, when there is one to be seen.")
    receipt: JSON | None = plain("The answer as signed JSON, which `yume receipt verify` checks without this server.")

    @classmethod
    def of(cls, found: resolve.Verified) -> Verification:
        """What was found."""
        return cls(
            answer=VerificationAnswer[found.answer.name],
            checked_at=found.at,
            video_id=None if found.video_id is None else global_id("Video", found.video_id),
            receipt=None if found.receipt is None else JSON(found.receipt),
        )


@strawberry.type(description="Whether the people shown in a video consent to it, as anybody may know.")
class VideoConsent:
    state: VerificationAnswer = plain("The state at this moment.")
    receipt_url: str | None = plain("Where anybody can fetch it as signed JSON; null unless the video is published.")

    @classmethod
    async def of_video(cls, info: Info, video_id: UUID) -> VideoConsent:
        """The state of a video that the viewer was allowed to load."""
        found = await info.context.loaders.consent.load(video_id)
        shown = found.public and found.answer is not Answer.NO_LIKENESS
        url = consent_receipt_url(info.context.stores, video_id) if shown else None
        return cls(state=VerificationAnswer[found.answer.name], receipt_url=url)


@strawberry.input(description="The viewer's own account, to be deleted for ever.")
class DeleteAccountInput:
    handle: str = strawberry.field(description="The viewer's handle, typed once more to confirm.")


@strawberry.type(description="The account is deleted; nobody is signed in to it any more.")
class DeleteAccountSuccess:
    erasure: Erasure = plain("What is being destroyed. Keep the receipt's address: nobody can ask for it again.")


DeleteAccountPayload = Annotated[
    DeleteAccountSuccess | UnauthenticatedError | StepUpRequiredError | ConflictError,
    strawberry.union("DeleteAccountPayload", description="The erasure, or why not."),
]


@strawberry.type
class VerificationQueries:
    @field(
        Access.ANYONE,
        "Is this use still consented to? For exactly one of: a file's hash, a video, an upload of purpose VERIFY. A "
        "file is known by its very bytes: a copy that was cut or encoded again is UNKNOWN.",
    )
    async def verify(
        self,
        info: Info,
        sha256: Annotated[str | None, strawberry.argument(description="SHA-256 of the file, 64 hex digits.")] = None,
        video_id: Annotated[strawberry.ID | None, strawberry.argument(description="A video.")] = None,
        upload_id: Annotated[strawberry.ID | None, strawberry.argument(description="A file sent for this.")] = None,
    ) -> Verification:
        found = await resolve.verify(
            info.context,
            sha256=sha256,
            video_id=None if video_id is None else row_id(video_id, "Video", field="videoId"),
            upload_id=None if upload_id is None else row_id(upload_id, "Upload", field="uploadId"),
        )
        return Verification.of(found)


@strawberry.type
class EraseMutations:
    @mutation(
        Access.MEMBER,
        "Delete the viewer's account: cameos are erased, videos, drafts and prompts destroyed. Remixes that others "
        "made stay, under a tombstone. Needs a step-up.",
    )
    async def delete_account(
        self, info: Info, input: Annotated[DeleteAccountInput, strawberry.argument(description="Whose, once more.")]
    ) -> DeleteAccountPayload:
        return DeleteAccountSuccess(erasure=Erasure(row=await delete_account(info.context, input.handle)))


def _destroyed(counts: dict[str, dict[str, int]]) -> list[Destroyed]:
    return [Destroyed(name=name, **found) for name, found in sorted(counts.items())]
