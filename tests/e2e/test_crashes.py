"""Parts of a running server are killed one after another while clips are made: nothing is lost, nothing done twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.prove.crashes import PARTS, RESTART_SECONDS, crash_battery


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_kills_lose_nothing_and_do_nothing_twice(
    tmp_path: Path, rounds: Callable[[int, int], int], figure: Callable[[str, str, str], None]
) -> None:
    kills = rounds(6, 200)
    figures = await crash_battery(tmp_path, kills=kills)
    told = figures.summary()
    each = ", ".join(f"{part} {count}" for part, count in sorted(figures.kills.items()))
    ends = ", ".join(f"{kind.removeprefix('Generation').lower()} {count}" for kind, count in figures.ends.items())
    restarts = told["restarts"]
    figure(f"{kills} random SIGKILLs mid-generation", each, "every part, in turn")
    figure(
        "generations lost, doubled or wrongly charged; gaps or repeats in progress",
        f"{len(figures.faults)} in {figures.generations} generations ({ends}) and {figures.events} events over "
        f"{figures.drops} dropped connections, {figures.snapshots} snapshots",
        "0",
    )
    figure(
        "restart after a worker's death",
        f"slowest of {restarts['count']}: {restarts['slowest_seconds']} s",
        f"within {RESTART_SECONDS:g} s",
    )
    assert figures.faults == []
    assert sum(figures.kills.values()) == kills
    assert set(figures.kills) == {part.partition("-")[0] for part in PARTS}
    assert figures.ends["GenerationFinished"] > 0
