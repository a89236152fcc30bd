"""What the FOR_YOU feed goes by: each weight with its words and range, policy's defaults, and a member's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any
from uuid import UUID

import orjson
from tortoise import connections

from engine.text.steer import steering
from models.errors import Invalid
from models.policy import RULES, rules_in_sql
from models.rules.account import blocks
from resolvers.context import Context
from resolvers.feed.steer import Steer, SteerReading, check_steer
from resolvers.feed.why import Feature


@dataclass(frozen=True)
class Knob:
    """One weight that a member may set: ``least`` … ``most``, and what turning it up does."""

    name: str
    about: str
    least: float
    most: float

    def policy_key(self, feature: Feature) -> str:
        """The rule that holds its default."""
        return f"feed_weight_{feature.lower()}"


KNOBS: dict[Feature, Knob] = {
    Feature.FRESHNESS: Knob("Freshness", "Newer videos first; it halves every day and a half.", 0.0, 2.0),
    Feature.QUALITY: Knob(
        "Received well", "Videos that many of those who met them liked, remixed or watched to the end.", 0.0, 2.0
    ),
    Feature.AUTHOR: Knob("People", "Videos of members whom you follow, or whose videos you liked lately.", 0.0, 2.0),
    Feature.TOPIC: Knob("Topics", "Videos about what the videos that you like are about.", 0.0, 3.0),
    Feature.DIVERSITY: Knob("Variety", "How much a video loses that is like those shown just before it.", 0.0, 2.0),
    Feature.EXPLORATION: Knob(
        "Discovery", "The share of places kept for videos that few have met, 0.1 for one in ten.", 0.0, 0.5
    ),
}
STEER_KEY = "feed_weight_steer"
SEE_LESS_KEY = "feed_weight_see_less"
MOST_HANDLES = 12


@dataclass(frozen=True)
class Going:
    """What one viewer's feed goes by. ``own`` are the weights they set themselves; ``authors``: handles → accounts."""

    rules: Mapping[str, Any]
    weights: dict[Feature, float]
    defaults: dict[Feature, float]
    own: frozenset[Feature] = frozenset()
    steer: str = ""
    authors: Mapping[str, UUID | None] = field(default_factory=dict[str, UUID | None])


@dataclass(frozen=True)
class Change:
    """What a member wants changed. A weight of None is the default again; a ``steer`` of None stays as it is."""

    weights: Mapping[Feature, float | None] = field(default_factory=dict[Feature, float | None])
    steer: str | None = None
    reset: bool = False


def defaults(rules: Mapping[str, Any]) -> dict[Feature, float]:
    """Policy's weight of each feature, those that no member sets included."""
    found = {feature: float(rules[knob.policy_key(feature)]) for feature, knob in KNOBS.items()}
    return found | {Feature.STEER: float(rules[STEER_KEY]), Feature.SEE_LESS: float(rules[SEE_LESS_KEY])}


def going(
    rules: Mapping[str, Any], own: Mapping[str, Any], steer: str, authors: Mapping[str, UUID | None] | None = None
) -> Going:
    """What a viewer's feed goes by, from policy and their own row."""
    usual = defaults(rules)
    mine = {feature: float(own[feature]) for feature in KNOBS if feature in own}
    return Going(rules, usual | mine, usual, frozenset(mine), steer, authors or {})


async def going_of(context: Context, asked: str) -> Going:
    """What the viewer's feed goes by, with who the handles are that they keep in their sentence or have ``asked`` for.

    None for a handle of nobody, or of somebody who may not be found. One statement.
    """
    viewer_id = None if context.viewer is None else context.viewer.id
    [row] = await connections.get("default").execute_query_dict(_GOING, [viewer_id, asked])
    rules = {key: rule.default for key, rule in RULES.items()} | orjson.loads(row["rules"])
    own = {} if row["weights"] is None else orjson.loads(row["weights"])
    return going(rules, own, row["steer"], dict(zip(row["handles"], row["accounts"], strict=True)))


async def feed_weights(context: Context) -> Going:
    """What the viewer's own feed goes by. Raises `Unauthenticated`."""
    _ = context.member
    return await going_of(context, "")


def reading_of(row: Going) -> SteerReading | None:
    """How the sentence that a member keeps is read; None where it is empty."""
    read = steering(row.steer)
    return Steer(row.steer, read.wishes, read.not_understood, row.authors).reading


async def set_feed_weights(context: Context, change: Change) -> Going:
    """Change the viewer's weights and sentence; what is not named stays. Raises `Unauthenticated`, `Invalid`."""
    member = context.member
    for feature, value in change.weights.items():
        _check(feature, value)
    steer = None if change.steer is None else check_steer(change.steer)
    set_to = {feature.value: value for feature, value in change.weights.items() if value is not None}
    taken = [feature.value for feature, value in change.weights.items() if value is None]
    await _write(member.id, set_to, taken, steer, reset=change.reset)
    return await feed_weights(context)


async def _write(
    account_id: UUID, set_to: Mapping[str, float], taken: Sequence[str], steer: str | None, *, reset: bool
) -> None:
    # In one statement: two clients that turn two knobs at once keep both.
    await connections.get("default").execute_query(
        """
        INSERT INTO feed_weights AS w (id, weights, steer, updated_at)
        VALUES ($1, $2::jsonb, coalesce($4::text, ''), yume_now())
        ON CONFLICT (id) DO UPDATE SET
            weights = (CASE WHEN $5::boolean THEN '{}'::jsonb ELSE w.weights - $3::text[] END) || $2::jsonb,
            steer = coalesce($4::text, CASE WHEN $5::boolean THEN '' ELSE w.steer END), updated_at = yume_now()
        """,
        [account_id, orjson.dumps(set_to).decode(), list(taken), steer, reset],
    )


_GOING = f"""
    WITH own AS (SELECT weights::text AS weights, steer FROM feed_weights WHERE id = $1::uuid),
    said AS (
        SELECT DISTINCT lower(m[1]) AS handle
        FROM regexp_matches(coalesce((SELECT steer FROM own), '') || ' ' || $2, '@([A-Za-z0-9_]{{1,40}})', 'g') AS m
    ), named AS (
        SELECT said.handle, (
            SELECT a.id FROM account a WHERE a.handle = said.handle AND a.suspended_at IS NULL
            AND a.deleted_at IS NULL AND NOT {blocks("a.id", "$1::uuid")}
        ) AS id FROM said ORDER BY said.handle LIMIT {MOST_HANDLES}
    )
    SELECT (SELECT weights FROM own) AS weights, coalesce((SELECT steer FROM own), '') AS steer,
        ARRAY(SELECT handle FROM named) AS handles, ARRAY(SELECT id FROM named) AS accounts,
        {rules_in_sql("feed_")}::text AS rules
"""  # noqa: S608 - a rule


def _check(feature: Feature, value: float | None) -> None:
    knob = KNOBS.get(feature)
    if knob is None:
        raise Invalid(f"{feature} is not for members to set.", field="weights")
    if value is not None and not (isfinite(value) and knob.least <= value <= knob.most):
        raise Invalid(f"{knob.name} takes {knob.least:g} to {knob.most:g}.", field="weights")
