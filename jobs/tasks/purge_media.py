"""The task that does, at once rather than at the next sweep, what committed transactions promised of hiding things."""

from __future__ import annotations

from typing import Any

from jobs.chores import Chores
from jobs.shred import shred_pending


async def purge_media(ctx: dict[Any, Any]) -> None:
    """Arq task: somebody rang. ``ctx["chores"]`` is the worker's `Chores`."""
    chores: Chores = ctx["chores"]
    await chores.tell()
    await chores.count()
    await shred_pending(chores.vault)
    await chores.destroy()
