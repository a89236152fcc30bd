"""Measures a tree of 100,000 remixes: ancestors and first page of remixes, beside a tree of 1,000.

    python -m bench.tree [--nodes 100000] [--small 1000] [--rounds 5] [--pages 40] [--out FILE]

Each tree has a database of its own on one Postgres, with a chain of 256, one clip that 60 % of all nodes remix, and
somebody who is shown in every node. Pages of the two are asked in turns through the schema, signed in, so that whatever
else the machine does falls on both. Statements are counted and read again under EXPLAIN (ANALYZE, BUFFERS).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from tortoise import Tortoise

from app.embedded import start_stores
from app.migrate import migrate
from app.settings import Settings
from models.policy import seed_policy
from models.tables import connect
from schema.node import global_id
from tests.api import Server, make_stores
from tests.trees import TREE, Tree, asked, explained, grow


@dataclass(frozen=True)
class World:
    """One tree in a database of its own."""

    url: str
    nodes: int
    tree: Tree

    @property
    def places(self) -> dict[str, str]:
        """What is asked about."""
        named = {"first clip": self.tree.root, "most remixed": self.tree.hub, "end of the chain": self.tree.deepest}
        return {name: global_id("Video", node) for name, node in named.items()}


async def prepare(server_url: str, nodes: int, console: Console) -> World:
    """A database with a tree of so many nodes."""
    url = f"{server_url.rpartition('/')[0]}/tree_{nodes}"
    server = await asyncpg.connect(server_url)
    await server.execute(f"CREATE DATABASE tree_{nodes} TEMPLATE template0")
    await server.close()
    await migrate(url, lambda _: None)
    await connect(url)
    await seed_policy(["US", "CA"])
    await Tortoise.close_connections()
    connection = await asyncpg.connect(url)
    begun = time.perf_counter()
    tree = await grow(connection, nodes)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    console.print(f"{nodes:,} nodes in {time.perf_counter() - begun:.1f} s")
    return World(url, nodes, tree)


async def ask(world: World, redis: Redis, folder: Path, pages: int, *, explain: bool) -> dict[str, Any]:
    """Milliseconds of each page by place; with ``explain`` also what each statement read."""
    await connect(world.url)
    stores = await make_stores(redis, folder)
    server = Server(stores)
    viewer = await server.member(f"viewer_{time.monotonic_ns()}")
    times: dict[str, list[float]] = defaultdict(list)
    own: dict[str, list[float]] = defaultdict(list)
    read: dict[str, Any] = {}
    for number in range(pages + 2):
        for name, node in world.places.items():
            context = await viewer.context()
            begun, cpu = time.perf_counter(), time.process_time()
            async with asked() as statements:
                result = await viewer.schema.execute(TREE, {"id": node}, context)
            if result.errors:
                raise RuntimeError(result.errors)
            if number >= 2:  # the first plan and fill caches
                times[name].append((time.perf_counter() - begun) * 1e3)
                own[name].append((time.process_time() - cpu) * 1e3)
            if explain and number == pages + 1:
                readings = await explained(statements)
                read[name] = [
                    {"rows": one.rows, "blocks": one.blocks, "ms": one.milliseconds, "scans": sorted({*one.scans})}
                    for one in readings
                ]
    await stores.progress.stop()
    await Tortoise.close_connections()
    return {"times": times, "cpu": own, "read": read}


async def measure(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Grow both trees, then ask them in turns."""
    with tempfile.TemporaryDirectory() as folder:
        stores = await start_stores(Settings(data_dir=Path(folder)), console.print, durable=False)
        redis = Redis.from_url(stores.urls.redis_url)
        try:
            worlds = [await prepare(stores.urls.database_url, n, console) for n in (arguments.small, arguments.nodes)]
            found: dict[int, dict[str, list[float]]] = {world.nodes: defaultdict(list) for world in worlds}
            cpu: dict[int, dict[str, list[float]]] = {world.nodes: defaultdict(list) for world in worlds}
            read: dict[int, Any] = {}
            for number in range(arguments.rounds):
                for world in worlds:
                    last = number == arguments.rounds - 1
                    answer = await ask(world, redis, Path(folder), arguments.pages, explain=last)
                    for name, times in answer["times"].items():
                        found[world.nodes][name] += times
                        cpu[world.nodes][name] += answer["cpu"][name]
                    if last:
                        read[world.nodes] = answer["read"]
            return {"times": found, "cpu": cpu, "read": read}
        finally:
            await redis.aclose()
            await stores.close()


def quantile(times: list[float], share: float) -> float:
    """The time that ``share`` of all are below."""
    return statistics.quantiles(times, n=100)[round(share * 100) - 1]


def show(result: dict[str, Any], console: Console) -> None:
    """Times of both trees, and what each statement of the large one read."""
    table = Table(
        "asked about",
        "nodes",
        "p50, ms",
        "p99, ms",
        "CPU p50, ms",
        "SQL, ms",
        "statements",
        "rows",
        "blocks",
        "ways of reading",
    )
    for nodes, places in result["times"].items():
        for name, times in places.items():
            read = result["read"][nodes][name]
            ways = sorted({way for one in read for _, way, _ in one["scans"]})
            table.add_row(
                name, f"{nodes:,}", f"{quantile(times, 0.5):.1f}", f"{quantile(times, 0.99):.1f}",
                f"{quantile(result['cpu'][nodes][name], 0.5):.1f}", f"{sum(one['ms'] for one in read):.1f}",
                str(len(read)),
                f"{sum(one['rows'] for one in read):.0f}", str(sum(one["blocks"] for one in read)), ", ".join(ways),
            )  # fmt: skip
    console.print(table)


def main() -> None:
    """Measure and show; write everything to ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    console = Console(width=160)
    result = asyncio.run(measure(arguments, console))
    show(result, console)
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
