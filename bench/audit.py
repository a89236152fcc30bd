"""Measures the audit log and the vault: what an entry, a signed head, a proof of the whole log and a key cost.

    python bench/audit.py [--entries 20000] [--chains 2000]

On a real Postgres in a temporary folder. CPU seconds are this process's alone; Postgres works beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tortoise import Tortoise, connections
from tortoise.transactions import in_transaction

from app.embedded import start_stores
from app.migrate import migrate
from app.settings import Settings
from models.audit import SERVER, append, chain_of
from models.audit_head import prove_inclusion, seal_day
from models.audit_proof import snapshot, verify
from models.base import new_id
from models.keys import load_keys
from models.tables import connect
from models.vault import Vault, read_master


def told(what: str, times: int, wall: float, cpu: float) -> None:
    """A line of the result."""
    print(f"{what:<44} {wall:8.2f} s   {wall / times * 1e6:9.1f} µs each   {cpu / times * 1e6:9.1f} µs CPU each")


@asynccontextmanager
async def measured(what: str, times: int) -> AsyncGenerator[None]:
    """Time what the block does ``times`` times."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    told(what, times, time.perf_counter() - wall, time.process_time() - cpu)


async def log(entries: int, chains: int, folder: Path) -> None:
    """Fill a log, sign it, prove it."""
    keys = load_keys(folder / "keys")
    names = [SERVER, *(chain_of(new_id()) for _ in range(chains - 1))]
    chance = random.Random(0)
    async with measured("append, one writer", entries):
        for number in range(entries):
            async with in_transaction() as connection:
                await append(connection, chance.choice(names), "BENCH", {"number": number, "by": new_id()})

    async def writer(number: int) -> None:
        for _ in range(entries // 40):
            async with in_transaction() as connection:
                await append(connection, SERVER, "BENCH", {"number": number})

    async with measured("append, eight writers on one chain", entries // 40 * 8):
        await asyncio.gather(*map(writer, range(8)))
    async with measured("sign a head, for each chain", chains):
        head = await seal_day(keys.audit)
    assert head is not None
    async with measured("verify everything, for each entry", entries + entries // 40 * 8), snapshot() as connection:
        report = await verify(connection, keys.published)
    assert report.sound
    async with measured("prove one chain, for each chain", chains):
        await prove_inclusion(connections.get("default"), names[-1], head)


async def vault(folder: Path, times: int) -> None:
    """Make, use and shred keys."""
    own = Vault(folder / "keys", read_master(folder / "keys", None))
    subjects = [f"cameo/{new_id()}/1" for _ in range(times)]
    async with measured("vault: make a key", times):
        for subject in subjects:
            own.create(subject)
    async with measured("vault: seal and open 64 KiB", times):
        for subject in subjects:
            own.open(subject, own.seal(subject, bytes(1 << 16), label="bench"), label="bench")
    async with measured("vault: shred a key", times):
        for subject in subjects:
            own.shred(subject)
    async with measured("vault: read the ledger anew, for each line", times):
        own.ledger.subjects()


async def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--chains", type=int, default=2_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stores = await start_stores(Settings(data_dir=folder, database_url=None, redis_url=None), lambda _: None)
        try:
            await migrate(stores.urls.database_url, lambda _: None)
            await connect(stores.urls.database_url)
            await log(arguments.entries, arguments.chains, folder)
            await vault(folder, 1000)
            await Tortoise.close_connections()
        finally:
            await stores.close()
    print(f"Peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    asyncio.run(main())
