"""Policy: what is allowed, as versioned rows. The last of a key to have come into force holds; others are history."""

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
from models.rules.sql import holding

DEFAULT_POOL = "default"
"""The pool of every engine that policy puts in no other."""
ADULT_YEARS = 18
"""The least age of adults that policy may set."""
TOPICS = (
    "POLITICS", "RELIGION", "VIOLENCE", "WEAPONS", "SEXUAL", "NUDITY", "DRUGS", "ALCOHOL", "TOBACCO", "GAMBLING",
    "ADVERTISING", "HATE", "SELF_HARM", "MEDICAL", "MILITARY", "HORROR", "CRIME", "MONEY",
)  # fmt: skip
"""What a text may be about, as `engine.text` names it; a test compares."""


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


def _topics(value: Any) -> bool:
    names = cast("list[object]", value) if isinstance(value, list) else None
    return names is not None and all(name in TOPICS for name in names)


def _pools(value: Any) -> bool:
    """Named pools of engines: no engine is in two of them, and what is in none is in the pool called default."""
    if not isinstance(value, dict):
        return False
    pools = cast("dict[str, Any]", value)
    if not all(_pool(name, pool) for name, pool in pools.items()):
        return False
    engines = [engine for pool in pools.values() for engine in pool["engines"]]
    return len(set(engines)) == len(engines)


def _pool(name: str, pool: Any) -> bool:
    if not re.fullmatch("[a-z0-9-]{1,40}", name) or name == DEFAULT_POOL or not isinstance(pool, dict):
        return False
    told = cast("dict[str, Any]", pool)
    engines = told.get("engines")
    return (
        set(told) == {"engines", "engine_seconds_per_day"}
        and isinstance(engines, list)
        and all(isinstance(each, str) and 0 < len(each) <= 60 for each in cast("list[object]", engines))
        and _between(0, 86_400)(told["engine_seconds_per_day"])
    )


_ACTS = ("made", "liked", "met")


def _acts(value: Any) -> bool:
    """What taking part in a trend counts, by act."""
    weights = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return set(weights) == set(_ACTS) and all(_between(0, 1)(weight) for weight in weights.values())


def _words(value: Any) -> bool:
    words = cast("list[object]", value) if isinstance(value, list) else None
    return (
        words is not None and len(words) <= 1_000 and all(isinstance(one, str) and 0 < len(one) <= 40 for one in words)
    )


RULES: dict[str, Rule] = {
    "regions": Rule(["US", "CA"], _regions, "a list of ISO 3166-1 alpha-2 codes"),
    "minimum_age": Rule(13, _between(13, 120, whole=True), "years, 13 to 120"),
    "adult_age": Rule(ADULT_YEARS, _between(ADULT_YEARS, 21, whole=True), "years, 18 to 21"),
    "teen_filtered_topics": Rule(
        ["ALCOHOL", "DRUGS", "GAMBLING", "HATE", "NUDITY", "SELF_HARM", "SEXUAL", "TOBACCO", "VIOLENCE", "WEAPONS"],
        _topics,
        f"a list of topics: {', '.join(TOPICS)}",
    ),
    "cameo_minimum_age": Rule(18, _between(13, 120, whole=True), "years, 13 to 120"),
    "invites_per_account": Rule(4, _between(0, 1000, whole=True), "a number, 0 to 1000"),
    "waiting_list_places": Rule(10_000, _between(0, 1_000_000, whole=True), "a number, 0 (closed) to 1000000"),
    "waiting_list_days": Rule(180, _between(1, 730), "days, 1 to 730"),
    "clip_seconds_min": Rule(1.0, _between(1, 10), "seconds, 1 to 10"),
    "clip_seconds_max": Rule(10.0, _between(1, 60), "seconds, 1 to 60"),
    "clip_seconds_default": Rule(5.0, _between(1, 60), "seconds, 1 to 60"),
    "prompt_characters_max": Rule(2000, _between(1, 20_000, whole=True), "characters, 1 to 20000"),
    "engine_seconds_per_day": Rule(600.0, _between(0, 86_400), "engine seconds, 0 to 86400"),
    "engine_pools": Rule(
        {},
        _pools,
        'pools of engines with an allowance of their own, {"name": {"engines": ["diorama"], "engine_seconds_per_day":'
        " 600}}; an engine in no pool counts against engine_seconds_per_day",
    ),
    "blocks_given_back_per_day": Rule(10, _between(0, 10, whole=True), "a number, 0 to 10"),
    "active_generations_per_account": Rule(5, _between(1, 1000, whole=True), "a number, 1 to 1000"),
    "remix_depth_max": Rule(256, _between(1, 1000, whole=True), "links from the first clip of a chain, 1 to 1000"),
    "session_days": Rule(30, _between(1, 365), "days, 1 to 365"),
    "feed_weight_freshness": Rule(1.0, _between(0, 2), "points for the newest video, 0 to 2"),
    "feed_weight_quality": Rule(1.0, _between(0, 2), "points for a video that was received well, 0 to 2"),
    "feed_weight_author": Rule(1.0, _between(0, 2), "points for an author whom the viewer follows and likes, 0 to 2"),
    "feed_weight_topic": Rule(2.0, _between(0, 3), "points for a video about what the viewer likes, 0 to 3"),
    "feed_weight_diversity": Rule(0.6, _between(0, 2), "points lost by one like those just before it, 0 to 2"),
    "feed_weight_exploration": Rule(0.1, _between(0, 0.5), "the share of places for what few have met, 0 to 0.5"),
    "feed_weight_steer": Rule(2.0, _between(0, 5), "points for what the viewer's sentence asks for, 0 to 5"),
    "feed_weight_see_less": Rule(2.0, _between(0, 5), "points lost by what they want less like, 0 to 5"),
    "feed_half_life_hours": Rule(36, _between(1, 8760), "hours after which freshness counts half, 1 to 8760"),
    "feed_author_gap": Rule(4, _between(0, 20, whole=True), "places between two videos of an author, 0 to 20"),
    "feed_scroll_minutes": Rule(120, _between(5, 1440), "minutes that a ranked scroll is kept unused, 5 to 1440"),
    "feed_nudge_minutes": Rule(30, _between(0, 1440), "minutes of feed before a word about it, 0 (never) to 1440"),
    "feed_nudge_gap_minutes": Rule(10, _between(1, 240), "minutes without the feed that begin anew, 1 to 240"),
    "impression_days": Rule(
        90, _between(1, 3650, whole=True), "days after which it is forgotten who met which video, 1 to 3650"
    ),
    "leaderboard_minutes": Rule(60, _between(1, 10_080), "minutes between two counts for leaderboards, 1 to 10080"),
    "trend_minutes": Rule(15, _between(1, 1440), "minutes between two looks for trends, 1 to 1440"),
    "trend_window_hours": Rule(72, _between(1, 720), "hours that are compared with as many before, 1 to 720"),
    "trend_half_life_hours": Rule(24, _between(0.1, 720), "hours after which an act counts half, 0.1 to 720"),
    "trend_floor": Rule(
        3.0, _between(0, 1_000_000), "the least score of a trend, about a number of people, 0 to 1000000"
    ),
    "trend_strangers_min": Rule(
        3, _between(1, 1000, whole=True), "people not invited by the same member who must make a trend, 1 to 1000"
    ),
    "trend_weights": Rule(
        {"made": 1.0, "liked": 0.2, "met": 0.02},
        _acts,
        'what an act counts, 0 to 1: {"made": 1, "liked": 0.2, "met": 0.02}',
    ),
    "trend_branch_levels": Rule(
        3, _between(0, 10, whole=True), "invitations up to which accounts are one branch, 0 (never) to 10"
    ),
    "trend_branch_share": Rule(
        0.5, _between(0, 1), "what the next account of a branch counts of the one before, 0 to 1 (as much)"
    ),
    "trend_never": Rule([], _words, "a list of at most 1000 words that no trend is named by"),
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


_SINCE = "coalesce(effective_at, created_at)"
_IN_FORCE = "(effective_at IS NULL OR effective_at <= yume_now())"


async def policy_in_force(connection: BaseDBAsyncClient | None = None) -> dict[str, Any]:
    """Every rule in force, key → value. Read inside the transaction that acts on it when ``connection`` is given."""
    rows = await (connection or connections.get("default")).execute_query_dict(
        f"""
        SELECT DISTINCT ON (key) key, value::text AS value FROM policy WHERE {_IN_FORCE}
        ORDER BY key, {_SINCE} DESC, id DESC
        """  # noqa: S608 - constants
    )
    return {key: rule.default for key, rule in RULES.items()} | {row["key"]: orjson.loads(row["value"]) for row in rows}


def rule_in_sql(key: str) -> str:
    """The value of a rule in force, as an SQL expression (jsonb) that a statement evaluates once."""
    default = orjson.dumps(RULES[key].default).decode().replace("'", "''")
    return f"(SELECT coalesce(yume_rule('{key}'), '{default}'::jsonb))"


def rules_in_sql(prefix: str) -> str:
    """The rules in force whose keys start so, as an SQL expression (jsonb, key → value); defaults are not in it."""
    return f"""(
        SELECT coalesce(jsonb_object_agg(r.key, r.value), '{{}}') FROM (
            SELECT DISTINCT ON (key) key, value FROM policy WHERE starts_with(key, '{prefix}') AND {_IN_FORCE}
            ORDER BY key, {_SINCE} DESC, id DESC
        ) r
    )"""  # noqa: S608 - constants


async def announced() -> list[PolicyRow]:
    """Versions that were announced and are not in force yet, the next first."""
    pending = holding(PolicyRow.all(), f"NOT {_IN_FORCE}")
    return await pending.order_by("effective_at", "id")


async def since_when() -> dict[str, datetime]:
    """Since when each rule that was ever written down has been as it is."""
    rows = await connections.get("default").execute_query_dict(
        f"""
        SELECT DISTINCT ON (key) key, {_SINCE} AS since FROM policy WHERE {_IN_FORCE}
        ORDER BY key, {_SINCE} DESC, id DESC
        """  # noqa: S608 - constants
    )
    return {row["key"]: row["since"] for row in rows}


async def set_policy(key: str, value: Any, *, set_by: UUID | None, effective_at: datetime | None = None) -> PolicyRow:
    """Write a new version of ``key``, in force at once or from ``effective_at`` on.

    Raises `Invalid` for an unknown key, a value of the wrong kind, and a time that is not ahead.
    """
    if key not in RULES:
        raise Invalid(f"There is no rule called {key!r}. Known: {', '.join(sorted(RULES))}.", field="key")
    if not RULES[key].allows(value):
        raise Invalid(f"{key} takes {RULES[key].takes}.", field="value")
    if effective_at is not None and not await _is_ahead(effective_at):
        raise Invalid("A rule is announced for a moment that is still to come, within two years.", field="effectiveAt")
    return await PolicyRow.create(key=key, value=value, set_by_id=set_by, effective_at=effective_at)


async def _is_ahead(moment: datetime) -> bool:
    [row] = await connections.get("default").execute_query_dict(
        "SELECT $1::timestamptz BETWEEN yume_now() AND yume_now() + interval '2 years' AS ahead", [moment]
    )
    return row["ahead"]


async def seed_policy(regions: list[str]) -> None:
    """Write the first version of every rule that has none yet; ``regions`` seeds the region rule."""
    known = {row.key for row in await PolicyRow.all().only("key")}
    for key, rule in RULES.items():
        if key not in known:
            await set_policy(key, regions if key == "regions" else rule.default, set_by=None)
