"""What tests of jobs share: members, queued generations, and real worker processes to be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psutil
from tortoise import connections
from tortoise.transactions import in_transaction

from engine.spec import GenerationSpec
from jobs.queue import enqueue_generation
from jobs.tail import Tail
from models.account import Account
from models.base import new_id
from models.generation import Generation, QuotaCharge

ROOT = Path(__file__).parents[1]


async def member(handle: str = "ada") -> Account:
    """A member."""
    return await Account.create(handle=handle, display_name=handle, region="CA")


async def queue_one(
    account: Account, prompt: str = "slides", *, engine: str = "slides", seconds: float = 1.0
) -> Generation:
    """A queued generation as `createGeneration` leaves it: row, charge and outbox in one transaction."""
    spec = GenerationSpec(prompt=prompt, seconds=seconds, width=64, height=96, fps=10, seed=7)
    async with in_transaction() as connection:
        generation = await Generation.create(
            using_db=connection, id=new_id(), account_id=account.id, idempotency_key=str(new_id()), request_hash="",
            engine=engine, spec=msgspec.to_builtins(spec), cost_seconds=1.0,
        )  # fmt: skip
        await QuotaCharge.create(using_db=connection, account_id=account.id, generation_id=generation.id, seconds=1.0)
        await enqueue_generation(connection, generation.id)
    return generation


async def rows(sql: str, *values: Any) -> list[dict[str, Any]]:
    """What a statement answers."""
    return await connections.get("default").execute_query_dict(sql, list(values))


async def state_of(generation_id: UUID) -> str:
    """The state in the row."""
    return (await rows("SELECT state FROM generation WHERE id = $1", generation_id))[0]["state"]


PATIENCE = 90.0
"""Seconds after which something will not happen any more, however busy the machine. Promises have their own times."""


async def until(condition: Callable[[], Awaitable[Any]], *, seconds: float = PATIENCE, what: str = "") -> Any:
    """What ``condition`` answers once it is true. Fails after ``seconds``."""
    end = time.monotonic() + seconds
    while not (answer := await condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what or condition}"
        await asyncio.sleep(0.02)
    return answer


async def until_state(generation_id: UUID, *states: str, seconds: float = PATIENCE) -> str:
    """The state, once it is one of ``states``."""

    async def reached() -> str | None:
        state = await state_of(generation_id)
        return state if state in states else None

    return await until(reached, seconds=seconds, what=f"{generation_id} becomes {states}")


async def until_listening(tail: Tail, subscribers: int = 1) -> None:
    """Wait until so many stand where they hear whatever comes."""

    async def ready() -> bool:
        return tail.listeners >= subscribers

    await until(ready, what=f"{subscribers} listen")


@dataclass
class Worker:
    """A worker process over the given stores. Its output goes to a file in ``folder``."""

    database_url: str
    redis_url: str
    folder: Path
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    started: int = 0

    async def start(self) -> Worker:
        """Start the process; it is ready when its engine_host row is there."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("YUME_")} | {
            "YUME_DATABASE_URL": self.database_url,
            "YUME_REDIS_URL": self.redis_url,
            "YUME_DATA_DIR": str(self.folder),
            "YUME_ENGINE": "slides",
            "YUME_LOG_FORMAT": "json",
            "YUME_HOUSE_CAST": "off",
        }
        self.started += 1
        with (self.folder / f"worker-{id(self)}.log").open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, str(ROOT / "tests" / "slides_worker.py"), cwd=ROOT, env=environment,
                stdout=output, stderr=output,
            )  # fmt: skip
        return self

    @property
    def pid(self) -> int:
        """Process id."""
        assert self.process is not None
        return self.process.pid

    @property
    def log(self) -> str:
        """Everything it printed."""
        return (self.folder / f"worker-{id(self)}.log").read_text()

    def engine_pid(self) -> int | None:
        """Process id of its engine child."""
        children = psutil.Process(self.pid).children()
        return children[0].pid if children else None

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def ended(self) -> int:
        """Its exit status, once it has ended."""
        assert self.process is not None
        return await self.process.wait()


async def ready_workers() -> int:
    """Workers whose row is fresh."""
    found = await rows("SELECT count(*) AS n FROM engine_host WHERE heartbeat_at > yume_now() - interval '7 s'")
    return found[0]["n"]
