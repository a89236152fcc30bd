"""The chore behind leaderboards: who asked to be ranked, counted anew as often as policy says."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

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
    for kind, acts in _ACTS.items():
        await connection.execute_query(_RANK.format(sums=_sums(acts, "true")), [kind, MOST])


async def lower_leaders(video_ids: Sequence[UUID]) -> int:
    """Take off the boards what these videos brought, which nobody sees any more; returns whose scores were looked at.

    Theirs alone are counted, and only ever lowered: what is new since the last count comes with the next, for all.
    """
    async with in_transaction() as connection:
        rows = await connection.execute_query_dict(_CONCERNED, [list(video_ids)])
        concerned = [row["account_id"] for row in rows]
        if not concerned:
            return 0
        # Whoever counts all of them goes first; their count may have begun before the videos were hidden.
        await connection.execute_query("SELECT pg_advisory_xact_lock(hashtextextended('chore:leaders', 0))")
        for kind, acts in _ACTS.items():
            await connection.execute_query(_LOWER.format(sums=_sums(acts, _SOME)), [kind, concerned])
        await connection.execute_query(
            "DELETE FROM leader WHERE account_id = ANY ($1::uuid[]) AND score <= 0", [concerned]
        )
    return len(concerned)


def _sums(acts: str, whom: str) -> str:
    return _SUMS.format(acts=acts.format(videos=_VIDEOS.format(whom=whom)))


_SOME = "member.id = ANY ($2::uuid[])"
_VIDEOS = f"""
    SELECT video_visibility.id, video_visibility.author_id FROM account member
    JOIN video_visibility ON video_visibility.author_id = member.id
    WHERE member.on_leaderboards AND {{whom}} AND {may_be_ranked("member.id")} AND {COUNTED}
"""  # noqa: S608 - rules
# What people do for their own videos counts nothing, nor what the suspended did.
_LIKES = """
    SELECT v.author_id, l.created_at AS at FROM ({videos}) AS v
    JOIN video_like l ON l.video_id = v.id AND l.account_id <> v.author_id
    JOIN account o ON o.id = l.account_id AND o.suspended_at IS NULL AND o.deleted_at IS NULL
"""
_REMIXES = """
    SELECT v.author_id, r.published_at AS at FROM ({videos}) AS v
    JOIN lineage t ON t.parent_id = v.id
    JOIN video_counts c ON c.id = t.id AND c.counted
    JOIN video_visibility r ON r.id = t.id AND r.author_id <> v.author_id
"""
_ACTS = {"MOST_LIKED": _LIKES, "MOST_REMIXED": _REMIXES}
_SUMS = """
    WITH sums AS (
        SELECT a.author_id, count(*) AS ever, count(*) FILTER (WHERE a.at > yume_now() - interval '30 days') AS month,
            count(*) FILTER (WHERE a.at > yume_now() - interval '7 days') AS week
        FROM ({acts}) AS a GROUP BY a.author_id
    ), scores AS (
        SELECT s.author_id, p.period, p.score FROM sums s
        CROSS JOIN LATERAL (VALUES ('ALL', s.ever), ('MONTH', s.month), ('WEEK', s.week)) AS p (period, score)
        WHERE p.score > 0
    )
"""
_RANK = """
    {sums}, ranked AS (
        SELECT s.*, row_number() OVER (PARTITION BY s.period ORDER BY s.score DESC, s.author_id) AS place FROM scores s
    )
    INSERT INTO leader (id, created_at, kind, period, account_id, score, refreshed_at)
    SELECT gen_random_uuid(), yume_now(), $1, r.period, r.author_id, r.score, yume_now()
    FROM ranked r WHERE r.place <= $2
"""
_LOWER = """
    {sums}
    UPDATE leader l SET score = least(l.score, coalesce(
        (SELECT s.score FROM scores s WHERE s.author_id = l.account_id AND s.period = l.period), 0
    ))
    WHERE l.kind = $1 AND l.account_id = ANY ($2::uuid[])
"""
_CONCERNED = """
    SELECT DISTINCT l.account_id FROM (
        SELECT unnest($1::uuid[]) AS id UNION SELECT t.parent_id FROM lineage t WHERE t.id = ANY ($1::uuid[])
    ) AS x JOIN video_visibility v ON v.id = x.id JOIN leader l ON l.account_id = v.author_id
"""
