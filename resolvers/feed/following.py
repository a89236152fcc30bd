"""The FOLLOWING and FRIENDS feeds: what people whom the viewer follows published to them, newest first."""

from __future__ import annotations

from models.account import Account
from models.errors import Unauthenticated
from models.rules.account import follows
from models.rules.video import addresses, fits_tier
from resolvers.context import Context
from resolvers.feed.fill import fill
from resolvers.feed.places import BEHIND, MOST, NEWEST, VIEWER, PlacesByTime, between
from resolvers.feed.present import FeedPage
from resolvers.feed.rules import FROM_FOLLOWED, FROM_FRIENDS
from resolvers.feed.why import Reason
from resolvers.page import Window


async def following(context: Context, window: Window) -> FeedPage:
    """One page of what members whom the viewer follows published to them. Raises `Unauthenticated`, `Invalid`."""
    return await _page(context, "feed:FOLLOWING", FOLLOWING, FROM_FOLLOWED, Reason.FOLLOWED, window)


async def friends(context: Context, window: Window) -> FeedPage:
    """The same of mutuals. Raises `Unauthenticated`, `Invalid`."""
    return await _page(context, "feed:FRIENDS", FRIENDS, FROM_FRIENDS, Reason.FRIEND, window)


def reader(context: Context) -> Account:
    """Whose feed it is. Raises `Unauthenticated`: who is not signed in follows nobody."""
    if context.viewer is None:
        raise Unauthenticated("Sign in to see what the people whom you follow publish.")
    return context.viewer


async def _page(context: Context, name: str, statement: str, rule: str, reason: Reason, window: Window) -> FeedPage:
    reader(context)
    return await fill(context, PlacesByTime(context, name, statement, rule, reason, by_author=True), window)


def _published_by(author: str, most: str) -> str:
    return f"""
        SELECT video_visibility.id, video_visibility.author_id, video_visibility.published_at FROM video_visibility
        WHERE video_visibility.author_id = {author} AND video_visibility.author_state = 'PUBLISHED'
            AND video_visibility.consent = 'LIVE' AND video_visibility.moderation = 'CLEAR'
            AND video_visibility.audience <> 'LINK' AND {addresses(VIEWER)} AND {fits_tier(VIEWER)} AND {BEHIND}
        {NEWEST} LIMIT {most}
    """  # noqa: S608 - constants and rules


def _statement(people: str) -> str:
    """The newest of each of ``people``, then all of those whose newest is new enough: no other can be on the page."""
    return f"""
    WITH people AS (
        SELECT q.followee_id AS id FROM follow q
        WHERE q.follower_id = {VIEWER} AND {people} AND {between(VIEWER, "q.followee_id")}
    ), heads AS (
        SELECT h.author_id FROM people p CROSS JOIN LATERAL ({_published_by("p.id", "1")}) h
        ORDER BY h.published_at DESC, h.id DESC LIMIT {MOST}
    )
    SELECT n.id, n.author_id, n.published_at, false AS stop
    FROM heads CROSS JOIN LATERAL ({_published_by("heads.author_id", MOST)}) n
    ORDER BY n.published_at DESC, n.id DESC LIMIT {MOST}
    """  # noqa: S608 - constants and rules


FOLLOWING = _statement("true")
FRIENDS = _statement(follows("q.followee_id", VIEWER))
"""Parameters: the viewer, how many, and the place behind which they are."""
