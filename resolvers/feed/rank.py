"""The ranker: a pure function of what is known of each candidate and of the viewer's weights. See docs/feed.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from resolvers.feed.why import Contribution, Feature, Reason, Why

if TYPE_CHECKING:
    from numpy.typing import NDArray

RECENT = 6
"""How many places back a topic counts as just shown."""
FEW_VIEWS = 20
"""Fewer members than this have met a video that an exploring place is for."""
FELT = 0.05
"""Points below which a feature is not named as the reason."""

SCORED = (Feature.FRESHNESS, Feature.QUALITY, Feature.AUTHOR, Feature.TOPIC, Feature.STEER, Feature.SEE_LESS)
"""What is known of a video by itself, in the order of `Candidate.values`."""
_REASONS = {
    Feature.FRESHNESS: Reason.FRESH,
    Feature.QUALITY: Reason.RECEIVED_WELL,
    Feature.AUTHOR: Reason.AUTHOR,
    Feature.TOPIC: Reason.TOPIC,
    Feature.STEER: Reason.STEER,
}

Weights = Mapping[Feature, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One video as the ranker knows it. ``hours`` since it was published; ``quality`` 0 … 1 (`jobs.derived.quality`).

    ``taste`` is the cosine (-1 … 1) with what the viewer likes, ``less`` (0 … 1) with what they want less of, ``steer``
    (-1 … 1) what their sentence makes of it; 0 where nothing is known. ``meaning`` is a unit vector, or None.
    ``likes`` counts the viewer's recent likes of this author.
    """

    id: UUID
    author_id: UUID
    hours: float
    quality: float = 0.0
    views: int = 0
    follows: bool = False
    likes: int = 0
    taste: float = 0.0
    less: float = 0.0
    steer: float = 0.0
    meaning: NDArray[np.float32] | None = None

    @property
    def explores(self) -> bool:
        """Have few members met it, so that nobody can know yet how good it is?"""
        return self.views < FEW_VIEWS

    def values(self, half_life: float) -> tuple[float, ...]:
        """The value of each feature of `SCORED`; ``half_life`` in hours."""
        author = 0.6 * self.follows + 0.4 * (1.0 - 0.5**self.likes)
        freshness = 0.5 ** (max(self.hours, 0.0) / half_life)
        return (freshness, self.quality, author, max(self.taste, -1.0), self.steer, -self.less)


@dataclass(frozen=True, slots=True)
class Taken:
    """One place of the ranking: ``parts`` are the values of the features that put the candidate there."""

    candidate: Candidate
    reason: Reason
    parts: Mapping[Feature, float]


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds beside weights: ``half_life`` of freshness in hours, ``gap`` places between videos of one author."""

    half_life: float
    gap: int


def rank(
    candidates: Sequence[Candidate], weights: Weights, rules: Rules, *, before: Sequence[UUID] = ()
) -> list[Taken]:
    """All of ``candidates`` in order, each with what put it there. The same candidates give the same order.

    Greedy: each place goes to the best score of those whose author is not among the last ``rules.gap`` places (where
    there is no such author, to the one who was shown longest ago), and likeness to what was just shown costs points.
    A share of the places, EXPLORATION's weight, goes to the best of what few have met. ``before``: the authors of the
    places that this ranking goes on from, in order.
    """
    if not candidates:
        return []
    table = _Table(candidates, weights, rules, before)
    share = weights[Feature.EXPLORATION]
    taken: list[Taken] = []
    for place in range(len(before), len(before) + len(candidates)):
        exploring = int((place + 1) * share) > int(place * share) and bool(table.unmet.any())
        taken.append(table.take(place, exploring=exploring))
    return taken


class _Table:
    """The candidates as arrays, those left, and when each author was shown last."""

    def __init__(self, candidates: Sequence[Candidate], weights: Weights, rules: Rules, before: Sequence[UUID]) -> None:
        self.weights, self.gap = weights, rules.gap
        values = np.array([each.values(rules.half_life) for each in candidates])  # (n, len(SCORED))
        scores = values @ np.array([weights[feature] for feature in SCORED])  # (n,)
        # One order whatever order they came in: by score, then the newest.
        order = sorted(
            range(len(candidates)), key=lambda row: (-scores[row], candidates[row].hours, candidates[row].id)
        )
        self.candidates = [candidates[row] for row in order]
        self.values, self.scores = values[order], scores[order]
        self.left = np.ones(len(order), bool)
        self.unmet = np.array([each.explores for each in self.candidates])
        numbers: dict[UUID, int] = {}
        self.authors = np.array([numbers.setdefault(each.author_id, len(numbers)) for each in self.candidates])
        self.shown_at = np.full(len(numbers), -(10**9))
        for place, author_id in enumerate(before):
            if author_id in numbers:
                self.shown_at[numbers[author_id]] = place
        self.alike = _alike(self.candidates)  # (n, n)
        self.recent = np.zeros((RECENT, len(order)), np.float32)
        """How alike each is to each of the last places."""

    def take(self, place: int, *, exploring: bool) -> Taken:
        """Fill one place."""
        likeness = self.recent.max(axis=0)  # (n,)
        open_to = self.left & self.unmet if exploring else self.left
        since = place - self.shown_at[self.authors]
        apart = open_to & (since > self.gap)
        if not apart.any():
            apart = open_to & (since == since[open_to].max())
        total = self.scores - self.weights[Feature.DIVERSITY] * likeness
        row = int(np.where(apart, total, -np.inf).argmax())
        self.left[row] = self.unmet[row] = False
        self.shown_at[self.authors[row]] = place
        self.recent[place % RECENT] = self.alike[row]
        parts: dict[Feature, float] = dict(zip(SCORED, self.values[row].tolist(), strict=True))
        parts[Feature.DIVERSITY] = -float(likeness[row])
        if exploring:
            parts[Feature.EXPLORATION] = 1.0
        return Taken(self.candidates[row], reason_of(parts, self.weights), parts)


def _alike(candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    """How alike each two are in meaning, 0 … 1 (n, n); 0 where a meaning is unknown."""
    width = next((len(each.meaning) for each in candidates if each.meaning is not None), 1)
    rows = np.zeros((len(candidates), width), np.float32)
    for row, each in enumerate(candidates):
        if each.meaning is not None:
            rows[row] = each.meaning
    return np.clip(rows @ rows.T, 0.0, 1.0)


def reason_of(parts: Mapping[Feature, float], weights: Weights) -> Reason:
    """The feature that weighs most, as a reason."""
    if Feature.EXPLORATION in parts:
        return Reason.EXPLORING
    points, best = max((parts.get(feature, 0.0) * weights[feature], feature) for feature in _REASONS)
    return _REASONS[best] if points >= FELT else Reason.REST


def explain(reason: Reason, parts: Mapping[Feature, float], weights: Weights, author_id: UUID) -> Why:
    """What ``parts`` (feature → value) come to. The points of the contributions sum to the score."""
    sizes = {feature: abs(value * weights[feature]) for feature, value in parts.items()}
    total = sum(sizes.values()) or 1.0
    contributions = tuple(
        Contribution(feature, parts[feature], weights[feature], size / total) for feature, size in sizes.items() if size
    )
    return Why(reason, author_id if reason is Reason.AUTHOR else None, contributions)
