"""Follows: whose videos a member wants to see."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import follow as resolve
from schema.access import Access, plain
from schema.account_ref import AccountRef, account_of
from schema.errors import ConflictError, InvalidError, NotFoundError, RateLimitedError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import row_id


@strawberry.input(description="Whom to follow.")
class FollowInput:
    account_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="The viewer follows them.")
class FollowSuccess:
    account: AccountRef = plain("The member.")


@strawberry.input(description="Whom to stop following.")
class UnfollowInput:
    account_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="The viewer does not follow them.")
class UnfollowSuccess:
    account: AccountRef = plain("The member.")


FollowPayload = Annotated[
    FollowSuccess | UnauthenticatedError | NotFoundError | ConflictError | InvalidError | RateLimitedError,
    strawberry.union("FollowPayload", description="The member, or why not."),
]
UnfollowPayload = Annotated[
    UnfollowSuccess | UnauthenticatedError | NotFoundError,
    strawberry.union("UnfollowPayload", description="The member, or why not."),
]


@strawberry.type
class FollowMutations:
    @mutation(Access.MEMBER, "Follow a member; following twice is success.")
    async def follow(
        self, info: Info, input: Annotated[FollowInput, strawberry.argument(description="Whom.")]
    ) -> FollowPayload:
        row = await resolve.follow(info.context, row_id(input.account_id, "Account", field="accountId"))
        return FollowSuccess(account=await account_of(info, row.id))

    @mutation(Access.MEMBER, "Stop following a member. What either allowed the other as a mutual ends.")
    async def unfollow(
        self, info: Info, input: Annotated[UnfollowInput, strawberry.argument(description="Whom.")]
    ) -> UnfollowPayload:
        row = await resolve.unfollow(info.context, row_id(input.account_id, "Account", field="accountId"))
        return UnfollowSuccess(account=await account_of(info, row.id))
