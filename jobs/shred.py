"""Keys given up by committed transactions: promised in the outbox, shredded after it, whatever crashes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from models.generation import Outbox
from models.vault import Vault

TOPIC_SHRED = "shred"
_BATCH = 50


async def enqueue_shred(connection: BaseDBAsyncClient, subjects: Sequence[str]) -> None:
    """Promise, in the caller's transaction, that the vault's keys for ``subjects`` are destroyed."""
    await Outbox.create(using_db=connection, topic=TOPIC_SHRED, payload={"subjects": list(subjects)})


async def shred_pending(vault: Vault) -> int:
    """Destroy what committed transactions gave up; any number of workers may. Returns how many promises were kept."""
    kept = 0
    while True:
        async with in_transaction() as connection:
            rows = await connection.execute_query_dict(
                """
                DELETE FROM outbox WHERE id IN (
                    SELECT id FROM outbox WHERE topic = $1 ORDER BY id FOR UPDATE SKIP LOCKED LIMIT $2
                ) RETURNING payload::text AS payload
                """,
                [TOPIC_SHRED, _BATCH],
            )
            for row in rows:
                for subject in json.loads(row["payload"])["subjects"]:
                    await asyncio.to_thread(vault.shred, subject)
        kept += len(rows)
        if len(rows) < _BATCH:
            return kept
