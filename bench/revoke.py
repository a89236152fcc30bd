"""Measures how long `revokeCameo(WITHDRAW)` takes over a remix tree, and the parts it consists of.

    python bench/revoke.py [--videos 100000] [--rounds 5] [--shape tree|wide|deep] [--out revoke.json]

Every round revokes another cameo whose likeness all videos of one tree carry: one transaction on a real Postgres that
hides every draft, publication and descendant. ``tree`` grows by preferring nobody (depth about 30), ``wide`` has one
parent, ``deep`` consists of chains as long as policy allows (256).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from rich.console import Console
from rich.table import Table
from tortoise import Tortoise
from tortoise.transactions import in_transaction

from app.embedded import start_stores
from app.migrate import migrate
from app.settings import Settings
from models.base import new_id
from models.consent.epochs import raise_for_all
from models.consent.locks import lock_for_change
from models.consent.withdraw import Reach, withdraw
from models.likeness import WithdrawalReason
from models.tables import connect

DEEPEST = 256
COLUMNS = {
    "generation": "id created_at account_id idempotency_key request_hash engine spec state cost_seconds",
    "video": "id created_at generation_id author_id prompt seconds width height fps has_audio waveform recipe",
    "video_visibility": "id created_at author_id author_state audience consent moderation published_at",
    "lineage": "id parent_id root_id depth path",
    "video_likeness": "id created_at video_id cameo_id grant_id scopes version via",
}


def parent_of(shape: str, number: int, draw: random.Random) -> int:
    """Which earlier video (by number) the video ``number`` (1 …) remixes."""
    if shape == "wide":
        return 0
    if shape == "deep":
        return 0 if number % (DEEPEST - 1) == 1 else number - 1
    return draw.randrange(number)


async def grow(connection: asyncpg.Connection, videos: int, shape: str, seed: int) -> UUID:
    """Plant one tree of ``videos`` published videos and return the cameo that all of them carry."""
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
        columns = COLUMNS[table].split()
        present = await connection.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1", table
        )
        keep = [n for n, name in enumerate(columns) if name in {row["column_name"] for row in present}]
        await connection.copy_records_to_table(
            table, records=[tuple(record[n] for n in keep) for record in records], columns=[columns[n] for n in keep]
        )
    await connection.execute("ANALYZE")
    return cameo


async def revoke(cameo: UUID) -> tuple[float, int]:
    """Seconds from the first lock to the end of the commit, and how many videos went."""
    started = time.perf_counter()
    async with in_transaction() as connection:
        await lock_for_change(connection, [cameo])
        await raise_for_all(connection, [cameo])
        gone = await withdraw(connection, cameo, WithdrawalReason.REVOKED, Reach())
    return time.perf_counter() - started, 0 if gone is None else gone.videos


@asynccontextmanager
async def database() -> AsyncGenerator[str]:
    """A migrated Postgres of this measurement's own, settings as `yume up` gives it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        stores = await start_stores(settings, lambda _: None)
        try:
            await migrate(stores.urls.database_url, lambda _: None)
            await connect(stores.urls.database_url)
            yield stores.urls.database_url
        finally:
            await Tortoise.close_connections()
            await stores.close()


async def main(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    console, seconds, videos = Console(), [], 0
    async with database() as url:
        connection: asyncpg.Connection = await asyncpg.connect(url)
        for number in range(arguments.rounds):
            cameo = await grow(connection, arguments.videos, arguments.shape, number)
            took, videos = await revoke(cameo)
            left = await connection.fetchval("SELECT count(*) FROM video_visibility WHERE consent = 'LIVE'")
            if videos != arguments.videos or left:
                raise RuntimeError(f"{videos} of {arguments.videos} were withdrawn, {left} are visible")
            seconds.append(took)
            console.print(f"round {number + 1}: {took:.2f} s")
        await connection.close()
    table = Table(title=f"revokeCameo(WITHDRAW) over {videos:,} videos, {arguments.shape}")
    for name in ("median s", "fastest s", "slowest s", "µs a video"):
        table.add_column(name, justify="right")
    median = statistics.median(seconds)
    table.add_row(f"{median:.2f}", f"{min(seconds):.2f}", f"{max(seconds):.2f}", f"{median / videos * 1e6:.1f}")
    console.print(table)
    if arguments.out:
        arguments.out.write_text(json.dumps({"shape": arguments.shape, "videos": videos, "seconds": seconds}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shape", choices=("tree", "wide", "deep"), default="tree")
    parser.add_argument("--out", type=Path)
    asyncio.run(main(parser.parse_args()))
