"""What the model is told: a brief's structure as plain numbers, the same for training data and for prompts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.scene import CAMERAS, KEYS, KINDS, MOODS, MOTIONS, RELATIONS, SLOTS, WEATHERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.scene import Brief

GROUP = 8
"""Key poses per token."""
GROUPS = KEYS // GROUP
MOST_MOTIONS = 3
FLOATING_PLACES = frozenset({"space", "underwater", "sky"})
"""Places without a ground line: everybody hangs in mid-frame."""

BEAT_FEATURES = 2 * len(MOTIONS) + 9
ACTOR_FEATURES = MOST_MOTIONS * len(MOTIONS) + MOST_MOTIONS + len(RELATIONS) + 2 * SLOTS + len(KINDS) + 3
WORLD_FEATURES = len(CAMERAS) + len(WEATHERS) + len(MOODS) + SLOTS + 4


@dataclass(frozen=True)
class Actor:
    """One slot of the scene: what it does, to whom, and how big it is (height / shorter side of the frame)."""

    motions: tuple[str, ...] = ("idle",)
    relation: str = "none"
    target: int | None = None
    kind: str = "animal"
    size: float = 0.3


@dataclass(frozen=True)
class Condition:
    """A brief without words or art. ``aspect`` is width / height of the frame; ``seconds`` the length of the clip."""

    actors: tuple[Actor, ...]
    camera: str = "static"
    weather: str = "clear"
    mood: str = "calm"
    floating: bool = False
    seconds: float = 5.0
    aspect: float = 9 / 16

    def extent(self, slot: int) -> tuple[float, float]:
        """(width, height) of the slot's actor at scale 1, in fractions of the frame's width and height."""
        size = self.actors[slot].size
        return size / max(1.0, self.aspect), size * min(1.0, self.aspect)

    def beats(self, slot: int) -> list[tuple[str, float, float]]:
        """(motion, start, end) of each successive motion, in fractions of the clip."""
        motions = self.actors[slot].motions
        return [(m, i / len(motions), (i + 1) / len(motions)) for i, m in enumerate(motions)]

    def link(self, slot: int) -> tuple[str, int | None]:
        """The relation that places this actor and its target; "chase" and "orbit" bind like relations."""
        actor = self.actors[slot]
        target = actor.target
        if target is None or target == slot or not 0 <= target < len(self.actors):
            return "none", None
        if actor.relation != "none":
            return actor.relation, target
        if "chase" in actor.motions:
            return "chasing", target
        return ("orbit", target) if "orbit" in actor.motions else ("none", None)


def condition_of(brief: Brief, *, seconds: float, aspect: float) -> Condition:
    """The condition a brief asks for; subjects past `SLOTS` and motions past three are left out.

    A relation that would close a circle (a on b, b on a) is dropped from the later subject.
    """
    actors = tuple(
        Actor(s.motions[:MOST_MOTIONS] or ("idle",), s.relation, s.target, s.kind, float(np.clip(s.size, 0.05, 1.0)))
        for s in brief.subjects[:SLOTS]
    )
    condition = Condition(
        actors, brief.camera, brief.weather, brief.mood, brief.place in FLOATING_PLACES, seconds, aspect
    )
    return without_circles(condition)


def without_circles(condition: Condition) -> Condition:
    """The same condition where following targets from any slot always ends."""
    actors = list(condition.actors)
    for slot in range(len(actors)):
        seen, at = {slot}, slot
        while (target := replace(condition, actors=tuple(actors)).link(at)[1]) is not None:
            if target in seen:
                actors[at] = replace(actors[at], relation="none", target=None)
                break
            seen.add(target)
            at = target
    return replace(condition, actors=tuple(actors))


def features(condition: Condition) -> dict[str, NDArray[np.float32]]:
    """The arrays that the transformer reads.

    ``actors`` (n, ACTOR_FEATURES), ``beats`` (n, GROUPS, BEAT_FEATURES): which motion each token shows and where in
    it; ``targets`` (n,) the slot each actor relates to or −1, as float; ``world`` (WORLD_FEATURES,).
    """
    n = len(condition.actors)
    return {
        "actors": np.stack([_actor(condition, slot) for slot in range(n)]),
        "beats": np.stack([_beats(condition, slot) for slot in range(n)]),
        "targets": np.array([-1 if (t := condition.link(s)[1]) is None else t for s in range(n)], np.float32),
        "world": _world(condition),
    }


def _one_hot(words: tuple[str, ...], word: str) -> NDArray[np.float32]:
    row = np.zeros(len(words), np.float32)
    if word in words:
        row[words.index(word)] = 1.0
    return row


def _actor(condition: Condition, slot: int) -> NDArray[np.float32]:
    actor = condition.actors[slot]
    motions = [_one_hot(MOTIONS, m) for m in actor.motions]
    motions += [np.zeros(len(MOTIONS), np.float32)] * (MOST_MOTIONS - len(motions))
    count, slots, target = (np.zeros(k, np.float32) for k in (MOST_MOTIONS, SLOTS, SLOTS))
    count[len(actor.motions) - 1] = slots[slot] = 1.0
    relation, other = condition.link(slot)
    if other is not None:
        target[other] = 1.0
    width, height = condition.extent(slot)
    parts = [*motions, count, _one_hot(RELATIONS, relation), slots, target, _one_hot(KINDS, actor.kind)]
    return np.concatenate([*parts, np.array([width * 3, height * 3, relation == "orbit"], np.float32)])


def _beats(condition: Condition, slot: int) -> NDArray[np.float32]:
    rows = np.zeros((GROUPS, BEAT_FEATURES), np.float32)
    first = condition.beats(slot)
    for group in range(GROUPS):
        start, end = group / GROUPS, (group + 1) / GROUPS
        for index, (motion, since, until) in enumerate(first):
            share = max(0.0, min(end, until) - max(start, since)) * GROUPS
            rows[group, MOTIONS.index(motion)] += share
            if since <= start < until:
                rows[group, len(MOTIONS) + MOTIONS.index(motion)] = 1.0
                phase, length = (start - since) / (until - since), (until - since) * condition.seconds
                waves = [f(np.pi * k * phase) for k in (1, 2) for f in (np.sin, np.cos)]
                ends = (end - since) / (until - since)
                rows[group, -9:] = (phase, ends, index / 2, length / 4 - 1, np.log(length), *waves)
    return rows


def _world(condition: Condition) -> NDArray[np.float32]:
    count = np.zeros(SLOTS, np.float32)
    count[len(condition.actors) - 1] = 1.0
    scalars = (condition.floating, condition.seconds / 5 - 1, np.log(condition.seconds), np.log(condition.aspect))
    words = [
        _one_hot(CAMERAS, condition.camera),
        _one_hot(WEATHERS, condition.weather),
        _one_hot(MOODS, condition.mood),
    ]
    return np.concatenate([*words, count, np.array(scalars, np.float32)])
