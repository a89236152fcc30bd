"""The schema, built once a process."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.extensions import extensions
from schema.generation import GenerationMutations
from schema.generation_event import EVENT_TYPES, Subscription
from schema.invite import InviteMutations
from schema.policy import PolicyMutations
from schema.query import Query
from schema.session import SessionMutations
from schema.video import VideoMutations


@strawberry.type(description="Everything that can be changed. Each answers with a union: success, or a named error.")
class Mutation(SessionMutations, InviteMutations, GenerationMutations, VideoMutations, PolicyMutations):
    pass


def build_schema(*, production: bool) -> strawberry.Schema:
    """The executable schema. In production introspection and field suggestions are off."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=EVENT_TYPES,
        extensions=extensions(production),
        config=StrawberryConfig(disable_field_suggestions=production),
    )
