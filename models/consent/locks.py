"""The one order in which consent's rows are locked: cameos by id, then videos by id.

Whoever uses a likeness locks ``FOR SHARE``, whoever restricts it ``FOR UPDATE``. What is checked is read by *later*
statements, which see what the locks waited for; a statement that locks and checks may read other tables from before.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient


async def lock_for_use(connection: BaseDBAsyncClient, cameos: Iterable[UUID], videos: Iterable[UUID] = ()) -> None:
    """Keep restrictions of these cameos and videos out until this transaction ends."""
    await _lock(connection, cameos, videos, "SHARE")


async def lock_for_change(connection: BaseDBAsyncClient, cameos: Iterable[UUID], videos: Iterable[UUID] = ()) -> None:
    """Keep every use of these cameos and videos out until this transaction ends."""
    await _lock(connection, cameos, videos, "UPDATE")


async def _lock(connection: BaseDBAsyncClient, cameos: Iterable[UUID], videos: Iterable[UUID], strength: str) -> None:
    for table, ids in (("cameo", set(cameos)), ("video_visibility", set(videos))):
        if ids:
            await connection.execute_query(
                f"SELECT 1 FROM {table} WHERE id = ANY ($1::uuid[]) ORDER BY id FOR {strength}",
                [sorted(ids)],
            )
