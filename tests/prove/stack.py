"""A whole server as `yume up` runs it (stores, API, two workers on a light engine), with every process killable."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx
import psutil
from tortoise import Tortoise, connections

from app.embedded import Stores, start_stores
from app.migrate import migrate
from app.settings import Settings
from app.supervise import Child, Program
from jobs.failures import STORE_AWAY
from models.policy import seed_policy, set_policy
from models.tables import connect
from tests.live import ROOT, _free_port

WORKERS = 2
T = TypeVar("T")


def quiet(_: str) -> None:
    """A report that goes nowhere."""


@dataclass
class Stack:
    """The running server. ``children`` are its processes by name."""

    url: str
    folder: Path
    stores: Stores
    children: dict[str, Child]

    def pid(self, name: str) -> int:
        """Process id of a part; "engine-0" is the child of "worker-0". 0 while there is none."""
        if name.startswith("engine-"):
            worker = self.pid(name.replace("engine", "worker"))
            try:
                found = psutil.Process(worker).children() if worker else []
            except psutil.NoSuchProcess:
                return 0
            return found[0].pid if found else 0
        return self.children[name].pid

    def kill(self, name: str) -> bool:
        """SIGKILL a part; False when it was not there to be killed."""
        pid = self.pid(name)
        if pid:
            os.kill(pid, signal.SIGKILL)
        return bool(pid)


@asynccontextmanager
async def running_stack(folder: Path) -> AsyncIterator[Stack]:
    """Start everything in ``folder``; Tortoise is connected to its database until the block ends."""
    settings = Settings(data_dir=folder, database_url=None, redis_url=None)
    port = _free_port()
    async with AsyncExitStack() as closing:
        stores = await start_stores(settings, quiet)
        closing.push_async_callback(stores.close)
        await migrate(stores.urls.database_url, quiet)
        await connect(stores.urls.database_url)
        closing.push_async_callback(Tortoise.close_connections)
        await seed_policy(["CA"])
        await set_policy("engine_seconds_per_day", 86_400.0, set_by=None)
        children = dict(stores.children)
        stack = Stack(f"http://127.0.0.1:{port}", folder, stores, children)
        given = ["env", f"YUME_DATA_DIR={folder}", f"YUME_PORT={port}", "YUME_ENGINE=slides", "YUME_LOG_FORMAT=json"]
        given += ["YUME_HOUSE_CAST=off", "YUME_STARTER_CLIPS=0"]
        api = Program(
            "api", [*given, sys.executable, "-m", "app.cli", "serve"], ready=_answers(stack.url),
            output=folder / "api.log", cwd=ROOT,
        )  # fmt: skip
        for program in [api, *(_worker(folder, given, number) for number in range(WORKERS))]:
            children[program.name] = Child(program, quiet)
            await children[program.name].start()
            closing.push_async_callback(children[program.name].stop)
        yield stack


async def ask(sql: str, *values: Any) -> list[dict[str, Any]]:
    """What a statement answers, asked again while Postgres is away."""
    return await patiently(lambda: connections.get("default").execute_query_dict(sql, list(values)))


async def patiently(call: Callable[[], Awaitable[T]], *, seconds: float = 30.0) -> T:
    """The answer of ``call``, tried again while Postgres is away."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await call()
            except (*STORE_AWAY, asyncpg.PostgresError):
                await asyncio.sleep(0.1)


def _worker(folder: Path, given: list[str], number: int) -> Program:
    script = str(ROOT / "tests" / "slides_worker.py")
    return Program(
        f"worker-{number}", [*given, sys.executable, script], output=folder / f"worker-{number}.log", cwd=ROOT
    )


def _answers(url: str) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                return (await http.get(f"{url}/healthz")).is_success
        except httpx.TransportError:
            return False

    return ready
