"""arq as doorbell: workers that sleep on a blocking pop and outlive a Redis that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import structlog
from arq.typing import WorkerCoroutine
from arq.worker import Function, Worker, func
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.arq_settings import arq_redis, bell_key, decode, encode

BLOCK_SECONDS = 1
RETRY_SECONDS = 0.5
PATIENCE = 5.0
"""Seconds past its block in which Redis must answer."""
TASK_SECONDS = 10
"""A task is short. arq skips a ring that died with its worker for so long; nothing depends on it."""

_log = structlog.get_logger()


class BellWorker(Worker):
    """An arq worker whose pause between polls is a blocking pop: a ring is heard in milliseconds, idling is free.

    One whose hands are full (``rest`` has not returned) does not listen, so that a ring goes to somebody who is free.
    """

    rest: Callable[[], Awaitable[None]]

    async def main(self) -> None:
        """Poll, run, sleep on the bell. Ends with `RedisError` or `OSError` when Redis is away."""
        while True:
            async with asyncio.timeout(PATIENCE):
                await self._poll_iteration()
            if running := [task for task in self.tasks.values() if not task.done()]:
                await asyncio.wait(running)
                continue
            await self.rest()
            async with asyncio.timeout(BLOCK_SECONDS + PATIENCE):
                # redis-py types its asynchronous commands by their synchronous twins.
                await cast("Awaitable[object]", self.pool.blpop([bell_key(self.queue_name)], timeout=BLOCK_SECONDS))


async def always_free() -> None:
    """A worker that may always listen."""


async def answer(
    redis: Redis,
    queue: str,
    tasks: Sequence[WorkerCoroutine],
    context: dict[str, Any],
    *,
    rest: Callable[[], Awaitable[None]] = always_free,
) -> None:
    """Run the arq ``tasks`` of ``queue``, one at a time, until cancelled; start over whenever Redis comes back.

    ``rest`` is awaited before each turn at the bell.
    """
    away = False
    while True:
        worker = _worker(redis, queue, tasks, context)
        worker.rest = rest
        try:
            await worker.main()
        except (RedisError, OSError) as error:
            if not away:
                _log.warning("bell_silent", queue=queue, error=repr(error))
            away = True
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            for task in worker.tasks.values():
                task.cancel()


def _worker(redis: Redis, queue: str, tasks: Sequence[WorkerCoroutine], context: dict[str, Any]) -> BellWorker:
    functions: list[Function] = [func(task, keep_result=0, timeout=TASK_SECONDS, max_tries=2) for task in tasks]
    return BellWorker(
        functions,
        queue_name=queue,
        redis_pool=arq_redis(redis),
        max_jobs=1,
        handle_signals=False,
        job_serializer=encode,
        job_deserializer=decode,
        log_results=False,
        ctx=dict(context),
    )
