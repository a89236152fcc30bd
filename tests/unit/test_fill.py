"""Pages of feeds whose rules leave gaps: filled while there is anything, honest about what is behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import Invalid
from resolvers.feed import fill as module
from resolvers.feed.fill import ROUNDS, fill
from resolvers.feed.skeleton import Place, Stretch
from resolvers.feed.why import Reason, Why
from resolvers.page import Window


class Numbers:
    """The places 0 … ``count``-1, of which the rules allow ``allowed``."""

    rule = ""

    def __init__(self, count: int, allowed: Iterable[int]) -> None:
        self.count, self.allowed = count, set(allowed)

    async def read(self, after: str | None, most: int) -> Stretch:
        start = 0 if after is None else int(after) + 1
        numbers = range(start, min(start + most, self.count))
        places = [Place(UUID(int=each), str(each), Why(Reason.LATEST)) for each in numbers]
        return Stretch(places, str(numbers[-1]) if numbers and numbers[-1] < self.count - 1 else None)


async def pages(numbers: Numbers, first: int) -> list[tuple[list[int], bool]]:
    """Every page: its numbers, and whether it says that there is more."""
    found: list[tuple[list[int], bool]] = []
    after = None
    while not found or found[-1][1]:
        page = (await fill(SimpleNamespace(), numbers, Window(first, after))).page  # type: ignore[arg-type]
        found.append(([row.int for row in page.rows], page.more))  # type: ignore[attr-defined]
        after = page.end or (page.cursors[-1] if page.cursors else None)
    return found


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> list[Numbers]:
    """Hydrating gives the id itself, where the numbers in this list allow it."""
    now: list[Numbers] = []

    async def hydrated(_: Any, ids: list[UUID], __: str) -> dict[UUID, UUID]:
        return {each: each for each in ids if each.int in now[-1].allowed}

    monkeypatch.setattr(module, "hydrated", hydrated)
    return now


@given(count=st.integers(0, 60), allowed=st.sets(st.integers(0, 59)), first=st.integers(1, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_are_full_while_there_is_anything_and_lose_nothing(
    rules: list[Numbers], count: int, allowed: set[int], first: int
) -> None:
    numbers = Numbers(count, allowed)
    rules.append(numbers)
    found = asyncio.run(pages(numbers, first))
    assert [each for rows, _ in found for each in rows] == sorted(each for each in allowed if each < count)
    reach = (first + 1) * (2**ROUNDS - 1)
    for rows, more in found:
        assert len(rows) == first or not more or count > reach
    assert count > reach or all(rows for rows, _ in found[1:])


def test_a_page_that_rules_empty_says_where_to_read_on(rules: list[Numbers]) -> None:
    numbers = Numbers(1000, {999})
    rules.append(numbers)
    found = asyncio.run(pages(numbers, 2))
    assert found[0] == ([], True)
    assert found[-1] == ([999], False)
    assert len(found) < 1000 / (3 * 2**ROUNDS / 2)


@pytest.mark.parametrize("first", [0, -1, 51, 10_000])
def test_a_bad_size_is_named_before_anything_is_read(first: int) -> None:
    with pytest.raises(Invalid) as refused:
        asyncio.run(fill(SimpleNamespace(), Numbers(3, {1}), Window(first, None)))  # type: ignore[arg-type]
    assert refused.value.field == "first"
