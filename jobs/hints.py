"""Hints from the API to workers: somebody cancelled. Losing one costs a heartbeat, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.queue import CANCEL_CHANNEL

RETRY_SECONDS = 0.5

_log = structlog.get_logger()


async def listen(redis: Redis, heard: Callable[[UUID], None]) -> None:
    """Call ``heard`` with each generation whose author cancelled it, until cancelled itself."""
    while True:
        try:
            async with redis.pubsub() as channel:
                await channel.subscribe(CANCEL_CHANNEL)
                async for message in channel.listen():
                    if message["type"] == "message":
                        _tell(message["data"], heard)
        except (RedisError, OSError):
            # The bell's worker logs that Redis is away; one line for one cause.
            await asyncio.sleep(RETRY_SECONDS)


def _tell(data: bytes, heard: Callable[[UUID], None]) -> None:
    try:
        generation_id = UUID(data.decode("ascii"))
    except ValueError:
        _log.warning("hint_unreadable", data=data[:60])
    else:
        heard(generation_id)
