"""Live counts: what changed is gathered in Redis and told to open feeds together, a video once a second at most.

Best effort from end to end: the counts themselves are in Postgres, and whoever opens a page reads them there.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.tail import add
from models.counts import VideoCounts

STIRRED = "counts:stirred"
"""The set of videos whose counts changed and were not told since."""
APART_MS = 1_000
"""Milliseconds between two tellings of one video."""
BATCH = 200
PATIENCE = 1.0
"""Seconds that somebody who likes waits for a Redis that hangs."""
COUNTS = b"counts"

_ENTRY = struct.Struct(">16s5Q")

_log = structlog.get_logger()


class Counts(NamedTuple):
    """Counts of a video at one moment."""

    likes: int
    comments: int
    views: int
    remixes: int
    tree: int


async def stir(redis: Redis, video_ids: Sequence[UUID]) -> None:
    """Have open feeds told of the counts of these videos within seconds. Call after the commit; never raises."""
    if not video_ids:
        return
    try:
        async with asyncio.timeout(PATIENCE):
            await _gather(redis, [each.bytes for each in video_ids])
    except (RedisError, OSError) as error:
        _log.warning("counts_untold", error=repr(error))


async def tell_counts(redis: Redis, stream: str) -> int:
    """Tell the feed ``stream`` of what was stirred, together; returns how many videos that were.

    Any number of workers may call it at once. Raises `RedisError` or `OSError`.
    """
    taken: list[bytes] = await redis.spop(STIRRED, BATCH)  # type: ignore[assignment]
    if not taken:
        return 0
    async with redis.pipeline(transaction=False) as pipe:
        for raw in taken:
            pipe.set(b"counts:told:" + raw, 1, px=APART_MS, nx=True)
        free = await pipe.execute()
    early = [raw for raw, won in zip(taken, free, strict=True) if not won]
    if early:
        await _gather(redis, early)
    ready = [raw for raw, won in zip(taken, free, strict=True) if won]
    rows = await VideoCounts.filter(id__in=[UUID(bytes=raw) for raw in ready])
    if rows:
        await add(redis, stream, [{b"k": COUNTS, b"v": b"".join(_packed(row) for row in rows)}])
    return len(rows)


async def _gather(redis: Redis, raw_ids: Sequence[bytes]) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        pipe.sadd(STIRRED, *raw_ids)
        await pipe.execute()


def counts_of(fields: Mapping[bytes, bytes]) -> Iterator[tuple[UUID, Counts]]:
    """The videos of an entry of `COUNTS` with their counts."""
    raw = fields.get(b"v", b"")
    whole = len(raw) - len(raw) % _ENTRY.size
    for video_id, *counts in _ENTRY.iter_unpack(raw[:whole]):
        yield UUID(bytes=video_id), Counts(*counts)


def _packed(row: VideoCounts) -> bytes:
    counts = (row.like_count, row.comment_count, row.view_count, row.remix_count, row.tree_count)
    return _ENTRY.pack(row.id.bytes, *counts)
