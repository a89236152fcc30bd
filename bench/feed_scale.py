"""Measures whether a feed page costs more in a large world: 20 videos with everything a client shows, at two sizes.

    python bench/feed_scale.py [--small 10000] [--large 100000] [--pages 300] [--data DIR] [--out FILE]

Two databases on one Postgres, each with a process of its own that executes the same document; pages are asked of the
two in turns, so that whatever else the machine does falls on both. Times are of a whole page: session, statements,
JSON. Every viewer follows 500 members. With ``--data`` the databases are kept there and used again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table
from tortoise import Tortoise, connections

from app.embedded import start_stores
from app.migrate import migrate
from app.seed.load import Progress, load, settle
from app.seed.media import share_clips
from app.seed.world import make_world, tables
from app.settings import Settings
from jobs.derived.taste import refresh_tastes
from models.policy import seed_policy
from models.storage import MediaStore
from models.tables import connect

ROOT = Path(__file__).parents[1]
KINDS = ("LATEST", "FOLLOWING", "FOR_YOU")
VIEWERS = 20
FOLLOWED = 500
FIRST = 20
DENSITY = 0.06
"""Reactions a video: enough that every count and taste has something to read, few enough for a million to be made."""
QUERY = """query Feed($kind: FeedKind!, $first: Int!, $after: String) {
  feed(kind: $kind, first: $first, after: $after) {
    edges { cursor whyThis { reason sentence score contributions { feature points } } node {
      id caption prompt promptPublic state remixable createdAt publishedAt
      author { id handle displayName avatarUrl viewerFollows isViewer }
      media { url posterUrl previewUrl width height seconds hasAudio waveform expiresAt }
      likenesses { via cameo { id handle thumbnailUrl } }
      likeCount viewCount commentCount viewerHasLiked remixCount treeCount creditLine shareUrl
      parent { __typename ... on Video { id author { handle } } ... on Tombstone { id } }
      root { __typename ... on Video { id author { handle } } ... on Tombstone { id } }
    } }
    pageInfo { hasNextPage endCursor }
  }
}"""
FOLLOW = """
INSERT INTO follow (id, created_at, follower_id, followee_id)
SELECT gen_random_uuid(), now(), viewer.id, other.id
FROM (SELECT id FROM account ORDER BY id LIMIT $1) AS viewer
CROSS JOIN LATERAL (
    SELECT a.id FROM account a WHERE a.id <> viewer.id ORDER BY md5(a.id::text || viewer.id::text) LIMIT $2
) AS other ON CONFLICT (follower_id, followee_id) DO NOTHING
"""


class Pages:
    """A process that makes feed pages of one database when asked."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def page(self, kind: str, viewer: int, after: str | None) -> dict[str, Any]:
        """One page's figures. Raises `RuntimeError` with what the process said."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"kind": kind, "viewer": viewer, "after": after}).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that makes pages has ended")
        return json.loads(line)


@asynccontextmanager
async def pages_of(database_url: str, redis_url: str, folder: Path) -> AsyncGenerator[Pages]:
    """A process for the database, warm."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "bench" / "feed_pages.py"), database_url, redis_url, str(folder),
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, limit=1 << 24,
    )  # fmt: skip
    pages = Pages(process)
    try:
        for kind in KINDS:
            for viewer in range(VIEWERS):
                await pages.page(kind, viewer, None)
        yield pages
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def prepare(server_url: str, name: str, videos: int, folder: Path, console: Console) -> str:
    """The URL of the database ``name`` with so many videos, made unless it is there."""
    url = f"{server_url.rpartition('/')[0]}/{name}"
    server = await asyncpg.connect(server_url)
    known = await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
    if not known:
        await server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    await server.close()
    await migrate(url, lambda _: None)
    if known:
        await _refresh(url)  # a job of a later version may keep more than the one that was here
        return url
    await connect(url)
    await seed_policy(["US", "CA"])
    await Tortoise.close_connections()
    clips = await share_clips(MediaStore.from_url(None, folder))
    world = make_world(max(2_000, videos // 50), videos, density=DENSITY, seed=7, now=int(time.time() * 1000))
    connection = await asyncpg.connect(url)
    progress = Progress(lambda _table, _done, _count: None)
    await load(connection, tables(world, clips), progress)
    await connection.execute(FOLLOW, VIEWERS, FOLLOWED)
    await connection.execute("ANALYZE follow")
    await connection.close()
    console.print(
        f"{name}: {videos:,} videos, {progress.total:,} rows in {progress.seconds:.1f} s, "
        f"{progress.total / progress.seconds:,.0f} rows a second; indexes {progress.index_seconds:.1f} s"
    )
    await _refresh(url)
    return url


async def _refresh(url: str) -> None:
    """What jobs keep: how well each video was received, what the viewers like."""
    await connect(url)
    try:
        await settle(lambda _done: None)
        await connections.get("default").execute_script(
            f"UPDATE account_taste SET due = id IN (SELECT id FROM account ORDER BY id LIMIT {VIEWERS})"
        )
        while await refresh_tastes():
            pass
    finally:
        await Tortoise.close_connections()


async def compare(arguments: argparse.Namespace, folder: Path, console: Console) -> dict[str, Any]:
    """Make both worlds and ask for pages of each in turns."""
    stores = await start_stores(Settings(data_dir=folder), lambda _: None, durable=False)
    try:
        sizes = {"small": arguments.small, "large": arguments.large}
        urls = {
            size: await prepare(stores.urls.database_url, f"feed_{count}", count, folder, console)
            for size, count in sizes.items()
        }
        redis = stores.urls.redis_url
        async with (
            pages_of(urls["small"], redis, folder) as small,
            pages_of(urls["large"], redis, folder) as large,
        ):
            rounds = await _rounds({"small": small, "large": large}, arguments.pages)
    finally:
        await stores.close()
    return {"machine": platform.machine(), "cores": os.cpu_count(), "sizes": sizes, "rounds": rounds}


async def _rounds(sides: dict[str, Pages], count: int) -> dict[str, dict[str, list[dict[str, Any]]]]:
    found: dict[str, dict[str, list[dict[str, Any]]]] = {kind: defaultdict(list) for kind in KINDS}
    for turn in range(-(-count // 2)):
        for kind in KINDS:
            # Whoever goes first has colder caches of the machine: the two take turns at that as well.
            for side in sorted(sides, reverse=bool(turn % 2)):
                first = await sides[side].page(kind, turn % VIEWERS, None)
                second = await sides[side].page(kind, turn % VIEWERS, first["end"])
                found[kind][side] += [first, second]
    return found


def at(values: list[float], share: float) -> float:
    """The value below which ``share`` of them lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def show(result: dict[str, Any], console: Console) -> None:
    """Medians and p99s of both sizes, and their ratios."""
    small, large = (f"{result['sizes'][side]:,}" for side in ("small", "large"))
    table = Table(
        "feed", f"{small}: p50", "p99 ms", f"{large}: p50", "p99 ms", "ratio p50", "ratio p99", "statements", "videos"
    )
    for kind, sides in result["rounds"].items():
        took = {side: [page["ms"] for page in pages] for side, pages in sides.items()}
        p50, p99 = ({side: at(values, share) for side, values in took.items()} for share in (0.5, 0.99))
        pages = sides["small"] + sides["large"]
        table.add_row(
            kind, f"{p50['small']:.1f}", f"{p99['small']:.1f}", f"{p50['large']:.1f}", f"{p99['large']:.1f}",
            f"{p50['large'] / p50['small']:.2f}", f"{p99['large'] / p99['small']:.2f}",
            str(max(page["statements"] for page in pages)), f"{statistics.mean(page['videos'] for page in pages):.1f}",
        )  # fmt: skip
    console.print(table)


def main() -> None:
    """Measure and show; write every page to ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000, help="a million takes 7 GB and some 20 minutes to make")
    parser.add_argument("--pages", type=int, default=300, help="of each feed, at each size")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    console = Console(width=118)
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(compare(arguments, arguments.data or Path(folder), console))
    show(result, console)
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
