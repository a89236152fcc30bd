"""Coroutines run as far as they come by themselves: a page of primed loaders is answered without a task for each field.

GraphQL makes a task of every awaitable, of which a page has hundreds, for values that are there already.
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


def begun(coroutine: Coroutine[Any, Any, T]) -> T | Awaitable[T]:
    """What the coroutine returns, where it need not wait for anything; else what is left of it, to be awaited once.

    Its beginning runs in the caller's task: for coroutines that await loaders only, nothing with a time limit.
    """
    try:
        waiting = coroutine.send(None)
    except StopIteration as done:
        return done.value
    if waiting is not None:
        # asyncio's sign between a future and the task it is yielded to: not yet, and others may wait for it too.
        waiting._asyncio_future_blocking = False  # noqa: SLF001
    return _Rest(coroutine, waiting)


class _Rest(Awaitable[T]):
    """A coroutine that waits for a future."""

    def __init__(self, coroutine: Coroutine[Any, Any, T], waiting: Any) -> None:
        self._coroutine, self._waiting = coroutine, waiting

    def __await__(self) -> Generator[Any, Any, T]:
        waiting = self._waiting
        if waiting is not None:
            waiting._asyncio_future_blocking = True  # noqa: SLF001 - now a task takes it
        while True:
            try:
                sent = yield waiting
            except BaseException as error:  # noqa: BLE001 - thrown into the coroutine, as its task would
                step = self._coroutine.throw
                given: Any = error
            else:
                step = self._coroutine.send
                given = sent
            try:
                waiting = step(given)
            except StopIteration as done:
                return done.value
