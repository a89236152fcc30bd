"""Fixtures of tests that talk to the schema over real stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.api import Api, Server, declare_engine, make_stores


@pytest.fixture
async def server(database: str, redis: Redis, tmp_path: Path) -> AsyncIterator[Server]:
    stores = await make_stores(redis, tmp_path)
    yield Server(stores)
    await stores.progress.stop()


@pytest.fixture
async def ada(server: Server) -> Api:
    await declare_engine()
    return await server.member("ada")


@pytest.fixture
async def bob(server: Server) -> Api:
    return await server.member("bob")
