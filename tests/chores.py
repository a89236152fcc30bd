"""The chores of a worker, run by a test when it wants them done."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from jobs.chores import Chores
from jobs.export.end import sweep_exports
from jobs.shred import shred_pending
from resolvers.context import Stores


def chores_of(stores: Stores) -> Chores:
    """Chores over the stores of a test."""
    scratch = Path(tempfile.gettempdir()) / f"yume-chores-{os.getpid()}"
    scratch.mkdir(mode=0o700, exist_ok=True)
    return Chores(stores.redis, stores.media, stores.keys, stores.vault, scratch)


async def do_chores(stores: Stores) -> None:
    """One turn of everything: tell, shred, destroy; an account's erasure waits for its cameos', hence twice."""
    chores = chores_of(stores)
    await sweep_exports()
    for _ in range(2):
        await chores.tell()
        await chores.count()
        await shred_pending(stores.vault)
        await chores.destroy()
