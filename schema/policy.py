"""Policy: the rules in force, their history, and the admin's mutation that changes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from models.policy import PolicyRow
from resolvers import policy as resolve
from schema.access import Access, field, plain
from schema.errors import DeniedError, InvalidError, UnauthenticatedError
from schema.mutation_field import mutation


@strawberry.type(description="One version of one rule.")
class PolicyChange:
    key: str = plain("Name of the rule.")
    value: JSON = plain("Its value from then on.")
    since: datetime = plain("When it came, or comes, into force.")
    announced_at: datetime = plain("When it was written down.")

    @classmethod
    def of(cls, row: PolicyRow) -> PolicyChange:
        """A row as clients see it: who set it stays with the operator."""
        return cls(key=row.key, value=row.value, since=row.effective_at or row.created_at, announced_at=row.created_at)


@strawberry.type(description="One rule as it stands.")
class PolicyRule:
    key: str = plain("Name of the rule.")
    value: JSON = plain("Its value in force.")
    sentence: str = plain("Which values it takes, in words for people.")
    since: datetime | None = plain("When this value came into force; null for a rule that nobody has written down yet.")
    upcoming: list[PolicyChange] = plain("Changes that are announced and not in force yet, the next first.")

    @classmethod
    def of(cls, reading: resolve.RuleReading) -> PolicyRule:
        """A reading as clients see it."""
        return cls(
            key=reading.key,
            value=reading.value,
            sentence=reading.takes,
            since=reading.since,
            upcoming=[PolicyChange.of(row) for row in reading.upcoming],
        )


@strawberry.type(
    description="The rules of this server. They are data that the operator changes, with a public history."
)
class Policy:
    values: strawberry.Private[dict[str, Any]]

    @field(Access.PARENT, "Regions new members may come from, as ISO 3166-1 alpha-2 codes.")
    def regions(self) -> list[str]:
        return self.values["regions"]

    @field(Access.PARENT, "Least age of a member, in years.")
    def minimum_age(self) -> int:
        return self.values["minimum_age"]

    @field(Access.PARENT, "Least age from which members lend their own face and voice, in years.")
    def cameo_minimum_age(self) -> int:
        return self.values["cameo_minimum_age"]

    @field(Access.PARENT, "Invites each member may give.")
    def invites_per_account(self) -> int:
        return self.values["invites_per_account"]

    @field(Access.PARENT, "Shortest clip, in seconds.")
    def min_seconds(self) -> float:
        return self.values["clip_seconds_min"]

    @field(Access.PARENT, "Longest clip, in seconds.")
    def max_seconds(self) -> float:
        return self.values["clip_seconds_max"]

    @field(Access.PARENT, "Length of a clip when the request names none, in seconds.")
    def default_seconds(self) -> float:
        return self.values["clip_seconds_default"]

    @field(Access.PARENT, "Longest prompt, in characters.")
    def max_prompt_characters(self) -> int:
        return self.values["prompt_characters_max"]

    @field(Access.PARENT, "Engine seconds a member may spend in a day.")
    def engine_seconds_per_day(self) -> float:
        return self.values["engine_seconds_per_day"]

    @field(Access.PARENT, "Age from which members are adults; younger ones are teens, with tighter defaults.")
    def adult_age(self) -> int:
        return self.values["adult_age"]

    @field(Access.PARENT, "Every rule in force by its key, with what is announced.")
    async def rules(self) -> list[PolicyRule]:
        return [PolicyRule.of(reading) for reading in await resolve.rules(self.values)]

    @field(Access.PARENT, "Every change of a rule, newest first, at most 50; announced ones too.")
    async def history(
        self, key: Annotated[str | None, strawberry.argument(description="Only this rule's changes.")] = None
    ) -> list[PolicyChange]:
        return [PolicyChange.of(row) for row in await resolve.history(key)]


@strawberry.input(description="A new value for a rule.")
class SetPolicyInput:
    key: str = strawberry.field(description="Name of the rule, such as `invites_per_account`.")
    value: JSON = strawberry.field(description="Its new value, of the same kind as the present one.")
    effective_at: datetime | None = strawberry.field(
        description="When it comes into force, within two years; null: at once. Members see it in `upcoming` before.",
        default=None,
    )


@strawberry.type(description="The rule is in force, or announced.")
class SetPolicySuccess:
    policy: Policy = plain("All rules, with the new one.")


SetPolicyPayload = Annotated[
    SetPolicySuccess | UnauthenticatedError | DeniedError | InvalidError,
    strawberry.union("SetPolicyPayload", description="The rules in force, or why the change was refused."),
]


@strawberry.type
class PolicyMutations:
    @mutation(Access.ADMIN, "Put a new version of a rule in force for everyone, at once or at a moment it announces.")
    async def set_policy(
        self, info: Info, input: Annotated[SetPolicyInput, strawberry.argument(description="The rule and its value.")]
    ) -> SetPolicyPayload:
        await resolve.change(info.context, input.key, input.value, input.effective_at)
        return SetPolicySuccess(policy=Policy(values=await resolve.in_force(info.context)))
