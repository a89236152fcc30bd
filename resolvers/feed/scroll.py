"""A ranked scroll, kept in Redis while it is used: its places never change, and more are added behind them.

Each place is a record of fixed size in one string, so that a page is one GETRANGE and adding is one APPEND. Adding
succeeds only where nobody added meanwhile: of two requests for the same page both read the same places.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from jobs.feed.scrolls import head_key, owned_key, places_key
from models.errors import Conflict
from resolvers.feed.candidates import Places
from resolvers.feed.steer import SteerReading
from resolvers.feed.why import Feature, Reason

PATIENCE = 2.0
"""Seconds that Redis has to answer."""
LONGEST = 5_000
"""Most places of one scroll; about 250 KB."""
MOST_EACH = 20
"""Scrolls of one member, or of one address, that are kept at a time."""

_FEATURES = tuple(Feature)
_REASONS = tuple(Reason)
_RECORD = struct.Struct(f">16s16sB{len(_FEATURES)}e")
_ADD = """
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('STRLEN', KEYS[2]) ~= tonumber(ARGV[1]) then return 0 end
redis.call('APPEND', KEYS[2], ARGV[2])
redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 1
"""


class Head(msgspec.Struct, frozen=True):
    """What holds for the whole of a scroll, and how far its sources were read.

    ``again``: everything new was placed, and what the viewer met before follows; ``over``: that too.
    """

    weights: dict[Feature, float]
    half_life: float
    gap: int
    keep_seconds: int
    nudge: tuple[float, float]
    """Minutes of feed before a word about it, and minutes without the feed that begin anew."""
    seed: int
    steer: str = ""
    authors: dict[str, UUID | None] = {}
    reading: SteerReading | None = None
    places: Places = Places()
    again: bool = False
    over: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One place: which video, whose, and what put it there (see `resolvers.feed.rank.Taken`)."""

    video_id: UUID
    author_id: UUID
    reason: Reason
    parts: Mapping[Feature, float]


@dataclass(frozen=True, slots=True)
class Scroll:
    """One scroll as it was read: its head and how many places it has."""

    id: UUID
    head: Head
    length: int


async def open_scroll(redis: Redis, scroll_id: UUID, head: Head, owner: str | None) -> Scroll:
    """A new scroll without a place, or the one that has this id.

    ``owner`` names whose it is: of theirs the newest `MOST_EACH` are kept. None: of all, under an id they share.
    """
    async with asyncio.timeout(PATIENCE), redis.pipeline(transaction=True) as pipe:
        pipe.set(head_key(scroll_id), msgspec.msgpack.encode(head), ex=head.keep_seconds, nx=True)
        if owner is not None:
            pipe.lpush(owned_key(owner), scroll_id.hex)
            pipe.lrange(owned_key(owner), MOST_EACH, -1)
            pipe.ltrim(owned_key(owner), 0, MOST_EACH - 1)
            pipe.expire(owned_key(owner), head.keep_seconds)
        made, *rest = await pipe.execute()
        for old in rest[1] if rest else ():
            pipe.delete(head_key(UUID(old.decode())), places_key(UUID(old.decode())))
        await pipe.execute()
    return Scroll(scroll_id, head, 0) if made else await read_scroll(redis, scroll_id)


async def read_scroll(redis: Redis, scroll_id: UUID) -> Scroll:
    """The scroll with this id. Raises `Conflict` when it is over."""
    async with asyncio.timeout(PATIENCE), redis.pipeline(transaction=True) as pipe:
        pipe.get(head_key(scroll_id))
        pipe.strlen(places_key(scroll_id))
        head, length = await pipe.execute()
    if head is None:
        raise Conflict("This scroll was left for too long and is gone. Start again without a cursor.", field="after")
    return Scroll(scroll_id, msgspec.msgpack.decode(head, type=Head), length // _RECORD.size)


async def entries(redis: Redis, scroll: Scroll, first: int, count: int) -> list[Entry]:
    """At most ``count`` places from the ``first``-th on (0 is the top). The scroll is kept for longer."""
    size, keep = _RECORD.size, scroll.head.keep_seconds
    async with asyncio.timeout(PATIENCE), redis.pipeline(transaction=True) as pipe:
        pipe.getrange(places_key(scroll.id), first * size, (first + count) * size - 1)
        pipe.expire(head_key(scroll.id), keep)
        pipe.expire(places_key(scroll.id), keep)
        raw, *_ = await pipe.execute()
    return [_read(record) for record in _RECORD.iter_unpack(raw[: len(raw) // size * size])]


async def add(redis: Redis, scroll: Scroll, head: Head, more: Sequence[Entry]) -> Scroll:
    """``scroll`` with ``more`` places and a new head; or as somebody else has added to it meanwhile."""
    body = b"".join(_record(each) for each in more)
    given: list[Any] = [scroll.length * _RECORD.size, body, msgspec.msgpack.encode(head), head.keep_seconds]
    async with asyncio.timeout(PATIENCE), redis.pipeline(transaction=False) as pipe:
        pipe.eval(_ADD, 2, head_key(scroll.id), places_key(scroll.id), *given)
        [added] = await pipe.execute()
    return Scroll(scroll.id, head, scroll.length + len(more)) if added else await read_scroll(redis, scroll.id)


def _record(entry: Entry) -> bytes:
    numbers = [entry.parts.get(feature, 0.0) for feature in _FEATURES]
    return _RECORD.pack(entry.video_id.bytes, entry.author_id.bytes, _REASONS.index(entry.reason), *numbers)


def _read(record: tuple[Any, ...]) -> Entry:
    video_id, author_id, reason, *numbers = record
    parts = {feature: value for feature, value in zip(_FEATURES, numbers, strict=True) if value}
    return Entry(UUID(bytes=video_id), UUID(bytes=author_id), _REASONS[reason], parts)
