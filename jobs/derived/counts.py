"""Counts of remixes follow what is listed: a chore adds and takes one wherever a video was published or is gone.

What changes a video's visibility promises the count in its own transaction; the chore compares what is counted with the
rule of the moment, so it may be repeated, late, or asked for what did not change.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.derived.leaders import lower_leaders
from jobs.feed.live_counts import stir
from models.generation import Outbox
from models.rules.counts import COUNTED

TOPIC_COUNTS = "counts"
LOCK = 0x434F554E
"""Advisory lock ("COUN"): one counter at a time, so that ``counted`` is nobody else's to change."""
BATCH = 100
"""Videos in one promise."""
PROMISES = 10
"""Promises kept in one transaction, for which those who like one of the videos wait."""
TURN = 20
"""Transactions in one turn of a worker, which has other work."""


async def enqueue_counts(connection: BaseDBAsyncClient, video_ids: Sequence[UUID]) -> None:
    """Promise, in the transaction that lists these videos or takes them away, that their ancestors' counts follow."""
    for start in range(0, len(video_ids), BATCH):
        payload = {"videos": [str(each) for each in video_ids[start : start + BATCH]]}
        await Outbox.create(using_db=connection, topic=TOPIC_COUNTS, payload=payload)


async def enqueue_counts_of(connection: BaseDBAsyncClient, *account_ids: UUID) -> None:
    """As `enqueue_counts`, for everything that accounts have published: they were suspended, deleted, or are back."""
    await connection.execute_query(_PROMISE.format(videos=_OF_AUTHORS), [list(account_ids), TOPIC_COUNTS, BATCH])


async def enqueue_counts_withdrawn(connection: BaseDBAsyncClient, withdrawal_id: UUID) -> None:
    """As `enqueue_counts`, for what a withdrawal took out, once its likenesses are marked."""
    await connection.execute_query(_PROMISE.format(videos=_WITHDRAWN), [withdrawal_id, TOPIC_COUNTS, BATCH])


async def settle_counts(redis: Redis) -> int:
    """Keep what was promised; returns how many promises that were. Any number of workers may call it at once.

    A large backlog is left for the next turn. Open feeds hear of the new counts while Redis is there, and leaderboards
    lose what is gone; should this worker die in between, they lose it when all are counted next.
    """
    kept, gone = 0, list[UUID]()
    for _ in range(TURN):
        async with in_transaction() as connection:
            # In a statement of its own: the next ones' snapshots then have all that the last counter committed.
            [lock] = await connection.execute_query_dict("SELECT pg_try_advisory_xact_lock($1) AS mine", [LOCK])
            promises = await _take(connection) if lock["mine"] else []
            asked = sorted({each for promise in promises for each in promise})
            changed, unlisted = await _count(connection, asked)
        gone += unlisted
        await stir(redis, changed)
        kept += len(promises)
        if len(promises) < PROMISES:
            break
    if gone:
        await lower_leaders(gone)
    return kept


async def _take(connection: BaseDBAsyncClient) -> list[list[str]]:
    rows = await connection.execute_query_dict(
        """
        DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox WHERE topic = $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING payload::text AS payload
        """,
        [TOPIC_COUNTS, PROMISES],
    )
    return [json.loads(row["payload"])["videos"] for row in rows]


async def _count(connection: BaseDBAsyncClient, video_ids: Sequence[str]) -> tuple[list[UUID], list[UUID]]:
    """Count those that are listed and were not, take back those that were.

    Returns whose counts changed by that, and which are listed no more.
    """
    if not video_ids:
        return [], []
    flipped: list[dict[str, Any]] = await connection.execute_query_dict(_FLIPPED, [list(video_ids)])
    if not flipped:
        return [], []
    ids, listed = [row["id"] for row in flipped], [row["listed"] for row in flipped]
    rows = await connection.execute_query_dict(_ADD, [ids, listed])
    return [row["id"] for row in rows if row["near"]], [row["id"] for row in flipped if not row["listed"]]


# Whole promises of many ids at once: a hundred thousand are a thousand rows.
_PROMISE = """
    INSERT INTO outbox (id, created_at, topic, payload)
    SELECT gen_random_uuid(), yume_now(), $2, jsonb_build_object('videos', jsonb_agg(n.id))
    FROM (SELECT f.id, (row_number() OVER (ORDER BY f.id) - 1) / $3::int AS batch FROM ({videos}) AS f) AS n
    GROUP BY n.batch
"""
_OF_AUTHORS = """
    SELECT v.id FROM video_visibility v LEFT JOIN video_counts c ON c.id = v.id
    WHERE v.author_id = ANY ($1::uuid[]) AND (c.counted OR (v.author_state = 'PUBLISHED' AND v.audience = 'PUBLIC'))
"""
_WITHDRAWN = """
    SELECT l.video_id AS id FROM video_likeness l JOIN video_counts c ON c.id = l.video_id AND c.counted
    WHERE l.withdrawal_id = $1
"""
# Joined by ids, few at a time: as a subquery the rule would be evaluated for every video there is.
_FLIPPED = f"""
    SELECT f.id, f.listed FROM (
        SELECT asked.id, coalesce(c.counted, false) AS counted, coalesce({COUNTED}, false) AS listed
        FROM unnest($1::uuid[]) AS asked (id)
        LEFT JOIN video_visibility ON video_visibility.id = asked.id LEFT JOIN video_counts c ON c.id = asked.id
    ) AS f WHERE f.listed <> f.counted
"""  # noqa: S608 - a rule
# In the order of ids, as everybody who holds more than one of these rows takes them.
_ADD = """
    WITH flipped AS (
        SELECT * FROM unnest($1::uuid[], $2::bool[]) AS f (id, listed)
    ), changes AS (
        SELECT t.parent_id AS id, CASE WHEN f.listed THEN 1 ELSE -1 END AS remixes, 0 AS tree
        FROM flipped f JOIN lineage t ON t.id = f.id WHERE t.parent_id IS NOT NULL
        UNION ALL
        SELECT unnest(t.path), 0, CASE WHEN f.listed THEN 1 ELSE -1 END FROM flipped f JOIN lineage t ON t.id = f.id
        UNION ALL
        SELECT f.id, 0, 0 FROM flipped f
    ), sums AS (
        SELECT id, sum(remixes)::int AS remixes, sum(tree)::int AS tree FROM changes GROUP BY id
    )
    INSERT INTO video_counts AS c (id, remix_count, tree_count, counted)
    SELECT s.id, s.remixes, s.tree, coalesce(f.listed, known.counted, false)
    FROM sums s LEFT JOIN flipped f ON f.id = s.id LEFT JOIN video_counts known ON known.id = s.id ORDER BY s.id
    ON CONFLICT (id) DO UPDATE SET
        remix_count = c.remix_count + excluded.remix_count,
        tree_count = c.tree_count + excluded.tree_count,
        refreshed_at = NULL,
        counted = excluded.counted
    RETURNING c.id, c.id IN (SELECT x.id FROM changes x WHERE x.remixes <> 0) AS near
"""
