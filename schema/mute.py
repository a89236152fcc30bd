"""Mutes: whose videos and comments a member does not want to meet."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import mute as resolve
from schema.access import Access, plain
from schema.account_ref import AccountRef, account_of
from schema.errors import InvalidError, NotFoundError, RateLimitedError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import row_id


@strawberry.input(description="Whom to mute.")
class MuteInput:
    account_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="The viewer no longer meets them in feeds, search, trends, comments and notifications.")
class MuteSuccess:
    account: AccountRef = plain("The member.")


@strawberry.input(description="Whom to meet again.")
class UnmuteInput:
    account_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="The viewer does not mute them.")
class UnmuteSuccess:
    account: AccountRef = plain("The member.")


MutePayload = Annotated[
    MuteSuccess | UnauthenticatedError | NotFoundError | InvalidError | RateLimitedError,
    strawberry.union("MutePayload", description="The member, or why not."),
]
UnmutePayload = Annotated[
    UnmuteSuccess | UnauthenticatedError | NotFoundError,
    strawberry.union("UnmutePayload", description="The member, or why not."),
]


@strawberry.type
class MuteMutations:
    @mutation(Access.MEMBER, "No longer meet a member's videos and comments; they are not told. Twice is success.")
    async def mute(
        self, info: Info, input: Annotated[MuteInput, strawberry.argument(description="Whom.")]
    ) -> MutePayload:
        row = await resolve.mute(info.context, row_id(input.account_id, "Account", field="accountId"))
        return MuteSuccess(account=await account_of(info, row.id))

    @mutation(Access.MEMBER, "Meet a member again.")
    async def unmute(
        self, info: Info, input: Annotated[UnmuteInput, strawberry.argument(description="Whom.")]
    ) -> UnmutePayload:
        row = await resolve.unmute(info.context, row_id(input.account_id, "Account", field="accountId"))
        return UnmuteSuccess(account=await account_of(info, row.id))
