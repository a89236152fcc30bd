"""Policy: what is in force, what it was, and how an admin changes it."""

from __future__ import annotations

from typing import Any

from models.policy import RULES, PolicyRow, set_policy
from resolvers.context import Context

_HISTORY_SHOWN = 50


async def in_force(context: Context) -> dict[str, Any]:
    """Every rule, key → value, read once an operation."""
    return await context.loaders.policy.load(None)


async def history(key: str | None) -> list[PolicyRow]:
    """The newest changes of one rule, or of all."""
    if key is not None and key not in RULES:
        return []
    rows = PolicyRow.all() if key is None else PolicyRow.filter(key=key)
    return await rows.order_by("-id").limit(_HISTORY_SHOWN)


async def change(context: Context, key: str, value: Any) -> PolicyRow:
    """Put a new version in force. Raises `Denied` for anyone but an admin, `Invalid` for a bad key or value."""
    return await set_policy(key, value, set_by=context.admin.id)
