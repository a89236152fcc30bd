# ruff: noqa: T201 - its answers are lines on standard output
"""One of the two processes of a race about consent: does a verb at the very moment it is told, says what came of it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[2]))

import structlog
from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from engine.protocol import ClipMessage
from engine.spec import GenerationSpec
from jobs.clip.finish import StoredObject, finish
from jobs.clip.lease import Lease
from models.account import Account
from models.base import new_id
from models.cameo import NO_SCOPES
from models.errors import DomainError
from models.generation import Generation
from models.grant import Audience, RevokeMode
from models.tables import connect
from models.video import RenditionKind, Visibility
from resolvers import appearance, block, cameo_access, follow, generation, grant, publish, video
from resolvers.context import Context, Stores
from resolvers.terms import Terms
from tests.api import make_stores

SPEC = GenerationSpec(prompt="a fox", seconds=1.0, width=720, height=1280, fps=30, seed=1)


async def act(stores: Stores, order: dict[str, Any]) -> dict[str, Any]:
    """Do ``order["do"]``; whether it was done, and if not the code of the refusal."""
    try:
        if order["do"] == "finish":
            state = await _finish(UUID(order["job"]))
            return {"done": state == "SUCCEEDED", "why": state}
        context = await _context(stores, order["by"])
        await _verb(context, order)
    except DomainError as refusal:
        return {"done": False, "why": refusal.code}
    return {"done": True, "why": None}


async def _verb(context: Context, order: dict[str, Any]) -> None:
    at = UUID(order["at"])
    match order["do"]:
        case "publish":
            await publish.publish(context, publish.Publication(at, None, Visibility.PUBLIC, remixable=True))
        case "remix":
            wish = generation.GenerationRequest(prompt="a fox", seconds=1.0, remix_of=at, idempotency_key=str(new_id()))
            await generation.create_generation(context, wish)
        case "delete":
            await video.delete(context, at)
        case "revoke_cameo" | "stop_cameo":
            mode = RevokeMode.WITHDRAW if order["do"] == "revoke_cameo" else RevokeMode.STOP_FUTURE
            await cameo_access.revoke_all(context, at, mode)
        case "revoke_grant":
            await grant.revoke(context, at, RevokeMode.WITHDRAW)
        case "narrow":
            terms = Terms(audience=Audience.ONLY_ME, scopes=NO_SCOPES)
            await cameo_access.set_access(context, cameo_access.AccessRequest(at, terms))
        case "pause":
            await cameo_access.pause(context, at)
        case "block":
            await block.block(context, at)
        case "unfollow":
            await follow.unfollow(context, at)
        case _:
            await appearance.withdraw_likeness(context, at, None)


async def _context(stores: Stores, account: str) -> Context:
    viewer = await Account.get(id=UUID(account))
    return Context(stores=stores, viewer=viewer, session=None, client="127.0.0.1", request_id="race")


async def _finish(job: UUID) -> str:
    row = await Generation.get(id=job)
    lease = Lease(
        job, row.account_id, row.fence, 1, row.engine, {}, 0.0, parent_id=row.parent_id, guarded=True
    )  # fmt: skip
    clip = ClipMessage(
        job="j", path="", poster="", preview="", waveform=(0.5,) * 100, latent=None, seconds=1.0, width=64, height=96,
        fps=10.0, frames=10, bytes=3, sha256=f"{job.hex}{job.hex}", has_audio=True, recipe={"schema": 1}, timings={},
    )  # fmt: skip
    stored = StoredObject(RenditionKind.MP4, f"{lease.media_prefix}clip.mp4", "video/mp4", 3, clip.sha256)
    async with in_transaction() as connection:
        done = await finish(connection, lease, SPEC, clip, [stored])
    return "LOST" if done.state is None else done.state.value


async def main() -> None:
    """Orders come as lines of JSON, each with the time (monotonic seconds) to act at."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # standard output is for answers
    database_url, redis_url, folder = sys.argv[1:]
    await connect(database_url)
    stores = await make_stores(Redis.from_url(redis_url), Path(folder))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    while line := await reader.readline():
        order = json.loads(line)
        while (left := order["moment"] - time.monotonic()) > 0:
            if left > 0.002:
                await asyncio.sleep(left - 0.002)
        print(json.dumps(await act(stores, order), default=str), flush=True)
    await stores.progress.stop()


if __name__ == "__main__":
    asyncio.run(main())
