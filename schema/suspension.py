"""Suspension: an admin pauses an account, reversibly."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import suspension as resolve
from schema.access import Access, plain
from schema.account_ref import AccountRef, account_of
from schema.errors import ConflictError, DeniedError, NotFoundError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import row_id


@strawberry.input(description="Whose account to suspend.")
class SuspendAccountInput:
    account_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="They are signed out, what they published is hidden, and nobody can use their cameos.")
class SuspendAccountSuccess:
    account: AccountRef = plain("The suspended account.")


@strawberry.input(description="Whose suspension to lift.")
class UnsuspendAccountInput:
    account_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="They can sign in again; everything is as it was.")
class UnsuspendAccountSuccess:
    account: AccountRef = plain("The account.")


SuspendAccountPayload = Annotated[
    SuspendAccountSuccess | UnauthenticatedError | DeniedError | NotFoundError | ConflictError,
    strawberry.union("SuspendAccountPayload", description="The member, or why not."),
]
UnsuspendAccountPayload = Annotated[
    UnsuspendAccountSuccess | UnauthenticatedError | DeniedError | NotFoundError,
    strawberry.union("UnsuspendAccountPayload", description="The member, or why not."),
]


@strawberry.type
class SuspensionMutations:
    @mutation(
        Access.ADMIN,
        "Pause an account: its sessions and clips end; its videos and cameos are out of use until it is lifted.",
    )
    async def suspend_account(
        self, info: Info, input: Annotated[SuspendAccountInput, strawberry.argument(description="Whom.")]
    ) -> SuspendAccountPayload:
        row = await resolve.suspend(info.context, row_id(input.account_id, "Account", field="accountId"))
        return SuspendAccountSuccess(account=await account_of(info, row.id))

    @mutation(Access.ADMIN, "Lift a suspension.")
    async def unsuspend_account(
        self, info: Info, input: Annotated[UnsuspendAccountInput, strawberry.argument(description="Whom.")]
    ) -> UnsuspendAccountPayload:
        row = await resolve.unsuspend(info.context, row_id(input.account_id, "Account", field="accountId"))
        return UnsuspendAccountSuccess(account=await account_of(info, row.id))
