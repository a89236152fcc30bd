"""Writes a seeded world into Postgres by binary COPY, in one transaction: all of it or nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import asyncpg

from app.seed.columns import HEADER, TRAILER, pieces
from app.trouble import Trouble
from jobs.derived.quality import refresh_quality

if TYPE_CHECKING:
    from app.seed.world import Table

OWN_ACCOUNTS = """
    SELECT count(*) FROM account WHERE handle <> 'owner' AND id <> ALL ($1::uuid[])
"""
_STAGE = "CREATE TEMP TABLE seed_text (id uuid, said text, language text, meaning halfvec(384)) ON COMMIT DROP"
_WORDS = """
    INSERT INTO video_text (id, words, meaning, language)
    SELECT id, yume_words(said), meaning, language FROM seed_text
"""
_SLOW_INDEXES = """
    SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE i.indrelid = 'video_text'::regclass AND a.amname IN ('hnsw', 'gin')
"""


class NotEmpty(Trouble):
    """The database has members: a made-up world is not mixed with real people."""


@dataclass
class Progress:
    """What was written so far. ``told`` is called with the table at work, its rows so far and all of its rows."""

    told: Callable[[str, int, int], None]
    rows: dict[str, int] = field(default_factory=dict[str, int])
    seconds: float = 0.0
    """Until every row was there."""
    index_seconds: float = 0.0
    """What the indexes took after that that are made at the end, and the statistics."""

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


async def check_empty(connection: asyncpg.Connection, house: Iterable[object]) -> None:
    """Raise `NotEmpty` when there is any account but the local owner's and the ``house``'s."""
    members = await connection.fetchval(OWN_ACCOUNTS, list(house))
    if members:
        raise NotEmpty(
            f"This database has {members:,} members. Made-up ones are never put beside them.",
            mend="Use an empty data folder: set YUME_DATA_DIR to another one, run `yume up` there, and seed that.",
        )


async def load(connection: asyncpg.Connection, tables: Iterable[Table], progress: Progress) -> None:
    """Write ``tables``, then let Postgres look at what it has. Raises `asyncpg.PostgresError`; then nothing is kept."""
    started = time.monotonic()
    async with connection.transaction():
        await connection.execute(_STAGE)
        if await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            # To look up what every reference points at takes as long as writing it, and all of it was made together.
            await connection.execute("SET LOCAL session_replication_role = replica")
        # An index of neighbours or of words is made many times faster at the end than row by row.
        later = await connection.fetch(_SLOW_INDEXES)
        for index in later:
            await connection.execute(f'DROP INDEX "{index["name"]}"')
        for table in tables:
            await _copy(connection, table, progress)
            if table.name == "seed_text":
                await connection.execute(_WORDS)
        progress.seconds = time.monotonic() - started
        # A graph of neighbours that does not fit into this is made many times more slowly.
        await connection.execute("SET LOCAL maintenance_work_mem = '1GB'")
        for index in later:
            progress.told(f"index {index['name']}", 0, 0)
            await connection.execute(index["made"])
    for name in progress.rows:
        await connection.execute(f'ANALYZE "{name}"')
    progress.index_seconds = time.monotonic() - started - progress.seconds


async def _copy(connection: asyncpg.Connection, table: Table, progress: Progress) -> None:
    name = "video_text" if table.name == "seed_text" else table.name
    before = progress.rows.get(name, 0)

    async def stream() -> AsyncIterator[bytes]:
        yield HEADER
        done = 0
        for piece, rows in pieces(table.count, list(table.columns.values())):
            yield piece
            done += rows
            progress.rows[name] = before + done
            progress.told(name, done, table.count)
        yield TRAILER

    await connection.copy_to_table(table.name, source=stream(), columns=list(table.columns), format="binary")


async def settle(telling: Callable[[int], None]) -> None:
    """Do at once what jobs would do in time: say how well each video was received. Tortoise is connected."""
    done = 0
    while count := await refresh_quality():
        done += count
        telling(done)
