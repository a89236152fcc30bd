"""A large tree of remixes, made straight in the database: one deep chain, one clip that many remix, and a thicket.

Somebody is shown in all of it, so that every rule about likenesses has something to read.
Shared by the test that looks at plans and by `bench/tree.py`.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from tortoise.transactions import in_transaction

from models.base import new_id

DEPTH = 256
"""Links that policy allows from the first clip."""
BROAD = 0.6
"""Of all nodes that remix one and the same clip."""
AUTHORS = 100
TREE = """
query($id: ID!) { video(id: $id) {
  id remixCount treeCount
  ancestors { __typename ... on Video { id caption author { handle } } ... on Tombstone { id } }
  remixes(first: 10) { edges { node { id caption author { handle } likeCount } } pageInfo { hasNextPage endCursor } }
} }
"""
HELD = ("lineage", "video", "video_visibility", "video_counts", "video_likeness")
"""Tables that hold a row for each node."""


@dataclass(frozen=True)
class Tree:
    """Ids of its first clip, of the one that most remix (3 links down), and of the end of the longest chain."""

    root: UUID
    hub: UUID
    deepest: UUID


async def grow(connection: asyncpg.Connection, nodes: int, *, hidden: float = 0.05, seed: int = 7) -> Tree:
    """A tree of so many published clips, a share of them withdrawn, written by COPY and analysed."""
    draw = random.Random(seed)
    authors = [new_id() for _ in range(AUTHORS)]
    paths: list[list[UUID]] = [[]]
    ids = [new_id()]
    for number in range(1, nodes):
        if number <= DEPTH:
            above = number - 1
        else:
            above = 3 if draw.random() < BROAD else draw.randrange(4, number)
            above = above if len(paths[above]) < DEPTH else 4
        paths.append([*paths[above], ids[above]])
        ids.append(new_id())
    now = datetime.now(UTC)
    at = [now - timedelta(seconds=nodes - number) for number in range(nodes)]
    by = [authors[draw.randrange(AUTHORS)] for _ in ids]
    shown = [number <= DEPTH or draw.random() >= hidden for number in range(nodes)]
    await _copy(connection, "account", "id created_at handle display_name region", (
        (author, now, f"maker_{number}", "M", "CA") for number, author in enumerate(authors)
    ))  # fmt: skip
    await _copy(
        connection, "generation",
        "id created_at account_id idempotency_key request_hash engine spec state cost_seconds",
        ((each, now, who, str(each), "", "test", "{}", "SUCCEEDED", 1.0) for each, who in zip(ids, by, strict=True)),
    )  # fmt: skip
    await _copy(
        connection, "video",
        "id created_at generation_id author_id caption prompt seconds width height fps has_audio waveform recipe",
        ((each, moment, each, who, "a caption", "a prompt", 1.0, 720, 1280, 30, True, "[]", "{}")
         for each, moment, who in zip(ids, at, by, strict=True)),
    )  # fmt: skip
    await _copy(
        connection, "video_visibility", "id created_at author_id author_state audience consent moderation published_at",
        ((each, now, who, "PUBLISHED", "PUBLIC", "LIVE" if live else "WITHDRAWN", "CLEAR", moment)
         for each, who, live, moment in zip(ids, by, shown, at, strict=True)),
    )  # fmt: skip
    await _copy(connection, "lineage", "id parent_id root_id depth path", (
        (each, path[-1] if path else None, ids[0], len(path), path) for each, path in zip(ids, paths, strict=True)
    ))  # fmt: skip
    await _copy(connection, "video_counts", "id remix_count tree_count counted", ((each, 1, 1, True) for each in ids))
    cameo, grant = new_id(), new_id()
    await _copy(connection, "cameo", "id created_at owner_id handle kind state version", [
        (cameo, now, authors[0], "maker_0", "PERSON", "ACTIVE", 1)
    ])  # fmt: skip
    await _copy(connection, "cameo_grant", "id created_at cameo_id audience scopes restrictions on_expiry state", [
        (grant, now, cameo, "EVERYONE", 31, "{}", "WITHDRAW", "ACTIVE")
    ])  # fmt: skip
    await _copy(
        connection, "video_likeness", "id created_at video_id cameo_id grant_id publish_grant_id scopes version via",
        ((each, now, each, cameo, grant, grant, 1, 1, "INHERITED") for each in ids),
    )  # fmt: skip
    for table in HELD:
        await connection.execute(f"ANALYZE {table}")
    return Tree(ids[0], ids[3], ids[DEPTH])


async def _copy(connection: asyncpg.Connection, table: str, columns: str, records: Any) -> None:
    await connection.copy_records_to_table(table, records=records, columns=columns.split())


Asked = list[tuple[str, tuple[Any, ...]]]


@asynccontextmanager
async def asked() -> AsyncIterator[Asked]:
    """Every statement that goes to Postgres meanwhile, with its values."""
    seen: Asked = []
    original = asyncpg.Connection.fetch

    async def fetch(self: Any, query: str, *args: Any, **options: Any) -> Any:
        seen.append((query, args))
        return await original(self, query, *args, **options)

    asyncpg.Connection.fetch = fetch
    try:
        yield seen
    finally:
        asyncpg.Connection.fetch = original


@dataclass(frozen=True)
class Reading:
    """What one statement read of the tables in `HELD`: by which nodes of its plan (run at all), rows and blocks."""

    scans: list[tuple[str, str, float]]
    blocks: int
    milliseconds: float

    @property
    def rows(self) -> float:
        """Rows of all scans."""
        return sum(count for _, _, count in self.scans)


async def explained(statements: Sequence[tuple[str, tuple[Any, ...]]], *, seqscan: bool = True) -> list[Reading]:
    """How Postgres answers each, run again under EXPLAIN (ANALYZE, BUFFERS).

    A few thousand narrow rows are read through as fast: there ``seqscan`` False asks whether there is another way.
    """
    readings: list[Reading] = []
    async with in_transaction() as connection:
        if not seqscan:
            await connection.execute_query("SET LOCAL enable_seqscan = off")
        for statement, values in statements:
            _, rows = await connection.execute_query(
                f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}", list(values)
            )
            [top] = json.loads(rows[0][0])
            scans: list[tuple[str, str, float]] = []
            _walk(top["Plan"], scans)
            blocks = top["Plan"]["Shared Hit Blocks"] + top["Plan"]["Shared Read Blocks"]
            readings.append(Reading(scans, blocks, top["Execution Time"]))
    return readings


def _walk(plan: dict[str, Any], scans: list[tuple[str, str, float]]) -> None:
    name = plan.get("Relation Name")
    if name in HELD and plan["Actual Loops"]:
        read = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        scans.append((name, plan["Node Type"], read * plan["Actual Loops"]))
    for part in plan.get("Plans", ()):
        _walk(part, scans)
