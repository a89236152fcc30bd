"""The LATEST feed: everything published to all, newest first, nothing ranked."""

from __future__ import annotations

from models.rules.video import fits_tier
from resolvers.context import Context
from resolvers.feed.fill import fill
from resolvers.feed.places import BEHIND, MOST, NEWEST, VIEWER, PlacesByTime, between
from resolvers.feed.present import FeedPage
from resolvers.feed.rules import PUBLIC
from resolvers.feed.why import Reason
from resolvers.page import Window

SCANNED = 1000
"""Rows of the index that one statement looks at, at most: whoever mutes and blocks many waits no longer than others."""

_SCAN = f"""
    SELECT video_visibility.id, video_visibility.author_id, video_visibility.published_at FROM video_visibility
    WHERE video_visibility.author_state = 'PUBLISHED' AND video_visibility.audience = 'PUBLIC'
        AND video_visibility.consent = 'LIVE' AND video_visibility.moderation = 'CLEAR' AND {BEHIND}
    {NEWEST}
"""  # noqa: S608 - constants
STATEMENT = f"""
    WITH found AS (
        SELECT * FROM ({_SCAN} LIMIT {SCANNED}) video_visibility
        WHERE {between(VIEWER, "video_visibility.author_id")} AND {fits_tier(VIEWER)}
        {NEWEST} LIMIT {MOST}
    )
    SELECT *, false AS stop FROM found
    UNION ALL
    SELECT *, true FROM (
        SELECT * FROM ({_SCAN} OFFSET {SCANNED - 1} LIMIT 1) s WHERE (SELECT count(*) FROM found) < {MOST}
    ) s
    ORDER BY published_at DESC, id DESC
"""  # noqa: S608 - constants


async def latest(context: Context, window: Window) -> FeedPage:
    """One page of what is published to all. Raises `Invalid` (first, after)."""
    return await fill(context, by_time(context, "feed:LATEST"), window)


def by_time(context: Context, name: str) -> PlacesByTime:
    """Its skeleton, with cursors of the feed ``name``."""
    return PlacesByTime(context, name, STATEMENT, PUBLIC, Reason.LATEST, by_author=False)
