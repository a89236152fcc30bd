"""Quota: the engine seconds of a member's day."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.policy import DEFAULT_POOL
from resolvers.quota import Day, QuotaReading
from schema.access import plain


@strawberry.type(description="Engines that share one allowance, and what is left of it today.")
class PoolQuota:
    pool: str = plain("Name of the pool; `default` has every engine that is in no other.")
    engines: list[str] = plain("The engines that the rules put in it by name.")
    limit_seconds: float = plain("Engine seconds allowed in a day.")
    spent_seconds: float = plain("Engine seconds spent today.")
    left_seconds: float = plain("Engine seconds left today.")

    @classmethod
    def of(cls, reading: QuotaReading) -> PoolQuota:
        """A reading as clients see it."""
        return cls(
            pool=reading.pool,
            engines=list(reading.engines),
            limit_seconds=reading.limit,
            spent_seconds=reading.spent,
            left_seconds=reading.left,
        )


@strawberry.type(description="Engine seconds of a member's day. A day starts at midnight UTC.")
class Quota:
    limit_seconds: float = plain("Engine seconds allowed in a day.")
    spent_seconds: float = plain("Engine seconds spent today; failed, blocked and cancelled clips are given back.")
    left_seconds: float = plain("Engine seconds left today.")
    cost_seconds: float | None = plain("What the generation at hand costs; null when none is at hand.")
    resets_at: datetime = plain("When the next day starts.")
    pool: str = plain("The pool of engines that the figures above are about: of the generation at hand, or `default`.")
    pools: list[PoolQuota] = plain("Every pool of engines, the default one first.")

    @classmethod
    def of(cls, day: Day, cost: float | None = None, pool: str = DEFAULT_POOL) -> Quota:
        """An account's day as clients see it, with the figures of ``pool`` at the top."""
        reading = day[pool]
        return cls(
            limit_seconds=reading.limit,
            spent_seconds=reading.spent,
            left_seconds=reading.left,
            cost_seconds=cost,
            resets_at=reading.resets_at,
            pool=reading.pool,
            pools=[PoolQuota.of(each) for each in day.values()],
        )
