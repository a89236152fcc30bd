"""What becomes of waiting entries: they go, with the keys that seal them, when people join, leave, or time is over."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.shred import enqueue_shred
from models.policy import rule_in_sql
from models.waiting import waiting_subject

KEPT_DAYS = f"make_interval(secs => 86400 * {rule_in_sql('waiting_list_days')}::float)"
"""How long an entry is kept; evaluated when it is read, so that no sweep need come first."""
KEPT = f"w.created_at > yume_now() - {KEPT_DAYS}"
"""Is entry ``w`` (waiting) still kept?"""
_SAME_CONTACT = 3
"""Entries of one contact that are kept: the first, which has the place, and the last ones."""
_BATCH = 500


async def forget_joined(connection: BaseDBAsyncClient, invite_id: UUID) -> None:
    """Somebody joined by this invite: what was kept of them on the waiting list goes."""
    await _forget(
        connection,
        "SELECT id FROM waiting WHERE contact_hmac IN (SELECT contact_hmac FROM waiting WHERE invite_id = $1)",
        [invite_id],
    )


async def forget_by_token(connection: BaseDBAsyncClient, token_hash: str) -> None:
    """Somebody leaves: the entry that their token was given for goes. An unknown token does nothing."""
    await _forget(connection, "SELECT id FROM waiting WHERE token_hash = $1", [token_hash])


async def forget_surplus(connection: BaseDBAsyncClient, contact_hmac: str) -> None:
    """Keep few entries of one contact, and the first of them, whoever wrote the others."""
    await _forget(
        connection,
        """
        SELECT id FROM (
            SELECT id, row_number() OVER (ORDER BY created_at, id) AS nth, count(*) OVER () AS kept
            FROM waiting WHERE contact_hmac = $1
        ) AS same WHERE nth > 1 AND nth <= kept - $2::int
        """,
        [contact_hmac, _SAME_CONTACT - 1],
    )


async def forget_shredded(connection: BaseDBAsyncClient, entry_ids: Iterable[UUID]) -> int:
    """A restore brought back entries whose keys are destroyed: the rows go too. Returns how many."""
    rows = await connection.execute_query_dict(
        "DELETE FROM waiting WHERE id = ANY ($1::uuid[]) RETURNING id", [list(entry_ids)]
    )
    return len(rows)


async def sweep_waiting() -> None:
    """Forget who has waited for longer than policy keeps them, a batch at a time."""
    async with in_transaction() as connection:
        late = f"SELECT w.id FROM waiting w WHERE NOT {KEPT} ORDER BY w.created_at, w.id LIMIT {_BATCH}"  # noqa: S608 - constants
        await _forget(connection, late, [])


async def _forget(connection: BaseDBAsyncClient, chosen: str, values: list[object]) -> None:
    rows = await connection.execute_query_dict(
        f"DELETE FROM waiting WHERE id IN ({chosen}) RETURNING id",  # noqa: S608 - constants
        values,
    )
    if rows:
        await enqueue_shred(connection, [waiting_subject(row["id"]) for row in rows])
