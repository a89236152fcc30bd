"""How often scenes show what was asked, motion by motion and relation by relation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.scene import MOTIONS
from engine.train.adherence import SHOWS, motion_shown, read, relation_shown
from engine.train.scenes import choose, held_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.model.condition import Condition

    Direct = Callable[[Condition, int], NDArray[np.float32]]
    """(condition, seed) → (n, KEYS, 8) tracks."""

SHORTEST_BEAT = 1.5
"""Seconds under which a motion is not judged: there is no room to show it."""


@dataclass
class Adherence:
    """Shares of scenes that show what was asked, 0 … 1, with the counts they rest on.

    ``chance`` is how often a motion that was *not* asked for is read from the same tracks: the price of a lenient
    reading.
    """

    motions: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    relations: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    others: list[bool] = field(default_factory=list)

    @property
    def motion(self) -> float:
        """Share over all judged motions."""
        return share([v for values in self.motions.values() for v in values])

    @property
    def relation(self) -> float:
        """Share over all judged relations."""
        return share([v for values in self.relations.values() for v in values])

    @property
    def chance(self) -> float:
        """Share of motions read that nobody asked for."""
        return share(self.others)


def share(values: list[bool]) -> float:
    """Mean of truth values; NaN for none."""
    return float(np.mean(values)) if values else float("nan")


def measure(
    direct: Direct, *, scenes: int, unseen: bool, seed: int, report: Callable[[], None] | None = None
) -> Adherence:
    """Judge ``scenes`` random conditions of up to three actors, with (``unseen``) or without held-out combinations.

    Motions are judged on actors that no relation binds, since a relation bends the motion of those it binds.
    """
    rng, found, made = np.random.default_rng(seed), Adherence(), 0
    while made < scenes:
        condition = choose(rng)
        if len(condition.actors) > 3 or held_out(condition) != unseen:
            continue
        made += 1
        _judge(condition, direct(condition, made), found, rng)
        if report:
            report()
    return found


def _judge(condition: Condition, tracks: NDArray[np.float32], found: Adherence, rng: np.random.Generator) -> None:
    links = [condition.link(slot) for slot in range(len(condition.actors))]
    bound = {t for _, t in links} | {s for s, (_, t) in enumerate(links) if t is not None}
    for slot, actor in enumerate(condition.actors):
        if links[slot][1] is not None:
            found.relations[links[slot][0]].append(relation_shown(condition, tracks, slot))
        if slot in bound or condition.seconds / len(actor.motions) < SHORTEST_BEAT:
            continue
        for beat, motion in enumerate(actor.motions):
            found.motions[motion].append(motion_shown(condition, tracks, slot, beat))
        other = MOTIONS[int(rng.integers(len(MOTIONS)))]
        if other != actor.motions[0]:
            found.others.append(SHOWS[other](read(tracks[slot, : tracks.shape[1] // len(actor.motions)])))
