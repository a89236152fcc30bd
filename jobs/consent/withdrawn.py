"""After a withdrawal's commit: tell who is concerned, destroy the bytes, and sign the receipt. Any crash is made good.

The rows of `models.withdrawal` are the truth: whatever is not told or not purged yet is found by every worker's sweep.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.clip.lease import media_prefix
from jobs.consent.evidence import awaiting, keep_copies
from jobs.derived.counts import enqueue_counts_withdrawn
from jobs.feed.stream import FEED_MOST, FeedChange, tell
from jobs.progress import forget_progress
from models.consent.withdraw import mark, reached
from models.erasure_manifest import VIDEO_CLASSES, Tally
from models.keys import Keys
from models.receipt import deletion_receipt
from models.storage import MediaStore
from models.vault import Vault

BATCH = 100
"""Videos whose bytes are destroyed in one transaction."""


async def tell_withdrawn(redis: Redis) -> int:
    """Tell feeds and people of withdrawals nobody was told of; returns how many those were.

    People hear of a withdrawal too large to be marked at once when it is purged, which is nobody's haste. Raises
    `RedisError` or `OSError` when Redis is away: the row stays as it was.
    """
    told = 0
    while True:
        async with in_transaction() as connection:
            row = await _take(connection, "told_at IS NULL")
            if row is None:
                return told
            await _tell_feeds(connection, redis, row["id"])
            if row["marked_at"] is not None:
                await _let_follow(connection, row)
            await connection.execute_query("UPDATE withdrawal SET told_at = yume_now() WHERE id = $1", [row["id"]])
        told += 1


async def purge_withdrawn(media: MediaStore, redis: Redis, keys: Keys, vault: Vault) -> int:
    """Destroy the bytes of withdrawn videos, batch by batch; returns how many withdrawals were completed.

    Of those that an open report is about, moderators are left a sealed copy first (`jobs/consent/evidence.py`).
    What is counted is committed with the rows of what was counted, so that a crash counts nothing twice. One that
    storage will not purge does not keep the others; its error is raised at the end, and it is tried again.
    """
    done = 0
    stuck: dict[UUID, Exception] = {}
    while True:
        trying: UUID | None = None
        uncopied = await _copied(media, vault)
        try:
            async with in_transaction() as connection:
                row = await _take(connection, "told_at IS NOT NULL", skip=stuck)
                if row is None:
                    break
                trying = row["id"]
                videos = await connection.execute_query_dict(_FULL, [row["id"], BATCH])
                if not await awaiting(connection, [video["id"] for video in videos]):
                    done += await _purge_some(connection, media, redis, keys, row, videos)
                elif uncopied is not None:
                    stuck[row["id"]] = uncopied
        except Exception as error:
            if trying is None:
                raise
            stuck[trying] = error
    if stuck:
        raise next(iter(stuck.values()))
    return done


async def _let_follow(connection: BaseDBAsyncClient, row: dict[str, Any]) -> None:
    """What is told of the likenesses that were marked, and counted no more."""
    await enqueue_counts_withdrawn(connection, row["id"])
    await connection.execute_query(_NOTIFY, [row["id"], row["cameo_id"]])


async def _purge_some(
    connection: BaseDBAsyncClient,
    media: MediaStore,
    redis: Redis,
    keys: Keys,
    row: dict[str, Any],
    videos: list[dict[str, Any]],
) -> bool:
    """Mark it, or purge one batch of it; whether that completed it."""
    if row["marked_at"] is None:
        await mark(connection, row["id"])
        await _let_follow(connection, row)
        return False
    purged = Tally.of(json.loads(row["purged"]), VIDEO_CLASSES)
    if videos:
        await purge_videos(connection, media, redis, videos, purged)
    await connection.execute_query(
        "UPDATE withdrawal SET purged = $2::jsonb WHERE id = $1", [row["id"], json.dumps(purged.counts)]
    )
    if len(videos) < BATCH:
        await _complete(connection, keys, row, purged.counts)
    return len(videos) < BATCH


async def purge_videos(
    connection: BaseDBAsyncClient, media: MediaStore, redis: Redis, videos: list[dict[str, Any]], purged: Tally
) -> None:
    """Destroy everything that is stored of ``videos`` (``id``, ``generation_id``) and count it in ``purged``."""
    ids = [row["id"] for row in videos]
    objects = await connection.execute_query_dict(
        "SELECT kind, key, bytes FROM rendition WHERE video_id = ANY ($1::uuid[])", [ids]
    )
    await media.delete([row["key"] for row in objects])
    for row in objects:
        purged.add(row["kind"], row["bytes"])
    generations: list[UUID] = [row["generation_id"] for row in videos]
    # Live segments, and whatever a worker that was killed left beside the clip.
    left = await asyncio.gather(*(media.delete_under(media_prefix(each)) for each in generations))
    purged.add("LIVE_SEGMENT", 0, objects=sum(left))
    for each in generations:
        purged.add("STEP_PREVIEW", 0, objects=await forget_progress(redis, each))
    await connection.execute_query("DELETE FROM rendition WHERE video_id = ANY ($1::uuid[])", [ids])


async def _copied(media: MediaStore, vault: Vault) -> Exception | None:
    """Make the copies that are due; why one could not be made keeps back its own withdrawal only."""
    try:
        await keep_copies(media, vault)
    except Exception as error:  # noqa: BLE001 - raised for the withdrawal that waits for it
        return error
    return None


async def _take(connection: BaseDBAsyncClient, condition: str, *, skip: Collection[UUID] = ()) -> dict[str, Any] | None:
    rows = await connection.execute_query_dict(
        f"""
        SELECT id, created_at, cameo_id, marked_at, purged::text AS purged FROM withdrawal
        WHERE purged_at IS NULL AND {condition} AND id <> ALL ($1::uuid[])
        ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1
        """,  # noqa: S608 - one of two constants
        [list(skip)],
    )
    return rows[0] if rows else None


async def _tell_feeds(connection: BaseDBAsyncClient, redis: Redis, withdrawal_id: UUID) -> None:
    ids = await reached(connection, withdrawal_id, published=True, limit=FEED_MOST + 1)
    if len(ids) > FEED_MOST:
        await tell(redis, FeedChange.STALE)
    elif ids:
        await tell(redis, FeedChange.GONE, ids)


async def _complete(
    connection: BaseDBAsyncClient, keys: Keys, row: dict[str, Any], purged: Mapping[str, Mapping[str, int]]
) -> None:
    [found] = await connection.execute_query_dict(_PROVED, [row["id"], f"cameo/{row['cameo_id']}"])
    receipt = deletion_receipt(
        keys,
        receipt_id=row["id"],
        subject=f"cameo/{row['cameo_id']}",
        asked_at=row["created_at"],
        done_at=found["now"],
        purged=purged,
        audit_hash=found["hash"],
        retained=found["retained"],
    )
    await connection.execute_query(
        "UPDATE withdrawal SET purged_at = $2, receipt = $3::jsonb WHERE id = $1",
        [row["id"], found["now"], json.dumps(receipt)],
    )


# The author, and the owners of the other likenesses: each learns of their own clip or likeness, never who asked. Only
# whom authors had cast themselves is named to them: they can leave that cameo out.
_NOTIFY = """
    WITH taken AS (
        SELECT l.video_id, l.via FROM video_likeness l WHERE l.withdrawal_id = $1
    ), owner AS (
        SELECT owner_id AS id FROM cameo WHERE id = $2
    ), concerned AS (
        SELECT v.author_id AS account_id, CASE WHEN t.via = 'SHOWN' THEN $2::uuid END AS cameo_id, v.id AS video_id
        FROM taken t JOIN video v ON v.id = t.video_id JOIN video_visibility s ON s.id = v.id
        WHERE s.author_state <> 'DELETED'
        UNION ALL
        SELECT c.owner_id, c.id, v.id
        FROM taken t JOIN video v ON v.id = t.video_id JOIN video_visibility s ON s.id = v.id
        JOIN video_likeness o ON o.video_id = v.id AND o.cameo_id <> $2 AND o.withdrawn_at IS NULL
        JOIN cameo c ON c.id = o.cameo_id AND c.owner_id <> v.author_id
        WHERE s.author_state <> 'DELETED'
    )
    INSERT INTO notification (id, created_at, account_id, kind, group_key, cameo_id, video_id)
    SELECT gen_random_uuid(), yume_now(), x.account_id, 'VIDEO_WITHDRAWN',
        'VIDEO_WITHDRAWN:' || ($1::uuid)::text, x.cameo_id, x.video_id
    FROM concerned x, owner
    WHERE x.account_id <> owner.id
        AND EXISTS (SELECT 1 FROM account a WHERE a.id = x.account_id AND a.deleted_at IS NULL)
"""
# Those purged before have no rendition any more; the index on (withdrawal_id, video_id) passes over them.
_FULL = """
    SELECT v.id, v.generation_id
    FROM video_likeness l JOIN video v ON v.id = l.video_id
    WHERE l.withdrawal_id = $1 AND EXISTS (SELECT 1 FROM rendition r WHERE r.video_id = l.video_id)
    ORDER BY l.withdrawal_id, l.video_id LIMIT $2
"""
_PROVED = """
    SELECT yume_now() AS now, (
        SELECT e.hash FROM audit_entry e WHERE e.chain = $2 AND e.facts::text LIKE '%' || ($1::uuid)::text || '%'
        ORDER BY e.seq LIMIT 1
    ) AS hash, (
        SELECT count(*)::int FROM video_likeness l JOIN evidence c ON c.video_id = l.video_id
        WHERE l.withdrawal_id = $1 AND c.kept_at IS NOT NULL AND c.destroyed_at IS NULL
    ) AS retained
"""
