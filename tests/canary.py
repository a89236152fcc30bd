"""Looking everywhere: every table, every key of Redis, every file of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from tortoise import connections

from tests.jobs_stack import rows


async def tables() -> list[str]:
    """Every table of the database."""
    found = await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [row["tablename"] for row in found]


async def in_postgres(*words: str) -> list[str]:
    """Tables with a row that holds one of the words, as text or as bytes, in any column."""
    found: list[str] = []
    for table in await tables():
        for word in words:
            [row] = await connections.get("default").execute_query_dict(
                f"""
                SELECT count(*) AS n FROM "{table}" AS t
                WHERE strpos(t::text, $1) > 0 OR strpos(t::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0
                """,
                [word],
            )
            found += [f"{table}: {word}"] if row["n"] else []
    return found


async def in_redis(redis: Redis, *words: str) -> list[str]:
    """Keys whose name or value holds one of the words."""
    found: list[str] = []
    async for key in redis.scan_iter():
        content = key + await _value(redis, key)
        found += [f"{key!r}: {word}" for word in words if word.encode() in content]
    return found


def in_folder(folder: Path, *words: str) -> list[str]:
    """Files whose name or content holds one of the words."""
    found: list[str] = []
    for path in folder.rglob("*"):
        content = str(path.relative_to(folder)).encode() + (path.read_bytes() if path.is_file() else b"")
        found += [f"{path.relative_to(folder)}: {word}" for word in words if word.encode() in content]
    return found


async def _value(redis: Redis, key: bytes) -> bytes:
    commands: dict[bytes, tuple[Any, ...]] = {
        b"string": ("GET", key),
        b"list": ("LRANGE", key, 0, -1),
        b"set": ("SMEMBERS", key),
        b"zset": ("ZRANGE", key, 0, -1),
        b"hash": ("HGETALL", key),
        b"stream": ("XRANGE", key, "-", "+"),
    }
    command = commands.get(await redis.type(key))
    return b"" if command is None else repr(await redis.execute_command(*command)).encode()
