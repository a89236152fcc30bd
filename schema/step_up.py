"""Step-up: confirming that it is still the member who sits there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import step_up as resolve
from schema.access import Access, plain
from schema.errors import ConflictError, DeniedError, RateLimitedError, UnauthenticatedError
from schema.mutation_field import mutation


@strawberry.input(description="Who it is, once more.")
class StepUpInput:
    password: str = strawberry.field(description="The viewer's password.")


@strawberry.type(description="For a while this session may widen permissions and erase.")
class StepUpSuccess:
    until: datetime = plain("When it has to be confirmed again.")


StepUpPayload = Annotated[
    StepUpSuccess | UnauthenticatedError | DeniedError | ConflictError | RateLimitedError,
    strawberry.union("StepUpPayload", description="Until when it counts, or why not."),
]


@strawberry.type
class StepUpMutations:
    @mutation(
        Access.MEMBER,
        "Confirm with the password that it is still you; it counts for 15 minutes. An account without a password signs "
        "in again instead.",
    )
    async def step_up(
        self, info: Info, input: Annotated[StepUpInput, strawberry.argument(description="The password.")]
    ) -> StepUpPayload:
        return StepUpSuccess(until=await resolve.step_up(info.context, input.password))
