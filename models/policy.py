"""Policy: what is allowed, as versioned rows. The newest row of a key is in force; older ones are its history."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, cast
from uuid import UUID

import orjson
from tortoise import connections, fields
from tortoise.backends.base.client import BaseDBAsyncClient

from models.base import Row
from models.errors import Invalid


@dataclass(frozen=True)
class Rule:
    """One rule: the value that the first start writes, which values it takes, and that in words."""

    default: Any
    allows: Callable[[Any], bool]
    takes: str


def _between(low: float, high: float, *, whole: bool = False) -> Callable[[Any], bool]:
    kinds = (int,) if whole else (int, float)
    return lambda value: isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high


def _regions(value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(code, str) and re.fullmatch("[A-Z]{2}", code) for code in cast("list[object]", value))


RULES: dict[str, Rule] = {
    "regions": Rule(["US", "CA"], _regions, "a list of ISO 3166-1 alpha-2 codes"),
    "minimum_age": Rule(13, _between(13, 120, whole=True), "years, 13 to 120"),
    "cameo_minimum_age": Rule(18, _between(13, 120, whole=True), "years, 13 to 120"),
    "invites_per_account": Rule(4, _between(0, 1000, whole=True), "a number, 0 to 1000"),
    "clip_seconds_min": Rule(1.0, _between(1, 10), "seconds, 1 to 10"),
    "clip_seconds_max": Rule(10.0, _between(1, 60), "seconds, 1 to 60"),
    "clip_seconds_default": Rule(5.0, _between(1, 60), "seconds, 1 to 60"),
    "prompt_characters_max": Rule(2000, _between(1, 20_000, whole=True), "characters, 1 to 20000"),
    "engine_seconds_per_day": Rule(600.0, _between(0, 86_400), "engine seconds, 0 to 86400"),
    "active_generations_per_account": Rule(5, _between(1, 1000, whole=True), "a number, 1 to 1000"),
    "remix_depth_max": Rule(256, _between(1, 1000, whole=True), "links from the first clip of a chain, 1 to 1000"),
    "session_days": Rule(30, _between(1, 365), "days, 1 to 365"),
}
"""Every rule by its key."""


class PolicyRow(Row):
    """One version of one rule. ``set_by`` is None for the values seeded at the first start.

    ``effective_at`` is when it comes into force, for one that was announced before; None: from ``created_at`` on.
    """

    key = fields.CharField(max_length=60)
    value: Any = fields.JSONField()
    effective_at: datetime | None = fields.DatetimeField(null=True)
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
    return {key: rule.default for key, rule in RULES.items()} | {row["key"]: orjson.loads(row["value"]) for row in rows}


async def set_policy(key: str, value: Any, *, set_by: UUID | None) -> PolicyRow:
    """Put a new version of ``key`` in force. Raises `Invalid` for an unknown key or a value of the wrong kind."""
    if key not in RULES:
        raise Invalid(f"There is no rule called {key!r}. Known: {', '.join(sorted(RULES))}.", field="key")
    if not RULES[key].allows(value):
        raise Invalid(f"{key} takes {RULES[key].takes}.", field="value")
    return await PolicyRow.create(key=key, value=value, set_by_id=set_by)


async def seed_policy(regions: list[str]) -> None:
    """Write the first version of every rule that has none yet; ``regions`` seeds the region rule."""
    known = {row.key for row in await PolicyRow.all().only("key")}
    for key, rule in RULES.items():
        if key not in known:
            await set_policy(key, regions if key == "regions" else rule.default, set_by=None)
