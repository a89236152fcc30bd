"""The chores of a worker, run by a test when it wants them done."""

from __future__ import annotations

from jobs.chores import Chores
from jobs.shred import shred_pending
from resolvers.context import Stores


def chores_of(stores: Stores) -> Chores:
    """Chores over the stores of a test."""
    return Chores(stores.redis, stores.media, stores.keys, stores.vault)


async def do_chores(stores: Stores) -> None:
    """One turn of everything: tell, shred, destroy; an account's erasure waits for its cameos', hence twice."""
    chores = chores_of(stores)
    for _ in range(2):
        await chores.tell()
        await shred_pending(stores.vault)
        await chores.destroy()
