"""Generations with a cast for the light engine of `tests/slides_child.py`, and their finish without any file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from tortoise import connections
from tortoise.transactions import in_transaction

from engine.protocol import ClipMessage
from engine.spec import CastMember, GenerationSpec, Source
from jobs.clip.finish import Finished, StoredObject, finish
from jobs.clip.lease import Lease, claim
from models.account import Account
from models.base import new_id
from models.cameo import Cameo, Scope
from models.generation import Generation
from models.video import RenditionKind, Video
from tests.consent import make_job

HASH = "a" * 64


async def queue(
    author: Account, cast: Iterable[Cameo] = (), *, prompt: str = "slides", parent: Video | None = None,
    scopes: Scope = Scope.FACE,
) -> Generation:  # fmt: skip
    """A generation as gate 1 leaves it, for the `slides` engine."""
    people = list(cast)
    job = await make_job(author, people, engine="slides", prompt=prompt, parent=parent, scopes=scopes)
    members = tuple(CastMember(cameo_id=str(one.id), version=1, name=one.handle or "") for one in people)
    spec = GenerationSpec(
        prompt=prompt, seconds=1.0, width=64, height=96, fps=10, seed=7, cast=members,
        source=None if parent is None else Source(recipe={}, latent=None),
    )  # fmt: skip
    job.spec = msgspec.to_builtins(spec)
    await job.save(update_fields=["spec"])
    return job


async def lease_of(job: Generation) -> Lease:
    """A worker's claim."""
    lease = await claim(connections.get("default"), new_id(), job.engine)
    assert lease is not None
    assert lease.generation_id == job.id
    return lease


async def finish_now(lease: Lease) -> Finished:
    """The finish transaction over a clip that needs no file."""
    clip = ClipMessage(
        job="j", path="", poster="", preview="", waveform=(0.5,) * 100, latent=None, seconds=1.0, width=64, height=96,
        fps=10.0, frames=10, bytes=3, sha256=HASH, has_audio=True, recipe={"schema": 1}, timings={},
    )  # fmt: skip
    spec = msgspec.convert(lease.spec, GenerationSpec)
    stored = [StoredObject(RenditionKind.MP4, f"{lease.media_prefix}clip.mp4", "video/mp4", 3, HASH)]
    async with in_transaction() as connection:
        return await finish(connection, lease, spec, clip, stored)


def left_in(scratch: Path) -> list[Path]:
    """What jobs left behind."""
    return list(scratch.glob("*/*"))
