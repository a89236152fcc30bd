"""Old versions of cameos: destroyed when the last job that was promised them has ended."""

from __future__ import annotations

from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.queue import enqueue_purge_of
from jobs.shred import enqueue_shred
from models.audit import append, chain_of
from models.cameo import vault_subject
from models.capture import version_prefix
from models.consent.locks import lock_for_change

_BATCH = 20

_UNUSED = """
    v.retired_at IS NOT NULL AND v.destroyed_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM generation_likeness l JOIN generation gen ON gen.id = l.generation_id
        WHERE l.cameo_id = v.cameo_id AND l.version = v.number AND gen.state IN ('QUEUED', 'RUNNING', 'CHECKING')
    )
"""


async def sweep_versions() -> int:
    """Destroy retired versions that no job uses any more: key, files, embeddings, fingerprint. Returns how many."""
    found = await connections.get("default").execute_query_dict(
        f"SELECT v.id, v.cameo_id FROM cameo_version v WHERE {_UNUSED} ORDER BY v.id LIMIT $1",  # noqa: S608 - constant
        [_BATCH],
    )
    destroyed = 0
    for row in found:
        async with in_transaction() as connection:
            await lock_for_change(connection, [row["cameo_id"]])
            gone = await connection.execute_query_dict(
                f"""
                UPDATE cameo_version v
                SET destroyed_at = yume_now(), face_embedding = NULL, voice_embedding = NULL, fingerprint = NULL,
                    sealed = NULL, files = '[]'
                WHERE v.id = $1 AND {_UNUSED} RETURNING v.cameo_id, v.number, v.capture_id
                """,  # noqa: S608 - constant
                [row["id"]],
            )
            for version in gone:
                await enqueue_purge_of(connection, [version_prefix(version["cameo_id"], version["capture_id"])])
                await enqueue_shred(connection, [vault_subject(version["cameo_id"], version["number"])])
                facts = {"version": version["number"]}
                await append(connection, chain_of(version["cameo_id"]), "VERSION_DESTROYED", facts)
            destroyed += len(gone)
    return destroyed
