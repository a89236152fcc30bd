"""How often someone may try: fixed windows counted in Redis, one count a resolution (aliases count too)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from redis.asyncio import Redis

from models.errors import RateLimited

PATIENCE = 2.0
"""Seconds that Redis has to count; without a count nobody gets in."""


@dataclass(frozen=True)
class Limit:
    """At most ``count`` tries in ``seconds`` for each subject (an address, a handle, an account)."""

    name: str
    count: int
    seconds: int

    async def spend(self, redis: Redis, subject: str) -> None:
        """Count one try. Raises `RateLimited` with the seconds to wait once the window's tries are spent."""
        key = f"limit:{self.name}:{subject}"
        async with asyncio.timeout(PATIENCE), redis.pipeline(transaction=True) as pipe:
            pipe.set(key, 0, ex=self.seconds, nx=True)
            pipe.incr(key)
            pipe.ttl(key)
            _, spent, left = await pipe.execute()
        if spent > self.count:
            raise RateLimited(f"Too many tries. Wait {max(left, 1)} seconds and try again.", retry_after=max(left, 1))

    async def peek(self, redis: Redis, subject: str) -> None:
        """Raise `RateLimited` when the window's tries are spent; counts nothing."""
        key = f"limit:{self.name}:{subject}"
        async with asyncio.timeout(PATIENCE), redis.pipeline(transaction=True) as pipe:
            pipe.get(key)
            pipe.ttl(key)
            spent, left = await pipe.execute()
        if int(spent or 0) >= self.count:
            raise RateLimited(f"Too many tries. Wait {max(left, 1)} seconds and try again.", retry_after=max(left, 1))
