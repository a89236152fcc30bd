"""Invites: seats a member may give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from models import account as rows
from resolvers import invite as resolve
from resolvers.policy import in_force
from schema.access import Access, plain
from schema.errors import (
    DeniedError,
    InvalidError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    UnauthenticatedError,
)
from schema.mutation_field import mutation
from schema.node import global_id, row_id


@strawberry.type(description="A seat for one newcomer. Its code is shown once, when it is made.")
class Invite:
    id: strawberry.ID = plain("Opaque id.")
    created_at: datetime = plain("When it was made.")
    used_at: datetime | None = plain("When somebody joined with it.")
    revoked_at: datetime | None = plain("When it was made worthless.")

    @classmethod
    def of(cls, row: rows.Invite) -> Invite:
        """A row as its giver sees it."""
        return cls(
            id=global_id("Invite", row.id), created_at=row.created_at, used_at=row.used_at, revoked_at=row.revoked_at
        )


@strawberry.type(description="The invites a member gave and may still give.")
class InviteList:
    given: list[Invite] = plain("The invites made last, newest first, at most 50.")
    left: int | None = plain("How many more may be made; null when there is no limit.")


async def invite_list(info: Info, account: rows.Account) -> InviteList:
    """The viewer's own invites."""
    given = await resolve.invites_of(account.id)
    left = await resolve.invites_left(account, (await in_force(info.context))["invites_per_account"])
    return InviteList(given=[Invite.of(row) for row in given], left=left)


@strawberry.input(description="A new invite.")
class CreateInviteInput:
    idempotency_key: str = strawberry.field(description="The same key gives the same code again; a UUID is good.")


@strawberry.type(description="The invite is made.")
class CreateInviteSuccess:
    invite_code: str = plain("Give this to the newcomer. It is not shown again.")
    invite: Invite = plain("The invite.")


@strawberry.input(description="Which invite to revoke.")
class RevokeInviteInput:
    invite_id: strawberry.ID = strawberry.field(description="An unused invite of the viewer's.")


@strawberry.type(description="The invite is worthless now and counts as never given.")
class RevokeInviteSuccess:
    invite: Invite = plain("The invite.")


CreateInvitePayload = Annotated[
    CreateInviteSuccess | UnauthenticatedError | DeniedError | InvalidError | QuotaExceededError | RateLimitedError,
    strawberry.union("CreateInvitePayload", description="The code, or why not."),
]
RevokeInvitePayload = Annotated[
    RevokeInviteSuccess | UnauthenticatedError | NotFoundError,
    strawberry.union("RevokeInvitePayload", description="The invite, or why not."),
]


@strawberry.type
class InviteMutations:
    @mutation(Access.MEMBER, "Spend one of the viewer's invites.")
    async def create_invite(
        self, info: Info, input: Annotated[CreateInviteInput, strawberry.argument(description="The key.")]
    ) -> CreateInvitePayload:
        code, row = await resolve.invite(info.context, idempotency_key=input.idempotency_key)
        return CreateInviteSuccess(invite_code=code, invite=Invite.of(row))

    @mutation(Access.MEMBER, "Make an unused invite of the viewer's worthless.")
    async def revoke_invite(
        self, info: Info, input: Annotated[RevokeInviteInput, strawberry.argument(description="Which invite.")]
    ) -> RevokeInvitePayload:
        row = await resolve.revoke_invite(info.context, row_id(input.invite_id, "Invite", field="inviteId"))
        return RevokeInviteSuccess(invite=Invite.of(row))
