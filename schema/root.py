"""The schema, built once a process."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.extensions import extensions
from schema.generation import GenerationMutations
from schema.generation_event import EVENT_TYPES, Subscription
from schema.invite import InviteMutations
from schema.policy import PolicyMutations
from schema.query import Query
from schema.session import SessionMutations
from schema.upload import UploadMutations
from schema.video import VideoMutations


@strawberry.type(description="Everything that can be changed. Each answers with a union: success, or a named error.")
class Mutation(
    SessionMutations, InviteMutations, GenerationMutations, VideoMutations, PolicyMutations, UploadMutations
):
    pass


class _Discreet(StrawberryGraphQLCoreExecutionContext):
    """Refuses variables without guessing at what was meant: guesses spell out the schema that production hides."""

    @classmethod
    def build(cls, *args: Any, **options: Any) -> Any:
        """As graphql-core does, suggestions off: Strawberry's own setting stops at the names of fields."""
        return super().build(*args, **options | {"hide_suggestions": True})


def build_schema(*, production: bool) -> strawberry.Schema:
    """The executable schema. In production introspection and suggestions are off."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=EVENT_TYPES,
        extensions=extensions(production),
        execution_context_class=_Discreet if production else None,
        config=StrawberryConfig(disable_field_suggestions=production),
    )
