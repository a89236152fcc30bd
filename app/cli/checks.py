"""What `yume doctor` looks at: one function a part, each with the words that mend it."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.embedded import store_urls
from app.trouble import Trouble

if TYPE_CHECKING:
    from app.settings import Settings

DISK_BYTES = 2 << 30
CODECS = ("libx264", "aac", "libwebp_anim")
REINSTALL = "Run `make clean` and `make run` to install again."
WEIGHT_BYTES_MIN = 400
"""A pointer to a large file has about 130 bytes; the smallest weights here 644."""


@dataclass(frozen=True)
class Finding:
    """What was seen of one part; ``mend`` is for when it is not ``ok``."""

    part: str
    ok: bool
    detail: str
    mend: str = ""


Check = Callable[["Settings"], Awaitable[Finding]]


async def findings(settings: Settings) -> AsyncIterator[Finding]:
    """Look at every part, one after another; a part that cannot even be looked at is a finding too."""
    checks: tuple[Check, ...] = (
        python, packages, disk, data_folder, keys, identity, torch, codecs, weights, regions, port, postgres, valkey,
        migrations, audit, engines, media,
    )  # fmt: skip
    for check in checks:
        try:
            yield await asyncio.wait_for(check(settings), 60)
        except Trouble as trouble:
            yield Finding(check.__name__, False, trouble.message, trouble.mend)
        except Exception as error:  # noqa: BLE001 - whatever breaks is what the doctor is asked about
            yield Finding(check.__name__, False, f"{type(error).__name__}: {error}", "Read data_dir/logs.")


async def python(_: Settings) -> Finding:
    """The interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info[:2] == (3, 11), f"{version} in {sys.prefix}", "Use Python 3.11.")


async def packages(_: Settings) -> Finding:
    """Whether what is installed fits together, as pip sees it."""
    status, said = await _python("-m", "pip", "--disable-pip-version-check", "check")
    return Finding("packages", status == 0, said.splitlines()[0] if said else "no answer", REINSTALL)


async def disk(settings: Settings) -> Finding:
    """Room for clips."""
    place = next(p for p in (settings.data_dir.absolute(), *settings.data_dir.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    return Finding("disk", free > DISK_BYTES, f"{free / 1e9:.1f} GB free", "Free some space, or set YUME_DATA_DIR.")


async def data_folder(settings: Settings) -> Finding:
    """Whether the data folder is ours and can be written."""
    folder = settings.data_dir.absolute()
    if not folder.exists():
        return Finding("data folder", True, f"{folder} will be made by `yume up`")
    ours = folder.stat().st_uid == os.geteuid() and os.access(folder, os.W_OK | os.X_OK)
    return Finding("data folder", ours, str(folder), "Run as its owner, or set YUME_DATA_DIR to another folder.")


async def keys(settings: Settings) -> Finding:
    """Whether the vault opens, its erasure ledger is whole, and the master key lies apart from what it wraps."""
    from app.vault import open_vault

    if not settings.keys.exists():
        return Finding("keys", True, f"{settings.keys} will be made by `yume up`")
    erased = len(open_vault(settings).ledger.subjects())
    apart = settings.master_key is not None
    where = "given" if apart else "a file beside the keys it wraps"
    mend = (
        f"Set YUME_MASTER_KEY to `base64 < {settings.keys / 'master.key'}`, kept where your secrets are, and remove the"
        " file: a copy of the folder must not open by itself."
    )
    ok = apart or not settings.production
    return Finding("keys", ok, f"the master key is {where}; {erased} erasures in the ledger", mend)


async def identity(settings: Settings) -> Finding:
    """Whether Postgres, which refuses to run as root, can run here."""
    from app.servers import user_namespaces_work

    if settings.database_url is not None:
        return Finding("identity", True, "Postgres is given, none is started here")
    if os.geteuid() != 0:
        return Finding("identity", True, "an ordinary user")
    works = user_namespaces_work()
    detail = "root, with user namespaces" if works else "root, without user namespaces: Postgres runs as nobody"
    ok = works or shutil.which("setpriv") is not None
    return Finding("identity", ok, detail, "Run as an ordinary user, or set YUME_DATABASE_URL.")


async def torch(settings: Settings) -> Finding:
    """The engine's library and its device, asked in another process: this one stays light."""
    code = (
        "import sys, torch; device = torch.device(sys.argv[1]); "
        "print(torch.__version__, device, torch.ones(2, device=device).sum().item())"
    )
    status, said = await _python("-c", code, settings.device)
    mend = f"{REINSTALL} Or set YUME_DEVICE to a device that this machine has."
    return Finding("torch", status == 0, said.splitlines()[-1] if said else "no answer", mend)


async def codecs(_: Settings) -> Finding:
    """Whether pictures and sound can be written."""
    code = "import sys, av; print(*[c for c in sys.argv[1:] if c not in av.codecs_available])"
    status, said = await _python("-c", code, *CODECS)
    missing = said.split() if status == 0 else [said]
    return Finding("codecs", not missing, f"missing: {' '.join(missing)}" if missing else ", ".join(CODECS), REINSTALL)


async def weights(_: Settings) -> Finding:
    """Whether the engine's trained weights are there, and not pointers to them."""
    spec = importlib.util.find_spec("engine")
    assert spec is not None
    assert spec.origin is not None
    found = sorted(Path(spec.origin).parent.rglob("*.safetensors"))
    small = [path.name for path in found if path.stat().st_size < WEIGHT_BYTES_MIN]
    total = sum(path.stat().st_size for path in found)
    detail = f"too small: {', '.join(small)}" if small else f"{len(found)} files, {total / 1e6:.1f} MB"
    return Finding("weights", bool(found) and not small, detail, "Fetch the repository again, whole.")


async def regions(settings: Settings) -> Finding:
    """The operator's database of regions by address, where there is one."""
    from app.regions import open_regions

    if open_regions(settings.region_db) is None:
        return Finding("regions", True, "newcomers are believed where they say they are (YUME_REGION_DB is not set)")
    return Finding("regions", True, f"addresses of newcomers are looked up in {settings.region_db}")


async def port(settings: Settings) -> Finding:
    """Whether the web server listens, or could."""
    import httpx

    from app.cli.session import local_address

    where = f"{settings.host}:{settings.port}"
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
            alive = (await client.get(f"{local_address(settings)}/healthz")).json().get("status") == "ok"
        return Finding("port", alive, f"the web server answers on {where}", "Another program listens; set YUME_PORT.")
    except httpx.ConnectError:
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, settings.port))
            except OSError as error:
                return Finding("port", False, f"{where}: {error.strerror}", "Set YUME_HOST and YUME_PORT.")
        return Finding("port", True, f"{where} is free")
    except (httpx.HTTPError, ValueError):
        return Finding(
            "port", False, f"something that is not Yume answers on {where}", "Set YUME_PORT to another port."
        )


async def postgres(settings: Settings) -> Finding:
    """Whether the database answers."""
    import asyncpg

    connection = await asyncpg.connect(store_urls(settings).database_url, timeout=5)
    version = await connection.fetchval("SHOW server_version")
    await connection.close()
    mend = "Yume needs Postgres 16 or newer."
    return Finding("postgres", connection.get_server_version().major >= 16, f"answers, version {version}", mend)


async def valkey(settings: Settings) -> Finding:
    """Whether Valkey (or Redis) answers and keeps what it is given."""
    from redis.asyncio import Redis

    async with Redis.from_url(store_urls(settings).redis_url, socket_timeout=5, decode_responses=True) as client:
        await client.ping()
        policy = (await client.config_get("maxmemory-policy")).get("maxmemory-policy", "noeviction")
    mend = "Set maxmemory-policy noeviction: an evicted progress stream is a gap for its watchers."
    return Finding("valkey", policy == "noeviction", f"answers, maxmemory-policy {policy}", mend)


async def migrations(settings: Settings) -> Finding:
    """Whether the schema is this version's."""
    from tortoise import Tortoise

    from app.migrate import pending

    missing = await pending(store_urls(settings).database_url)
    await Tortoise.close_connections()
    detail = f"missing: {', '.join(missing)}" if missing else "none missing"
    return Finding("migrations", not missing, detail, "Run `yume migrate`.")


async def audit(settings: Settings) -> Finding:
    """Whether the audit log gets its signed head every day, and was not rolled back behind one."""
    import asyncpg

    from jobs.daily_head import ANCHOR, read_anchors
    from models.keys import load_keys

    kept = read_anchors(load_keys(settings.keys), [settings.keys / ANCHOR]) if settings.keys.exists() else []
    connection = await asyncpg.connect(store_urls(settings).database_url, timeout=5)
    try:
        newest = await connection.fetchrow(
            "SELECT day, cut > yume_now() - interval '2 days' AS fresh FROM audit_daily_head ORDER BY day DESC LIMIT 1"
        )
        known = [
            await connection.fetchval(
                "SELECT 1 FROM audit_daily_head WHERE day = $1 AND root = $2", head.day, head.root
            )
            for head in kept
        ]
    finally:
        await connection.close()
    if newest is None and not kept:
        return Finding("audit", True, "no signed head yet: a worker makes the first")
    fresh = newest is not None and newest["fresh"] and all(known)
    detail = "no signed head" if newest is None else f"last signed head: {newest['day']}"
    if not all(known):
        detail += f", which the head of {kept[0].day} beside the keys does not lead to: the database was rolled back"
    return Finding("audit", fresh, detail, 'Run `yume audit verify`, and see docs/operate.md, "Audit".')


async def engines(settings: Settings) -> Finding:
    """Whether a worker is alive, whatever its host."""
    import asyncpg

    connection = await asyncpg.connect(store_urls(settings).database_url, timeout=5)
    rows = await connection.fetch(
        "SELECT engine, device, count(*) AS workers FROM engine_host"
        " WHERE heartbeat_at > yume_now() - interval '15 seconds' GROUP BY 1, 2 ORDER BY 1, 2"
    )
    await connection.close()
    detail = ", ".join(f"{row['engine']} on {row['device']} × {row['workers']}" for row in rows)
    return Finding("engines", bool(rows), detail or "no worker is alive", "Start `yume worker`, and read its log.")


async def media(settings: Settings) -> Finding:
    """Whether the media storage takes, gives back and forgets an object."""
    import tempfile

    from models.storage import MediaStore

    store = MediaStore.from_url(settings.media_url, settings.data_dir)
    key = f"doctor/{os.getpid()}"
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"yume")
        file.flush()
        await store.put_file(key, Path(file.name), "application/octet-stream")
    size = await store.size(key)
    await store.delete([key])
    mend = "Check YUME_MEDIA_URL and its credentials, or the rights on data_dir/media."
    return Finding("media", size == len(b"yume"), settings.media_url or "a folder in the data folder", mend)


async def _python(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(errors="replace").strip()
