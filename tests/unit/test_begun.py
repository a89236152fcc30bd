"""Coroutines that are begun at once: the same answers, errors and ends as when they are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from strawberry.dataloader import DataLoader

from resolvers.loaders.begun import begun
from resolvers.loaders.known import Known


class Doubles(Known[int, int]):
    """Loads the double of a number, and counts how often it was asked."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[int]) -> list[int | BaseException]:
        self.batches.append(keys)
        return [LookupError("odd") if key % 2 else key * 2 for key in keys]


async def summed(loader: DataLoader[int, int], *keys: int) -> int:
    total = 0
    for key in keys:
        total += await loader.load(key)
    return total


async def test_what_is_known_is_answered_without_waiting_and_made_once() -> None:
    loader, made = Doubles(), list[int]()
    loader.give(1, lambda: made.append(1) or 10)
    loader.give(1, lambda: made.append(2) or 20)
    assert made == []
    assert begun(summed(loader, 1, 1)) == 20
    assert (made, loader.batches) == ([1], [])


async def test_what_must_be_loaded_is_loaded_together_and_many_may_wait_for_one() -> None:
    loader = Doubles()
    loader.give(3, lambda: 30)
    waiting: list[Any] = [begun(summed(loader, *keys)) for keys in ((2, 3), (2,), (3, 4), (2, 4, 6))]
    assert all(isinstance(each, Awaitable) for each in waiting)
    assert await asyncio.gather(*waiting) == [34, 4, 38, 24]
    assert loader.batches == [[2, 4], [6]]


async def test_errors_come_out_where_they_would() -> None:
    loader = Doubles()

    async def mended() -> str:
        try:
            await loader.load(5)
        except LookupError:
            return "mended"
        return "nothing"

    assert await begun(mended()) == "mended"  # type: ignore[misc]
    with pytest.raises(LookupError):
        await begun(summed(loader, 2, 7))  # type: ignore[misc]

    async def fails() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        begun(fails())


async def test_whoever_is_cancelled_while_waiting_hears_of_it() -> None:
    ended: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append("here")

    rest = begun(waits())
    task = asyncio.ensure_future(rest)  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["here"]
