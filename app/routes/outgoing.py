"""Events on their way to one client, bounded by their bytes."""

from __future__ import annotations

import asyncio
from collections import deque


class Outgoing:
    """A queue that holds ``most_bytes``, or one event that is larger.

    Full, it makes whoever adds wait: what may be dropped is decided where the events come from.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._events: deque[bytes] = deque()
        self._bytes = 0
        self._changed = asyncio.Condition()

    async def put(self, event: bytes) -> None:
        """Add ``event`` once there is room for it."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._events or self._bytes + len(event) <= self._most_bytes)
            self._events.append(event)
            self._bytes += len(event)
            self._changed.notify_all()

    async def get(self) -> bytes:
        """The oldest event, once there is one."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._events))
            event = self._events.popleft()
            self._bytes -= len(event)
            self._changed.notify_all()
            return event
