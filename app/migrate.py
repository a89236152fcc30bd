"""Bringing a database to the schema of this version: extensions first, then the migrations, one process at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.executor import MigrationExecutor

from app.trouble import MigrationFailed
from models.tables import orm_config

if TYPE_CHECKING:
    from app.supervise import Report

EXTENSIONS = ("vector", "pg_trgm", "unaccent")
POSTGRES_MINIMUM = 160_000
TORTOISE_ORM = orm_config("postgresql://nobody@localhost/nothing")
"""What `make migration` reads: the migration writer compares models with migrations and opens no database."""
LOCK = 0x59554D45
"""Advisory lock ("YUME") that makes the second of two `yume migrate` wait for the first."""


async def migrate(database_url: str, report: Report) -> int:
    """Create the extensions and apply what is missing; returns how many migrations that were.

    Raises `MigrationFailed`. Closes every Tortoise connection of this process.
    """
    guard = await _connect(database_url)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", LOCK)
        await _create_extensions(guard)
        missing = await pending(database_url)
        for number, name in enumerate(missing, 1):
            report(f"Migration {number} of {len(missing)}: {name}")
        if missing:
            await run_migrations(config=orm_config(database_url))
        return len(missing)
    finally:
        await Tortoise.close_connections()
        await guard.close()


async def pending(database_url: str) -> list[str]:
    """Names of the migrations that the database lacks, in order."""
    config = orm_config(database_url)
    await Tortoise.init(config=config, init_connections=False)
    apps: dict[str, dict[str, Any]] = config["apps"]
    steps = await MigrationExecutor(get_connection("default"), apps).plan()
    return [step.migration.name for step in steps]


async def _connect(database_url: str) -> asyncpg.Connection:
    try:
        connection: asyncpg.Connection = await asyncpg.connect(database_url, timeout=15)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise MigrationFailed(
            f"The database does not answer: {error}.",
            mend="Check YUME_DATABASE_URL, and that the server runs and admits this machine.",
        ) from error
    if connection.get_server_version().major * 10_000 < POSTGRES_MINIMUM:
        version = connection.get_server_version().major
        await connection.close()
        raise MigrationFailed(f"This is Postgres {version}.", mend="Yume needs Postgres 16 or newer.")
    return connection


async def _create_extensions(connection: asyncpg.Connection) -> None:
    for name in EXTENSIONS:
        if await connection.fetchval("SELECT 1 FROM pg_extension WHERE extname = $1", name):
            continue
        try:
            await connection.execute(f'CREATE EXTENSION "{name}"')
        except asyncpg.PostgresError as error:
            raise MigrationFailed(
                f"The extension {name} cannot be created: {error}.",
                mend=f"Install it on the database server and, as its superuser, run: CREATE EXTENSION {name};",
            ) from error
