"""Notifications as clients see them: one type for each kind of thing that happens to a member."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from models.notification import NotificationKind
from resolvers import notification as resolve
from resolvers.account import account_by_id
from resolvers.page import Page, Window
from resolvers.thread import comment_by_id
from resolvers.withdrawn_cast import make_again_as_original, make_again_without
from schema.access import Access, field, plain, subscription
from schema.account_ref import AccountRef, account_of
from schema.cameo_ref import CameoRef, cameo_of
from schema.comment import Comment
from schema.connection import After, First, PageInfo
from schema.errors import InvalidError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import Node, global_id
from schema.video import Video


@strawberry.interface(
    description="Something that happened to the viewer. It holds ids only: whoever may no longer be told of what "
    "happened finds null."
)
class Notification(Node):
    told: strawberry.Private[resolve.Told]
    cursor: str = plain("Its place: `notifications(after:)` lists what is older, the subscription what is newer.")
    created_at: datetime = plain("When the newest of what is told together happened.")
    read_at: datetime | None = plain("When it was marked as read; null while any of it is unread.")
    count: int = plain("How many things it tells of together: '12 new uses today'. The fields show the newest.")
    unread: int = plain("How many of them are unread.")

    @classmethod
    def of(cls, told: resolve.Told) -> Notification:
        """A notification of the viewer's."""
        return _TYPES[told.kind](
            id=global_id("Notification", told.id),
            told=told,
            cursor=told.cursor,
            created_at=told.created_at,
            read_at=told.read_at,
            count=told.count,
            unread=told.unread,
        )

    @field(Access.PARENT, "Who did it; null when that is nobody's to know, or they are gone.")
    async def actor(self, info: Info) -> AccountRef | None:
        actor_id = self.told.actor_id
        found = None if actor_id is None else await account_by_id(info.context, actor_id)
        return None if found is None else await account_of(info, found.id)

    @field(Access.PARENT, "The cameo it is about.")
    async def cameo(self, info: Info) -> CameoRef | None:
        cameo_id = self.told.cameo_id
        return None if cameo_id is None else await cameo_of(info, cameo_id)

    @field(Access.PARENT, "The video or draft it is about; null when there is none, or the viewer may not know of it.")
    async def video(self, info: Info) -> Video | None:
        row = None if self.told.video_id is None else await info.context.loaders.videos.load(self.told.video_id)
        return None if row is None else Video.of(row)


@strawberry.type(description="Somebody made a draft with the viewer's likeness.")
class CameoUsed(Notification):
    pass


@strawberry.type(description="Somebody published a video with the viewer's likeness.")
class CameoPublished(Notification):
    pass


@strawberry.type(description="Somebody remixed a video with the viewer's likeness.")
class CameoRemixed(Notification):
    pass


@strawberry.type(description="A wish to use the viewer's likeness was refused by a rule of the viewer's.")
class CameoRefused(Notification):
    @field(Access.PARENT, "Code of the rule. What was asked for is not told.")
    def rule(self) -> str | None:
        return self.told.rule


@strawberry.type(description="Somebody asks for permission to use a cameo of the viewer's.")
class CameoRequested(Notification):
    @field(Access.PARENT, "Id of the request, for `answerCameoRequest`.")
    def grant_id(self) -> strawberry.ID | None:
        return None if self.told.grant_id is None else global_id("Grant", self.told.grant_id)


@strawberry.type(description="A request of the viewer's for a cameo was answered: see what they may do with it now.")
class CameoRequestAnswered(Notification):
    pass


@strawberry.type(description="A draft with the viewer's likeness waits for their approval.")
class ApprovalAsked(Notification):
    pass


@strawberry.type(description="The person shown in a draft of the viewer's answered.")
class ApprovalAnswered(Notification):
    pass


@strawberry.type(
    description="A video of the viewer's, or one that shows them, was withdrawn by a person shown in it. There is no "
    "appeal: only moderation has appeals."
)
class VideoWithdrawn(Notification):
    @field(
        Access.PARENT,
        "For the author: the clip can be made again without this cameo, which they had cast, or which came with what "
        "it remixes and was taken away from this very video; null for everybody else, and where somebody left the "
        "remixed video instead.",
    )
    async def make_again_without(self, info: Info) -> CameoRef | None:
        told = self.told
        if told.video_id is None:
            return None
        cameo_id = await make_again_without(info.context, told.video_id, told.cameo_id)
        return None if cameo_id is None else await cameo_of(info, cameo_id)

    @field(
        Access.PARENT,
        "For the author of a remix: whoever took it away comes with every remix of the same video, so the clip can be "
        "made again only from its words (`Video.prompt`), without `remixOf`.",
    )
    async def make_again_as_original(self, info: Info) -> bool:
        return self.told.video_id is not None and await make_again_as_original(info.context, self.told.video_id)


@strawberry.type(description="What the viewer may do with somebody's cameo changed.")
class GrantChanged(Notification):
    pass


@strawberry.type(description="A recording of the viewer's was accepted.")
class CaptureAcceptedNotification(Notification):
    @field(Access.PARENT, "Which capture.")
    def capture_id(self) -> strawberry.ID | None:
        return None if self.told.capture_id is None else global_id("Capture", self.told.capture_id)


@strawberry.type(description="Somebody follows the viewer.")
class Followed(Notification):
    pass


@strawberry.type(description="Somebody likes a video of the viewer's; a day's likes of a video are told together.")
class Liked(Notification):
    pass


@strawberry.type(description="Somebody wrote under a video of the viewer's.")
class Commented(Notification):
    @field(Access.PARENT, "What they wrote; null when it is gone, or hidden from the viewer.")
    async def comment(self, info: Info) -> Comment | None:
        return await _comment(info, self.told)


@strawberry.type(description="Somebody answered a comment of the viewer's.")
class Replied(Notification):
    @field(Access.PARENT, "What they wrote; null when it is gone, or hidden from the viewer.")
    async def comment(self, info: Info) -> Comment | None:
        return await _comment(info, self.told)


@strawberry.type(
    description="Somebody published a remix (`video`) of a video of the viewer's; a day's remixes are told together."
)
class Remixed(Notification):
    @field(Access.PARENT, "The viewer's own video; null when it is gone.")
    async def original(self, info: Info) -> Video | None:
        place = None if self.told.video_id is None else await info.context.loaders.lineage.load(self.told.video_id)
        parent = None if place is None or place.parent_id is None else place.parent_id
        row = None if parent is None else await info.context.loaders.videos.load(parent)
        return None if row is None else Video.of(row)


async def _comment(info: Info, told: resolve.Told) -> Comment | None:
    found = None if told.comment_id is None else await comment_by_id(info.context, told.comment_id)
    return None if found is None else Comment.of(found)


_TYPES: dict[NotificationKind, type[Notification]] = {
    NotificationKind.CAMEO_USED: CameoUsed,
    NotificationKind.CAMEO_PUBLISHED: CameoPublished,
    NotificationKind.CAMEO_REMIXED: CameoRemixed,
    NotificationKind.CAMEO_REFUSED: CameoRefused,
    NotificationKind.CAMEO_REQUESTED: CameoRequested,
    NotificationKind.CAMEO_REQUEST_ANSWERED: CameoRequestAnswered,
    NotificationKind.APPROVAL_ASKED: ApprovalAsked,
    NotificationKind.APPROVAL_ANSWERED: ApprovalAnswered,
    NotificationKind.VIDEO_WITHDRAWN: VideoWithdrawn,
    NotificationKind.GRANT_CHANGED: GrantChanged,
    NotificationKind.CAPTURE_ACCEPTED: CaptureAcceptedNotification,
    NotificationKind.FOLLOWED: Followed,
    NotificationKind.LIKED: Liked,
    NotificationKind.COMMENTED: Commented,
    NotificationKind.REPLIED: Replied,
    NotificationKind.REMIXED: Remixed,
}
NOTIFICATION_TYPES = list(_TYPES.values())


@strawberry.type(description="A notification and its place in the list.")
class NotificationEdge:
    cursor: str = plain("The place of this notification: give it as `after`.")
    node: Notification = plain("The notification.")


@strawberry.type(description="A page of the viewer's notifications.")
class NotificationConnection:
    edges: list[NotificationEdge] = plain("The notifications, newest first.")
    page_info: PageInfo = plain("Where this page stands.")

    @field(Access.PARENT, "How many of all notifications are unread.")
    async def unread_count(self, info: Info) -> int:
        return await resolve.unread_count(info.context)

    @classmethod
    def of(cls, page: Page[resolve.Told]) -> NotificationConnection:
        """A page of the viewer's notifications."""
        edges = [
            NotificationEdge(cursor=cursor, node=Notification.of(told))
            for told, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.input(description="Which notifications were read.")
class MarkNotificationsReadInput:
    through: str | None = strawberry.field(
        description="Cursor of the newest one that was seen; all when left out.", default=None
    )


@strawberry.type(description="They are marked as read.")
class MarkNotificationsReadSuccess:
    unread_count: int = plain("How many are unread now.")


MarkNotificationsReadPayload = Annotated[
    MarkNotificationsReadSuccess | UnauthenticatedError | InvalidError,
    strawberry.union("MarkNotificationsReadPayload", description="Done, or why not."),
]


@strawberry.type
class NotificationQueries:
    @field(Access.MEMBER, "What happened to the viewer, newest first; what is many is told together.")
    async def notifications(self, info: Info, first: First = 20, after: After = None) -> NotificationConnection:
        return NotificationConnection.of(await resolve.notifications(info.context, Window(first, after)))


@strawberry.type
class NotificationMutations:
    @mutation(Access.MEMBER, "Mark the viewer's notifications as read.")
    async def mark_notifications_read(
        self,
        info: Info,
        input: Annotated[MarkNotificationsReadInput, strawberry.argument(description="Which.")],
    ) -> MarkNotificationsReadPayload:
        await resolve.mark_read(info.context, input.through)
        return MarkNotificationsReadSuccess(unread_count=await resolve.unread_count(info.context))


@strawberry.type
class NotificationSubscription:
    @subscription(
        Access.MEMBER,
        "The viewer's notifications as they arrive. One that is told together with earlier ones comes again under its "
        "id, with a higher count.",
    )
    async def notifications(
        self,
        info: Info,
        after: Annotated[
            str | None, strawberry.argument(description="Go on after this cursor; from now on when left out.")
        ] = None,
    ) -> AsyncGenerator[Notification, None]:
        async for told in resolve.watch_notifications(info.context, after):
            info.context.renew_loaders()
            yield Notification.of(told)
