"""Policy: what is in force, what it was, and how an admin changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.policy import RULES, PolicyRow, announced, set_policy, since_when
from resolvers.context import Context

_HISTORY_SHOWN = 50


@dataclass(frozen=True)
class RuleReading:
    """One rule: its value in force, what values it takes in words, since when (None: as it came), what is announced."""

    key: str
    value: Any
    takes: str
    since: datetime | None
    upcoming: list[PolicyRow]


async def in_force(context: Context) -> dict[str, Any]:
    """Every rule, key → value, read once an operation."""
    return await context.loaders.policy.load(None)


async def history(key: str | None) -> list[PolicyRow]:
    """The newest changes of one rule, or of all."""
    if key is not None and key not in RULES:
        return []
    rows = PolicyRow.all() if key is None else PolicyRow.filter(key=key)
    return await rows.order_by("-id").limit(_HISTORY_SHOWN)


async def rules(values: dict[str, Any]) -> list[RuleReading]:
    """Every rule by its key; ``values`` are those in force."""
    since, pending = await since_when(), await announced()
    return [
        RuleReading(key, values[key], rule.takes, since.get(key), [row for row in pending if row.key == key])
        for key, rule in sorted(RULES.items())
    ]


async def change(context: Context, key: str, value: Any, effective_at: datetime | None = None) -> PolicyRow:
    """Put a new version in force, at once or at the moment that is announced.

    Raises `Denied` for anyone but an admin, `Invalid` for a bad key, value or moment.
    """
    admin = context.admin
    return await set_policy(key, value, set_by=admin.id, effective_at=effective_at)
