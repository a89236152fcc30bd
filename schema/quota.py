"""Quota: the engine seconds of a member's day."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers.quota import QuotaReading
from schema.access import plain


@strawberry.type(description="Engine seconds of a member's day. A day starts at midnight UTC.")
class Quota:
    limit_seconds: float = plain("Engine seconds allowed in a day.")
    spent_seconds: float = plain("Engine seconds spent today; failed, blocked and cancelled clips are given back.")
    left_seconds: float = plain("Engine seconds left today.")
    cost_seconds: float | None = plain("What the generation at hand costs; null when none is at hand.")
    resets_at: datetime = plain("When the next day starts.")

    @classmethod
    def of(cls, reading: QuotaReading, cost: float | None = None) -> Quota:
        """A reading as clients see it."""
        return cls(
            limit_seconds=reading.limit,
            spent_seconds=reading.spent,
            left_seconds=reading.left,
            cost_seconds=cost,
            resets_at=reading.resets_at,
        )
