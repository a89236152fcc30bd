"""The crash battery: SIGKILL every part in turn while clips are made and watched, then count what became of them."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.cli.client import send, subscribe, success
from app.cli.session import Client
from app.trouble import Trouble
from jobs.progress import Cursor
from models.account import Account
from models.base import new_id
from resolvers.session import open_session
from tests.prove.stack import Stack, ask, running_stack

PARTS = ("worker-0", "engine-1", "api", "valkey", "postgres", "worker-1", "engine-0")
WATCHERS = 3
RESTART_SECONDS = 15.0
END_SECONDS = 90.0

CREATE = """
mutation($input: CreateGenerationInput!) { createGeneration(input: $input) {
  ... on CreateGenerationSuccess { generation { id } } ... on Error { code message field }
} }
"""
FOLLOW = """
subscription($id: ID!, $after: String) { generation(id: $id, after: $after) {
  __typename cursor attempt ... on GenerationStep { phase step fraction } ... on GenerationFailed { failure { code } }
} }
"""
TERMINAL = {"GenerationFinished", "GenerationFailed", "GenerationCancelled"}


@dataclass
class Figures:
    """What the battery counted. ``faults`` must stay empty."""

    kills: Counter[str] = field(default_factory=Counter)
    generations: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    events: int = 0
    drops: int = 0
    snapshots: int = 0
    restarts: list[float] = field(default_factory=list)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """As JSON, with the restarts reduced."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        told["restarts"] = {"count": len(self.restarts), "slowest_seconds": round(max(self.restarts, default=0.0), 1)}
        return told | {"seconds": round(self.seconds)}


class Watcher:
    """A member who asks for clips and watches each to its end, coming back after every drop."""

    def __init__(self, client: Client, figures: Figures, rng: random.Random) -> None:
        self.client, self.figures, self.rng = client, figures, rng
        self.last = Cursor(0, 0)

    async def run(self, stop: asyncio.Event) -> None:
        """One clip after another until told to stop."""
        while not stop.is_set():
            generation_id = await self._create()
            self.figures.generations += 1
            self.figures.ends[await self._follow(generation_id)] += 1

    async def _create(self) -> str:
        request = {
            "prompt": f"take {self.rng.uniform(0.5, 2.5):.2f}", "seconds": 1.0, "engine": "slides",
            "idempotencyKey": str(new_id()),
        }  # fmt: skip
        while True:
            try:
                answer = await send(self.client, CREATE, {"input": request})
                return success(answer["createGeneration"])["generation"]["id"]
            except Trouble:
                # Postgres may be down; the same key makes the same job, so asking again is safe.
                self.figures.drops += 1
                await asyncio.sleep(0.2)

    async def _follow(self, generation_id: str) -> str:
        self.last = Cursor(0, 0)
        while True:
            try:
                async for data in subscribe(
                    self.client, FOLLOW, {"id": generation_id}, on_drop=self._dropped, resume=self._resume
                ):
                    kind = self._hear(data["generation"])
                    if kind in TERMINAL:
                        return kind
            except Trouble:
                self._dropped("refused")
            await asyncio.sleep(0.2)

    def _resume(self) -> str | None:
        return str(self.last) if self.last > (0, 0) else None

    def _dropped(self, _: str) -> None:
        self.figures.drops += 1

    def _hear(self, event: dict[str, Any]) -> str:
        kind, cursor = event["__typename"], Cursor.parse(event["cursor"])
        assert cursor is not None
        self.figures.events += 1
        if kind == "GenerationSnapshot":
            self.figures.snapshots += 1
        elif kind == "GenerationQueued" and cursor == self.last:
            pass  # a place in the queue, told from Postgres beside the stream
        elif cursor <= self.last:
            self.figures.faults.append(f"repeat: {kind} {cursor} after {self.last}")
        elif cursor.seq < 2**62 and not self.last.precedes(cursor):
            self.figures.faults.append(f"gap: {kind} {cursor} after {self.last}")
        self.last = cursor
        return kind


async def crash_battery(folder: Path, *, kills: int, seed: int = 1) -> Figures:
    """Kill ``kills`` parts in turn, each while some clip is being made. Everything is in ``Figures``."""
    figures, rng, started = Figures(), random.Random(seed), time.monotonic()
    async with running_stack(folder) as stack:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for number in range(WATCHERS):
                account = await Account.create(handle=f"w{number}", display_name="W", region="CA")
                token, _ = await open_session(account.id)
                watcher = Watcher(Client(stack.url, token), figures, random.Random(seed * 100 + number))
                group.create_task(watcher.run(stop))
            try:
                for number in range(kills):
                    await _kill_one(stack, PARTS[number % len(PARTS)], figures, rng)
            finally:
                stop.set()
        await _count(figures, folder)
    figures.seconds = time.monotonic() - started
    return figures


async def _kill_one(stack: Stack, part: str, figures: Figures, rng: random.Random) -> None:
    async with asyncio.timeout(60):
        while not (running := await _running(stack, part)) or not stack.pid(part):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await asyncio.sleep(rng.uniform(0.0, 0.5))  # any moment of the clip will do
    if not stack.kill(part):
        return
    figures.kills[part.partition("-")[0]] += 1
    if part.startswith("worker"):
        await asyncio.gather(*(_until_restarted(row, figures) for row in running))
    async with asyncio.timeout(60):
        while not stack.pid(part):  # noqa: ASYNC110 - another process starts it
            await asyncio.sleep(0.05)


async def _running(stack: Stack, part: str) -> list[dict[str, Any]]:
    """Generations being made now: by that worker when ``part`` is one or its engine, else by any."""
    worker = stack.pid(part.replace("engine", "worker")) if part.startswith(("worker", "engine")) else None
    return await ask(
        """
        SELECT g.id, g.attempt FROM generation g JOIN engine_host h ON h.id = g.worker_id
        WHERE g.state = 'RUNNING' AND ($1::text IS NULL OR h.host LIKE '%:' || $1)
        """,
        None if worker is None else str(worker),
    )


async def _until_restarted(row: dict[str, Any], figures: Figures) -> None:
    killed = time.monotonic()
    while time.monotonic() - killed < 2 * RESTART_SECONDS:
        [now] = await ask("SELECT state, attempt FROM generation WHERE id = $1", row["id"])
        if now["attempt"] > row["attempt"] or now["state"] not in ("RUNNING", "CHECKING", "QUEUED"):
            break
        await asyncio.sleep(0.05)
    took = time.monotonic() - killed
    if now["attempt"] > row["attempt"]:
        figures.restarts.append(took)
    if took > RESTART_SECONDS:
        figures.faults.append(f"{row['id']} restarted only after {took:.1f} s")


async def _count(figures: Figures, folder: Path) -> None:
    await _until_settled(figures)
    [row] = await ask(
        """
        SELECT (SELECT count(*) FROM generation) AS generations,
            (SELECT count(*) FROM generation WHERE state NOT IN ('SUCCEEDED', 'FAILED')) AS unfinished,
            (SELECT count(*) FROM generation WHERE state = 'SUCCEEDED') AS succeeded,
            (SELECT count(*) FROM video) AS videos,
            (SELECT count(*) FROM quota_charge) AS charges,
            (SELECT count(*) FROM quota_charge c JOIN generation g ON g.id = c.generation_id
             WHERE (g.state = 'SUCCEEDED') <> (c.refunded_at IS NULL)) AS wrong_charges,
            (SELECT count(*) FROM generation g WHERE state = 'FAILED' AND failure_code <> 'ENGINE_DIED') AS odd_failures
        """
    )
    expected = {"generations": figures.generations, "charges": figures.generations, "videos": row["succeeded"]}
    for name, value in expected.items():
        if row[name] != value:
            figures.faults.append(f"{name}: {row[name]}, expected {value}")
    for name in ("unfinished", "wrong_charges", "odd_failures"):
        if row[name]:
            figures.faults.append(f"{name}: {row[name]}")
    if figures.ends["GenerationFinished"] != row["succeeded"]:
        figures.faults.append(f"clients saw {figures.ends}, Postgres has {row['succeeded']} successes")
    await _count_files(figures, folder)


async def _until_settled(figures: Figures) -> None:
    end = time.monotonic() + END_SECONDS
    left = """
        SELECT (SELECT count(*) FROM generation WHERE finished_at IS NULL)
            + (SELECT count(*) FROM outbox WHERE topic <> 'purge_later') AS n
    """
    while (await ask(left))[0]["n"]:
        if time.monotonic() > end:
            figures.faults.append(f"promises or generations left: {await ask('SELECT topic, payload FROM outbox')}")
            return
        await asyncio.sleep(0.1)


async def _count_files(figures: Figures, folder: Path) -> None:
    media = folder / "media"
    kept = {row["key"] for row in await ask("SELECT key FROM rendition")}
    found = {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
    if kept != found:
        figures.faults.append(f"media: {len(found - kept)} objects of nobody, {len(kept - found)} missing")
