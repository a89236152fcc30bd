"""Keeps reading texts away from the event loop, a few at a time: vectors take tens of milliseconds of a core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

AT_ONCE = 2
_slots = asyncio.Semaphore(AT_ONCE)


async def in_pool(work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """What ``work`` returns for these arguments, from a thread; others wait while `AT_ONCE` are at work."""
    async with _slots:
        return await asyncio.to_thread(work, *args, **kwargs)
