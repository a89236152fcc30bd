"""The query root: each field binds one resolver."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.types import Info

from models.errors import Invalid, NotFound, Unauthenticated
from resolvers.account import account_asked_for, account_by_handle
from resolvers.cameo import cameo_by_handle, cameo_by_id, castable
from resolvers.capture import own_capture
from resolvers.cast_notice import notice_before
from resolvers.context import Context
from resolvers.engine import engines
from resolvers.export import own_export
from resolvers.feed.following import following, friends
from resolvers.feed.for_you import for_you
from resolvers.feed.latest import latest
from resolvers.generation import generation_by_id
from resolvers.lineage import stone_called
from resolvers.notification import notification_by_id
from resolvers.page import Window
from resolvers.policy import in_force
from resolvers.thread import comment_by_id
from resolvers.trend import trend_by_id
from resolvers.video import video_by_id
from schema.access import Access, field
from schema.account import Account, After, First
from schema.cameo import Cameo, CameoConnection
from schema.capture import BiometricConsent, Capture, CaptureLanguage, biometric_consent
from schema.capture_review import CaptureReviewQuery
from schema.comment import Comment
from schema.cost import CostQueries
from schema.duplicates import DuplicateQueries
from schema.engine import Engine
from schema.export import Export
from schema.feed import FeedConnection, FeedKind
from schema.generation import CastInput, Generation
from schema.invite_tree import InviteTreeQueries
from schema.leaderboard import LeaderboardQueries
from schema.node import Node, parse_global_id, row_id
from schema.notification import Notification, NotificationQueries
from schema.policy import Policy
from schema.protect import ProtectQueries
from schema.receipt import VerificationQueries
from schema.report import ReportQueries
from schema.search import SearchQueries
from schema.tombstone import Tombstone
from schema.trend import Trend, TrendQueries
from schema.video import Video
from schema.waiting import WaitingQueries

MOST_NODES = 50
FEEDS = {
    FeedKind.FOLLOWING: following,
    FeedKind.FRIENDS: friends,
    FeedKind.LATEST: latest,
}

Id = Annotated[strawberry.ID, strawberry.argument(description="Opaque id.")]


@strawberry.type(description="Everything that can be read.")
class Query(
    NotificationQueries,
    VerificationQueries,
    LeaderboardQueries,
    CaptureReviewQuery,
    ProtectQueries,
    ReportQueries,
    SearchQueries,
    DuplicateQueries,
    CostQueries,
    InviteTreeQueries,
    WaitingQueries,
    TrendQueries,
):
    @field(Access.ANYONE, "Who is signed in; null when nobody is.")
    def viewer(self, info: Info) -> Account | None:
        viewer = info.context.viewer
        return None if viewer is None else Account.of(viewer)

    @field(Access.ANYONE, "The object with this id; null when there is none that the viewer may see.")
    async def node(self, info: Info, id: Id) -> Node | None:
        return await _node(info, id)

    @field(Access.ANYONE, "The objects with these ids (at most 50), in order, null where the viewer may see none.")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Opaque ids.")]
    ) -> list[Node | None]:
        if len(ids) > MOST_NODES:
            raise Invalid(f"Ask for at most {MOST_NODES} objects at once.", field="ids")
        return await asyncio.gather(*(_node(info, id) for id in ids))

    @field(Access.ANYONE, "The member with this handle; null when there is none.")
    async def account(
        self,
        info: Info,
        handle: Annotated[str, strawberry.argument(description="With or without @; case does not matter.")],
    ) -> Account | None:
        row = await account_by_handle(info.context, handle)
        return None if row is None else Account.of(row)

    @field(Access.ANYONE, "The video with this id; null when the viewer may not see it.")
    async def video(self, info: Info, id: Id) -> Video | None:
        row = await video_by_id(info.context, row_id(id, "Video"))
        return None if row is None else Video.of(row)

    @field(Access.MEMBER, "A generation of the viewer's.")
    async def generation(self, info: Info, id: Id) -> Generation | None:
        return Generation.of(await generation_by_id(info.context, row_id(id, "Generation")))

    @field(
        Access.MEMBER,
        "One line to show before a clip is asked for: who else would see the draft and can remove it. Null when nobody "
        "else would be in it; an error where `createGeneration` would refuse the cast.",
    )
    async def cast_notice(
        self,
        info: Info,
        cast: Annotated[list[CastInput], strawberry.argument(description="As in `createGeneration`.")],
        remix_of: Annotated[strawberry.ID | None, strawberry.argument(description="The video to build on.")] = None,
    ) -> str | None:
        parent = None if remix_of is None else row_id(remix_of, "Video", field="remixOf")
        return await notice_before(info.context, tuple(one.request() for one in cast), parent)

    @field(Access.ANYONE, "A vertical feed of published videos.")
    async def feed(
        self,
        info: Info,
        kind: Annotated[FeedKind, strawberry.argument(description="Which feed.")] = FeedKind.FOR_YOU,
        steer: Annotated[
            str | None,
            strawberry.argument(
                description="What FOR_YOU should have more or less of, in words, English or French, at most 300 "
                "characters: `more nature, no politics, slower, less @bob`. Give the same with every page of a scroll."
            ),
        ] = None,
        first: First = 10,
        after: After = None,
    ) -> FeedConnection:
        if kind is FeedKind.FOR_YOU:
            return FeedConnection.of(await for_you(info.context, Window(first, after), steer))
        if steer is not None:
            raise Invalid("Only FOR_YOU can be steered.", field="steer")
        return FeedConnection.of(await FEEDS[kind](info.context, Window(first, after)))

    @field(Access.ANYONE, "The cameo with this handle; null when there is none that the viewer may use or ask for.")
    async def cameo(
        self,
        info: Info,
        handle: Annotated[str, strawberry.argument(description="With or without @; case does not matter.")],
    ) -> Cameo | None:
        row = await cameo_by_handle(info.context, handle)
        return None if row is None else Cameo.of(row)

    @field(Access.MEMBER, "Cameos that the viewer may use or ask for, newest first.")
    async def castable_cameos(
        self,
        info: Info,
        query: Annotated[
            str | None, strawberry.argument(description="How the handle or the owner's name starts; null: all.")
        ] = None,
        first: First = 10,
        after: After = None,
    ) -> CameoConnection:
        return CameoConnection.of(await castable(info.context, query, Window(first, after)))

    @field(Access.ANYONE, "The engines that make clips here.")
    async def engines(self) -> list[Engine]:
        return [Engine.of(reading) for reading in await engines()]

    @field(Access.ANYONE, "What a person must be shown and agree to before they are recorded for a cameo.")
    def biometric_consent(
        self,
        language: Annotated[
            CaptureLanguage, strawberry.argument(description="In which language.")
        ] = CaptureLanguage.EN,
    ) -> BiometricConsent:
        return biometric_consent(language)

    @field(Access.ANYONE, "The rules of this server.")
    async def policy(self, info: Info) -> Policy:
        return Policy(values=await in_force(info.context))


async def _node(info: Info, node_id: str) -> Node | None:
    try:
        kind, found = parse_global_id(node_id)
        load = _NODES.get(kind)
        return None if load is None else await load(info.context, found)
    except (NotFound, Unauthenticated):
        return None


async def _account(context: Context, account_id: UUID) -> Node | None:
    row = await account_asked_for(context, account_id)
    return None if row is None else Account.of(row)


async def _video(context: Context, video_id: UUID) -> Node | None:
    row = await video_by_id(context, video_id)
    return None if row is None else Video.of(row)


async def _cameo(context: Context, cameo_id: UUID) -> Node | None:
    row = await cameo_by_id(context, cameo_id)
    return None if row is None else Cameo.of(row)


async def _generation(context: Context, generation_id: UUID) -> Node | None:
    return Generation.of(await generation_by_id(context, generation_id))


async def _capture(context: Context, capture_id: UUID) -> Node | None:
    return Capture.of(await own_capture(context, capture_id))


async def _export(context: Context, export_id: UUID) -> Node | None:
    return Export.of(await own_export(context, export_id))


async def _notification(context: Context, notification_id: UUID) -> Node | None:
    return Notification.of(await notification_by_id(context, notification_id))


async def _comment(context: Context, comment_id: UUID) -> Node | None:
    found = await comment_by_id(context, comment_id)
    return None if found is None else Comment.of(found)


async def _tombstone(context: Context, stone_id: UUID) -> Node | None:
    stone = await stone_called(context, stone_id)
    return None if stone is None else Tombstone.of(stone)


async def _trend(context: Context, trend_id: UUID) -> Node | None:
    reading = await trend_by_id(context, trend_id)
    return None if reading is None else Trend.of(reading)


_NODES: dict[str, Callable[[Context, UUID], Awaitable[Node | None]]] = {
    "Account": _account,
    "Video": _video,
    "Cameo": _cameo,
    "Generation": _generation,
    "Capture": _capture,
    "Export": _export,
    "Notification": _notification,
    "Comment": _comment,
    "Tombstone": _tombstone,
    "Trend": _trend,
}
