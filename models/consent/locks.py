"""The one order in which consent's rows are locked: account, restrictions, cameos by id, videos by id, generations.

Accounts are locked ``FOR NO KEY UPDATE``: a row that names one may then be inserted while another transaction holds it.
Whoever uses a likeness locks ``FOR SHARE``, whoever restricts it ``FOR UPDATE``. What is checked is read by *later*
statements, which see what the locks waited for; a statement that locks and checks may read other tables from before.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

_RESTRICTING = 0x59554D46
"""Advisory lock: the next after the one of `app.migrate`."""


async def lock_account(connection: BaseDBAsyncClient, account_id: UUID) -> None:
    """Let the transactions of one account, or about it, come one by one. Before any cameo is locked."""
    await connection.execute_query("SELECT 1 FROM account WHERE id = $1 FOR NO KEY UPDATE", [account_id])


async def lock_accounts(connection: BaseDBAsyncClient, account_ids: Iterable[UUID]) -> None:
    """As `lock_account`, for many: in the order of their ids."""
    await connection.execute_query(
        "SELECT 1 FROM account WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", [list(account_ids)]
    )


async def lock_for_use(connection: BaseDBAsyncClient, cameos: Iterable[UUID], videos: Iterable[UUID] = ()) -> None:
    """Keep restrictions of these cameos and videos out until this transaction ends."""
    await _lock(connection, cameos, videos, "SHARE")


async def lock_for_change(connection: BaseDBAsyncClient, cameos: Iterable[UUID], videos: Iterable[UUID] = ()) -> None:
    """Keep every use of these cameos and videos out until this transaction ends.

    Restrictions come one by one, whomever they concern: two that hide the same videos for different cameos would meet
    them in different orders. They are short, rare beside uses, and uses do not wait for them.
    """
    await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [_RESTRICTING])
    await _lock(connection, cameos, videos, "UPDATE")


async def _lock(connection: BaseDBAsyncClient, cameos: Iterable[UUID], videos: Iterable[UUID], strength: str) -> None:
    for table, ids in (("cameo", set(cameos)), ("video_visibility", set(videos))):
        if ids:
            await connection.execute_query(
                f"SELECT 1 FROM {table} WHERE id = ANY ($1::uuid[]) ORDER BY id FOR {strength}",
                [sorted(ids)],
            )


async def lock_pair(connection: BaseDBAsyncClient, one: UUID, other: UUID) -> None:
    """Let what changes how two accounts stand to each other come one by one. Before anything else is locked."""
    low, high = sorted((str(one), str(other)))
    await connection.execute_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [f"pair:{low}:{high}"])
