"""The end of bundles: past their day, tried too often, voided by consent that ended, or given up with their account."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.export.build import LEASE_SECONDS, TRIES
from jobs.queue import enqueue_purge_of
from jobs.shred import enqueue_shred
from models.consent.export import still_good
from models.export import ExportState, export_prefix, export_subject

_BATCH = 50


async def sweep_exports() -> int:
    """Destroy bundles that may not be handed out any more; returns how many. Any number of workers may.

    Nobody could fetch them before this either: each download asks for itself.
    """
    async with in_transaction() as connection:
        rows = await connection.execute_query_dict(_CANDIDATES, [LEASE_SECONDS, TRIES, _BATCH])
        good = await still_good(connection, [row["id"] for row in rows if row["ended"] is None])
        ends = {row["id"]: row["ended"] or ExportState.VOID.value for row in rows if row["id"] not in good}
        for state in sorted(set(ends.values())):
            await _end(connection, [export_id for export_id, found in ends.items() if found == state], state)
        await connection.execute_query(
            "UPDATE export SET claimed_at = yume_now() WHERE id = ANY ($1::uuid[])", [sorted(good)]
        )
    return len(ends)


async def void_exports(connection: BaseDBAsyncClient, account_id: UUID) -> list[str]:
    """Void every bundle of an account, in the caller's transaction; returns the vault's subjects, to be shredded.

    One that is being built loses its lease, and nothing of it is kept.
    """
    rows = await connection.execute_query_dict(
        "SELECT id FROM export WHERE account_id = $1 AND state IN ('QUEUED', 'BUILDING', 'READY') ORDER BY id",
        [account_id],
    )
    ids: list[UUID] = [row["id"] for row in rows]
    if ids:
        await _end(connection, ids, ExportState.VOID.value)
    return [export_subject(each) for each in ids]


async def _end(connection: BaseDBAsyncClient, ids: Sequence[UUID], state: str) -> None:
    await connection.execute_query("UPDATE export SET state = $2 WHERE id = ANY ($1::uuid[])", [list(ids), state])
    await connection.execute_query("DELETE FROM export_part WHERE export_id = ANY ($1::uuid[])", [list(ids)])
    folders = [export_prefix(each) for each in ids]
    await enqueue_purge_of(connection, folders)
    # A builder that does not know yet may still be writing.
    await enqueue_purge_of(connection, folders, later=True)
    await enqueue_shred(connection, [export_subject(each) for each in ids])


# Of those that are ready, the one that was looked at longest ago comes first.
_CANDIDATES = """
    SELECT id, CASE WHEN state <> 'READY' THEN 'FAILED' WHEN expires_at <= yume_now() THEN 'EXPIRED' END AS ended
    FROM export
    WHERE state = 'READY' OR (fence >= $2 AND (state = 'QUEUED'
        OR (state = 'BUILDING' AND claimed_at < yume_now() - make_interval(secs => $1))))
    ORDER BY claimed_at FOR UPDATE SKIP LOCKED LIMIT $3
"""
