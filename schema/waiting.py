"""The waiting list: anybody joins and leaves it, admins admit from it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import waiting_list as resolve
from resolvers.page import Page, Window
from schema.access import Access, field, plain
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


@strawberry.type(description="Somebody who waits to be admitted. For admins.")
class WaitingEntry:
    id: strawberry.ID = plain("For `admitFromWaitingList`.")
    contact: str | None = plain("How to reach them, as they wrote it; null when it can no longer be read.")
    note: str | None = plain("What they added; null when it can no longer be read.")
    region: str = plain("Where they say they are, an ISO 3166-1 alpha-2 code.")
    since: datetime = plain("When they joined the list.")
    admitted_at: datetime | None = plain("When an invite was made for them. They stay listed until they use it.")

    @classmethod
    def of(cls, waiting: resolve.Waiting) -> WaitingEntry:
        """An entry as an admin sees it."""
        said, row = waiting.said, waiting.row
        return cls(
            id=global_id("WaitingEntry", row.id),
            contact=None if said is None else said.contact,
            note=None if said is None else said.note,
            region=row.region,
            since=row.created_at,
            admitted_at=row.admitted_at,
        )


@strawberry.type(description="Somebody who waits, and their place in the list.")
class WaitingEdge:
    cursor: str = plain("The place of this entry: give it as `after`.")
    node: WaitingEntry = plain("The entry.")


@strawberry.type(description="A page of the waiting list.")
class WaitingConnection:
    edges: list[WaitingEdge] = plain("Who waits, longest first; one entry for each contact.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[resolve.Waiting]) -> WaitingConnection:
        """A page for an admin."""
        pairs = zip(page.rows, page.cursors, strict=True)
        edges = [WaitingEdge(cursor=cursor, node=WaitingEntry.of(each)) for each, cursor in pairs]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.type
class WaitingQueries:
    @field(Access.ADMIN, "Who waits to be admitted.")
    async def waiting_list(self, info: Info, first: First = 20, after: After = None) -> WaitingConnection:
        return WaitingConnection.of(await resolve.waiting(info.context, Window(first, after)))


@strawberry.input(description="A wish to be admitted. Nobody need be a member.")
class JoinWaitingListInput:
    contact: str = strawberry.field(
        description="How to reach you, such as an e-mail address; at most 200 characters. It is kept encrypted, read "
        "by this server's admins only, and erased when you join, leave, or after the rule `waiting_list_days`."
    )
    region: str = strawberry.field(description="Where you are, an ISO 3166-1 alpha-2 code such as CA.")
    note: str = strawberry.field(description="What else you like to say; at most 500 characters.", default="")
    idempotency_key: str = strawberry.field(description="The same key and body join once; a UUID is good.")


@strawberry.type(
    description="You wait. The answer is the same for a contact that waits already. This server sends no mail: if you "
    "are admitted, a person who runs it writes to you."
)
class JoinWaitingListSuccess:
    leave_token: str = plain("Keep it: `leaveWaitingList` takes it, and nothing else can take you off the list.")
    kept_until: datetime = plain("When this is erased at the latest.")


@strawberry.input(description="Which entry to take back.")
class LeaveWaitingListInput:
    token: str = strawberry.field(description="The `leaveToken`.")


@strawberry.type(description="What was kept under the token is erased. An unknown token is answered the same.")
class LeaveWaitingListSuccess:
    left: bool = plain("True.")


@strawberry.input(description="Whom to admit.")
class AdmitFromWaitingListInput:
    entry_id: strawberry.ID = strawberry.field(description="The entry.")
    idempotency_key: str = strawberry.field(description="The same key shows the same code again; a UUID is good.")


@strawberry.type(description="There is an invite for them. This server sends no mail: write to them yourself.")
class AdmitFromWaitingListSuccess:
    invite_code: str = plain("Send this to them. It is not shown again.")
    entry: WaitingEntry = plain("Who they are and how to reach them.")


JoinWaitingListPayload = Annotated[
    JoinWaitingListSuccess | InvalidError | ConflictError | IdempotencyConflictError | RateLimitedError,
    strawberry.union("JoinWaitingListPayload", description="That you wait, or why not."),
]
LeaveWaitingListPayload = Annotated[
    LeaveWaitingListSuccess | RateLimitedError,
    strawberry.union("LeaveWaitingListPayload", description="That it is done, or why not."),
]
AdmitFromWaitingListPayload = Annotated[
    AdmitFromWaitingListSuccess | UnauthenticatedError | DeniedError | NotFoundError | ConflictError | InvalidError,
    strawberry.union("AdmitFromWaitingListPayload", description="The code, or why there is none."),
]


@strawberry.type
class WaitingMutations:
    @mutation(Access.ANYONE, "Wait to be admitted to this server.")
    async def join_waiting_list(
        self, info: Info, input: Annotated[JoinWaitingListInput, strawberry.argument(description="Who and where.")]
    ) -> JoinWaitingListPayload:
        joined = await resolve.join(
            info.context,
            contact=input.contact,
            region=input.region,
            note=input.note,
            idempotency_key=input.idempotency_key,
        )
        return JoinWaitingListSuccess(leave_token=joined.token, kept_until=joined.kept_until)

    @mutation(Access.ANYONE, "Leave the waiting list; what was kept is erased at once.")
    async def leave_waiting_list(
        self, info: Info, input: Annotated[LeaveWaitingListInput, strawberry.argument(description="Which entry.")]
    ) -> LeaveWaitingListPayload:
        await resolve.leave(info.context, input.token)
        return LeaveWaitingListSuccess(left=True)

    @mutation(Access.ADMIN, "Make an invite for somebody who waits.")
    async def admit_from_waiting_list(
        self, info: Info, input: Annotated[AdmitFromWaitingListInput, strawberry.argument(description="Whom.")]
    ) -> AdmitFromWaitingListPayload:
        admitted = await resolve.admit(
            info.context,
            row_id(input.entry_id, "WaitingEntry", field="entryId"),
            idempotency_key=input.idempotency_key,
        )
        return AdmitFromWaitingListSuccess(invite_code=admitted.code, entry=WaitingEntry.of(admitted.entry))
