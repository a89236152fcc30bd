"""Repair: every count worked out anew from what it counts, tree by tree, while everybody goes on."""

from __future__ import annotations

from uuid import UUID

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.derived.counts import LOCK
from models.rules.counts import COUNTED

TREES = 200
"""First clips whose whole trees are counted in one transaction, for which those who like one of their videos wait."""
_FIRST = UUID(int=0)


async def recount() -> int:
    """Count everything anew; returns how many rows were wrong. Needed after rows were written by hand, or restored."""
    wrong = 0
    last: UUID = _FIRST
    while True:
        rows = await connections.get("default").execute_query_dict(
            "SELECT id FROM lineage WHERE id = root_id AND id > $1 ORDER BY id LIMIT $2", [last, TREES]
        )
        if not rows:
            return wrong
        roots = [row["id"] for row in rows]
        async with in_transaction() as connection:
            wrong += await _recount_replies(connection, roots)
        async with in_transaction() as connection:
            wrong += await _recount(connection, roots)
        last = roots[-1]


async def _recount(connection: BaseDBAsyncClient, roots: list[UUID]) -> int:
    # In statements of their own, so that what is counted below includes what these waited for.
    await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [LOCK])
    await connection.execute_query(_ROWS, [roots])
    await connection.execute_query(_LOCKED, [roots])
    return len(await connection.execute_query_dict(_COUNTS, [roots]))


async def _recount_replies(connection: BaseDBAsyncClient, roots: list[UUID]) -> int:
    await connection.execute_query(_THREADS, [roots])
    return len(await connection.execute_query_dict(_REPLIES, [roots]))


_IN_TREES = "SELECT t.id FROM lineage t WHERE t.root_id = ANY ($1::uuid[])"
_ROWS = f"""
    INSERT INTO video_counts (id)
    SELECT v.id FROM video_visibility v WHERE v.id IN ({_IN_TREES}) AND v.author_state <> 'DRAFT' ORDER BY v.id
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants
_LOCKED = f"SELECT 1 FROM video_counts WHERE id IN ({_IN_TREES}) ORDER BY id FOR UPDATE"  # noqa: S608 - a constant
_COUNTS = f"""
    WITH tree AS MATERIALIZED (
        SELECT t.id, t.parent_id, t.path, EXISTS (
            SELECT 1 FROM video_visibility WHERE video_visibility.id = t.id AND {COUNTED}
        ) AS counted
        FROM lineage t WHERE t.root_id = ANY ($1::uuid[])
    ), remixes AS (
        SELECT parent_id AS id, count(*) AS n FROM tree WHERE counted AND parent_id IS NOT NULL GROUP BY 1
    ), below AS (
        SELECT unnest(path) AS id, count(*) AS n FROM tree WHERE counted GROUP BY 1
    ), likes AS (
        SELECT l.video_id AS id, count(*) AS n FROM video_like l JOIN tree ON tree.id = l.video_id GROUP BY 1
    ), comments AS (
        SELECT m.video_id AS id, count(*) AS n FROM comment m JOIN tree ON tree.id = m.video_id
        WHERE m.deleted_at IS NULL AND m.hidden_at IS NULL GROUP BY 1
    ), truth AS (
        SELECT tree.id, tree.counted, coalesce(r.n, 0) AS remixes, coalesce(b.n, 0) AS below, coalesce(l.n, 0) AS likes,
            coalesce(m.n, 0) AS comments
        FROM tree LEFT JOIN remixes r ON r.id = tree.id LEFT JOIN below b ON b.id = tree.id
        LEFT JOIN likes l ON l.id = tree.id LEFT JOIN comments m ON m.id = tree.id
    )
    UPDATE video_counts c SET counted = t.counted, remix_count = t.remixes, tree_count = t.below,
        like_count = t.likes, comment_count = t.comments, refreshed_at = NULL
    FROM truth t WHERE t.id = c.id
        AND (c.counted, c.remix_count, c.tree_count, c.like_count, c.comment_count)
        IS DISTINCT FROM (t.counted, t.remixes::int, t.below::int, t.likes::int, t.comments::int)
    RETURNING c.id
"""  # noqa: S608 - a rule
_THREADS = f"""
    SELECT 1 FROM comment WHERE parent_id IS NULL AND video_id IN ({_IN_TREES}) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608 - constants
_REPLIES = f"""
    UPDATE comment c SET reply_count = t.n FROM (
        SELECT p.id, count(r.id) AS n FROM comment p
        LEFT JOIN comment r ON r.parent_id = p.id AND r.deleted_at IS NULL AND r.hidden_at IS NULL
        WHERE p.parent_id IS NULL AND p.video_id IN ({_IN_TREES}) GROUP BY p.id
    ) AS t WHERE t.id = c.id AND c.reply_count <> t.n RETURNING c.id
"""  # noqa: S608 - constants
