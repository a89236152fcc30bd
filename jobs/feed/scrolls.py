"""Under which keys Redis holds ranked scrolls, and how those of a member are forgotten."""

from __future__ import annotations

import asyncio
from uuid import UUID

from redis.asyncio import Redis

PATIENCE = 2.0


def owned_key(owner: str) -> str:
    """The list of the newest scrolls of one member, or of one address: ids in hex, the newest first."""
    return f"scrolls:{owner}"


def head_key(scroll_id: UUID) -> str:
    """What holds for the whole of a scroll, the sentence that steers it included."""
    return f"scroll:{scroll_id.hex}"


def places_key(scroll_id: UUID) -> str:
    """The places of a scroll."""
    return f"scroll:{scroll_id.hex}:places"


def since_key(account_id: UUID) -> str:
    """Since when a member has been in the feed without a pause."""
    return f"feed:since:{account_id}"


async def forget_scrolls(redis: Redis, account_id: UUID) -> int:
    """Remove every scroll of a member; returns how many. Raises `redis.exceptions.RedisError` or `OSError`."""
    owned = owned_key(str(account_id))
    async with asyncio.timeout(PATIENCE), redis.pipeline(transaction=False) as pipe:
        pipe.lrange(owned, 0, -1)
        [found] = await pipe.execute()
        scrolls = [UUID(each.decode()) for each in found]
        keys = [key for scroll_id in scrolls for key in (head_key(scroll_id), places_key(scroll_id))]
        await redis.delete(owned, since_key(account_id), *keys)
    return len(scrolls)
