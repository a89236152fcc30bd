"""Scheduled chores: which worker's turn it is, when every worker asks and one is to do it."""

from __future__ import annotations

from tortoise.backends.base.client import BaseDBAsyncClient


async def is_due(connection: BaseDBAsyncClient, name: str, seconds: float) -> bool:
    """Is the chore ``name`` to be done now, in this transaction? At most one of all workers hears yes in ``seconds``.

    The turn is taken with the transaction: one that is rolled back leaves it to the next who asks. Nobody waits for a
    worker that is at it.
    """
    [lock] = await connection.execute_query_dict(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS mine", [f"chore:{name}"]
    )
    if not lock["mine"]:
        return False
    begun = await connection.execute_query_dict(
        """
        INSERT INTO chore_run AS c (name, ran_at) VALUES ($1, yume_now())
        ON CONFLICT (name) DO UPDATE SET ran_at = yume_now()
        WHERE c.ran_at <= yume_now() - make_interval(secs => $2)
        RETURNING name
        """,
        [name, seconds],
    )
    return bool(begun)
