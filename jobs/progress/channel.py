"""One watched progress stream and its subscribers' mailboxes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from uuid import UUID

import msgspec
import structlog

from jobs.progress.event import Cursor, EventKind, ProgressEvent, decode_event, stream_key

QUEUE_LENGTH = 64
"""Events kept for a slow subscriber before its oldest steps are dropped."""

Entries = list[tuple[bytes, dict[bytes, bytes]]]
"""What Redis answers of a stream: ids and fields."""

_log = structlog.get_logger()


class Subscriber:
    """A mailbox with a bound: a full one loses its oldest step, but never a change of phase, nor any other event."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[ProgressEvent, bool]] = deque()
        self._arrived = asyncio.Event()
        self._phase: str | None = None
        self.closed = False

    def push(self, event: ProgressEvent) -> None:
        """Put ``event`` in, making room when the box is full."""
        droppable = event.kind is EventKind.STEP and event.phase == self._phase
        if event.kind is not EventKind.SEGMENT:  # it comes between two steps of one phase
            self._phase = event.phase
        if len(self._waiting) >= QUEUE_LENGTH:
            for index, (_, may_go) in enumerate(self._waiting):
                if may_go:
                    del self._waiting[index]
                    break
        self._waiting.append((event, droppable))
        self._arrived.set()

    def close(self) -> None:
        """Nothing more will come."""
        self.closed = True
        self._arrived.set()

    async def next(self) -> ProgressEvent | None:
        """The next event, or None once the reader has stopped."""
        while not self._waiting:
            if self.closed:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()[0]


class Channel:
    """One watched stream. ``position`` is the last entry seen, None until it is known."""

    def __init__(self, generation_id: UUID) -> None:
        self.generation_id = generation_id
        self.key = stream_key(generation_id)
        self.position: Cursor | None = None
        self.attempt = 0
        self.subscribers: set[Subscriber] = set()

    def send(self, event: ProgressEvent) -> None:
        """Put ``event`` into every mailbox."""
        self.attempt = event.attempt
        for subscriber in self.subscribers:
            subscriber.push(event)

    def snapshot(self, at: Cursor) -> ProgressEvent:
        """The event that says "read the row", standing at ``at``."""
        return ProgressEvent(
            generation_id=self.generation_id, attempt=self.attempt, kind=EventKind.SNAPSHOT, cursor=str(at)
        )


def deliver(channel: Channel, entries: Entries) -> None:
    """Send what ``entries`` hold beyond the channel's position to its subscribers."""
    for name, fields in entries:
        cursor = Cursor.parse(name)
        if cursor is None or channel.position is None or cursor <= channel.position:
            continue
        for event in read(channel, channel.position, name, fields):
            channel.send(event)
        channel.position = cursor


def read(channel: Channel, before: Cursor, name: bytes, fields: dict[bytes, bytes]) -> Iterator[ProgressEvent]:
    """The event of one entry, behind a SNAPSHOT when events between ``before`` and it are missing."""
    cursor = Cursor.parse(name) or before
    if not before.precedes(cursor):
        # The row that its reader looks at covers everything up to the event that follows.
        yield channel.snapshot(Cursor(cursor.fence, max(0, cursor.seq - 1)))
    try:
        yield decode_event(cursor, fields)
    except msgspec.MsgspecError:
        _log.exception("progress_event_unreadable", generation=str(channel.generation_id), cursor=str(cursor))
        yield channel.snapshot(cursor)
