"""What a member met in a feed, so that it is not shown to them again: noted once, counted once."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from uuid import UUID

from tortoise.transactions import in_transaction

from models.counts import add_finishes, add_views
from models.errors import Invalid
from models.rules.video import may_be_seen_by
from models.taste import taste_aged, taste_changed
from resolvers.context import Context
from resolvers.limit import Limit

MOST_VIEWS = 50
LONGEST_SECONDS = 3600.0
WHOLE = 0.9
"""The part of a clip that counts as having watched it to its end."""
_CALLS = Limit("views", 1200, 3600)


async def note_views(context: Context, seconds_of: Mapping[UUID, float]) -> int:
    """Note which videos the viewer met, and for how many seconds each ran; returns how many were new to them.

    Noting again keeps the longest time. What they may not see is passed over in silence. Raises `Unauthenticated`,
    `Invalid` (too many, no number of seconds), `RateLimited`.
    """
    member = context.member
    if len(seconds_of) > MOST_VIEWS:
        raise Invalid(f"Note at most {MOST_VIEWS} views at once.", field="views")
    if not all(isfinite(seconds) and 0 <= seconds <= LONGEST_SECONDS for seconds in seconds_of.values()):
        raise Invalid(f"Seconds are a number from 0 to {LONGEST_SECONDS:.0f}.", field="views")
    if not seconds_of:
        return 0
    await _CALLS.spend(context.stores.redis, str(member.id))
    async with in_transaction() as connection:
        rows = await connection.execute_query_dict(_NOTE, [member.id, list(seconds_of), list(seconds_of.values())])
        new = [row["video_id"] for row in rows if row["new"]]
        finished = [row["video_id"] for row in rows if row["finished"]]
        # One's own views say nothing of how others receive a video.
        await add_views(connection, [row["video_id"] for row in rows if row["new"] and not row["own"]])
        await add_finishes(connection, [row["video_id"] for row in rows if row["finished"] and not row["own"]])
        await (taste_changed if finished else taste_aged)(connection, member.id)
    return len(new)


_NOTE = f"""
    WITH given AS (
        SELECT g.id, g.seconds, v.seconds * {WHOLE} AS whole, v.author_id = $1::uuid AS own
        FROM unnest($2::uuid[], $3::real[]) AS g (id, seconds) JOIN video v ON v.id = g.id
        JOIN video_visibility ON video_visibility.id = g.id
        WHERE video_visibility.author_state = 'PUBLISHED' AND {may_be_seen_by("$1::uuid")}
    ), before AS (
        SELECT i.video_id, i.seconds FROM impression i JOIN given ON given.id = i.video_id
        WHERE i.account_id = $1::uuid ORDER BY i.video_id FOR UPDATE OF i
    ), noted AS (
        INSERT INTO impression AS i (account_id, video_id, seen_at, seconds)
        SELECT $1::uuid, given.id, yume_now(), given.seconds
        FROM given LEFT JOIN before ON before.video_id = given.id ORDER BY given.id
        ON CONFLICT (account_id, video_id) DO UPDATE SET seconds = greatest(i.seconds, excluded.seconds)
        RETURNING video_id, seconds, xmax = 0 AS new
    )
    SELECT noted.video_id, noted.new, given.own,
        noted.seconds >= given.whole AND (noted.new OR coalesce(before.seconds < given.whole, false)) AS finished
    FROM noted JOIN given ON given.id = noted.video_id LEFT JOIN before ON before.video_id = noted.video_id
"""  # noqa: S608 - a rule and a number
