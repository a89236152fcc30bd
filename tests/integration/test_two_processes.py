"""Two web servers and a worker: what one takes back is, from its answer on, not to be had from the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.settings import Settings
from resolvers.context import Stores
from tests.api import make_stores
from tests.jobs_stack import Worker, ready_workers, until
from tests.live import LiveServer, live_server
from tests.prove.readers import revocations

FEED_SECONDS, JOB_SECONDS = 2.0, 5.0
"""Promises of the law; they are held to where nothing else runs, that is by `make prove`."""


Pair = tuple[Stores, LiveServer, LiveServer]


@pytest.fixture
async def pair(settings: Settings, redis: Redis, tmp_path: Path) -> AsyncIterator[Pair]:
    assert settings.database_url is not None
    assert settings.redis_url is not None
    stores = await make_stores(redis, tmp_path)
    async with AsyncExitStack() as closing:
        a = await closing.enter_async_context(live_server(settings))
        b = await closing.enter_async_context(live_server(settings))
        urls = (settings.database_url.get_secret_value(), settings.redis_url.get_secret_value())
        worker = await Worker(*urls, tmp_path).start()
        closing.push_async_callback(worker.ended)
        closing.callback(worker.kill)
        await until(ready_workers, seconds=60, what="the worker is ready")
        yield stores, a, b
    await stores.progress.stop()


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_what_one_server_takes_back_no_reader_of_the_other_sees(
    pair: Pair, tmp_path: Path, request: pytest.FixtureRequest,
    rounds: Callable[[int, int], int], figure: Callable[[str, str, str], None],
) -> None:  # fmt: skip
    count, readers = rounds(2, 50), rounds(24, 200)
    figures = await revocations(*pair, tmp_path, count=count, readers=readers)
    reads = sum(figures.late_reads.values())
    figure(
        f"{count} withdrawals on one process, {readers} readers polling another (feed, nodes, profiles, drafts, "
        "appearances, bytes)",
        f"{len(figures.faults)} sights in {reads} reads begun after the answer; bytes served for "
        f"{max(figures.bytes_served, default=0.0):.1f} s",
        "0; bytes at most 60 s",
    )  # fmt: skip
    for what, seconds, promised in (
        ("an open feed has said what is gone", figures.feed, FEED_SECONDS),
        ("an open generation subscription has ended", figures.watch, FEED_SECONDS),
        ("a job at work has stopped", figures.job, JOB_SECONDS),
    ):
        figure(f"after a withdrawal {what}", f"slowest {max(seconds):.2f} s", f"within {promised:g} s")
        assert len(seconds) == count
        assert not request.config.getoption("--prove") or max(seconds) <= promised
    assert reads >= count * readers
    assert figures.faults == []
