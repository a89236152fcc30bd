"""The consent state machine: the product against the law, and proof that the machine would notice faults."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.api import make_stores
from tests.machine.machine import Divergence, explore, load, replay, save
from tests.machine.mutants import MUTANTS, Mutant, planted
from tests.machine.world import Product

STORIES = Path(__file__).parents[1] / "machine" / "stories"
SEARCHED = 3
"""Searches for a story that kills a mutant, each from another seed, before it counts as a survivor."""


@pytest.fixture
async def product(database: str, redis: Redis, tmp_path: Path) -> AsyncIterator[Product]:
    stores = await make_stores(redis, tmp_path)
    yield Product(stores, asyncio.get_running_loop())
    await stores.progress.stop()


def story_of(mutant: Mutant) -> Path:
    """Where the story that kills it is kept."""
    return STORIES / (re.sub(r"[^a-z]+", "_", mutant.name.lower()).strip("_") + ".json")


def kills(product: Product, mutant: Mutant) -> bool:
    """Does the recorded story notice this fault?"""
    try:
        with planted(mutant):
            replay(product, load(story_of(mutant)))
    except Divergence:
        return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(7200)
async def test_the_product_does_what_the_law_of_consent_says(
    product: Product, rounds: Callable[[int, int], int], figure: Callable[[str, str, str], None]
) -> None:
    examples, steps = rounds(4, 100), rounds(20, 30)
    found = await asyncio.to_thread(explore, product, steps=steps, examples=examples, seed=rounds(1, 2))
    assert found is None, found
    figure("Consent: runs in which the product left the law", f"0 of {examples}, up to {steps} stories each", "0")


@pytest.mark.timeout(600)
async def test_every_planted_fault_is_noticed_by_its_recorded_story(product: Product) -> None:
    survivors = [mutant.name for mutant in MUTANTS if not await asyncio.to_thread(kills, product, mutant)]
    assert survivors == []


@pytest.mark.timeout(600)
async def test_no_recorded_story_finds_a_fault_where_none_is_planted(product: Product) -> None:
    for mutant in MUTANTS:
        await asyncio.to_thread(replay, product, load(story_of(mutant)))


@pytest.mark.slow
@pytest.mark.timeout(14_400)
async def test_every_planted_fault_is_found_by_searching_anew(
    product: Product, rounds: Callable[[int, int], int], figure: Callable[[str, str, str], None]
) -> None:
    sought = MUTANTS[: rounds(1, len(MUTANTS))]
    survivors: list[str] = []
    for mutant in sought:
        with planted(mutant):
            for seed in range(1, SEARCHED + 1):
                found = await asyncio.to_thread(explore, product, steps=25, examples=60, seed=seed)
                if found is not None:
                    break
        if found is None:
            survivors.append(mutant.name)
        elif not story_of(mutant).exists():
            save(story_of(mutant), found.story)
    assert survivors == []
    figure("Consent: planted faults that were found", f"{len(sought)} of {len(sought)}", "all of at least 20")
