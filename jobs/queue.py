"""Typed enqueueing: what is promised in a transaction (the outbox), and the doorbell that is rung after it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from tortoise.backends.base.client import BaseDBAsyncClient

from jobs.arq_settings import CHORES_QUEUE, GENERATE_QUEUE, arq_redis, bell_key
from models.generation import Outbox

TOPIC_GENERATE = "generate"
TOPIC_PURGE = "purge"
TOPIC_PURGE_LATER = "purge_later"
"""As purge, `LATER_SECONDS` on: for what a worker that lost its lease may still be uploading."""
TOPIC_ANNOUNCE = "announce"

CANCEL_CHANNEL = "yume:cancel"
PATIENCE = 1.0
"""Seconds that somebody who asked for a clip waits for a Redis that hangs."""
BELL_LENGTH = 64
"""Rings kept while nobody listens: a worker that wakes looks for every queued row, so more would say nothing more."""

LATER_SECONDS = 3600.0

_PURGE_BATCH = 500

_log = structlog.get_logger()


async def enqueue_generation(connection: BaseDBAsyncClient, generation_id: UUID) -> None:
    """Promise that somebody is told of the queued ``generation_id``, in the caller's transaction.

    Ring `Doorbell.ring` after the commit; should that be missed, a worker's sweep keeps the promise within 2 s.
    """
    await Outbox.create(using_db=connection, topic=TOPIC_GENERATE, payload={"generation_id": str(generation_id)})


async def enqueue_purge(connection: BaseDBAsyncClient, keys: Sequence[str]) -> None:
    """Promise, in the caller's transaction, that the media objects ``keys`` are deleted."""
    for start in range(0, len(keys), _PURGE_BATCH):
        payload = {"keys": list(keys[start : start + _PURGE_BATCH])}
        await Outbox.create(using_db=connection, topic=TOPIC_PURGE, payload=payload)


async def enqueue_purge_of(connection: BaseDBAsyncClient, prefixes: Sequence[str], *, later: bool = False) -> None:
    """Promise, in the caller's transaction, that whatever lies under ``prefixes`` (whole folders) is deleted.

    ``later``: an hour on, when no worker of an earlier claim can be writing there any more.
    """
    topic = TOPIC_PURGE_LATER if later else TOPIC_PURGE
    await Outbox.create(using_db=connection, topic=topic, payload={"prefixes": list(prefixes)})


async def enqueue_announcement(connection: BaseDBAsyncClient, generation_id: UUID, *, fence: int) -> None:
    """Promise, in the caller's transaction, that the final state of ``generation_id`` reaches its progress stream."""
    payload = {"generation_id": str(generation_id), "fence": fence}
    await Outbox.create(using_db=connection, topic=TOPIC_ANNOUNCE, payload=payload)


class Doorbell:
    """Wakes workers. Every method is best effort and never raises for Redis: Postgres and the sweep are the truth."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._arq = arq_redis(redis)

    async def ring(self) -> None:
        """Tell one idle engine that there may be a row to claim. Call after the commit."""
        try:
            await self.deliver()
        except (RedisError, OSError) as error:
            _log.warning("doorbell_unheard", error=repr(error))

    async def deliver(self) -> None:
        """As `ring`, but raises `RedisError` or `OSError` when Redis did not take it."""
        await self._enqueue("generate_video", GENERATE_QUEUE)

    async def ring_purge(self) -> None:
        """Tell one worker that there is media to delete. Call after the commit."""
        try:
            await self._enqueue("purge_media", CHORES_QUEUE)
        except (RedisError, OSError) as error:
            _log.warning("doorbell_unheard", error=repr(error))

    async def ring_captures(self) -> None:
        """Tell one worker that there is a recording to check. Call after the commit."""
        try:
            await self._enqueue("check_captures", CHORES_QUEUE)
        except (RedisError, OSError) as error:
            _log.warning("doorbell_unheard", error=repr(error))

    async def request_cancel(self, generation_id: UUID) -> None:
        """Hint to whoever runs ``generation_id`` that ``cancel_requested_at`` was set; its heartbeat sees it anyway."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._redis.publish(CANCEL_CHANNEL, str(generation_id))
        except (RedisError, OSError) as error:
            _log.warning("cancel_hint_unheard", generation=str(generation_id), error=repr(error))

    async def request_cancels(self, generation_ids: Sequence[UUID]) -> None:
        """As `request_cancel`, for many at once: consent to them ended."""
        if not generation_ids:
            return
        try:
            async with asyncio.timeout(PATIENCE), self._redis.pipeline(transaction=False) as pipe:
                for generation_id in generation_ids:
                    pipe.publish(CANCEL_CHANNEL, str(generation_id))
                await pipe.execute()
        except (RedisError, OSError) as error:
            _log.warning("cancel_hint_unheard", generations=len(generation_ids), error=repr(error))

    async def _enqueue(self, task: str, queue: str) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._arq.enqueue_job(task, _queue_name=queue)
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.lpush(bell_key(queue), b"1")
                pipe.ltrim(bell_key(queue), 0, BELL_LENGTH - 1)
                await pipe.execute()
