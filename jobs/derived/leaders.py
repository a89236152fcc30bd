"""The chore behind leaderboards: who asked to be ranked, counted anew as often as policy says."""

from __future__ import annotations

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.schedule import is_due
from models.policy import policy_in_force
from models.rules.counts import COUNTED
from models.rules.leader import may_be_ranked

MOST = 1_000
"""Members on one board."""


async def rank_leaders() -> bool:
    """Work all boards out, when it is time; whether this worker did. Any number of workers may ask."""
    policy = await policy_in_force()
    async with in_transaction() as connection:
        if not await is_due(connection, "leaders", 60.0 * policy["leaderboard_minutes"]):
            return False
        await count_leaders(connection)
        return True


async def count_leaders(connection: BaseDBAsyncClient) -> None:
    """Replace every board by what holds in the given transaction."""
    await connection.execute_query("DELETE FROM leader")
    for kind, acts in (("MOST_LIKED", _LIKES), ("MOST_REMIXED", _REMIXES)):
        await connection.execute_query(_RANK.format(acts=acts), [kind, MOST])


_VIDEOS = f"""
    SELECT video_visibility.id, video_visibility.author_id FROM account member
    JOIN video_visibility ON video_visibility.author_id = member.id
    WHERE member.on_leaderboards AND {may_be_ranked("member.id")} AND {COUNTED}
"""  # noqa: S608 - rules
# What people do for their own videos counts nothing, nor what the suspended did.
_LIKES = f"""
    SELECT v.author_id, l.created_at AS at FROM ({_VIDEOS}) AS v
    JOIN video_like l ON l.video_id = v.id AND l.account_id <> v.author_id
    JOIN account o ON o.id = l.account_id AND o.suspended_at IS NULL AND o.deleted_at IS NULL
"""  # noqa: S608 - rules
_REMIXES = f"""
    SELECT v.author_id, r.published_at AS at FROM ({_VIDEOS}) AS v
    JOIN lineage t ON t.parent_id = v.id
    JOIN video_counts c ON c.id = t.id AND c.counted
    JOIN video_visibility r ON r.id = t.id AND r.author_id <> v.author_id
"""  # noqa: S608 - rules
_RANK = """
    WITH sums AS (
        SELECT a.author_id, count(*) AS ever, count(*) FILTER (WHERE a.at > yume_now() - interval '30 days') AS month,
            count(*) FILTER (WHERE a.at > yume_now() - interval '7 days') AS week
        FROM ({acts}) AS a GROUP BY a.author_id
    ), ranked AS (
        SELECT s.author_id, p.period, p.score,
            row_number() OVER (PARTITION BY p.period ORDER BY p.score DESC, s.author_id) AS place
        FROM sums s
        CROSS JOIN LATERAL (VALUES ('ALL', s.ever), ('MONTH', s.month), ('WEEK', s.week)) AS p (period, score)
        WHERE p.score > 0
    )
    INSERT INTO leader (id, created_at, kind, period, account_id, score, refreshed_at)
    SELECT gen_random_uuid(), yume_now(), $1, r.period, r.author_id, r.score, yume_now()
    FROM ranked r WHERE r.place <= $2
"""
