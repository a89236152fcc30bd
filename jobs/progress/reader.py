"""The read side of progress: one Redis reader a process serves every open subscription."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from typing import cast
from uuid import UUID

import structlog
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

from jobs.progress.channel import Channel, Entries, Subscriber, deliver, read
from jobs.progress.event import START, Cursor, EventKind, ProgressEvent, stream_key
from jobs.progress.writer import last_event

BLOCK_MS = 1_000
PATIENCE = 4.0
"""Seconds past its block in which a read must answer."""
PAGE = 500
RETRY_SECONDS = 0.25
CROWD = 50
"""Watched streams from which reads are spaced out: each read names them all."""
CROWD_PAUSE = 0.01

_log = structlog.get_logger()


class ProgressReader:
    """Progress of any number of generations, through one blocking read for the whole process.

    Start it once; `subscribe` as often as wanted. Redis may go away and come back: subscriptions stay open, resume
    without gap or repeat, and get a SNAPSHOT when something was lost meanwhile.
    """

    def __init__(self, redis: Redis) -> None:
        pool = cast("ConnectionPool", redis.connection_pool)
        # A blocking read has a connection and a time limit of its own: with a socket_timeout, redis-py sends through
        # asyncio.wait_for, which on Python 3.11 can swallow a cancellation.
        options = {**pool.connection_kwargs, "socket_timeout": None}
        self._blocking = Redis(connection_pool=ConnectionPool(connection_class=pool.connection_class, **options))
        self._redis = redis
        self._wake_key = f"progress:wake:{uuid.uuid4().hex}"
        self._wake_id = b"0-0"
        self._channels: dict[bytes, Channel] = {}
        self._occupied = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start reading. Redis need not be there yet."""
        self._task = asyncio.create_task(self._run(), name="progress-reader")

    async def stop(self) -> None:
        """Stop reading; open subscriptions end."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for channel in self._channels.values():
            for subscriber in channel.subscribers:
                subscriber.close()
        with contextlib.suppress(RedisError, OSError):
            await self._redis.delete(self._wake_key)
        await self._blocking.aclose(close_connection_pool=True)

    async def last_cursor(self, generation_id: UUID) -> str:
        """Where the stream of ``generation_id`` ends now: subscribe from here to miss nothing that follows.

        "0-0" when there is no stream (yet, or any more) or Redis is away.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                last = await last_event(self._redis, generation_id)
        except (RedisError, OSError) as error:
            _log.warning("progress_unreadable", generation=str(generation_id), error=repr(error))
            return str(START)
        return last.cursor if last is not None else str(START)

    async def subscribe(self, generation_id: UUID, after: str | None) -> AsyncGenerator[ProgressEvent, None]:
        """Every event after the cursor ``after`` (None: from the start), then live ones, up to the terminal event.

        A SNAPSHOT comes first when ``after`` is foreign or its history is gone, and in between when events were lost.
        The caller checks the row in Postgres before subscribing and at each SNAPSHOT: the stream of a generation that
        ended long ago is gone, and nothing further would come.
        """
        channel, subscriber = self._attach(generation_id)
        delivered = START if after is None else Cursor.parse(after)
        try:
            async for event in self._replay(channel, subscriber, delivered):
                delivered = Cursor.parse(event.cursor)
                yield event
                if event.terminal:
                    return
            while (live := await subscriber.next()) is not None:
                at = Cursor.parse(live.cursor)
                if live.kind is not EventKind.SNAPSHOT and at is not None and delivered is not None and at <= delivered:
                    continue  # it arrived while the history was being replayed
                delivered = at
                yield live
                if live.terminal:
                    return
        finally:
            self._detach(channel, subscriber)

    def _attach(self, generation_id: UUID) -> tuple[Channel, Subscriber]:
        key = stream_key(generation_id).encode()
        channel = self._channels.get(key) or self._channels.setdefault(key, Channel(generation_id))
        subscriber = Subscriber()
        # Live events collect from here on, so that none falls between the replay and them.
        channel.subscribers.add(subscriber)
        return channel, subscriber

    def _detach(self, channel: Channel, subscriber: Subscriber) -> None:
        channel.subscribers.discard(subscriber)
        if not channel.subscribers:
            self._channels.pop(channel.key.encode(), None)
        if not self._channels:
            self._occupied.clear()

    async def _replay(
        self, channel: Channel, subscriber: Subscriber, after: Cursor | None
    ) -> AsyncIterator[ProgressEvent]:
        told = False
        while not subscriber.closed:
            try:
                async for event in self._history(channel, subscriber, after):
                    after = Cursor.parse(event.cursor)
                    yield event
            except (RedisError, OSError) as error:
                if not told:
                    _log.warning("progress_unreadable", generation=str(channel.generation_id), error=repr(error))
                    yield channel.snapshot(after or START)
                told = True
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _history(
        self, channel: Channel, subscriber: Subscriber, after: Cursor | None
    ) -> AsyncIterator[ProgressEvent]:
        last = await last_event(self._redis, channel.generation_id)
        end = (Cursor.parse(last.cursor) if last is not None else None) or START
        if channel.position is None:
            channel.position = end
            await self._wake()
        if after is None or after > end:
            yield channel.snapshot(end)
        elif after == end and last is not None and last.terminal:
            subscriber.close()  # all was heard before; nothing follows
        else:
            async for event in self._between(channel, after, end):
                yield event

    async def _between(self, channel: Channel, after: Cursor, end: Cursor) -> AsyncIterator[ProgressEvent]:
        while after < end:
            entries: Entries = await self._redis.xrange(channel.key, min=f"({after}", max=str(end), count=PAGE)
            if not entries:
                return
            for name, fields in entries:
                for event in read(channel, after, name, fields):
                    yield event
                after = Cursor.parse(name) or after

    async def _wake(self) -> None:
        """Make the blocking read start again with the new set of streams."""
        self._occupied.set()
        with contextlib.suppress(RedisError, OSError):  # without it the read starts again within BLOCK_MS
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.xadd(self._wake_key, {b"w": b"1"}, maxlen=1, approximate=False)
                pipe.expire(self._wake_key, 60)
                await pipe.execute()

    async def _run(self) -> None:
        broken = False
        while not self._stopping:
            await self._occupied.wait()
            try:
                if broken:
                    await self._recheck()
                    broken = False
                await self._read_once()
            except (RedisError, OSError) as error:
                if not broken:
                    _log.warning("progress_reader_waits_for_redis", error=repr(error))
                broken = True
                await asyncio.sleep(RETRY_SECONDS)

    async def _read_once(self) -> None:
        places = {key: str(channel.position) for key, channel in self._channels.items() if channel.position is not None}
        streams: dict[bytes | str, bytes | str] = {self._wake_key: self._wake_id, **places}
        async with asyncio.timeout(BLOCK_MS / 1000 + PATIENCE):
            found = await self._blocking.xread(streams, block=BLOCK_MS, count=PAGE)  # type: ignore[arg-type]
        for key, entries in found:
            if key == self._wake_key.encode():
                self._wake_id = entries[-1][0]
            elif (channel := self._channels.get(key)) is not None:
                deliver(channel, entries)
        if len(places) > CROWD:
            await asyncio.sleep(CROWD_PAUSE)

    async def _recheck(self) -> None:
        """Redis is back: whoever watched a stream that lost its end must read the row."""
        for channel in list(self._channels.values()):
            last = await last_event(self._redis, channel.generation_id)
            end = (Cursor.parse(last.cursor) if last is not None else None) or START
            if channel.position is not None and end < channel.position:
                channel.position = end
                channel.send(channel.snapshot(end))
