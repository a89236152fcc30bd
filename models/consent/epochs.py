"""Raising the counters that stop running jobs: one for a whole cameo, one for (cameo, account)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from models.base import new_id


async def raise_for_all(connection: BaseDBAsyncClient, cameo_ids: Iterable[UUID]) -> None:
    """Something was restricted for everybody. The caller holds `models.consent.locks.lock_for_change`."""
    await connection.execute_query("UPDATE cameo SET epoch = epoch + 1 WHERE id = ANY ($1::uuid[])", [list(cameo_ids)])


async def raise_for(connection: BaseDBAsyncClient, cameo_ids: Iterable[UUID], account_id: UUID) -> None:
    """Something was restricted for this account alone: nobody else's job stops. The caller holds the same locks."""
    for cameo_id in sorted(cameo_ids):
        await raise_for_each(connection, cameo_id, [account_id])


async def raise_for_each(connection: BaseDBAsyncClient, cameo_id: UUID, account_ids: Iterable[UUID]) -> None:
    """As `raise_for`, for one cameo and many accounts at once."""
    accounts = sorted(set(account_ids))
    await connection.execute_query(
        """
        INSERT INTO cameo_epoch (id, created_at, cameo_id, account_id, epoch)
        SELECT n.id, yume_now(), $2, n.account_id, 1 FROM unnest($1::uuid[], $3::uuid[]) AS n (id, account_id)
        ON CONFLICT (cameo_id, account_id) DO UPDATE SET epoch = cameo_epoch.epoch + 1
        """,
        [[new_id() for _ in accounts], cameo_id, accounts],
    )
