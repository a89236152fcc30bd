"""Measures how long `revokeCameo(WITHDRAW)` takes over a remix tree, and what a worker does after it.

    python bench/revoke.py [--videos 100000] [--rounds 5] [--shape tree|wide|deep] [--out revoke.json]

Every round revokes another cameo whose likeness all videos of one tree carry, through the resolver that the mutation
calls, on a real Postgres and a real Valkey: one transaction ends the permissions and the waiting jobs, hides every
draft, publication and descendant, and is written into the audit log. ``tree`` grows by preferring nobody (depth about
30), ``wide`` has one parent, ``deep`` consists of chains as long as policy allows (256). Then the worker's chores: who
made a video is told of it, and the bytes of those that have any (``--stored``) are destroyed, to the signed receipt.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import psutil
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from tortoise import Tortoise

from app.embedded import start_stores
from app.migrate import migrate
from app.settings import Settings
from jobs.consent.withdrawn import purge_withdrawn, tell_withdrawn
from jobs.feed.stream import FEED_STREAM
from jobs.inbox import INBOX_STREAM, deliver
from jobs.progress import ProgressReader
from jobs.queue import Doorbell
from jobs.tail import Tail
from models.account import Account
from models.base import new_id
from models.cameo import Cameo
from models.grant import RevokeMode
from models.keys import load_keys
from models.storage import MediaStore
from models.tables import connect
from models.vault import Vault, read_master
from resolvers.cameo_access import revoke_all
from resolvers.context import Context, Stores

DEEPEST = 256
WAITING = 50
"""Jobs with the cameo that are queued when it is revoked."""
NAMED = 200
"""Permissions that name somebody."""
COLUMNS = {
    "generation": "id created_at account_id idempotency_key request_hash engine spec state cost_seconds",
    "video": "id created_at generation_id author_id prompt seconds width height fps has_audio waveform recipe",
    "video_visibility": "id created_at author_id author_state audience consent moderation published_at",
    "lineage": "id parent_id root_id depth path",
    "video_likeness": "id created_at video_id cameo_id grant_id scopes version via",
    "rendition": "id created_at video_id kind key content_type bytes sha256",
    "generation_likeness": "id created_at generation_id cameo_id grant_id version cameo_epoch account_epoch scopes via",
    "quota_charge": "id created_at account_id generation_id seconds",
    "cameo_grant": "id created_at cameo_id subject_id scopes restrictions on_expiry state",
    "account": "id created_at handle display_name",
}
RENDITIONS = {"MP4": "video/mp4", "POSTER": "image/webp", "PREVIEW": "image/webp", "LATENT": "application/octet-stream"}


@dataclass(frozen=True)
class Took:
    """Seconds of each part of one round: the mutation (``cpu``: of Postgres and of this process); feeds are told;
    likenesses are marked, people notified and bytes destroyed, to the receipt; and the notifications are numbered for
    whoever listens.
    """

    mutation: float
    cpu: float
    told: float
    destroyed: float
    numbered: float


def parent_of(shape: str, number: int, draw: random.Random) -> int:
    """Which earlier video (by number) the video ``number`` (1 …) remixes."""
    if shape == "wide":
        return 0
    if shape == "deep":
        return 0 if number % (DEEPEST - 1) == 1 else number - 1
    return draw.randrange(number)


async def grow(
    connection: asyncpg.Connection, videos: int, shape: str, seed: int, media: MediaStore, kept: int
) -> UUID:
    """Plant one tree of ``videos`` published videos and return the cameo that all of them carry.

    The first ``kept`` of them have bytes; jobs wait that would use it, and permissions name people.
    """
    draw, now = random.Random(seed), "2026-01-01T00:00:00Z"
    owner, author, cameo, grant = (new_id() for _ in range(4))
    moment = await connection.fetchval("SELECT $1::text::timestamptz", now)
    for account, handle in ((owner, f"owner{seed}"), (author, f"author{seed}")):
        await connection.execute(
            "INSERT INTO account (id, created_at, handle, display_name) VALUES ($1, now(), $2, $2)", account, handle
        )
    await connection.execute(
        "INSERT INTO cameo (id, created_at, owner_id, handle, kind, state, version) "
        "VALUES ($1, now(), $2, $3, 'PERSON', 'ACTIVE', 1)",
        cameo, owner, f"owner{seed}",
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO cameo_grant (id, created_at, cameo_id, audience, scopes, restrictions, on_expiry, state) "
        "VALUES ($1, now(), $2, 'EVERYONE', 31, '{}', 'KEEP', 'ACTIVE')",
        grant, cameo,
    )  # fmt: skip
    ids = [new_id() for _ in range(videos)]
    paths: list[list[UUID]] = [[]]
    parents: list[UUID | None] = [None]
    for number in range(1, videos):
        parent = parent_of(shape, number, draw)
        parents.append(ids[parent])
        paths.append([*paths[parent], ids[parent]])
    jobs = [new_id() for _ in ids]
    rows: dict[str, list[tuple[Any, ...]]] = {
        "generation": [(job, moment, author, str(job), "", "d", "{}", "SUCCEEDED", 5.0) for job in jobs],
        "video": [
            (id_, moment, job, author, "p", 5.0, 720, 1280, 30, True, "[]", "{}")
            for id_, job in zip(ids, jobs, strict=True)
        ],
        "video_visibility": [(id_, moment, author, "PUBLISHED", "PUBLIC", "LIVE", "CLEAR", moment) for id_ in ids],
        "lineage": [
            (id_, parent, ids[0], len(path), path) for id_, parent, path in zip(ids, parents, paths, strict=True)
        ],
        "video_likeness": [
            (new_id(), moment, id_, cameo, grant, 3, 1, "INHERITED" if path else "SHOWN")
            for id_, path in zip(ids, paths, strict=True)
        ],
    }
    for table, records in rows.items():
        await _plant(connection, table, records)
    await _plant(connection, "rendition", [row for id_ in ids[:kept] for row in await _bytes(media, id_, moment)])
    friends = [new_id() for _ in range(NAMED)]
    await _plant(connection, "account", [(id_, moment, f"f{seed}_{n}", "f") for n, id_ in enumerate(friends)])
    named = [(new_id(), moment, cameo, friend, 31, "{}", "KEEP", "ACTIVE") for friend in friends]
    await _plant(connection, "cameo_grant", named)
    waiting = [new_id() for _ in range(WAITING)]
    await _plant(
        connection, "generation", [(id_, moment, author, str(id_), "", "d", "{}", "QUEUED", 5.0) for id_ in waiting]
    )
    await _plant(connection, "quota_charge", [(new_id(), moment, author, id_, 5.0) for id_ in waiting])
    uses = [(new_id(), moment, id_, cameo, grant, 1, 0, 0, 3, "SHOWN") for id_ in waiting]
    await _plant(connection, "generation_likeness", uses)
    await connection.execute("ANALYZE")
    return cameo


async def _plant(connection: asyncpg.Connection, table: str, records: list[tuple[Any, ...]]) -> None:
    await connection.copy_records_to_table(table, records=records, columns=COLUMNS[table].split())


async def _bytes(media: MediaStore, video_id: UUID, moment: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for kind, content_type in RENDITIONS.items():
        key = f"videos/{video_id}/1/{kind.lower()}"
        await media.put_bytes(key, b"bytes", content_type)
        rows.append((new_id(), moment, video_id, kind, key, content_type, 5, "0" * 64))
    return rows


def cpu_seconds(postgres: int) -> float:
    """Processor time of Postgres with its children, and of this process, so far."""
    server = psutil.Process(postgres)
    times = [each.cpu_times() for each in (server, *server.children(recursive=True), psutil.Process())]
    return sum(each.user + each.system for each in times)


async def revoke(stores: Stores, cameo_id: UUID, postgres: int) -> tuple[Took, int]:
    """Seconds of the mutation and of the chores after it, and how many videos went."""
    cameo = await Cameo.get(id=cameo_id)
    context = Context(stores, await Account.get(id=cameo.owner_id), None, "127.0.0.1", "bench")
    times, cpu = [time.perf_counter()], cpu_seconds(postgres)
    _, effects = await revoke_all(context, cameo.id, RevokeMode.WITHDRAW)
    times.append(time.perf_counter())
    cpu = cpu_seconds(postgres) - cpu
    if len(effects.jobs) != WAITING:
        raise RuntimeError(f"{len(effects.jobs)} of {WAITING} jobs were stopped")
    await tell_withdrawn(stores.redis)
    times.append(time.perf_counter())
    await purge_withdrawn(stores.media, stores.redis, stores.keys, stores.vault)
    times.append(time.perf_counter())
    await deliver(stores.redis)
    times.append(time.perf_counter())
    took = [after - before for before, after in itertools.pairwise(times)]
    return Took(took[0], cpu, *took[1:]), effects.videos


@asynccontextmanager
async def server() -> AsyncGenerator[tuple[asyncpg.Connection, Stores, int]]:
    """A migrated Postgres and a Valkey of this measurement's own, as `yume up` runs them; the former's process id."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        running = await start_stores(settings, lambda _: None)
        redis = Redis.from_url(running.urls.redis_url)
        try:
            await migrate(running.urls.database_url, lambda _: None)
            await connect(running.urls.database_url)
            connection: asyncpg.Connection = await asyncpg.connect(running.urls.database_url)
            yield connection, stores_of(redis, Path(folder)), running.pids["postgres"]
            await connection.close()
        finally:
            await Tortoise.close_connections()
            await redis.aclose()
            await running.close()


def stores_of(redis: Redis, folder: Path) -> Stores:
    """What an API process would have open."""
    keys = folder / "keys"
    return Stores(
        redis=redis,
        media=MediaStore.from_url(None, folder),
        progress=ProgressReader(redis),
        feed=Tail(redis, FEED_STREAM),
        inbox=Tail(redis, INBOX_STREAM),
        doorbell=Doorbell(redis),
        keys=load_keys(keys),
        vault=Vault(keys, read_master(keys, None)),
        production=False,
        address="http://127.0.0.1:8000",
    )


async def main(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    console, rounds = Console(), list[Took]()
    async with server() as (connection, stores, postgres):
        for number in range(arguments.rounds):
            media, stored = stores.media, min(arguments.stored, arguments.videos)
            cameo = await grow(connection, arguments.videos, arguments.shape, number, media, stored)
            took, videos = await revoke(stores, cameo, postgres)
            left = await connection.fetchval("SELECT count(*) FROM video_visibility WHERE consent = 'LIVE'")
            kept = await connection.fetchval("SELECT count(*) FROM rendition")
            if (videos, left, kept) != (arguments.videos, 0, 0):
                raise RuntimeError(f"{videos} of {arguments.videos} were withdrawn, {left} visible, {kept} files kept")
            rounds.append(took)
            console.print(f"round {number + 1}: {took}")
    table = Table(title=f"revokeCameo(WITHDRAW) over {arguments.videos:,} videos, {arguments.shape}")
    for name in ("part", "median s", "fastest s", "slowest s"):
        table.add_column(name, justify="right")
    for part in Took.__dataclass_fields__:
        seconds = [getattr(took, part) for took in rounds]
        table.add_row(part, *(f"{found:.2f}" for found in (statistics.median(seconds), min(seconds), max(seconds))))
    console.print(table)
    if arguments.out:
        told = {"shape": arguments.shape, "videos": arguments.videos, "stored": arguments.stored}
        arguments.out.write_text(json.dumps(told | {"rounds": [vars(took) for took in rounds]}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=100_000)
    parser.add_argument("--stored", type=int, default=1_000, help="how many of them have bytes to destroy")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shape", choices=("tree", "wide", "deep"), default="tree")
    parser.add_argument("--out", type=Path)
    asyncio.run(main(parser.parse_args()))
