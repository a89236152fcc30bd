"""The end of a capture that became no version: everything it held is given up in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.clip.lease import LEASE_SECONDS, MAX_ATTEMPTS
from jobs.queue import enqueue_purge_of
from jobs.shred import enqueue_shred
from models.audit import Transition, append_all, chain_of
from models.capture import FORGOTTEN, OVER, CaptureState, capture_subject, held_prefix, version_prefix
from models.upload import upload_folder, upload_subject

_BATCH = 50

DIED = {
    "name": "FILE",
    "passed": False,
    "code": "CHECK_DIED",
    "message": "Checking the recording ended unexpectedly several times: it may be damaged. Start again.",
}


async def give_up_upload(connection: BaseDBAsyncClient, upload_id: UUID | None) -> None:
    """Promise that an uploaded file is destroyed. Its ticket stays for a while, so that it can be called used."""
    if upload_id is None:
        return
    await connection.execute_query(
        """
        UPDATE upload SET consumed_at = coalesce(consumed_at, yume_now()), key = NULL, bytes = NULL, sha256 = NULL
        WHERE id = $1
        """,
        [upload_id],
    )
    await enqueue_purge_of(connection, [f"{upload_folder(upload_id)}/"])
    await enqueue_shred(connection, [upload_subject(upload_id)])


async def give_up_held(connection: BaseDBAsyncClient, cameo_id: UUID, capture_id: UUID, *, claimed: bool) -> None:
    """Promise that what a capture held is destroyed. ``claimed``: a worker that is late may still be writing."""
    prefix = held_prefix(cameo_id, capture_id)
    await enqueue_purge_of(connection, [prefix])
    if claimed:
        await enqueue_purge_of(connection, [prefix], later=True)
    await enqueue_shred(connection, [capture_subject(capture_id)])


async def end_captures(
    connection: BaseDBAsyncClient,
    capture_ids: Sequence[UUID],
    state: CaptureState,
    *,
    check: Mapping[str, object] | None = None,
) -> list[Transition]:
    """End these captures as REJECTED or EXPIRED and give up all they held; those that have ended already stay.

    ``check`` is noted as their last one. Returns the audit log's entries, for the caller to append at the very end of
    the transaction.
    """
    entries: list[Transition] = []
    for capture_id in capture_ids:
        rows = await connection.execute_query_dict(
            """
            UPDATE capture
            SET state = $2, finished_at = yume_now(), carried = NULL, review = NULL, heartbeat_at = NULL,
                fence = fence + 1,
                checks = CASE WHEN $3::text IS NULL THEN checks
                    ELSE checks || jsonb_build_array($3::jsonb || jsonb_build_object('recording', tries + 1)) END
            WHERE id = $1 AND state IN ('CHALLENGED', 'CHECKING')
            RETURNING cameo_id, upload_id, fence
            """,
            [capture_id, state.value, None if check is None else json.dumps(dict(check))],
        )
        for row in rows:
            await give_up_upload(connection, row["upload_id"])
            await give_up_held(connection, row["cameo_id"], capture_id, claimed=row["fence"] > 1)
            if row["fence"] > 1:
                # A worker may have come as far as sealing the version, and died or lost its lease then.
                unmade = [version_prefix(row["cameo_id"], capture_id)]
                await enqueue_purge_of(connection, unmade)
                await enqueue_purge_of(connection, unmade, later=True)
            code = check["code"] if check else None
            facts = {"capture": capture_id, "code": code}
            entries.append(Transition(chain_of(row["cameo_id"]), f"CAPTURE_{state.value}", facts))
    return entries


async def end_open_captures(connection: BaseDBAsyncClient, cameo_id: UUID) -> list[Transition]:
    """As `end_captures`, for whatever capture of this cameo is open: its owner erases it, or starts another one."""
    rows = await connection.execute_query_dict(
        "SELECT id FROM capture WHERE cameo_id = $1 AND state IN ('CHALLENGED', 'CHECKING') ORDER BY id FOR UPDATE",
        [cameo_id],
    )
    return await end_captures(connection, [row["id"] for row in rows], CaptureState.EXPIRED)


async def sweep_captures() -> int:
    """End captures that nobody answered or decided in time, and those whose workers died under them again and again.

    Returns how many; each is swept by one of any number of workers.
    """
    async with in_transaction() as connection:
        over = await connection.execute_query_dict(
            f"SELECT id FROM capture WHERE {OVER} OR {FORGOTTEN} ORDER BY id FOR UPDATE SKIP LOCKED LIMIT $1",  # noqa: S608 - constant
            [_BATCH],
        )
        dead = await connection.execute_query_dict(
            """
            SELECT id FROM capture
            WHERE state = 'CHECKING' AND attempt >= $1 AND heartbeat_at < yume_now() - make_interval(secs => $2)
            ORDER BY id FOR UPDATE SKIP LOCKED LIMIT $3
            """,
            [MAX_ATTEMPTS, LEASE_SECONDS, _BATCH],
        )
        entries = await end_captures(connection, [row["id"] for row in over], CaptureState.EXPIRED)
        entries += await end_captures(connection, [row["id"] for row in dead], CaptureState.REJECTED, check=DIED)
        await append_all(connection, entries)
    return len(over) + len(dead)
