"""Delivery of notifications: numbers in the order of commits, and a wake-up for whoever is listening."""

from __future__ import annotations

from uuid import UUID

from redis.asyncio import Redis
from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.tail import Entry, add

INBOX_STREAM = "inbox"
BATCH = 1_000
KEPT = "90 days"
LOCK = 0x494E424F
"""Advisory lock ("INBO"): one numberer at a time, so that numbers become visible in their order."""


async def deliver(redis: Redis) -> int:
    """Number what was committed since the last time, and wake its readers. Returns how many were numbered.

    Any number of workers may call it at once. Raises `RedisError` or `OSError` when Redis is away; numbers that were
    given stay, and open subscriptions find them by themselves within seconds.
    """
    total = 0
    while True:
        async with in_transaction() as connection:
            # In a statement of its own: the next one's snapshot then has all that the last numberer committed.
            [lock] = await connection.execute_query_dict("SELECT pg_try_advisory_xact_lock($1) AS mine", [LOCK])
            rows = await connection.execute_query_dict(_NUMBER, [BATCH]) if lock["mine"] else []
        accounts: set[UUID] = {row["account_id"] for row in rows}
        if accounts:
            await add(redis, INBOX_STREAM, [{b"a": each.bytes} for each in accounts])
        total += len(rows)
        if len(rows) < BATCH:
            return total


async def forget_old() -> None:
    """Forget notifications after `KEPT`, a batch at a time."""
    await connections.get("default").execute_query(
        f"""
        DELETE FROM notification WHERE id IN (
            SELECT id FROM notification WHERE created_at < yume_now() - interval '{KEPT}' LIMIT {BATCH}
        )
        """  # noqa: S608 - constants
    )


def concerns(entry: Entry, account_id: UUID) -> bool:
    """Whether ``account_id`` should look: something arrived for them, or what arrived is no longer known."""
    return entry.fields is None or entry.fields.get(b"a") == account_id.bytes


_NUMBER = """
    WITH fresh AS (
        SELECT f.id, nextval('notification_seq') AS seq
        FROM (SELECT id FROM notification WHERE seq IS NULL ORDER BY id LIMIT $1) AS f
    )
    UPDATE notification n SET seq = fresh.seq FROM fresh WHERE n.id = fresh.id RETURNING n.account_id
"""
