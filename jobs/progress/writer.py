"""The write side of progress: a worker's steps and a generation's last word, onto its Redis stream."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from jobs.progress.event import (
    FIELD,
    Cursor,
    EventKind,
    LiveSegment,
    PreviewPicture,
    ProgressEvent,
    decode_event,
    encode_event,
    preview_key,
    stream_key,
)

STREAM_LENGTH = 4_000
"""Events kept of a generation, about: far more than three attempts write."""
RUNNING_TTL = 24 * 3600
ENDED_TTL = 3600
PREVIEW_TTL = 15 * 60
PREVIEWS_KEPT = 32
PATIENCE = 2.0
"""Seconds that Redis has to take an event."""
SILENCE_AFTER_FAILURE = 1.0
"""Seconds in which steps are dropped after Redis failed, so that a dead Redis does not slow the clip down."""

_log = structlog.get_logger()


class SupersededError(Exception):
    """Redis refused an event because a higher fence has written: the lease is somebody else's."""


class PreviewBytes(NamedTuple):
    """A preview picture on its way: WebP bytes and sides in pixels."""

    content: bytes
    width: int
    height: int


class ProgressWriter:
    """Writes the events of one claim of one generation.

    Redis may be away: events are then lost (a reader sees the missing number and asks Postgres), and the clip goes on.
    Every method raises `SupersededError` when another worker has taken over, and nothing else.
    """

    def __init__(
        self,
        redis: Redis,
        generation_id: UUID,
        fence: int,
        attempt: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._generation_id, self._fence, self._attempt = generation_id, fence, attempt
        self._clock = clock
        self._seq = 0
        # Steps and segments come from two tasks; Redis would refuse the later number should it arrive first.
        self._turn = asyncio.Lock()
        self._quiet_until = 0.0
        self._previews: deque[str] = deque()

    async def step(
        self,
        *,
        phase: str,
        step: int,
        total: int,
        fraction: float,
        eta_seconds: float | None,
        preview: PreviewBytes | None = None,
    ) -> None:
        """Tell of step ``step`` of ``total`` in ``phase``, with its picture when there is one."""
        async with self._turn:
            cursor = self._next()
            if self._clock() < self._quiet_until:
                return
            picture = preview and PreviewPicture(
                key=f"{self._generation_id}:{cursor}", width=preview.width, height=preview.height
            )
            event = self._event(
                EventKind.STEP,
                phase=phase,
                step=step,
                total=total,
                fraction=fraction,
                eta_seconds=eta_seconds,
                preview=picture,
            )
            await self._write(cursor, event, RUNNING_TTL, preview)

    async def segment(self, *, index: int, start: float, seconds: float, codecs: str) -> None:
        """Tell that the clip can be played from ``start`` for another ``seconds``; a quiet Redis loses it as a step."""
        async with self._turn:
            cursor = self._next()
            if self._clock() < self._quiet_until:
                return
            segment = LiveSegment(index=index, start=start, seconds=seconds, codecs=codecs)
            await self._write(cursor, self._event(EventKind.SEGMENT, segment=segment), RUNNING_TTL)

    async def changed(self) -> None:
        """Tell that the row says something new, and nothing more: for what is followed by its row, as captures are."""
        async with self._turn:
            await self._write(self._next(), self._event(EventKind.SNAPSHOT), RUNNING_TTL)

    async def queued(self) -> None:
        """Tell that the generation waits again: its worker handed it back."""
        async with self._turn:
            await self._write(self._next(), self._event(EventKind.QUEUED), RUNNING_TTL)

    async def forget_previews(self) -> None:
        """Remove the pictures told of so far. What a Redis that is away keeps is refused when read, and expires."""
        async with self._turn:
            gone, self._previews = [preview_key(old) for old in self._previews], deque()
            if not gone:
                return
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._redis.delete(*gone)
            except (RedisError, OSError) as error:
                self._give_up(error)

    def _event(self, kind: EventKind, **fields: object) -> ProgressEvent:
        return ProgressEvent(generation_id=self._generation_id, attempt=self._attempt, kind=kind, **fields)  # type: ignore[arg-type]

    def _next(self) -> Cursor:
        # The number is spent even when the event is lost: that is how a reader learns of the loss.
        self._seq += 1
        return Cursor(self._fence, self._seq)

    async def _write(self, cursor: Cursor, event: ProgressEvent, ttl: int, preview: PreviewBytes | None = None) -> None:
        key = stream_key(self._generation_id)
        try:
            # Not redis-py's socket_timeout: it sends through asyncio.wait_for, which can swallow a cancellation.
            async with asyncio.timeout(PATIENCE), self._redis.pipeline(transaction=False) as pipe:
                if preview is not None and event.preview is not None:
                    pipe.set(preview_key(event.preview.key), preview.content, ex=PREVIEW_TTL)
                    for old in self._outdated(event.preview.key):
                        pipe.delete(preview_key(old))
                pipe.xadd(
                    key, {FIELD: encode_event(event)}, id=str(cursor), maxlen=STREAM_LENGTH, approximate=True
                )  # fmt: skip
                pipe.expire(key, ttl)
                await pipe.execute()
        except ResponseError as error:
            if "equal or smaller" in str(error):
                raise SupersededError(str(self._generation_id)) from error
            self._give_up(error)
        except (RedisError, OSError) as error:
            self._give_up(error)

    def _outdated(self, key: str) -> list[str]:
        self._previews.append(key)
        return [self._previews.popleft() for _ in range(len(self._previews) - PREVIEWS_KEPT)]

    def _give_up(self, error: Exception) -> None:
        self._quiet_until = self._clock() + SILENCE_AFTER_FAILURE
        _log.warning("progress_lost", generation=str(self._generation_id), seq=self._seq, error=repr(error))


async def announce(redis: Redis, event: ProgressEvent, *, fence: int) -> None:
    """Put a change of hands or the last word of a generation onto its stream; safe to repeat after a crash.

    Called by whoever drains the outbox, hence not numbered by a worker. Raises `redis.exceptions.RedisError`.
    """
    key = stream_key(event.generation_id)
    last = await last_event(redis, event.generation_id)
    if last is not None and (last.terminal or _beyond(last, fence)):
        return
    async with redis.pipeline(transaction=False) as pipe:
        pipe.xadd(key, {FIELD: encode_event(event)}, id=f"{fence}-*", maxlen=STREAM_LENGTH, approximate=True)
        pipe.expire(key, ENDED_TTL if event.terminal else RUNNING_TTL)
        await pipe.execute()


async def last_event(redis: Redis, generation_id: UUID) -> ProgressEvent | None:
    """The newest event of a generation, or None. Raises `redis.exceptions.RedisError`."""
    for name, fields in await redis.xrevrange(stream_key(generation_id), count=1):
        if (cursor := Cursor.parse(name)) is not None:
            return decode_event(cursor, fields)
    return None


async def read_preview(redis: Redis, key: str) -> bytes | None:
    """The WebP bytes of the preview picture ``key`` of an event, or None when it is no longer kept."""
    async with asyncio.timeout(PATIENCE):
        return await redis.get(preview_key(key))


async def forget_progress(redis: Redis, generation_id: UUID) -> int:
    """Remove the stream of a generation and the preview pictures that it names; returns how many pictures there were.

    Raises `redis.exceptions.RedisError` or `OSError`.
    """
    key, pictures = stream_key(generation_id), 0
    async with asyncio.timeout(PATIENCE):
        for name, fields in await redis.xrange(key):
            cursor = Cursor.parse(name)
            preview = None if cursor is None else _readable_preview(cursor, fields)
            if preview is not None:
                pictures += await redis.delete(preview_key(preview.key))
        await redis.delete(key)
    return pictures


def _readable_preview(cursor: Cursor, fields: dict[bytes, bytes]) -> PreviewPicture | None:
    try:
        return decode_event(cursor, fields).preview
    except msgspec.MsgspecError:
        return None


def _beyond(event: ProgressEvent, fence: int) -> bool:
    cursor = Cursor.parse(event.cursor)
    return cursor is not None and cursor.fence > fence
