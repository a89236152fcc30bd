"""Two processes, one Postgres: nothing is finished, published or remixed after consent has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.settings import Settings
from models.keys import load_keys
from resolvers.context import Stores
from tests.api import declare_engine, make_stores
from tests.prove.consent_races import race


@pytest.fixture
async def api(database: str, redis: Redis, tmp_path: Path) -> AsyncIterator[Stores]:
    await declare_engine()
    load_keys(tmp_path / "keys")
    stores = await make_stores(redis, tmp_path)
    yield stores
    await stores.progress.stop()


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_nothing_gets_past_a_restriction_that_another_process_makes(
    api: Stores, settings: Settings, tmp_path: Path,
    rounds: Callable[[int, int], int], figure: Callable[[str, str, str], None],
) -> None:  # fmt: skip
    races = rounds(44, 1_320)
    assert settings.database_url is not None
    assert settings.redis_url is not None
    urls = (settings.database_url.get_secret_value(), settings.redis_url.get_secret_value())
    figures = await race(api, (*urls, str(tmp_path)), races=races)
    ends = ", ".join(f"{end} {number}" for end, number in sorted(figures.ends.items()))
    figure(
        f"{races} races of two processes: finish, publish, remix against everything that takes consent back",
        f"{len(figures.faults)} leaks ({ends})", "0",
    )  # fmt: skip
    assert figures.faults == []
    assert sum(figures.ends.values()) == races
