"""What the model is told: a brief's structure as plain numbers, the same for training data and for prompts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.model.clock import JOIN, Clock, clocks
from engine.diorama.outline import breadth_of, cover_of
from engine.diorama.scene import CAMERAS, KEYS, KINDS, MOODS, MOTIONS, RELATIONS, SLOTS, WEATHERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.scene import Brief

GROUP = 8
"""Key poses per token."""
GROUPS = KEYS // GROUP
MOST_MOTIONS = 3
ROAMING = frozenset({"walk", "run", "fly", "swim", "drive", "roll", "slide", "chase", "jump"})
"""Motions that go somewhere."""
MOVER = {"flyer": "fly", "swimmer": "swim", "vehicle": "drive", "object": "bounce", "food": "bounce", "sky": "float"}
"""How a kind moves when it is chased or chases; the others run."""
FLOATING_PLACES = frozenset({"space", "underwater", "sky"})
"""Places without a ground line: everybody hangs in mid-frame."""

KEY_FEATURES = 6
"""What each key is told: progress, how far a change of motion is done, and the cycle's and half cycle's phase."""
BEAT_FEATURES = 2 * len(MOTIONS) + KEY_FEATURES * GROUP + 4
ACTOR_FEATURES = MOST_MOTIONS * len(MOTIONS) + MOST_MOTIONS + len(RELATIONS) + 2 * SLOTS + len(KINDS) + 3
CUE_FEATURES = 3
WORLD_FEATURES = len(CAMERAS) + len(WEATHERS) + len(MOODS) + SLOTS + 4


@dataclass(frozen=True)
class Actor:
    """One slot of the scene: what it does, to whom, and how big it is (height / shorter side of the frame).

    The model is not told ``breadth`` (width / height of its picture) and ``cover`` (`outline.cover_of`): they are for
    what is corrected afterwards.
    """

    motions: tuple[str, ...] = ("idle",)
    relation: str = "none"
    target: int | None = None
    kind: str = "animal"
    size: float = 0.3
    breadth: float = 1.0
    cover: str = ""


@dataclass(frozen=True)
class Cue:
    """What a seed settles for an actor before any pose: ``way`` -1 (to the left) or 1 (to the right) that it sets off,
    and its ``spot`` 0 … 1 from left to right among the others and in its own room.

    A small model that must break such ties out of the noise alone often ends between two good answers.
    """

    way: float
    spot: float


@dataclass(frozen=True)
class Condition:
    """A brief without words or art. ``aspect`` is width / height of the frame; ``seconds`` the length of the clip.

    ``cues`` are one for each actor, None for one that is free, or () for all free.
    """

    actors: tuple[Actor, ...]
    camera: str = "static"
    weather: str = "clear"
    mood: str = "calm"
    floating: bool = False
    seconds: float = 5.0
    aspect: float = 9 / 16
    cues: tuple[Cue | None, ...] = ()

    def cue(self, slot: int) -> Cue:
        """The slot's cue; to the right from the middle for one that has none."""
        return (self.cues[slot] if self.cues else None) or Cue(1.0, 0.5)

    def extent(self, slot: int) -> tuple[float, float]:
        """(width, height) of the slot's actor at scale 1, in fractions of the frame's width and height."""
        size = self.actors[slot].size
        return size / max(1.0, self.aspect), size * min(1.0, self.aspect)

    def outline(self, slot: int) -> tuple[float, float]:
        """As `extent`, but of the picture: extent takes everybody for as wide as tall, as the model was taught.

        Whoever stands upright (is narrower than tall) lies down to sleep.
        """
        (width, height), actor = self.extent(slot), self.actors[slot]
        if actor.breadth < 1.0 and "sleep" in actor.motions:
            return width, height * (actor.breadth if set(actor.motions) == {"sleep"} else 1.0)
        return width * actor.breadth, height

    def deeds(self, slot: int) -> tuple[str, ...]:
        """The motions ``slot`` really performs: who chases or is chased moves as its kind does."""
        actor = self.actors[slot]
        mover = MOVER.get(actor.kind, "run")
        moves = actor.motions if ROAMING & set(actor.motions) else (mover,)
        if any(self.link(other) == ("chasing", slot) for other in range(len(self.actors)) if other != slot):
            return moves
        if self.link(slot)[0] == "chasing":
            return tuple(mover if motion in ("run", "chase") else motion for motion in moves)
        return actor.motions

    def clocks(self, slot: int) -> list[Clock]:
        """When each of the slot's `deeds` happens, and how often it repeats itself."""
        return clocks(self, slot, self.deeds(slot))

    def link(self, slot: int) -> tuple[str, int | None]:
        """The relation that places this actor and its target; "chase" and "orbit" bind like relations."""
        actor = self.actors[slot]
        target = actor.target
        if target is None or target == slot or not 0 <= target < len(self.actors):
            return "none", None
        if actor.relation == "beside" and "orbit" in actor.motions:
            return "orbit", target
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
        Actor(
            s.motions[:MOST_MOTIONS] or ("idle",), s.relation, s.target, s.kind, float(np.clip(s.size, 0.05, 1.0)),
            breadth_of(s), cover_of(s),
        )
        for s in brief.subjects[:SLOTS]
    )  # fmt: skip
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

    ``actors`` (n, ACTOR_FEATURES); ``cues`` (n, CUE_FEATURES); ``beats`` (n, GROUPS, BEAT_FEATURES): which motion each
    token shows and where in it; ``targets`` (n,) the slot each actor relates to or −1, as float; ``world``
    (WORLD_FEATURES,).
    """
    n = len(condition.actors)
    return {
        "actors": np.stack([_actor(condition, slot) for slot in range(n)]),
        "cues": cue_features(condition.cues or (None,) * n),
        "beats": np.stack([_beats(condition, slot) for slot in range(n)]),
        "targets": np.array([-1 if (t := condition.link(s)[1]) is None else t for s in range(n)], np.float32),
        "world": _world(condition),
    }


def cue_features(cues: tuple[Cue | None, ...]) -> NDArray[np.float32]:
    """(n, CUE_FEATURES): whether there is a cue, its way, and its spot around 0."""
    return np.array([(0, 0, 0) if c is None else (1, c.way, 2 * c.spot - 1) for c in cues], np.float32)


def cues_of(numbers: NDArray[np.float32]) -> tuple[Cue, ...]:
    """The cues that (n, 2) even random numbers from 0 to 1 stand for."""
    return tuple(Cue(1.0 if way < 0.5 else -1.0, float(spot)) for way, spot in numbers)


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
    motion = np.zeros((KEYS, len(MOTIONS)), np.float32)
    told = np.zeros((KEYS, KEY_FEATURES), np.float32)
    scalars = np.zeros((KEYS, 4), np.float32)
    for index, clock in enumerate(condition.clocks(slot)):
        keys = np.arange(clock.first, clock.last)
        progress = clock.progress(keys, condition.seconds)
        joined = np.ones(len(keys)) if index == 0 else np.minimum(clock.since(keys, condition.seconds) / JOIN, 1.0)
        turns = [f(np.pi * k * clock.cycles * progress) for k in (1, 2) for f in (np.sin, np.cos)]
        motion[keys, MOTIONS.index(clock.motion)] = 1.0
        told[keys] = np.stack([2 * progress - 1, joined, *turns], axis=-1)
        scalars[keys] = (index, clock.length / 4 - 1, np.log(max(clock.length, 0.1)), clock.cycles / 6 - 0.5)
    rows = [motion[::GROUP], motion[GROUP - 1 :: GROUP], told.reshape(GROUPS, -1), scalars[::GROUP]]
    return np.concatenate(rows, axis=-1)


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
