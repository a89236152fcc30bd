"""The race battery of consent: one process finishes, publishes or remixes while another takes something back."""

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
from uuid import UUID

from models.account import Account
from models.base import new_id
from models.cameo import ALL_SCOPES, Cameo
from models.generation import Generation, GenerationState
from models.grant import Audience, Grant
from models.video import Video
from resolvers.context import Stores
from tests.consent import audited, consent_of, follow, make_cameo, make_grant, make_job, make_video
from tests.jobs_stack import rows

WIDENING = ("finish", "publish", "remix", "finish of a remix")
RESTRICTING = {
    "revoke_cameo": "CAMEO_REVOKED", "stop_cameo": "CAMEO_REVOKED", "revoke_grant": "GRANT_REVOKED",
    "narrow": "ACCESS_SET", "pause": "CAMEO_PAUSED", "block": "ACCOUNT_BLOCKED", "unfollow": "MUTUAL_ENDED",
    "withdraw": "LIKENESS_WITHDRAWN", "delete": "VIDEO_DELETED",
}  # fmt: skip
"""What takes something back → the entry that it writes into the cameo's chain."""
WITHDRAWING = ("revoke_cameo", "revoke_grant", "block", "withdraw")
PAIRS = tuple(
    (wide, tight)
    for wide in WIDENING
    for tight in RESTRICTING
    if not (tight == "withdraw" and wide == "finish") and not (tight == "delete" and wide in ("finish", "publish"))
)
APART_SECONDS = 0.012


@dataclass
class Figures:
    """What the battery counted. ``faults`` must stay empty."""

    races: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass
class Scene:
    """Who is there at the start of one race. ``video``: a draft for publishing, else the parent of a remix."""

    owner: Account
    author: Account
    remixer: Account
    cameo: Cameo
    grant: Grant | None
    job: Generation | None = None
    video: Video | None = None


class Racer:
    """One of the two processes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, *arguments: str) -> Racer:
        """Start it and wait until it is connected."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(Path(__file__).with_name("consent_racer.py")), *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        return cls(process)

    async def act(self, moment: float, order: dict[str, Any]) -> dict[str, Any]:
        """Have it act at the monotonic time ``moment``; what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order | {"moment": moment}, default=str).encode() + b"\n")
        async with asyncio.timeout(30):
            line = await self._process.stdout.readline()
        assert line, f"a racer died of {order}"
        return json.loads(line)

    async def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


async def race(stores: Stores, arguments: tuple[str, str, str], *, races: int, seed: int = 1) -> Figures:
    """Run ``races``; ``arguments`` are the racers': the database's and the Redis' URL and a folder for keys."""
    figures, rng, started = Figures(), random.Random(seed), time.monotonic()
    racers = [await Racer.start(*arguments) for _ in range(2)]
    try:
        for number in range(races):
            await _race_once(stores, racers, PAIRS[number % len(PAIRS)], figures, rng)
            figures.races += 1
    finally:
        for racer in racers:
            await racer.stop()
    figures.seconds = time.monotonic() - started
    return figures


async def _race_once(
    stores: Stores, racers: list[Racer], pair: tuple[str, str], figures: Figures, rng: random.Random
) -> None:
    scene = await _set(stores, *pair)
    orders = [_widen(scene, pair[0]), _restrict(scene, pair[1])]
    turned = rng.random() < 0.5
    moment = time.monotonic() + 0.01
    said = await asyncio.gather(
        *(
            racer.act(moment + rng.uniform(0, APART_SECONDS), order)
            for racer, order in zip(racers, orders[::-1] if turned else orders, strict=True)
        )
    )
    wide, tight = said[::-1] if turned else said
    await _judge(scene, pair, wide, tight, figures)


async def _set(stores: Stores, wide: str, tight: str) -> Scene:
    names = [f"{role}{new_id().hex[-12:]}" for role in ("own", "mak", "rem")]
    owner, author, remixer = [await Account.create(handle=name, display_name=name, region="CA") for name in names]
    user = remixer if "remix" in wide else author
    audience = {"unfollow": Audience.MUTUALS, "revoke_grant": Audience.APPROVED}.get(tight, Audience.EVERYONE)
    cameo = await make_cameo(owner, audience=audience, scopes=ALL_SCOPES)
    grant = None
    for friend in (author, remixer):
        if tight == "unfollow":
            await follow(owner, friend)
            await follow(friend, owner)
        if tight == "revoke_grant":
            given = await make_grant(cameo, friend)
            grant = given if friend is user else grant
    scene = Scene(owner, author, remixer, cameo, grant)
    if wide == "finish":
        scene.job = await make_job(author, [cameo], state=GenerationState.RUNNING)
    elif wide == "publish":
        scene.video = await make_video(stores, author, [cameo], published=False)
    else:
        scene.video = await make_video(stores, author, [cameo])
        if wide == "finish of a remix":
            scene.job = await make_job(remixer, parent=scene.video, state=GenerationState.RUNNING)
    return scene


def _widen(scene: Scene, wide: str) -> dict[str, Any]:
    if scene.job is not None:
        return {"do": "finish", "job": scene.job.id}
    assert scene.video is not None
    by = scene.author if wide == "publish" else scene.remixer
    return {"do": wide, "by": by.id, "at": scene.video.id}


def _restrict(scene: Scene, tight: str) -> dict[str, Any]:
    user = scene.remixer if scene.video is not None and scene.job is not None else scene.author
    targets: dict[str, UUID | None] = {
        "revoke_grant": scene.grant and scene.grant.id, "block": user.id, "unfollow": user.id,
        "withdraw": scene.video and scene.video.id, "delete": scene.video and scene.video.id,
    }  # fmt: skip
    by = scene.author if tight == "delete" else scene.owner
    return {"do": tight, "by": by.id, "at": targets.get(tight, scene.cameo.id)}


async def _judge(
    scene: Scene, pair: tuple[str, str], wide: dict[str, Any], tight: dict[str, Any], figures: Figures
) -> None:
    figures.ends[f"{pair[0]}: {'done' if wide['done'] else 'refused'}"] += 1
    fault = f"{pair} said {wide} and {tight}"
    if not tight["done"]:
        figures.faults.append(f"{fault}: the restriction was refused")
    log = await audited(f"cameo/{scene.cameo.id}")
    ended = log.index(RESTRICTING[pair[1]]) if RESTRICTING[pair[1]] in log else len(log)
    permitted = {"publish": "VIDEO_PUBLISHED", "remix": ""}.get(pair[0], "DRAFT_MADE")
    if permitted and wide["done"] and permitted not in log[:ended]:
        figures.faults.append(f"{fault}: allowed after the restriction, {log}")
    if pair[1] in WITHDRAWING and pair[0] != "remix":
        made = scene.video if scene.job is None else await Video.get_or_none(generation_id=scene.job.id)
        blocked_parent = pair[1] == "block" and scene.job is None and pair[0] != "publish"
        if made is not None and not blocked_parent and await consent_of(made) != ["WITHDRAWN"]:
            figures.faults.append(f"{fault}: what was withdrawn is visible")
    if scene.job is not None:
        await _judge_job(scene.job, fault, figures)


async def _judge_job(job: Generation, fault: str, figures: Figures) -> None:
    [row] = await rows(
        """
        SELECT g.state, g.failure_code,
            (SELECT count(*) FROM video v WHERE v.generation_id = g.id) AS videos,
            (SELECT count(*) FROM quota_charge c WHERE c.generation_id = g.id AND c.refunded_at IS NULL) AS charged
        FROM generation g WHERE g.id = $1
        """,
        job.id,
    )
    made = int(row["state"] == "SUCCEEDED")
    ended = row["state"] in ("SUCCEEDED", "FAILED")
    if (row["videos"], row["charged"]) != (made, made) or not ended:
        figures.faults.append(f"{fault} and left {row}")
