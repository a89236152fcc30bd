# ruff: noqa: T201 - its answers are lines on standard output
"""One of the two processes of a race: does what it is told at the very moment it is told, and says what came of it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[2]))

import msgspec
import structlog
from tortoise import connections
from tortoise.transactions import in_transaction

from engine.protocol import ClipMessage
from engine.spec import GenerationSpec
from jobs.clip.finish import StoredObject, finish
from jobs.clip.lease import Failure, Lease, cancel, cancelled, claim, fail, release
from jobs.sweep import sweep_leases
from models.base import new_id
from models.tables import connect
from models.video import RenditionKind


async def act(order: dict[str, Any]) -> Any:  # noqa: PLR0911 - a table of orders
    """Do ``order["do"]``."""
    if order["do"] == "claim":
        lease = await claim(connections.get("default"), new_id(), "slides")
        return None if lease is None else _spoken(lease)
    if order["do"] == "sweep":
        return await sweep_leases()
    async with in_transaction() as connection:
        match order["do"]:
            case "finish":
                lease = _lease(order)
                spec = msgspec.convert(lease.spec, GenerationSpec)
                return (await finish(connection, lease, spec, *_clip(lease))).state
            case "cancel":
                return await cancel(connection, UUID(order["generation_id"]))
            case "fail":
                return await fail(connection, _lease(order), Failure("X", "x", retry=order["retry"]))
            case "release":
                return await release(connection, _lease(order))
            case _:
                return await cancelled(connection, _lease(order))


def _spoken(lease: Lease) -> dict[str, Any]:
    return asdict(lease) | {"generation_id": str(lease.generation_id), "account_id": str(lease.account_id)}


def _lease(order: dict[str, Any]) -> Lease:
    told = order["lease"]
    return Lease(**told | {"generation_id": UUID(told["generation_id"]), "account_id": UUID(told["account_id"])})


def _clip(lease: Lease) -> tuple[ClipMessage, list[StoredObject]]:
    clip = ClipMessage(
        job="j", path="", poster="", preview="", waveform=(0.5,) * 100, latent=None, seconds=1.0, width=64, height=96,
        fps=10.0, frames=10, bytes=3, sha256="0" * 64, has_audio=True, recipe={"schema": 1}, timings={},
    )  # fmt: skip
    return clip, [StoredObject(RenditionKind.MP4, f"{lease.media_prefix}clip.mp4", "video/mp4", 3, "0" * 64)]


async def main() -> None:
    """Orders come as lines of JSON, each with the time (monotonic seconds) to act at."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # standard output is for answers
    await connect(sys.argv[1])
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    while line := await reader.readline():
        order = json.loads(line)
        while (left := order["at"] - time.monotonic()) > 0:
            if left > 0.002:
                await asyncio.sleep(left - 0.002)
        print(json.dumps(await act(order), default=str), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
