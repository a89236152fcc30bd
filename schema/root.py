"""The schema, built once a process."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.appearance import AppearanceMutations
from schema.block import BlockMutations
from schema.cameo_access import CameoAccessMutations
from schema.capture import CaptureMutations
from schema.capture_event import CAPTURE_EVENT_TYPES, CaptureSubscription
from schema.capture_review import CaptureReviewMutations
from schema.comment_changes import CommentMutations
from schema.export import ExportMutations
from schema.extensions import extensions
from schema.feed_event import FEED_EVENT_TYPES, FeedSubscription
from schema.feed_weights import FeedWeightsMutations
from schema.follow import FollowMutations
from schema.generation import GenerationMutations
from schema.generation_event import EVENT_TYPES, GenerationSubscription
from schema.grant_changes import GrantMutations
from schema.impression import ImpressionMutations
from schema.invite import InviteMutations
from schema.invite_tree import InviteTreeMutations
from schema.like import LikeMutations
from schema.mute import MuteMutations
from schema.notification import NOTIFICATION_TYPES, NotificationMutations, NotificationSubscription
from schema.policy import PolicyMutations
from schema.profile import ProfileMutations
from schema.protect import ProtectMutations
from schema.query import Query
from schema.receipt import EraseMutations
from schema.report import ReportMutations
from schema.see_less import SeeLessMutations
from schema.session import SessionMutations
from schema.step_up import StepUpMutations
from schema.suspension import SuspensionMutations
from schema.upload import UploadMutations
from schema.video import VideoMutations
from schema.waiting import WaitingMutations


@strawberry.type(description="Everything that can be changed. Each answers with a union: success, or a named error.")
class Mutation(
    SessionMutations,
    InviteMutations,
    InviteTreeMutations,
    WaitingMutations,
    GenerationMutations,
    VideoMutations,
    PolicyMutations,
    UploadMutations,
    StepUpMutations,
    CameoAccessMutations,
    GrantMutations,
    AppearanceMutations,
    FollowMutations,
    MuteMutations,
    LikeMutations,
    CommentMutations,
    BlockMutations,
    SuspensionMutations,
    CaptureMutations,
    CaptureReviewMutations,
    NotificationMutations,
    FeedWeightsMutations,
    SeeLessMutations,
    ImpressionMutations,
    ProfileMutations,
    EraseMutations,
    ExportMutations,
    ProtectMutations,
    ReportMutations,
):
    pass


@strawberry.type(description="Live updates, over graphql-transport-ws or SSE.")
class Subscription(GenerationSubscription, CaptureSubscription, NotificationSubscription, FeedSubscription):
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
        types=[*EVENT_TYPES, *CAPTURE_EVENT_TYPES, *NOTIFICATION_TYPES, *FEED_EVENT_TYPES],
        extensions=extensions(production),
        execution_context_class=_Discreet if production else None,
        config=StrawberryConfig(disable_field_suggestions=production),
    )
