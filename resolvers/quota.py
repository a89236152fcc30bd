"""Quotas: engine seconds a member may spend in a day (UTC), charged with the job and given back when it yields none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient

from models.errors import QuotaExceeded
from models.policy import policy_in_force

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(frozen=True)
class QuotaReading:
    """Engine seconds of one account's day: allowed, spent, left; and when the next day starts."""

    limit: float
    spent: float
    resets_at: datetime

    @property
    def left(self) -> float:
        """Engine seconds still free today."""
        return max(0.0, self.limit - self.spent)


async def days_of(
    account_ids: list[UUID], limit: float, connection: BaseDBAsyncClient | None = None
) -> dict[UUID, QuotaReading]:
    """Each account's day as it stands (inside ``connection``'s transaction when given); ``limit`` is policy's."""
    rows = await (connection or connections.get("default")).execute_query_dict(
        """
        WITH day AS (SELECT date_trunc('day', yume_now(), 'UTC') AS start)
        SELECT a.id, coalesce(sum(c.seconds), 0)::float AS spent, day.start + interval '1 day' AS resets_at
        FROM day CROSS JOIN unnest($1::uuid[]) AS a (id) LEFT JOIN quota_charge c
          ON c.account_id = a.id AND c.created_at >= day.start AND c.refunded_at IS NULL
        GROUP BY a.id, day.start
        """,
        [account_ids],
    )
    return {row["id"]: QuotaReading(float(limit), row["spent"], row["resets_at"]) for row in rows}


async def read_quota(context: Context, account_id: UUID) -> QuotaReading:
    """The account's day as it stands, read once an operation."""
    return await context.loaders.quota.load(account_id)


async def charge(connection: BaseDBAsyncClient, account_id: UUID, needed: float) -> None:
    """Raise `QuotaExceeded` unless ``needed`` engine seconds are left. The caller holds the account's row lock."""
    limit = (await policy_in_force(connection))["engine_seconds_per_day"]
    day = (await days_of([account_id], limit, connection))[account_id]
    if needed > day.left:
        raise QuotaExceeded(
            f"This clip needs {needed:g} engine seconds and you have {day.left:g} left today.",
            needed=needed,
            left=day.left,
            resets_at=day.resets_at,
        )
