"""Blocks: whom a member wants nothing to do with."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import block as resolve
from schema.access import Access, plain
from schema.account_ref import AccountRef, account_of
from schema.errors import InvalidError, NotFoundError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import row_id


@strawberry.input(description="Whom to block.")
class BlockInput:
    account_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="Neither follows the other; what they made with the viewer's cameos is withdrawn.")
class BlockSuccess:
    account: AccountRef = plain("The member.")


@strawberry.input(description="Whom to unblock.")
class UnblockInput:
    account_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="The block has ended; what it withdrew stays withdrawn.")
class UnblockSuccess:
    account: AccountRef = plain("The member.")


BlockPayload = Annotated[
    BlockSuccess | UnauthenticatedError | NotFoundError | InvalidError,
    strawberry.union("BlockPayload", description="The member, or why not."),
]
UnblockPayload = Annotated[
    UnblockSuccess | UnauthenticatedError | NotFoundError,
    strawberry.union("UnblockPayload", description="The member, or why not."),
]


@strawberry.type
class BlockMutations:
    @mutation(
        Access.MEMBER,
        "Block a member: their clips with the viewer's cameos stop, and their videos with one are withdrawn, for good.",
    )
    async def block(
        self, info: Info, input: Annotated[BlockInput, strawberry.argument(description="Whom.")]
    ) -> BlockPayload:
        row = await resolve.block(info.context, row_id(input.account_id, "Account", field="accountId"))
        return BlockSuccess(account=await account_of(info, row.id))

    @mutation(Access.MEMBER, "End a block.")
    async def unblock(
        self, info: Info, input: Annotated[UnblockInput, strawberry.argument(description="Whom.")]
    ) -> UnblockPayload:
        row = await resolve.unblock(info.context, row_id(input.account_id, "Account", field="accountId"))
        return UnblockSuccess(account=await account_of(info, row.id))
