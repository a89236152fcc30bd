"""Quotas: engine seconds a member may spend in a day (UTC), in each pool of engines.

A charge is made with the job and given back when the job yields nothing: `jobs.clip.lease.end` and
`jobs.consent.change.decline_approvals` do that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient

from models.errors import QuotaExceeded
from models.policy import DEFAULT_POOL, policy_in_force

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(frozen=True)
class QuotaReading:
    """Engine seconds of one account's day in one pool: allowed, spent, left; and when the next day starts.

    ``engines`` are those that policy puts in the pool by name; the default pool has all others.
    """

    pool: str
    engines: tuple[str, ...]
    limit: float
    spent: float
    resets_at: datetime

    @property
    def left(self) -> float:
        """Engine seconds still free today."""
        return max(0.0, self.limit - self.spent)


Day = Mapping[str, QuotaReading]
"""One account's day: pool → reading, the default pool first."""


def pool_of(policy: Mapping[str, Any], engine: str) -> str:
    """The pool that an engine draws on."""
    named: dict[str, Any] = policy["engine_pools"]
    return next((name for name, pool in named.items() if engine in pool["engines"]), DEFAULT_POOL)


async def days_of(
    account_ids: list[UUID], policy: Mapping[str, Any], connection: BaseDBAsyncClient | None = None
) -> dict[UUID, Day]:
    """Each account's day as it stands (inside ``connection``'s transaction when given) under these rules."""
    rows = await (connection or connections.get("default")).execute_query_dict(
        """
        WITH day AS (SELECT date_trunc('day', yume_now(), 'UTC') AS start)
        SELECT a.id, coalesce(c.pool, $2) AS pool, coalesce(sum(c.seconds), 0)::float AS spent,
            day.start + interval '1 day' AS resets_at
        FROM day CROSS JOIN unnest($1::uuid[]) AS a (id) LEFT JOIN quota_charge c
          ON c.account_id = a.id AND c.created_at >= day.start AND c.refunded_at IS NULL
        GROUP BY a.id, c.pool, day.start
        """,
        [account_ids, DEFAULT_POOL],
    )
    spent: defaultdict[UUID, dict[str, float]] = defaultdict(dict)
    for row in rows:
        spent[row["id"]][row["pool"]] = row["spent"]
    resets_at = rows[0]["resets_at"]
    pools = {DEFAULT_POOL: (policy["engine_seconds_per_day"], ())} | {
        name: (pool["engine_seconds_per_day"], tuple(pool["engines"])) for name, pool in policy["engine_pools"].items()
    }
    return {
        one: {
            name: QuotaReading(name, engines, float(limit), spent[one].get(name, 0.0), resets_at)
            for name, (limit, engines) in pools.items()
        }
        for one in account_ids
    }


async def read_quota(context: Context, account_id: UUID) -> Day:
    """The account's day as it stands, read once an operation."""
    return await context.loaders.quota.load(account_id)


async def charge(connection: BaseDBAsyncClient, account_id: UUID, needed: float, engine: str) -> str:
    """The pool to charge; raises `QuotaExceeded` unless ``needed`` engine seconds are left in it.

    The caller holds the account's row lock.
    """
    policy = await policy_in_force(connection)
    day = (await days_of([account_id], policy, connection))[account_id]
    reading = day[pool_of(policy, engine)]
    if needed > reading.left:
        where = "" if reading.pool == DEFAULT_POOL else f" in the pool “{reading.pool}”"
        raise QuotaExceeded(
            f"This clip needs {needed:g} engine seconds and you have {reading.left:g} left today{where}.",
            needed=needed,
            left=reading.left,
            resets_at=reading.resets_at,
        )
    return reading.pool
