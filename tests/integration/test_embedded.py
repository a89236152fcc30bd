"""The embedded stores: real servers that outlive kill -9, keep their port and their data, and guard their folder."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from pydantic import SecretStr

from app.embedded import Stores, start_stores, store_urls
from app.settings import Settings
from app.trouble import DataFolderBusy, DataFolderForeign, StoresAbsent
from models.account import Account


async def _value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder)


async def test_a_test_gets_a_clean_migrated_database(database: str) -> None:
    assert await Account.all().count() == 0
    await Account.create(handle="ada", display_name="Ada")
    assert await _value(database, "SELECT count(*) FROM account") == 1
    assert (
        await _value(database, "SELECT count(*) FROM pg_extension WHERE extname IN ('vector','pg_trgm','unaccent')")
        == 3
    )


async def test_the_next_test_does_not_see_the_rows_of_the_last(database: str) -> None:
    assert await Account.all().count() == 0


async def test_valkey_asks_for_a_password_and_never_evicts(stores: Stores, redis: Redis) -> None:
    assert (await redis.config_get("maxmemory-policy")) == {"maxmemory-policy": "noeviction"}
