"""Reads how two followed things stand to each other, from where they are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluate.stills import HEIGHT, WIDTH
from engine.evaluate.tracks import Track

_FEWEST = 6
"""Pictures in which both must be seen."""

_WAY = 0.05
"""Heights of the picture that both must go in a chase."""


@dataclass(frozen=True)
class Pair:
    """Two things in the pictures that show both: (t,) offsets of the first from the second, in heights of the picture.

    ``across`` between the middles, ``feet`` between the lower edges, ``centres`` between the middles' heights; widths
    and heights of both; ``x`` and ``goal`` are the two middles on the stage.
    """

    across: NDArray[np.float64]
    feet: NDArray[np.float64]
    centres: NDArray[np.float64]
    width: NDArray[np.float64]
    tall: NDArray[np.float64]
    other_width: NDArray[np.float64]
    other_tall: NDArray[np.float64]
    x: NDArray[np.float64]
    goal: NDArray[np.float64]

    @property
    def touch(self) -> NDArray[np.float64]:
        """The distance across at which the two touch."""
        return (self.width + self.other_width) / 2

    @property
    def gap(self) -> NDArray[np.float64]:
        """How far the first's foot is under the second's top (negative: above it)."""
        return self.feet + self.other_tall


def pair(first: Track, second: Track, scroll: NDArray[np.float64] | None = None) -> Pair | None:
    """Measure two tracks; None if hardly seen together. ``scroll`` is the stage's own way, as in `Seen`."""
    both = first.seen & second.seen
    if both.sum() < _FEWEST:
        return None
    ratio = WIDTH / HEIGHT
    x, goal = (track.x[both] * ratio for track in (first, second))
    gone = np.zeros(len(both)) if scroll is None else np.cumsum(scroll) * ratio
    ones = np.ones(int(both.sum()))
    wide, tall, other_wide, other_tall = (
        ones * np.median(values[both]) for values in (first.wide * ratio, first.tall, second.wide * ratio, second.tall)
    )
    return Pair(
        x - goal, (first.foot - second.foot)[both], (first.y - second.y)[both], wide, tall, other_wide, other_tall,
        x - gone[both], goal - gone[both],
    )  # fmt: skip


def _share(condition: NDArray[np.bool_]) -> float:
    return float(np.mean(condition))


def _over(p: Pair) -> bool:
    above = (np.abs(p.across) < 0.6 * p.touch) & (p.gap < 0.35 * p.other_tall)
    return bool(above.any()) and float(p.across[:4].mean() * p.across[-4:].mean()) < 0


def _holding(p: Pair) -> bool:
    """The second is before the first's body, off the ground that the first stands on; or touches it, well off it."""
    before = (np.abs(p.across) < 0.75 * p.width) & (p.feet > 0.005)
    raised = (np.abs(p.across) < 1.05 * p.touch) & (p.feet > 0.1 * p.tall)
    return _share((before | raised) & (np.abs(p.centres) < 0.55 * p.tall)) > 0.75


def _chasing(p: Pair) -> bool:
    """Both are on their way, and the first comes behind."""
    x, goal = _steady(p.x), _steady(p.goal)
    steps = np.diff(goal)
    if np.ptp(goal) < _WAY or np.ptp(x) < _WAY:
        return False
    behind = np.sign(steps) * (goal - x)[1:] > 0
    return float(np.sum(np.abs(steps) * behind) / np.sum(np.abs(steps))) > 0.7


def _steady(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``values`` without their tremor: the mean of seven neighbours."""
    return np.convolve(np.pad(values, 3, mode="edge"), np.full(7, 1 / 7), mode="valid")


SHOWN: dict[str, Callable[[Pair], bool]] = {
    "left_of": lambda p: _share(-p.across > 0.4 * p.touch) > 0.85,
    "right_of": lambda p: _share(p.across > 0.4 * p.touch) > 0.85,
    "behind": lambda p: _share(np.abs(p.across) < 1.4 * p.touch) > 0.7 and float(np.median(p.feet)) < -0.004,
    "in_front_of": lambda p: _share(np.abs(p.across) < 1.4 * p.touch) > 0.7 and float(np.median(p.feet)) > 0.004,
    "on": lambda p: (
        _share(
            (np.abs(p.across) < 0.65 * p.other_width) & (p.gap > -0.45 * p.other_tall) & (p.gap < 0.6 * p.other_tall)
        )
        > 0.7
    ),
    "under": lambda p: _share((np.abs(p.across) < 1.1 * p.touch) & (p.centres > 0)) > 0.7,
    "beside": lambda p: _share((np.abs(p.across) > 0.45 * p.touch) & (np.abs(p.across) < p.touch + 0.25)) > 0.7,
    "over": _over,
    "chasing": _chasing,
    "holding": _holding,
}
"""Relation → whether a pair shows it."""
