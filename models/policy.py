"""Policy: what is allowed, as versioned rows. The newest row of a key is in force; older ones are its history."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import orjson
from tortoise import connections, fields
from tortoise.backends.base.client import BaseDBAsyncClient

from models.base import Row
from models.errors import Invalid

DEFAULTS: dict[str, Any] = {
    "regions": ["US", "CA"],
    "minimum_age": 13,
    "invites_per_account": 4,
    "clip_seconds_max": 10.0,
    "clip_seconds_min": 1.0,
    "clip_seconds_default": 5.0,
    "prompt_characters_max": 2000,
    "engine_seconds_per_day": 600.0,
    "active_generations_per_account": 5,
    "session_days": 30,
}
"""Every policy key with the value that the first start writes."""


class PolicyRow(Row):
    """One version of one rule. ``set_by`` is None for the values seeded at the first start."""

    key = fields.CharField(max_length=60)
    value: Any = fields.JSONField()
    set_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Account", null=True, on_delete=fields.SET_NULL, related_name="policies_set"
    )

    set_by_id: UUID | None

    class Meta:
        table = "policy"
        indexes: ClassVar = [("key", "id")]


async def policy_in_force(connection: BaseDBAsyncClient | None = None) -> dict[str, Any]:
    """Every rule in force, key → value. Read inside the transaction that acts on it when ``connection`` is given."""
    rows = await (connection or connections.get("default")).execute_query_dict(
        "SELECT DISTINCT ON (key) key, value::text AS value FROM policy ORDER BY key, id DESC"
    )
    return DEFAULTS | {row["key"]: orjson.loads(row["value"]) for row in rows}


async def set_policy(key: str, value: Any, *, set_by: UUID | None) -> PolicyRow:
    """Put a new version of ``key`` in force. Raises `Invalid` for an unknown key or a value of the wrong kind."""
    if key not in DEFAULTS:
        raise Invalid(f"There is no rule called {key!r}. Known: {', '.join(sorted(DEFAULTS))}.", field="key")
    if type(value) is not type(DEFAULTS[key]) and not (isinstance(DEFAULTS[key], float) and isinstance(value, int)):
        raise Invalid(f"{key!r} takes a value such as {DEFAULTS[key]!r}.", field="value")
    return await PolicyRow.create(key=key, value=value, set_by_id=set_by)


async def seed_policy(regions: list[str]) -> None:
    """Write the first version of every rule that has none yet; ``regions`` seeds the region rule."""
    known = {row.key for row in await PolicyRow.all().only("key")}
    for key, value in (DEFAULTS | {"regions": regions}).items():
        if key not in known:
            await PolicyRow.create(key=key, value=value)
