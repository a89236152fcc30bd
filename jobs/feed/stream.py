"""What open feeds are told: videos that were added to them, videos that are gone, and counts that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from redis.asyncio import Redis
from tortoise.backends.base.client import BaseDBAsyncClient

from jobs.feed.live_counts import Counts, counts_of
from jobs.tail import Entry, add
from models.generation import Outbox

FEED_STREAM = "feed"
TOPIC_FEED = "feed"
FEED_MOST = 1_000
"""Videos that open feeds are told of one by one; beyond that they are told to read again."""
_BATCH = 200
_BYTES = 16


class FeedChange(StrEnum):
    """STALE: too much changed, or its history is gone: read the feed again."""

    ADDED = "added"
    GONE = "gone"
    COUNTS = "counts"
    STALE = "stale"


class FeedEvent(NamedTuple):
    """One change. ``cursor`` is the place to go on from; ``video_id`` is None for STALE, ``counts`` but for COUNTS."""

    cursor: str
    change: FeedChange
    video_id: UUID | None
    counts: Counts | None = None


async def enqueue_added(connection: BaseDBAsyncClient, video_id: UUID) -> None:
    """Promise, in the transaction that publishes a video, that open feeds are told."""
    await _enqueue(connection, FeedChange.ADDED, [video_id])


async def enqueue_gone(connection: BaseDBAsyncClient, video_ids: Sequence[UUID]) -> None:
    """Promise, in the transaction that hides, narrows or deletes videos, that open feeds are told.

    Ring `jobs.queue.Doorbell.ring_purge` after the commit to be quick; a worker's sweep does it in any case.
    """
    if len(video_ids) > FEED_MOST:
        await _enqueue(connection, FeedChange.STALE, [])
    elif video_ids:
        await _enqueue(connection, FeedChange.GONE, video_ids)


async def enqueue_gone_of(connection: BaseDBAsyncClient, account_ids: Sequence[UUID]) -> None:
    """As `enqueue_gone`, for whatever of these authors may be in open feeds: they are suspended.

    What goes by link is in none, and its id stays a secret: it may go by link again.
    """
    rows = await connection.execute_query_dict(_SHOWN, [list(account_ids), FEED_MOST + 1])
    await enqueue_gone(connection, [row["id"] for row in rows])


async def tell(redis: Redis, change: FeedChange, video_ids: Sequence[UUID] = ()) -> None:
    """Put a change on the stream; may be repeated. Raises `RedisError` or `OSError`."""
    batches = [video_ids[start : start + _BATCH] for start in range(0, len(video_ids), _BATCH)] or [()]
    kind = change.value.encode()
    await add(redis, FEED_STREAM, [{b"k": kind, b"v": b"".join(each.bytes for each in batch)} for batch in batches])


async def keep(redis: Redis, payload: dict[str, list[str] | str]) -> None:
    """Do what an outbox row of `TOPIC_FEED` promises."""
    await tell(redis, FeedChange(str(payload["change"])), [UUID(each) for each in payload["videos"]])


def events(entry: Entry, *, beyond: int = -1) -> Iterator[FeedEvent]:
    """The changes of one entry of the stream after its ``beyond``-th. A cursor names the entry and the place in it."""
    kind = b"stale" if entry.fields is None else entry.fields.get(b"k", b"stale")
    if kind == b"stale" or entry.fields is None:
        yield FeedEvent(str(entry.cursor), FeedChange.STALE, None)
        return
    change = FeedChange(kind.decode())
    found: list[tuple[UUID, Counts | None]] = (
        list(counts_of(entry.fields)) if change is FeedChange.COUNTS else [(each, None) for each in _ids(entry.fields)]
    )
    for index, (video_id, counts) in enumerate(found):
        if index > beyond:
            last = index == len(found) - 1
            yield FeedEvent(f"{entry.cursor}" if last else f"{entry.cursor}.{index}", change, video_id, counts)


def _ids(fields: Mapping[bytes, bytes]) -> list[UUID]:
    raw = fields.get(b"v", b"")
    return [UUID(bytes=raw[start : start + _BYTES]) for start in range(0, len(raw), _BYTES)]


async def _enqueue(connection: BaseDBAsyncClient, change: FeedChange, video_ids: Iterable[UUID]) -> None:
    payload = {"change": change.value, "videos": [str(each) for each in video_ids]}
    await Outbox.create(using_db=connection, topic=TOPIC_FEED, payload=payload)


_SHOWN = """
    SELECT id FROM video_visibility
    WHERE author_id = ANY ($1::uuid[]) AND author_state = 'PUBLISHED' AND audience <> 'LINK'
        AND consent = 'LIVE' AND moderation = 'CLEAR'
    LIMIT $2
"""
