"""The embedded stores: real servers that outlive kill -9, keep their port and their data, and guard their folder."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app import servers
from app.embedded import Stores, start_stores, store_urls
from app.servers import PostgresServer
from app.settings import Settings
from app.trouble import DataFolderBusy, DataFolderForeign, ProgramFailed, StoresAbsent
from models.account import Account

HOLDER = """
import asyncio, sys
from app.embedded import start_stores
from app.settings import Settings
async def main():
    await start_stores(Settings(data_dir=sys.argv[1]), lambda words: None)
    print("up", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def eventually(probe: Callable[[], Awaitable[bool]], seconds: float) -> float:
    started = time.monotonic()
    while True:
        try:
            if await probe():
                return time.monotonic() - started
        except (OSError, asyncpg.PostgresError, RedisError, TimeoutError):
            pass
        assert time.monotonic() - started < seconds, f"not so within {seconds} s"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Stores]:
    stores = await start_stores(Settings(data_dir=folder), lambda _: None)
    try:
        yield stores
    finally:
        await stores.close()


async def write_to_both(stores: Stores) -> None:
    await ask(stores.urls.database_url, "CREATE TABLE IF NOT EXISTS kept (n int)")
    await ask(stores.urls.database_url, "INSERT INTO kept VALUES (1)")
    async with Redis.from_url(stores.urls.redis_url) as client:
        await client.set("kept", "1")


async def test_a_test_gets_a_clean_migrated_database(database: str) -> None:
    assert await Account.all().count() == 0
    await Account.create(handle="ada", display_name="Ada")
    assert await ask(database, "SELECT count(*) FROM account") == 1
    extensions = await ask(database, "SELECT array_agg(extname ORDER BY extname) FROM pg_extension")
    assert extensions == ["pg_trgm", "plpgsql", "unaccent", "vector"]


async def test_the_next_test_does_not_see_the_rows_of_the_last(database: str) -> None:
    assert await Account.all().count() == 0


async def test_both_ask_for_a_password_and_valkey_never_evicts(stores: Stores, redis: Redis) -> None:
    assert await redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(stores.urls.database_url.replace("yume:", "yume:x", 1), "SELECT 1")
    async with Redis.from_url(stores.urls.redis_url.replace("redis://:", "redis://:x", 1)) as stranger:
        with pytest.raises(RedisError):
            await stranger.ping()


async def test_data_ports_and_addresses_outlive_a_restart_and_the_addresses_are_private(tmp_path: Path) -> None:
    async with running(tmp_path) as stores:
        await write_to_both(stores)
        file = tmp_path / "run" / "stores.json"
        assert json.loads(file.read_text())["pids"] == stores.pids
        assert file.stat().st_mode & 0o077 == 0
        assert store_urls(Settings(data_dir=tmp_path)) == stores.urls
    with pytest.raises(StoresAbsent):
        store_urls(Settings(data_dir=tmp_path))
    async with running(tmp_path) as stores:
        assert await ask(stores.urls.database_url, "SELECT count(*) FROM kept") == 1
        async with Redis.from_url(stores.urls.redis_url) as client:
            assert await client.get("kept") == b"1"


async def test_a_killed_server_is_back_on_its_port_within_two_seconds_with_its_data(tmp_path: Path) -> None:
    async with running(tmp_path) as stores:
        await write_to_both(stores)
        await asyncio.sleep(1.1)  # the append-only file is written every second
        before = stores.pids

        async def postgres_is_back() -> bool:
            return await ask(stores.urls.database_url, "SELECT count(*) FROM kept") == 1

        async def valkey_is_back() -> bool:
            async with Redis.from_url(stores.urls.redis_url) as client:
                return await client.get("kept") == b"1"

        for name, is_back in (("postgres", postgres_is_back), ("valkey", valkey_is_back)):
            os.kill(before[name], signal.SIGKILL)
            assert await eventually(is_back, 5.0) < 2.0

        async def addresses_are_told() -> bool:
            return json.loads((tmp_path / "run" / "stores.json").read_text())["pids"] == stores.pids

        await eventually(addresses_are_told, 2.0)
        assert all(stores.pids[name] not in {0, pid} for name, pid in before.items())


async def test_a_second_server_on_the_same_folder_is_refused_by_name(tmp_path: Path) -> None:
    async with running(tmp_path) as stores:
        with pytest.raises(DataFolderBusy, match=str(os.getpid())):
            await start_stores(Settings(data_dir=tmp_path), lambda _: None)
        assert await ask(stores.urls.database_url, "SELECT 1") == 1


async def test_servers_end_with_a_killed_owner_and_the_next_one_takes_over(tmp_path: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    assert await owner.stdout.readline() == b"up\n"
    left = store_urls(Settings(data_dir=tmp_path))
    owner.kill()
    await owner.wait()
    async with running(tmp_path) as stores:
        assert stores.urls == left
        assert await ask(stores.urls.database_url, "SELECT 1") == 1


async def test_a_lock_file_that_names_a_living_stranger_does_not_stop_postgres(tmp_path: Path) -> None:
    async with running(tmp_path):
        pass
    stale = tmp_path / "postgres" / "18" / "postmaster.pid"
    stale.write_text(f"{os.getppid()}\n{stale.parent}\n0\n1\n\n127.0.0.1\n")
    async with running(tmp_path) as stores:
        assert await ask(stores.urls.database_url, "SELECT 1") == 1


async def test_a_lost_password_is_replaced(tmp_path: Path) -> None:
    async with running(tmp_path) as stores:
        await write_to_both(stores)
    (tmp_path / "postgres.password").unlink()
    async with running(tmp_path) as stores:
        assert await ask(stores.urls.database_url, "SELECT count(*) FROM kept") == 1


async def test_given_servers_are_used_and_none_is_started(stores: Stores, tmp_path: Path) -> None:
    given = Settings(
        data_dir=tmp_path,
        database_url=SecretStr(stores.urls.database_url),
        redis_url=SecretStr(stores.urls.redis_url),
    )
    handle = await start_stores(given, lambda _: None)
    assert handle.urls == stores.urls == store_urls(given)
    assert handle.pids == {}
    await handle.close()
    assert not (tmp_path / "postgres").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
async def test_another_users_folder_is_refused_by_name(tmp_path: Path) -> None:
    os.chown(tmp_path, 4242, 4242)
    with pytest.raises(DataFolderForeign, match="4242"):
        await start_stores(Settings(data_dir=tmp_path), lambda _: None)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another identity for Postgres")
async def test_root_without_namespaces_hands_postgres_to_an_unprivileged_user(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "user_namespaces_work", lambda: False)
    servers.not_as_root.cache_clear()
    try:
        folder = tmp_path_factory.mktemp("fallback")
        if folder.owner() == "root":
            tmp_path_factory.getbasetemp().chmod(0o711)
            tmp_path_factory.getbasetemp().parent.chmod(0o711)
        try:
            async with running(folder) as stores:
                assert await ask(stores.urls.database_url, "SELECT 1") == 1
                assert (folder / "postgres").owner() == "nobody"
        except ProgramFailed as failure:
            # A checkout under a folder that only root may enter: the error has to say what to do.
            assert "YUME_DATABASE_URL" in failure.mend  # noqa: PT017
    finally:
        servers.not_as_root.cache_clear()


async def test_a_cluster_that_cannot_be_made_leaves_nothing_half_made(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "pg", tmp_path / "log", 1, "secret")
    server.data.parent.mkdir()
    server.data.write_text("in the way")
    with pytest.raises(ProgramFailed, match="initdb"):
        await server.create()
    assert not (tmp_path / "pg" / "initdb.password").exists()
