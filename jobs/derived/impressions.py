"""What members met in feeds is forgotten after as many days as policy says; counts keep that somebody met it."""

from __future__ import annotations

from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.schedule import is_due
from models.policy import policy_in_force

EVERY_SECONDS = 3600.0
BATCH = 10_000
"""Rows in one transaction."""
TURN = 100
"""Transactions in one turn; a larger backlog is left for the next."""


async def forget_impressions() -> int:
    """Forget what was met too long ago, once an hour whoever asks; returns how many meetings were forgotten."""
    policy = await policy_in_force()
    async with in_transaction() as connection:
        if not await is_due(connection, "impressions", EVERY_SECONDS):
            return 0
    forgotten = 0
    for _ in range(TURN):
        [row] = await connections.get("default").execute_query_dict(_FORGET, [policy["impression_days"], BATCH])
        forgotten += row["forgotten"]
        if row["forgotten"] < BATCH:
            break
    return forgotten


_FORGET = """
    WITH gone AS (
        DELETE FROM impression WHERE ctid IN (
            SELECT ctid FROM impression WHERE seen_at < yume_now() - make_interval(days => $1::int)
            LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING 1
    )
    SELECT count(*)::int AS forgotten FROM gone
"""
