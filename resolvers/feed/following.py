"""The FOLLOWING and FRIENDS feeds: what people whom the viewer follows published to them, newest first."""

from __future__ import annotations

from models.rules.account import follows, mutes, mutual
from models.rules.sql import account, holding
from models.rules.video import published_to
from models.video import Video, VideoVisibility, Visibility
from resolvers.context import Context
from resolvers.feed.hydrate import hydrate
from resolvers.feed.keyset import videos_page
from resolvers.page import Page, Window

_AUTHOR = "video_visibility.author_id"


async def following(context: Context, window: Window) -> Page[Video]:
    """One page of what members whom the viewer follows published to them. Raises `Unauthenticated`, `Invalid`."""
    return await _page(context, "feed:FOLLOWING", follows(account(context.member.id), _AUTHOR), window)


async def friends(context: Context, window: Window) -> Page[Video]:
    """The same of mutuals. Raises `Unauthenticated`, `Invalid`."""
    return await _page(context, "feed:FRIENDS", mutual(account(context.member.id), _AUTHOR), window)


async def _page(context: Context, name: str, people: str, window: Window) -> Page[Video]:
    viewer = account(context.member.id)
    rule = f"{people} AND {published_to(viewer)} AND NOT {mutes(viewer, _AUTHOR)}"
    rows = holding(VideoVisibility.exclude(audience=Visibility.LINK), rule)
    skeleton = await videos_page(context, f"{name}:{context.member.id}", rows, "published_at", window)
    return await hydrate(context, skeleton)
