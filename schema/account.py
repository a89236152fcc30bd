"""Accounts: members as others see them, and what only they see of themselves."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry
from strawberry.types import Info

from models import account as rows
from models.cameo import CameoKind
from resolvers import account as resolve
from resolvers import follow as resolve_follow
from resolvers import grant as resolve_grant
from resolvers import see_less as resolve_less
from resolvers.appearances import appearances, shown_appearances
from resolvers.avatar import avatar_url
from resolvers.block import blocked
from resolvers.feed.hydrate import hydrate
from resolvers.loaders.account import MOST_PUBLISHED
from resolvers.loaders.relation import Relation
from resolvers.mute import muted
from resolvers.page import Page, Window
from resolvers.quota import read_quota
from resolvers.session import live_sessions
from resolvers.tier import is_of_age
from schema.access import Access, field, loaded, plain
from schema.cameo import Cameo
from schema.connection import After, First, PageInfo
from schema.feed_weights import FeedWeights, own_feed_weights
from schema.grant import GrantConnection
from schema.invite import InviteList, invite_list
from schema.node import Node, global_id
from schema.quota import Quota
from schema.see_less import SeeLessConnection
from schema.session import Session
from schema.tier import AgeTier
from schema.video import VideoConnection


@strawberry.enum(description="What an account may do on this server beyond being a member.")
class Role(Enum):
    MEMBER = strawberry.enum_value("MEMBER", description="A member.")
    MODERATOR = strawberry.enum_value("MODERATOR", description="Decides on reports.")
    ADMIN = strawberry.enum_value("ADMIN", description="Runs the server: policy, invites without limit.")


@strawberry.type(description="A member.")
class Account(Node):
    row: strawberry.Private[rows.Account]

    @classmethod
    def of(cls, row: rows.Account) -> Account:
        """An account row as clients see it."""
        return cls(
            id=global_id("Account", row.id),
            row=row,
            handle=row.handle,
            display_name=row.display_name,
            bio=row.bio,
            joined_at=row.created_at,
        )

    handle: str = plain("Unique name, without @.")

    display_name: str = plain("Name to show.")

    bio: str = plain("What they say of themselves.")

    @field(Access.PARENT, "Their portrait, 256 pixels square (WebP), at this address while it is theirs; null: none.")
    def avatar_url(self, info: Info) -> str | None:
        return avatar_url(info.context.stores, self.row)

    @field(Access.PARENT, "May others remix the viewer's videos where `publishVideo` does not say? Null for others.")
    def remixable_default(self, info: Info) -> bool | None:
        return self.row.remixable_default if _is_viewer(info, self.row) else None

    @field(Access.PARENT, "Did the viewer ask to be ranked with others? Null for others.")
    def on_leaderboards(self, info: Info) -> bool | None:
        return self.row.on_leaderboards if _is_viewer(info, self.row) else None

    joined_at: datetime = plain("When they joined.")

    @field(Access.PARENT, "Is this the viewer's own account?")
    def is_viewer(self, info: Info) -> bool:
        return _is_viewer(info, self.row)

    @loaded(
        Access.PARENT,
        "How many videos they published to all, the same for everybody; what is for fewer people is not counted, nor "
        f"what is beyond {MOST_PUBLISHED}.",
    )
    async def video_count(self, info: Info) -> int:
        return await info.context.loaders.published.load(self.row.id)

    @field(
        Access.PARENT,
        "What they published to the viewer, newest first: to all, to their followers, mutuals or chosen people. What "
        "goes by link only they themselves find here.",
    )
    async def videos(self, info: Info, first: First = 10, after: After = None) -> VideoConnection:
        page = await resolve.published_videos(info.context, self.row.id, Window(first, after))
        return VideoConnection.of(await hydrate(info.context, page))

    @field(Access.PARENT, "Their remixes of other videos among those, newest first.")
    async def remixes(self, info: Info, first: First = 10, after: After = None) -> VideoConnection:
        page = await resolve.published_remixes(info.context, self.row.id, Window(first, after))
        return VideoConnection.of(await hydrate(info.context, page))

    @field(
        Access.PARENT,
        "Public videos of others in which they were cast and that they chose to show, the last chosen first.",
    )
    async def shown_appearances(self, info: Info, first: First = 10, after: After = None) -> VideoConnection:
        page = await shown_appearances(info.context, self.row.id, Window(first, after))
        return VideoConnection.of(await hydrate(info.context, page))

    @loaded(Access.PARENT, "Does the viewer follow them?")
    async def viewer_follows(self, info: Info) -> bool:
        return (await _relation(info, self.row)).follows

    @loaded(Access.PARENT, "Do they follow the viewer?")
    async def follows_viewer(self, info: Info) -> bool:
        return (await _relation(info, self.row)).followed

    @loaded(Access.PARENT, "Do the two follow each other?")
    async def is_mutual(self, info: Info) -> bool:
        relation = await _relation(info, self.row)
        return relation.follows and relation.followed

    @loaded(Access.PARENT, "Does the viewer block them?")
    async def viewer_blocks(self, info: Info) -> bool:
        return (await _relation(info, self.row)).blocks

    @loaded(Access.PARENT, "Does the viewer mute them? Only they know.")
    async def viewer_mutes(self, info: Info) -> bool:
        return (await _relation(info, self.row)).mutes

    @field(Access.PARENT, "Whom the viewer mutes, the newest first; null for others.")
    async def mutes(self, info: Info, first: First = 10, after: After = None) -> AccountConnection | None:
        if not _is_viewer(info, self.row):
            return None
        return AccountConnection.of(await muted(info.context, Window(first, after)))

    @field(Access.PARENT, "Whom the viewer blocks, the newest first; null for others.")
    async def blocks(self, info: Info, first: First = 10, after: After = None) -> AccountConnection | None:
        if not _is_viewer(info, self.row):
            return None
        return AccountConnection.of(await blocked(info.context, Window(first, after)))

    @field(Access.PARENT, "Who follows them, the newest first.")
    async def followers(self, info: Info, first: First = 10, after: After = None) -> AccountConnection:
        return AccountConnection.of(await resolve_follow.followers(info.context, self.row.id, Window(first, after)))

    @field(Access.PARENT, "Whom they follow, the newest first.")
    async def following(self, info: Info, first: First = 10, after: After = None) -> AccountConnection:
        return AccountConnection.of(await resolve_follow.following(info.context, self.row.id, Window(first, after)))

    @field(Access.PARENT, "Their own likeness as a cameo; null when there is none that the viewer may use or ask for.")
    async def cameo(self, info: Info) -> Cameo | None:
        found = await info.context.loaders.cameos_by_owner.load(self.row.id)
        return next((Cameo.of(row) for row in found if row.kind == CameoKind.PERSON), None)

    @field(Access.PARENT, "All their cameos that the viewer may use or ask for, the oldest first.")
    async def cameos(self, info: Info) -> list[Cameo]:
        return [Cameo.of(row) for row in await info.context.loaders.cameos_by_owner.load(self.row.id)]

    @field(Access.PARENT, "Unanswered requests for the viewer's own cameos, newest first; null for others.")
    async def cameo_requests(self, info: Info, first: First = 10, after: After = None) -> GrantConnection | None:
        if not _is_viewer(info, self.row):
            return None
        return GrantConnection.of(await resolve_grant.requests(info.context, Window(first, after)))

    @field(Access.PARENT, "The viewer's own role; null for others.")
    def role(self, info: Info) -> Role | None:
        return Role(self.row.role.value) if _is_viewer(info, self.row) else None

    @field(Access.PARENT, "What the rules take the viewer for, by their birth date; null for others.")
    async def age_tier(self, info: Info) -> AgeTier | None:
        if not _is_viewer(info, self.row):
            return None
        return AgeTier.ADULT if await is_of_age(self.row.id) else AgeTier.TEEN

    @field(Access.PARENT, "The viewer's own drafts, newest first; null for others.")
    async def drafts(self, info: Info, first: First = 10, after: After = None) -> VideoConnection | None:
        if not _is_viewer(info, self.row):
            return None
        page = await resolve.drafts(info.context, Window(first, after))
        return VideoConnection.of(await hydrate(info.context, page))

    @field(
        Access.PARENT,
        "Every video and draft that shows the viewer, newest first, whoever made it and whatever its visibility; "
        "withdrawn ones as stubs. Null for others.",
    )
    async def appearances(self, info: Info, first: First = 10, after: After = None) -> VideoConnection | None:
        if not _is_viewer(info, self.row):
            return None
        page = await appearances(info.context, Window(first, after))
        return VideoConnection.of(await hydrate(info.context, page))

    @field(Access.PARENT, "The viewer's own invites; null for others.")
    async def invites(self, info: Info) -> InviteList | None:
        return await invite_list(info, self.row) if _is_viewer(info, self.row) else None

    @field(Access.PARENT, "The viewer's own engine seconds of today; null for others.")
    async def quota(self, info: Info) -> Quota | None:
        return Quota.of(await read_quota(info.context, self.row.id)) if _is_viewer(info, self.row) else None

    @field(Access.PARENT, "What the viewer's own ranked feed goes by; null for others.")
    async def feed_weights(self, info: Info) -> FeedWeights | None:
        return await own_feed_weights(info) if _is_viewer(info, self.row) else None

    @field(Access.PARENT, "What the viewer asked to see less of, newest first; null for others.")
    async def see_less(self, info: Info, first: First = 10, after: After = None) -> SeeLessConnection | None:
        if not _is_viewer(info, self.row):
            return None
        return SeeLessConnection.of(await resolve_less.wishes(info.context, Window(first, after)))

    @field(Access.PARENT, "Where the viewer is signed in; null for others.")
    async def sessions(self, info: Info) -> list[Session] | None:
        if not _is_viewer(info, self.row):
            return None
        return [Session.of(row, info.context.session) for row in await live_sessions(self.row.id)]


@strawberry.type(description="A member and their place in the list.")
class AccountEdge:
    cursor: str = plain("The place of this member: give it as `after`.")
    node: Account = plain("The member.")


@strawberry.type(description="A page of members.")
class AccountConnection:
    edges: list[AccountEdge] = plain("The members in order.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[rows.Account]) -> AccountConnection:
        """A page of rows."""
        edges = [
            AccountEdge(cursor=cursor, node=Account.of(row))
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))


async def _relation(info: Info, row: rows.Account) -> Relation:
    return await info.context.loaders.relations.load(row.id)


def _is_viewer(info: Info, row: rows.Account) -> bool:
    return info.context.viewer is not None and info.context.viewer.id == row.id
