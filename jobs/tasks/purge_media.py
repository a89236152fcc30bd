"""The task that deletes media given up by committed transactions, at once rather than at the next sweep."""

from __future__ import annotations

from typing import Any

from jobs.outbox import purge_pending
from models.storage import MediaStore


async def purge_media(ctx: dict[Any, Any]) -> None:
    """Arq task: somebody rang. ``ctx["media"]`` is the worker's `MediaStore`."""
    media: MediaStore = ctx["media"]
    await purge_pending(media)
