"""Uploads that nobody wants any more: tickets long over, with whatever was sent to them."""

from __future__ import annotations

from tortoise.transactions import in_transaction

from jobs.queue import enqueue_purge_of
from jobs.shred import enqueue_shred
from models.upload import upload_folder, upload_subject

KEPT_SECONDS = 3600.0
"""How long after a ticket's end its file may still be used."""
_BATCH = 50


async def sweep_uploads() -> int:
    """Forget tickets that ended an hour ago, their files and keys; those of captures still being checked stay.

    Returns how many; each is swept by one of any number of workers.
    """
    async with in_transaction() as connection:
        rows = await connection.execute_query_dict(
            """
            DELETE FROM upload WHERE id IN (
                SELECT u.id FROM upload u
                WHERE u.expires_at < yume_now() - make_interval(secs => $1) AND NOT EXISTS (
                    SELECT 1 FROM capture c WHERE c.upload_id = u.id AND c.state IN ('CHALLENGED', 'CHECKING')
                )
                ORDER BY u.expires_at FOR UPDATE SKIP LOCKED LIMIT $2
            ) RETURNING id
            """,
            [KEPT_SECONDS, _BATCH],
        )
        if rows:
            await enqueue_purge_of(connection, [f"{upload_folder(row['id'])}/" for row in rows])
            await enqueue_shred(connection, [upload_subject(row["id"]) for row in rows])
    return len(rows)
