"""A live server process on a test's own stores, started as an operator would start it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
from pydantic import SecretStr
from tortoise import Tortoise

from app.embedded import Stores
from app.settings import Settings
from models.account import Account, Role
from models.base import new_id
from models.generation import Generation
from models.tables import connect
from resolvers.session import open_link, open_session

ROOT = Path(__file__).parents[1]
START_SECONDS = 30.0
_numbers = count(1)


@dataclass(frozen=True)
class LiveServer:
    """Where it listens, and its process."""

    url: str
    process: asyncio.subprocess.Process

    @property
    def socket_url(self) -> str:
        """The websocket endpoint."""
        return self.url.replace("http", "ws", 1) + "/graphql"


@asynccontextmanager
async def live_server(settings: Settings, **changes: str) -> AsyncIterator[LiveServer]:
    """`yume serve` on a free port, until the block ends. ``changes`` are further YUME_ variables."""
    port = _free_port()
    assert settings.database_url is not None
    assert settings.redis_url is not None
    log = settings.data_dir / "serve.log"
    given = {
        "YUME_DATA_DIR": str(settings.data_dir),
        "YUME_DATABASE_URL": settings.database_url.get_secret_value(),
        "YUME_REDIS_URL": settings.redis_url.get_secret_value(),
        "YUME_PORT": str(port),
        "YUME_STARTER_CLIPS": "0",
    }
    with log.open("ab") as output:  # a second process of the same server writes into it as well
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", "serve",
            cwd=ROOT, env={**os.environ, **given, **changes}, stdout=output, stderr=output,
        )  # fmt: skip
        server = LiveServer(f"http://127.0.0.1:{port}", process)
        try:
            await _until_healthy(server, log)
            yield server
        finally:
            if process.returncode is None:
                process.terminate()
                await asyncio.wait_for(process.wait(), 15)


@asynccontextmanager
async def live_worker(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """`yume worker` on the settings' stores, until the block ends. It is ready when ``/readyz`` says so."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    given = {
        "YUME_DATA_DIR": str(settings.data_dir),
        "YUME_DATABASE_URL": settings.database_url.get_secret_value(),
        "YUME_REDIS_URL": settings.redis_url.get_secret_value(),
        "YUME_HOUSE_CAST": "off",
    }
    with (settings.data_dir / "worker.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", "worker",
            cwd=ROOT, env={**os.environ, **given}, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                await asyncio.wait_for(process.wait(), 30)


async def until_ready(server: LiveServer, seconds: float = 90) -> None:
    """Wait until a clip can be made. Raises `TimeoutError`."""
    async with asyncio.timeout(seconds), httpx.AsyncClient(base_url=server.url) as client:
        while True:
            if (await client.get("/readyz")).status_code == httpx.codes.OK:
                return
            await asyncio.sleep(0.2)


@asynccontextmanager
async def shared_server(stores: Stores, template: str, folder: Path, **changes: str) -> AsyncIterator[LiveServer]:
    """A live server for a whole test module, on a database of its own to which Tortoise is connected."""
    name = f"live_{next(_numbers)}"
    base = stores.urls.database_url
    await _administer(base, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    url = f"{base.rpartition('/')[0]}/{name}"
    settings = Settings(
        data_dir=folder, database_url=SecretStr(url), redis_url=SecretStr(stores.urls.redis_url), **changes
    )
    await connect(url)
    variables = {f"YUME_{key.upper()}": value for key, value in changes.items()}
    async with live_server(settings, **variables) as running:
        yield running
    await Tortoise.close_connections()
    await _administer(base, f'DROP DATABASE "{name}" WITH (FORCE)')


async def member(role: Role = Role.MEMBER) -> tuple[Account, str]:
    """A new member and the token of a session of theirs."""
    handle = f"ada{next(_numbers)}"
    account = await Account.create(handle=handle, display_name="Ada", role=role)
    token, _ = await open_session(account.id)
    return account, token


async def link_of(account: Account) -> str:
    """The token of a sign-in link for ``account``."""
    return await open_link(account.id, minutes=5)


async def queued_generation(account_id: UUID) -> Generation:
    """A job that waits; no worker is there to take it."""
    return await Generation.create(
        id=new_id(),
        created_at=datetime.now(UTC),
        account_id=account_id,
        idempotency_key=str(new_id()),
        request_hash="0" * 64,
        engine="diorama",
        spec={"prompt": "a red fox", "seconds": 2.0},
        cost_seconds=2.0,
    )


async def _administer(database_url: str, statement: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_healthy(server: LiveServer, log: Path) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(int(START_SECONDS / 0.1)):
            try:
                await client.get(server.url + "/healthz")
            except httpx.TransportError:
                if server.process.returncode is not None:
                    break
                await asyncio.sleep(0.1)
            else:
                return
    raise AssertionError(_last_words(log))


def _last_words(log: Path) -> str:
    return f"the server did not start:\n{log.read_text()[-4000:]}"
