"""Reports of videos and appeals against moderators' decisions, as members and moderators see them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from models import report as rows
from resolvers import report as resolve
from resolvers.page import Page, Window
from resolvers.report_media import open_evidence
from schema.access import Access, field, plain
from schema.account_ref import AccountRef, account_of
from schema.connection import After, First, PageInfo
from schema.errors import (
    ConflictError,
    DeniedError,
    IdempotencyConflictError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    UnauthenticatedError,
)
from schema.mutation_field import mutation
from schema.node import global_id, row_id


@strawberry.enum(description="What a report says is wrong.")
class ReportReason(Enum):
    LIKENESS = strawberry.enum_value("LIKENESS", description="It shows a person who did not agree to it.")
    MINOR = strawberry.enum_value("MINOR", description="It endangers a child.")
    SEXUAL = strawberry.enum_value("SEXUAL", description="It is sexual.")
    VIOLENCE = strawberry.enum_value("VIOLENCE", description="It shows or calls for violence.")
    HATE = strawberry.enum_value("HATE", description="It attacks people for what they are.")
    DECEPTION = strawberry.enum_value("DECEPTION", description="It passes off something made up as true.")
    OTHER = strawberry.enum_value("OTHER", description="Something else: say what.")


@strawberry.enum(description="Who asks for what.")
class ReportKind(Enum):
    REPORT = strawberry.enum_value("REPORT", description="A member says that something is wrong with a video.")
    APPEAL = strawberry.enum_value("APPEAL", description="Its author asks moderators to look again at what they did.")


@strawberry.enum(description="What moderators decide. The people shown and the author decide for themselves.")
class ReportVerdict(Enum):
    CLEAR = strawberry.enum_value(
        "CLEAR", description="It stays as it stands; on an appeal what moderators did to the video is undone."
    )
    HIDE = strawberry.enum_value("HIDE", description="Nobody sees it for now.")
    REMOVE = strawberry.enum_value("REMOVE", description="Nobody sees it any more.")


@strawberry.type(description="A report or an appeal. For moderators.")
class Report:
    row: strawberry.Private[rows.Report]

    @field(Access.PARENT, "For `resolveReport` and `openEvidence`.")
    def id(self) -> strawberry.ID:
        return global_id("Report", self.row.id)

    @field(Access.PARENT, "A report, or an appeal.")
    def kind(self) -> ReportKind:
        return ReportKind[self.row.kind.name]

    @field(Access.PARENT, "Id of the video.")
    def video_id(self) -> strawberry.ID:
        return global_id("Video", self.row.video_id)

    @field(Access.PARENT, "Who sent it; null once their account is gone.")
    async def reporter(self, info: Info) -> AccountRef | None:
        return None if self.row.reporter_id is None else await account_of(info, self.row.reporter_id)

    @field(Access.PARENT, "What is wrong; null for an appeal.")
    def reason(self) -> ReportReason | None:
        return ReportReason.__members__.get(self.row.reason.name)

    @field(Access.PARENT, "In the words of whoever sent it.")
    def text(self) -> str:
        return self.row.text

    @field(Access.PARENT, "When it was sent.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @field(Access.PARENT, "What was decided; null while it is open.")
    def verdict(self) -> ReportVerdict | None:
        return None if self.row.verdict is None else ReportVerdict[rows.Verdict(self.row.verdict).name]

    @field(Access.PARENT, "What the moderator wrote about it.")
    def note(self) -> str:
        return self.row.note

    @field(Access.PARENT, "When it was decided.")
    def resolved_at(self) -> datetime | None:
        return self.row.resolved_at


@strawberry.type(description="A report and its place in the list.")
class ReportEdge:
    cursor: str = plain("The place of this report: give it as `after`.")
    node: Report = plain("The report.")


@strawberry.type(description="A page of reports.")
class ReportConnection:
    edges: list[ReportEdge] = plain("Reports and appeals, newest first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[rows.Report]) -> ReportConnection:
        """A page for a moderator."""
        pairs = zip(page.rows, page.cursors, strict=True)
        edges = [ReportEdge(cursor=cursor, node=Report(row=row)) for row, cursor in pairs]
        return cls(edges=edges, page_info=PageInfo.of(page))


Waiting = Annotated[bool, strawberry.argument(description="Only those that nobody has decided yet.")]


@strawberry.type
class ReportQueries:
    @field(Access.MODERATOR, "Reports and appeals, newest first.")
    async def reports(
        self, info: Info, *, waiting: Waiting = True, first: First = 20, after: After = None
    ) -> ReportConnection:
        return ReportConnection.of(await resolve.reports(info.context, Window(first, after), waiting=waiting))


@strawberry.input(description="What is wrong with a video.")
class ReportInput:
    video_id: strawberry.ID = strawberry.field(description="A video that the viewer may see.")
    reason: ReportReason = strawberry.field(description="What is wrong.")
    text: str = strawberry.field(description="More about it, at most 1,000 characters.", default="")
    idempotency_key: str = strawberry.field(description="The same key and body send one report; a UUID is good.")


@strawberry.type(description="Moderators will look at it.")
class ReportSuccess:
    report_id: strawberry.ID = plain("Id of the report. A second one about the same video, while it is open, is this.")


@strawberry.input(description="Why moderators should look again.")
class AppealInput:
    video_id: strawberry.ID = strawberry.field(description="A video of the viewer's that moderators took away.")
    text: str = strawberry.field(description="Why, at most 1,000 characters.")


@strawberry.type(description="Moderators will look again.")
class AppealSuccess:
    report_id: strawberry.ID = plain("Id of the appeal. A second one, while it is open, is this.")


@strawberry.input(description="A decision about a video.")
class ResolveReportInput:
    report_id: strawberry.ID = strawberry.field(description="A report or an appeal that is open.")
    verdict: ReportVerdict = strawberry.field(description="The decision.")
    note: str = strawberry.field(description="Why, for other moderators; at most 1,000 characters.", default="")


@strawberry.type(description="Every open report (or the open appeal) about the video is decided.")
class ResolveReportSuccess:
    report: Report = plain("The report.")


@strawberry.input(description="Which sealed copy to look at.")
class OpenEvidenceInput:
    report_id: strawberry.ID = strawberry.field(description="An open report about a video that was withdrawn since.")


@strawberry.type(
    description="The copy is open to this moderator for some minutes; the people shown can read that it was."
)
class OpenEvidenceSuccess:
    url: str = plain("The clip (MP4).")
    expires_at: datetime = plain("When the address ends. It ends with the decision, too.")


ReportPayload = Annotated[
    ReportSuccess
    | UnauthenticatedError
    | NotFoundError
    | InvalidError
    | ConflictError
    | IdempotencyConflictError
    | RateLimitedError,
    strawberry.union("ReportPayload", description="The report, or why it was not taken."),
]
AppealPayload = Annotated[
    AppealSuccess | UnauthenticatedError | NotFoundError | InvalidError | ConflictError | RateLimitedError,
    strawberry.union("AppealPayload", description="The appeal, or why there is none."),
]
ResolveReportPayload = Annotated[
    ResolveReportSuccess | UnauthenticatedError | DeniedError | NotFoundError | ConflictError | InvalidError,
    strawberry.union("ResolveReportPayload", description="The decided report, or why not."),
]
OpenEvidencePayload = Annotated[
    OpenEvidenceSuccess | UnauthenticatedError | DeniedError | NotFoundError | ConflictError,
    strawberry.union("OpenEvidencePayload", description="Where to look, or why not."),
]


@strawberry.type
class ReportMutations:
    @mutation(Access.MEMBER, "Tell moderators that something is wrong with a video.")
    async def report(
        self, info: Info, input: Annotated[ReportInput, strawberry.argument(description="What is wrong.")]
    ) -> ReportPayload:
        filing = resolve.Filing(
            video_id=row_id(input.video_id, "Video", field="videoId"),
            reason=rows.ReportReason[input.reason.name],
            text=input.text,
            idempotency_key=input.idempotency_key,
        )
        row = await resolve.report(info.context, filing)
        return ReportSuccess(report_id=global_id("Report", row.id))

    @mutation(
        Access.MEMBER,
        "Ask moderators to look again at a video of the viewer's that they took away. There is no appeal against the "
        "decision of a person shown.",
    )
    async def appeal(
        self, info: Info, input: Annotated[AppealInput, strawberry.argument(description="Which, and why.")]
    ) -> AppealPayload:
        row = await resolve.appeal(info.context, row_id(input.video_id, "Video", field="videoId"), input.text)
        return AppealSuccess(report_id=global_id("Report", row.id))

    @mutation(Access.MODERATOR, "Decide about a reported video, or an appeal. Nobody else's decision is touched.")
    async def resolve_report(
        self, info: Info, input: Annotated[ResolveReportInput, strawberry.argument(description="The decision.")]
    ) -> ResolveReportPayload:
        report_id = row_id(input.report_id, "Report", field="reportId")
        row = await resolve.resolve(info.context, report_id, rows.Verdict[input.verdict.name], input.note)
        return ResolveReportSuccess(report=Report(row=row))

    @mutation(
        Access.MODERATOR,
        "Look at the sealed copy of a video that was withdrawn under an open report. The people shown can read that it "
        "was opened.",
    )
    async def open_evidence(
        self, info: Info, input: Annotated[OpenEvidenceInput, strawberry.argument(description="Which one.")]
    ) -> OpenEvidencePayload:
        found = await open_evidence(info.context, row_id(input.report_id, "Report", field="reportId"))
        return OpenEvidenceSuccess(url=found.url, expires_at=found.expires_at)
