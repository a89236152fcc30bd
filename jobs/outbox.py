"""Keeps the promises of committed transactions: rings, last words, deletions. A row goes when its work is done."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.feed.stream import TOPIC_FEED, keep
from jobs.metrics import PURGED
from jobs.progress.event import EventKind, FailureDetail, ProgressEvent
from jobs.progress.writer import announce
from jobs.queue import (
    LATER_SECONDS,
    TOPIC_ANNOUNCE,
    TOPIC_GENERATE,
    TOPIC_PURGE,
    TOPIC_PURGE_LATER,
    Doorbell,
)
from models.generation import FINAL_STATES, GenerationState
from models.storage import MediaStore

BATCH = 100
PATIENCE = 10.0
"""Seconds for a batch; a Redis that hangs must not keep rows locked."""

_KINDS = {
    GenerationState.SUCCEEDED: EventKind.FINISHED,
    GenerationState.CANCELLED: EventKind.CANCELLED,
    GenerationState.FAILED: EventKind.FAILED,
    GenerationState.BLOCKED: EventKind.FAILED,
    GenerationState.QUEUED: EventKind.QUEUED,
}


async def drain(redis: Redis, doorbell: Doorbell) -> int:
    """Ring for queued generations and say last words; any number of workers may drain at once.

    Returns how many promises were kept. Raises `RedisError` or `OSError` when Redis is away: the rows stay.
    """
    kept = 0
    async with asyncio.timeout(PATIENCE):
        while True:
            async with in_transaction() as connection:
                rows = await _take(connection, (TOPIC_GENERATE, TOPIC_ANNOUNCE), BATCH)
                for _, topic, payload in rows:
                    if topic == TOPIC_GENERATE:
                        await doorbell.deliver()
                    elif (
                        event := await _event(connection, UUID(payload["generation_id"]), payload["fence"])
                    ) is not None:
                        await announce(redis, event, fence=payload["fence"])
            kept += len(rows)
            if len(rows) < BATCH:
                return kept


async def tell_feeds(redis: Redis) -> int:
    """Tell open feeds what committed transactions added and took away; returns how many promises were kept.

    Raises `RedisError` or `OSError` when Redis is away: the rows stay.
    """
    kept = 0
    async with asyncio.timeout(PATIENCE):
        while True:
            async with in_transaction() as connection:
                rows = await _take(connection, (TOPIC_FEED,), BATCH)
                for _, _, payload in rows:
                    await keep(redis, payload)
            kept += len(rows)
            if len(rows) < BATCH:
                return kept


async def purge_pending(media: MediaStore) -> int:
    """Delete the media that committed transactions gave up. Returns how many promises were kept.

    Raises what storage raises (the row stays, and is tried again).
    """
    kept = 0
    stuck: dict[UUID, Exception] = {}
    while True:
        trying: UUID | None = None
        try:
            async with in_transaction() as connection:
                rows = await _take(connection, (TOPIC_PURGE,), 1, skip=stuck) or await _take(
                    connection, (TOPIC_PURGE_LATER,), 1, age_seconds=LATER_SECONDS, skip=stuck
                )
                for row_id, _, payload in rows:
                    trying = row_id
                    keys: list[str] = payload.get("keys", [])
                    await media.delete(keys)
                    PURGED.inc(len(keys))
                    for prefix in payload.get("prefixes", []):
                        PURGED.inc(await media.delete_under(prefix))
        except Exception as error:
            # One object that cannot be deleted must not keep the bytes of all others.
            if trying is None or len(stuck) >= BATCH:
                raise
            stuck[trying] = error
            continue
        if not rows:
            break
        kept += len(rows)
    if stuck:
        raise next(iter(stuck.values()))
    return kept


async def _take(
    connection: BaseDBAsyncClient,
    topics: tuple[str, ...],
    limit: int,
    *,
    age_seconds: float = 0.0,
    skip: Collection[UUID] = (),
) -> list[tuple[UUID, str, dict[str, Any]]]:
    """Take rows off the outbox, oldest first. They come back should the transaction not commit."""
    rows = await connection.execute_query_dict(
        """
        DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox
            WHERE topic = ANY($1::text[]) AND ($3::float = 0 OR created_at < yume_now() - make_interval(secs => $3))
                AND id <> ALL($4::uuid[])
            ORDER BY id FOR UPDATE SKIP LOCKED LIMIT $2
        ) RETURNING id, topic, payload::text AS payload
        """,
        [list(topics), limit, age_seconds, list(skip)],
    )
    return sorted((row["id"], row["topic"], json.loads(row["payload"])) for row in rows)


async def _event(connection: BaseDBAsyncClient, generation_id: UUID, fence: int) -> ProgressEvent | None:
    """What there is to say now: nothing when the generation has moved on since the promise, or is gone."""
    rows = await connection.execute_query_dict(
        """
        SELECT g.state, g.attempt, g.fence, g.failure_code, g.failure_message, v.id AS video_id,
            (SELECT count(*) + 1 FROM generation q
             WHERE q.state = 'QUEUED' AND (-q.priority, q.id) < (-g.priority, g.id)) AS position
        FROM generation g LEFT JOIN video v ON v.generation_id = g.id WHERE g.id = $1
        """,
        [generation_id],
    )
    if not rows or rows[0]["fence"] != fence:
        return None
    row, state = rows[0], GenerationState(rows[0]["state"])
    if state not in (*FINAL_STATES, GenerationState.QUEUED):
        return None
    return ProgressEvent(
        generation_id=generation_id,
        attempt=row["attempt"],
        kind=_KINDS[state],
        position=row["position"] if state is GenerationState.QUEUED else None,
        video_id=row["video_id"],
        failure=_failure(row),
    )


def _failure(row: dict[str, Any]) -> FailureDetail | None:
    return (
        FailureDetail(code=row["failure_code"], message=row["failure_message"] or "") if row["failure_code"] else None
    )
