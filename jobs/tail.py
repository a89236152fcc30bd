"""One Redis stream that everybody listens to: read once a process, however many subscribers it has."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple, cast

import structlog
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

from jobs.progress.event import START, Cursor

STREAM_LENGTH = 10_000
"""Entries kept, about; whoever was away for longer is told that history is gone."""
STREAM_TTL = 7 * 24 * 3600
BLOCK_MS = 1_000
PATIENCE = 4.0
"""Seconds past its block in which a read must answer."""
PAGE = 500
MAILBOX = 1_000
"""Entries that wait for a slow subscriber before they are replaced by one that says "history is gone"."""
RETRY_SECONDS = 0.25

_log = structlog.get_logger()


class Entry(NamedTuple):
    """One entry and its place. ``fields`` is None where entries are missing: read the state anew, and go on."""

    cursor: Cursor
    fields: Mapping[bytes, bytes] | None


async def add(redis: Redis, key: str, entries: list[dict[bytes, bytes]]) -> None:
    """Put entries at the end of the stream ``key``. Raises `RedisError` or `OSError`."""
    async with asyncio.timeout(PATIENCE), redis.pipeline(transaction=False) as pipe:
        for fields in entries:
            pipe.xadd(key, fields, maxlen=STREAM_LENGTH, approximate=True)  # type: ignore[arg-type]
        pipe.expire(key, STREAM_TTL)
        await pipe.execute()


class Tail:
    """The end of the stream ``key``, read while somebody listens. Redis may come and go."""

    def __init__(self, redis: Redis, key: str) -> None:
        self._redis, self._key = redis, key
        self._boxes: set[_Box] = set()
        self._position: Cursor | None = None
        self._reading: asyncio.Task[None] | None = None
        self.listeners = 0
        """Subscribers that stand where they hear whatever comes."""

    async def stop(self) -> None:
        """End all open subscriptions: the process shuts down."""
        for box in self._boxes:
            box.close()
        await self._rest()

    @asynccontextmanager
    async def subscribe(self, after: str | None, *, again: bool = False) -> AsyncGenerator[AsyncGenerator[Entry, None]]:
        """Every entry after the cursor ``after`` (``again``: and that one), then live ones; None: from now on.

        What arrives once the block has begun is not missed, whenever it is read.
        """
        box = _Box()
        self._boxes.add(box)
        try:
            heard = await self._place(after)
            if self._reading is None:
                self._reading = asyncio.create_task(self._run(), name=f"tail-{self._key}")
            self.listeners += 1
            try:
                async with aclosing(self._entries(box, heard, after, again=again)) as entries:
                    yield entries
            finally:
                self.listeners -= 1
        finally:
            self._boxes.discard(box)
            if not self._boxes:
                self._position = None
                await self._rest()

    async def _rest(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading

    async def _entries(
        self, box: _Box, heard: Cursor, after: str | None, *, again: bool
    ) -> AsyncGenerator[Entry, None]:
        try:
            known = after is None or Cursor.parse(after) is not None
            async for entry in self._missed(heard, known=known, again=again):
                heard = entry.cursor
                yield entry
        except (RedisError, OSError) as error:
            _log.warning("tail_unreadable", stream=self._key, error=repr(error))
            yield Entry(heard, None)
        while (entry := await box.next()) is not None:
            if entry.fields is None or entry.cursor > heard:
                heard = entry.cursor
                yield entry

    async def _place(self, after: str | None) -> Cursor:
        """Where to begin; makes sure that the shared reader stands somewhere first."""
        while self._position is None:
            try:
                end = await self._end()
            except (RedisError, OSError):
                await asyncio.sleep(RETRY_SECONDS)
            else:
                # Somebody who came at the same time may stand there by now, and wait for what came since.
                self._position = self._position or end
        return self._position if after is None else (Cursor.parse(after) or START)

    async def _missed(self, heard: Cursor, *, known: bool, again: bool) -> AsyncGenerator[Entry, None]:
        """What came between ``heard`` and where the shared reader stands."""
        end = self._position or START
        if heard == end and known and not again:
            return
        first = await self._first()
        if not known or heard > end or (first is not None and first > heard):
            yield Entry(end, None)
            return
        while heard < end or again:
            start, again = (str(heard) if again else f"({heard}"), False
            found = await self._redis.xrange(self._key, min=start, max=str(end), count=PAGE)
            if not found:
                return
            for name, fields in found:
                heard = Cursor.parse(name) or heard
                yield Entry(heard, fields)

    async def _first(self) -> Cursor | None:
        for name, _ in await self._redis.xrange(self._key, count=1):
            return Cursor.parse(name)
        return None

    async def _end(self) -> Cursor:
        async with asyncio.timeout(PATIENCE):
            for name, _ in await self._redis.xrevrange(self._key, count=1):
                return Cursor.parse(name) or START
        return START

    async def _run(self) -> None:
        pool = cast("ConnectionPool", self._redis.connection_pool)
        # As in `jobs.progress.reader`: a blocking read has a connection and a time limit of its own.
        options = {**pool.connection_kwargs, "socket_timeout": None}
        blocking = Redis(connection_pool=ConnectionPool(connection_class=pool.connection_class, **options))
        broken = False
        try:
            while True:
                try:
                    if broken:
                        await self._recheck()
                        broken = False
                    await self._read_once(blocking)
                except (RedisError, OSError) as error:
                    if not broken:
                        _log.warning("tail_waits_for_redis", stream=self._key, error=repr(error))
                    broken = True
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            await blocking.aclose(close_connection_pool=True)

    async def _read_once(self, blocking: Redis) -> None:
        streams: dict[bytes | str, bytes | str] = {self._key: str(self._position or START)}
        async with asyncio.timeout(BLOCK_MS / 1000 + PATIENCE):
            found = await blocking.xread(streams, block=BLOCK_MS, count=PAGE)  # type: ignore[arg-type]
        for _, entries in found:
            for name, fields in entries:
                cursor = Cursor.parse(name)
                # None: the last subscriber left while this read was under way.
                if cursor is not None and self._position is not None and cursor > self._position:
                    self._position = cursor
                    self._send(Entry(cursor, fields))

    async def _recheck(self) -> None:
        """Redis is back: a stream that lost its end lost what nobody has heard."""
        end = await self._end()
        if self._position is not None and end < self._position:
            self._position = end
            self._send(Entry(end, None))

    def _send(self, entry: Entry) -> None:
        for box in self._boxes:
            box.push(entry)


class _Box:
    """One subscriber's mailbox."""

    def __init__(self) -> None:
        self._waiting: deque[Entry] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    def push(self, entry: Entry) -> None:
        if len(self._waiting) >= MAILBOX:
            self._waiting.clear()
            entry = Entry(entry.cursor, None)
        self._waiting.append(entry)
        self._arrived.set()

    def close(self) -> None:
        self._closed = True
        self._arrived.set()

    async def next(self) -> Entry | None:
        while not self._waiting:
            if self._closed:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()
