"""Waiting for the next item of a stream, without losing it when silence lasts too long."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import TypeVar

T = TypeVar("T")


async def next_or_silence(stream: AsyncGenerator[T, None], seconds: float) -> AsyncGenerator[T | None, None]:
    """The items of ``stream``, and None whenever ``seconds`` pass without one. Ends with the stream, and closes it."""
    waiting = asyncio.ensure_future(anext(stream, _END))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=seconds)
            if not done:
                yield None
                continue
            item = waiting.result()
            if isinstance(item, _End):
                return
            yield item
            waiting = asyncio.ensure_future(anext(stream, _END))
    finally:
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
            await waiting
        await stream.aclose()


class _End:
    """Nothing follows."""


_END = _End()
