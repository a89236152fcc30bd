"""A word about how long somebody has been in the feed, after a time that policy sets. It is never in the way."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID

from redis.asyncio import Redis

from jobs.feed.scrolls import since_key

PATIENCE = 2.0


@dataclass(frozen=True)
class Nudge:
    """``minutes`` of feed without a pause, and one sentence about it."""

    minutes: int
    words: str


async def nudge(redis: Redis, account_id: UUID, *, after: float, gap: float) -> Nudge | None:
    """What to say to a member who reads on: nothing before ``after`` minutes (0: never), or after a pause of ``gap``.

    Only since when they read without a pause is kept, for ``gap`` minutes.
    """
    if after <= 0:
        return None
    key = since_key(account_id)
    now = time.time()
    async with asyncio.timeout(PATIENCE), redis.pipeline(transaction=True) as pipe:
        pipe.set(key, f"{now:.0f}", ex=round(gap * 60), nx=True)
        pipe.expire(key, round(gap * 60))
        pipe.get(key)
        *_, since = await pipe.execute()
    minutes = int((now - float(since)) // 60)
    if minutes < after:
        return None
    return Nudge(minutes, f"You have been here for {minutes} minutes. Everything will still be here later.")
