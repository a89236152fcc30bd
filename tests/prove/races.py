"""The race battery: two processes claim, finish, cancel, fail, hand back and sweep a generation at one moment."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.clip.lease import LEASE_SECONDS
from models.account import Account
from models.generation import Generation
from tests.jobs_stack import member, queue_one, rows

PAIRS = (
    ("finish", "cancel"), ("finish", "sweep"), ("finish", "finish"), ("fail", "cancel"), ("fail", "sweep"),
    ("release", "cancel"), ("release", "sweep"), ("cancelled", "finish"), ("cancel", "sweep"), ("finish", "release"),
)  # fmt: skip
APART_SECONDS = 0.004


@dataclass
class Figures:
    """What the battery counted. ``faults`` must stay empty."""

    races: int = 0
    first: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


class Racer:
    """One of the two processes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, database_url: str) -> Racer:
        """Start it and wait until it is connected."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(Path(__file__).with_name("racer.py")), database_url,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        return cls(process)

    async def act(self, at: float, do: str, **order: Any) -> Any:
        """Have it act at the monotonic time ``at``; what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order | {"do": do, "at": at}).encode() + b"\n")
        async with asyncio.timeout(20):
            line = await self._process.stdout.readline()
        assert line, f"a racer died of {do}"
        return json.loads(line)

    async def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


async def race(database_url: str, *, races: int, seed: int = 1) -> Figures:
    """Run ``races`` on a migrated database to which Tortoise is connected."""
    figures, rng, started = Figures(), random.Random(seed), time.monotonic()
    racers = [await Racer.start(database_url) for _ in range(2)]
    try:
        account = await member("racer")
        for number in range(races):
            await _race_once(racers, account, PAIRS[number % len(PAIRS)], figures, rng)
            figures.races += 1
    finally:
        for racer in racers:
            await racer.stop()
    figures.seconds = time.monotonic() - started
    return figures


async def _race_once(
    racers: list[Racer], account: Account, pair: tuple[str, str], figures: Figures, rng: random.Random
) -> None:
    generation = await queue_one(account)
    leases = await _both(racers, rng, ("claim", {}), ("claim", {}))
    winners = [lease for lease in leases if lease is not None]
    if len(winners) != 1:
        figures.faults.append(f"{len(winners)} claims of one generation")
        return
    figures.first[f"process {leases.index(winners[0]) + 1}"] += 1
    if "sweep" in pair:
        await rows(
            "UPDATE generation SET heartbeat_at = yume_now() - make_interval(secs => $2) WHERE id = $1 RETURNING id",
            generation.id, LEASE_SECONDS + 1,
        )  # fmt: skip
    order = {"lease": winners[0], "generation_id": str(generation.id), "retry": rng.random() < 0.5}
    said = await _both(racers, rng, (pair[0], order), (pair[1], order))
    await _judge(generation, said, pair, figures)
    await _finish_off(racers, generation, winners[0])
    figures.ends[(await Generation.get(id=generation.id)).state.value] += 1
    await _judge(generation, said, pair, figures)


async def _both(
    racers: list[Racer], rng: random.Random, one: tuple[str, dict[str, Any]], other: tuple[str, dict[str, Any]]
) -> list[Any]:
    at = time.monotonic() + 0.01
    orders = [one, other] if rng.random() < 0.5 else [other, one]
    said = await asyncio.gather(
        *(
            racer.act(at + rng.uniform(0, APART_SECONDS), do, **order)
            for racer, (do, order) in zip(racers, orders, strict=True)
        )
    )
    return said if orders[0] is one else said[::-1]


async def _finish_off(racers: list[Racer], generation: Generation, old: dict[str, Any]) -> None:
    """Whatever the race left open is ended by a second claim, while the first one's zombie tries to finish too."""
    state = (await Generation.get(id=generation.id)).state
    if state == "RUNNING":
        await racers[0].act(0, "cancelled", lease=old)
    if (await Generation.get(id=generation.id)).state == "QUEUED":
        lease = await racers[0].act(0, "claim")
        await asyncio.gather(
            racers[0].act(0, "finish", lease=lease), racers[1].act(0, "finish", lease=old),
        )  # fmt: skip


async def _judge(generation: Generation, said: list[Any], pair: tuple[str, str], figures: Figures) -> None:
    [row] = await rows(
        """
        SELECT g.state, g.cancel_requested_at IS NOT NULL AS stopping,
            (SELECT count(*) FROM video v WHERE v.generation_id = g.id) AS videos,
            (SELECT count(*) FROM rendition r JOIN video v ON v.id = r.video_id WHERE v.generation_id = g.id) AS files,
            (SELECT count(*) FROM quota_charge c WHERE c.generation_id = g.id AND c.refunded_at IS NULL) AS charged,
            (SELECT count(*) FROM outbox o WHERE o.topic = 'announce' AND o.payload->>'generation_id' = g.id::text
             AND (o.payload->>'fence')::bigint = g.fence) AS last_words
        FROM generation g WHERE g.id = $1
        """,
        generation.id,
    )
    final = row["state"] in ("SUCCEEDED", "FAILED", "CANCELLED")
    good = int(row["state"] == "SUCCEEDED")
    paid = good if final else 1
    if (row["videos"], row["files"], row["charged"]) != (good, good, paid) or (final and row["last_words"] != 1):
        figures.faults.append(f"{pair} said {said} and left {row}")
