"""Parts of a running server are killed one after another while clips are made: nothing is lost, nothing done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.prove.crashes import PARTS, crash_battery


@pytest.mark.timeout(300)
async def test_ten_kills_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    figures = await crash_battery(tmp_path, kills=10)
    assert figures.faults == []
    assert sum(figures.kills.values()) == 10
    assert set(figures.kills) == {part.partition("-")[0] for part in PARTS}
    assert figures.ends["GenerationFinished"] > 0
