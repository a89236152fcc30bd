"""The Postgres and the Valkey that `yume up` runs where none was given, kept alive for as long as it runs."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.private import write_private
from app.servers import PostgresServer, ValkeyServer
from app.supervise import Child, Report
from app.trouble import DataFolderBusy, DataFolderForeign, StoresAbsent

if TYPE_CHECKING:
    from app.settings import Settings


@dataclass(frozen=True)
class StoreUrls:
    """Where the stores are. Both URLs carry passwords."""

    database_url: str
    redis_url: str


def store_urls(settings: Settings) -> StoreUrls:
    """The given stores, and for those not given the ones that a `yume up` on the same data folder runs.

    Raises `StoresAbsent`.
    """
    running = _read(_stores_file(settings.data_dir))
    database = settings.database_url.get_secret_value() if settings.database_url else running.get("database_url")
    redis = settings.redis_url.get_secret_value() if settings.redis_url else running.get("redis_url")
    if not database or not redis:
        missing = " and ".join(n for n, url in (("Postgres", database), ("Valkey", redis)) if not url)
        raise StoresAbsent(
            f"No {missing} is known: none was given, and no `yume up` runs on {settings.data_dir}.",
            mend="Start `yume up` (or `make run`) first, or set YUME_DATABASE_URL and YUME_REDIS_URL.",
        )
    return StoreUrls(database, redis)


@dataclass
class Stores:
    """Running stores. Close it to stop those that were started here; the data stays."""

    urls: StoreUrls
    children: dict[str, Child] = field(default_factory=dict)
    closing: AsyncExitStack = field(default_factory=AsyncExitStack, repr=False)

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of the servers started here, by name."""
        return {name: child.pid for name, child in self.children.items()}

    async def close(self) -> None:
        """Stop the servers cleanly, Valkey first, and let go of the data folder."""
        await self.closing.aclose()


async def start_stores(settings: Settings, report: Report, *, durable: bool = True) -> Stores:
    """Start the stores that ``settings`` does not name, in ``data_dir``, and watch them: one that dies is restarted
    on the same port. Must be called on the main thread: the servers end with the thread that starts them.

    Writes ``data_dir/run/stores.json`` (0600), which `store_urls` reads. Servers that a killed predecessor left are
    stopped first. Raises `DataFolderForeign`, `DataFolderBusy` and `ProgramFailed`.
    """
    folder = settings.data_dir.absolute()
    async with AsyncExitStack() as stack:
        _own(folder)
        stack.callback(os.close, _lock(folder))
        known = _read(_stores_file(folder))
        database = settings.database_url.get_secret_value() if settings.database_url else None
        redis = settings.redis_url.get_secret_value() if settings.redis_url else None
        stores = Stores(StoreUrls(database or "", redis or ""))
        if database is None:
            report("Starting Postgres")
            database = await _start_postgres(folder, known.get("database_url"), stores, report, stack, durable=durable)
        if redis is None:
            report("Starting Valkey")
            redis = await _start_valkey(folder, known.get("redis_url"), stores, report, stack, durable=durable)
        stores.urls = StoreUrls(database, redis)
        for child in stores.children.values():
            child.on_restart = lambda: _write(folder, stores)
        _write(folder, stores)
        stack.callback(_stores_file(folder).unlink, missing_ok=True)
        stores.closing = stack.pop_all()
    return stores


async def _start_postgres(
    folder: Path, known_url: str | None, stores: Stores, report: Report, stack: AsyncExitStack, *, durable: bool
) -> str:
    secret, new_secret = _secret(folder / "postgres.password")
    server = PostgresServer(folder / "postgres", folder / "logs" / "postgres.log", 0, secret, durable=durable)
    # Before a port is chosen: a leftover may hold the one that clients know.
    await server.clear()
    server = replace(server, port=_port(known_url))
    if not (server.data / "PG_VERSION").exists():
        report("Making the database cluster")
        await server.create()
    elif new_secret:
        await server.set_password()
    await _start(Child(server.program(), report), stores, stack)
    await server.ensure_database()
    return server.url()


async def _start_valkey(
    folder: Path, known_url: str | None, stores: Stores, report: Report, stack: AsyncExitStack, *, durable: bool
) -> str:
    secret, _ = _secret(folder / "valkey.password")
    server = ValkeyServer(folder / "valkey", folder / "logs" / "valkey.log", 0, secret, durable=durable)
    await server.clear()
    server = replace(server, port=_port(known_url))
    await _start(Child(server.program(), report), stores, stack)
    return server.url


async def _start(child: Child, stores: Stores, stack: AsyncExitStack) -> None:
    await child.start()
    stack.push_async_callback(child.stop)
    stores.children[child.program.name] = child


def _own(folder: Path) -> None:
    """Make the data folder, or see that it is this user's."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        raise DataFolderForeign(
            f"The data folder {folder} belongs to user {owner}, and this is user {os.geteuid()}.",
            mend="Run as its owner, give it to this user (chown -R), or set YUME_DATA_DIR to another folder.",
        )
    (folder / "run").mkdir(exist_ok=True, mode=0o700)


def _lock(folder: Path) -> int:
    """Hold the data folder for this process; the kernel lets go when the process ends, however it ends."""
    descriptor = os.open(folder / "run" / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode().strip() or "unknown"
        os.close(descriptor)
        raise DataFolderBusy(
            f"Another `yume up` (process {holder}) works in {folder}.",
            mend="Use that one, stop it with Ctrl-C, or set YUME_DATA_DIR and YUME_PORT for a second server.",
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _secret(path: Path) -> tuple[str, bool]:
    """The password in ``path``, and whether it was just made."""
    if path.exists():
        return path.read_text(), False
    secret = secrets.token_hex(24)
    write_private(path, secret)
    return secret, True


def _port(known_url: str | None) -> int:
    """The port that clients already know when it is free, else any free one."""
    known = urlsplit(known_url).port if known_url else None
    for wanted in (known, 0):
        with socket.socket() as probe:
            try:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", wanted or 0))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def _stores_file(folder: Path) -> Path:
    return folder / "run" / "stores.json"


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {}


def _write(folder: Path, stores: Stores) -> None:
    urls = {"database_url": stores.urls.database_url, "redis_url": stores.urls.redis_url}
    write_private(_stores_file(folder), json.dumps(urls | {"pids": stores.pids}))
