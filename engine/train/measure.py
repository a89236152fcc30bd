"""How often scenes show what was asked, motion by motion and relation by relation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.model.condition import Actor, Condition
from engine.diorama.scene import KEYS, MOTIONS, RELATIONS
from engine.train.acting import IMPACT, Y
from engine.train.adherence import SHOWS, motion_shown, read, relation_shown
from engine.train.scenes import choose, held_out

if TYPE_CHECKING:
    from numpy.typing import NDArray


Direct = Callable[[Condition, int], "NDArray[np.float32]"]
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
    direct: Direct, *, cases: int, unseen: bool, seed: int, report: Callable[[int], None] | None = None
) -> Adherence:
    """Judge random conditions of up to three actors, with (``unseen``) or without held-out combinations.

    Every motion and every relation is judged ``cases`` times. Motions are judged on actors that no relation binds,
    since a relation bends the motion of those it binds; ``report`` hears how many cases are done.
    """
    rng, found, made = np.random.default_rng(seed), Adherence(), 0
    rows = [found.motions[m] for m in MOTIONS] + [found.relations[r] for r in (*RELATIONS[1:], "orbit")]
    while any(len(row) < cases for row in rows):
        condition = choose(rng)
        if len(condition.actors) > 3 or held_out(condition) != unseen:
            continue
        asked = [case for case in _cases(condition) if len(case.row(found)) < cases]
        if not asked:
            continue
        made += 1
        tracks = direct(condition, made)
        for case in asked:
            case.judge(condition, tracks, found, rng)
        if report:
            report(sum(min(len(row), cases) for row in rows))
    return found


@dataclass(frozen=True)
class _Case:
    """A motion (the ``beat``-th of ``slot``) or, without a beat, the slot's relation."""

    slot: int
    beat: int | None
    name: str

    def row(self, found: Adherence) -> list[bool]:
        return found.relations[self.name] if self.beat is None else found.motions[self.name]

    def judge(
        self, condition: Condition, tracks: NDArray[np.float32], found: Adherence, rng: np.random.Generator
    ) -> None:
        if self.beat is None:
            self.row(found).append(relation_shown(condition, tracks, self.slot))
            return
        self.row(found).append(motion_shown(condition, tracks, self.slot, self.beat))
        other = MOTIONS[int(rng.integers(len(MOTIONS)))]
        clock = condition.clocks(self.slot)[self.beat]
        if other != self.name:
            found.others.append(SHOWS[other](read(tracks[self.slot, clock.first : clock.last])))


def _cases(condition: Condition) -> list[_Case]:
    links = [condition.link(slot) for slot in range(len(condition.actors))]
    bound = {t for _, t in links} | {s for s, (_, t) in enumerate(links) if t is not None}
    cases = [_Case(slot, None, relation) for slot, (relation, target) in enumerate(links) if target is not None]
    for slot, actor in enumerate(condition.actors):
        if slot not in bound and condition.seconds / len(actor.motions) >= SHORTEST_BEAT:
            cases += [_Case(slot, beat, motion) for beat, motion in enumerate(actor.motions)]
    return cases


def variety(direct: Direct, *, scenes: int, seed: int, seeds: int = 4) -> float:
    """Mean distance of two actors' paths, in frame widths and heights, between seeds of the same condition."""
    rng, gaps = np.random.default_rng(seed), list[float]()
    for _ in range(scenes):
        condition = replace(choose(rng, count=int(rng.integers(1, 4))), cues=())
        paths = [direct(condition, 100 * seed + take)[..., :2] for take in range(seeds)]
        gaps += [float(np.abs(a - b).mean()) for i, a in enumerate(paths) for b in paths[:i]]
    return float(np.mean(gaps))


def wobble(one: Direct, other: Direct, *, scenes: int, seed: int) -> float:
    """Mean distance of an actor's paths, as in `variety`, between two ways to sample the same condition and seed."""
    rng, gaps = np.random.default_rng(seed), list[float]()
    for _ in range(scenes):
        condition = replace(choose(rng, count=int(rng.integers(1, 4))), cues=())
        gaps.append(float(np.abs(one(condition, seed)[..., :2] - other(condition, seed)[..., :2]).mean()))
    return float(np.mean(gaps))


def timing(direct: Direct, *, scenes: int, seed: int) -> float:
    """Mean distance in keys between a felt landing of a jump or a bounce and the nearest key with the foot lowest."""
    rng, gaps, made = np.random.default_rng(seed), list[float](), 0
    for made in range(scenes):
        motion = ("jump", "bounce")[made % 2]
        condition = Condition((Actor((motion,)),), seconds=float(rng.uniform(2, 10)))
        y, force = (direct(condition, made)[0, :, c] for c in (Y, IMPACT))
        falling = np.append(False, np.diff(y) > 0.008)
        down = [k for k in range(1, KEYS - 1) if falling[k] and not falling[k + 1]]
        felt = [k for k in range(1, KEYS - 1) if force[k] > 0.35 and force[k] == force[k - 1 : k + 2].max()]
        gaps += [float(min(abs(k - d) for d in down)) for k in felt if down]
    return float(np.mean(gaps)) if gaps else float("nan")
