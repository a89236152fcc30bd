"""Knows when the server was asked to stop, so that streams which would never end let go of their clients."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Draining:
    """Set once, when the process is told to stop. Clients of open streams then resume at another process."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    @property
    def asked(self) -> bool:
        """Whether the process was told to stop."""
        return self._asked.is_set()

    def stop(self) -> None:
        """Say that the process is to stop. Called on the loop's own thread."""
        self._asked.set()

    async def wait(self) -> None:
        """Until the process is told to stop."""
        await self._asked.wait()

    @contextmanager
    def listening(self) -> Generator[None]:
        """Hear SIGTERM and SIGINT beside the server, which waits for open requests and only then ends the lifespan."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        def heard(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.stop)
            previous: Any = before[signal.Signals(number)]
            if callable(previous):
                previous(number, frame)

        for number in before:
            signal.signal(number, heard)
        try:
            yield
        finally:
            for number, previous in before.items():
                signal.signal(number, previous)
