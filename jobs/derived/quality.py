"""Works out how well videos are received, and how well for their age, wherever that was counted anew.

Rows become due by being counted (`models.counts` empties ``refreshed_at``), so a turn costs what changed, never what
there is.
"""

from __future__ import annotations

from tortoise import connections

from models.policy import rule_in_sql
from models.rules.counts import COUNTED

BATCH = 500
TURN = 20
"""Batches in one turn of a worker, which has other work."""
PRIOR, STRENGTH = 0.15, 20
"""What a video is taken for that nobody has met, and how many members' opinions that is worth."""


async def refresh_quality() -> int:
    """Work out what is due, a turn at most; returns how many rows. Any number of workers may call it at once."""
    total = 0
    for _ in range(TURN):
        rows = await connections.get("default").execute_query_dict(_REFRESH)
        total += len(rows)
        if len(rows) < BATCH:
            break
    return total


# One member may comment and remix often: those count by their square root. What members did without a view being
# noted counts as a view too. Since everything halves in the same time, the order by `hot` never changes by itself: it
# is the logarithm of quality × 0.5 ^ (age / half-life), but for a constant.
_REFRESH = f"""
    WITH due AS (
        SELECT id FROM video_counts WHERE refreshed_at IS NULL ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED
    ), received AS (
        SELECT n.id, least(1, (
            {PRIOR * STRENGTH} + n.like_count + 0.5 * n.finish_count
            + 2 * sqrt(n.comment_count) + 3 * sqrt(n.remix_count)
        ) / ({STRENGTH} + greatest(n.view_count, n.like_count, n.finish_count))) AS quality
        FROM video_counts n JOIN due ON due.id = n.id
    ), placed AS (
        SELECT received.id, received.quality, coalesce((
            SELECT ln(received.quality) / ln(2) + extract(epoch FROM video_visibility.published_at) / 3600
                / {rule_in_sql("feed_half_life_hours")}::float8
            FROM video_visibility WHERE video_visibility.id = received.id AND {COUNTED}
        ), 0) AS hot FROM received
    )
    UPDATE video_counts n SET quality = placed.quality, hot = placed.hot, refreshed_at = yume_now()
    FROM placed WHERE n.id = placed.id RETURNING n.id
"""  # noqa: S608 - numbers and rules
