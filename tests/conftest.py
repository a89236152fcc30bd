"""Fixtures that every test shares: real stores, a clean migrated database a test, and no network in unit tests."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import AsyncIterator, Callable
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from tortoise import Tortoise

from app.embedded import Stores, start_stores
from app.migrate import migrate
from app.settings import Settings
from models.policy import seed_policy
from models.tables import connect

UNIT = Path(__file__).parent / "unit"
TEMPLATE = "yume_template"
FIGURES = pytest.StashKey[list[str]]()
_numbers = count(1)

for _name in [name for name in os.environ if name.startswith("YUME_")]:
    # Tests state their settings; the shell that starts them has no say.
    del os.environ[_name]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--prove` runs the batteries in full; without it they are sampled."""
    parser.addoption("--prove", action="store_true", help="run the long batteries in full, and write docs/proved.md")


def pytest_configure(config: pytest.Config) -> None:
    """Collect what `figure` records, to be reported at the end."""
    config.stash[FIGURES] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report of `make prove`."""
    figures = session.config.stash[FIGURES]
    if not session.config.getoption("--prove") or not figures:
        return
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    lines = ["# Proved figures", "", f"Written by `make prove` on {date.today().isoformat()}: {machine}.", ""]  # noqa: DTZ011
    lines += ["| what | measured | promised |", "|---|---|---|", *figures, ""]
    (Path(__file__).parent.parent / "docs" / "proved.md").write_text("\n".join(lines))


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """``rounds(sample, full)``: how often a battery repeats, by whether `--prove` was given."""
    prove = request.config.getoption("--prove")
    return lambda sample, full: full if prove else sample


@pytest.fixture(scope="session")
def figure(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """``figure(what, measured, promised)``: a row of the report that `make prove` writes."""
    figures = request.config.stash[FIGURES]
    return lambda what, measured, promised: figures.append(f"| {what} | {measured} | {promised} |")


def _nothing(_: str) -> None:
    """A report that goes nowhere."""


class NetworkBlocked(RuntimeError):
    """A unit test reached for the network."""


@pytest.fixture(autouse=True)
def _no_network_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.path.is_relative_to(UNIT):
        return

    def guard(method: str) -> Any:
        original = getattr(socket.socket, method)

        def call(self: socket.socket, *args: Any) -> Any:
            if self.family != socket.AF_UNIX:
                raise NetworkBlocked(f"socket.{method}{args!r} in a unit test: move the test to tests/integration")
            return original(self, *args)

        return call

    for method in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, method, guard(method))


@pytest.fixture(scope="session")
async def stores(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stores]:
    """A real Postgres and a real Valkey, started once a session."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("stores"), database_url=None, redis_url=None)
    running = await start_stores(settings, _nothing, durable=False)
    yield running
    await running.close()


@pytest.fixture(scope="session")
async def _template(stores: Stores) -> str:
    """A database that the migrations made, copied for every test."""
    url = await _recreate(stores, TEMPLATE, template="template0")
    await migrate(url, _nothing)
    await connect(url)
    await seed_policy(["US", "CA"])
    await Tortoise.close_connections()
    return TEMPLATE


@pytest.fixture
async def database(stores: Stores, _template: str) -> AsyncIterator[str]:
    """URL of a clean migrated database with the policy seeded; Tortoise is connected to it."""
    name = f"test_{next(_numbers)}"
    url = await _recreate(stores, name, template=_template)
    await connect(url)
    yield url
    await Tortoise.close_connections()
    await _administer(stores, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def redis(stores: Stores) -> AsyncIterator[Redis]:
    """A client of the emptied Valkey. Its URL is ``stores.urls.redis_url``."""
    client = redis_client(stores)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def settings(tmp_path: Path, database: str, stores: Stores, redis: Redis) -> Settings:
    """Settings of a server on the test's own stores and folder."""
    return Settings(
        data_dir=tmp_path, database_url=SecretStr(database), redis_url=SecretStr(stores.urls.redis_url), port=0
    )


def redis_client(stores: Stores) -> Redis:
    """A client of the session's Valkey."""
    return Redis.from_url(stores.urls.redis_url)


async def _recreate(stores: Stores, name: str, *, template: str) -> str:
    await _administer(
        stores,
        f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
        f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY',
    )
    return stores.urls.database_url.rpartition("/")[0] + f"/{name}"


async def _administer(stores: Stores, *statements: str) -> None:
    connection = await asyncpg.connect(stores.urls.database_url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
