"""Follows one thing through a clip's pictures, and how many of it there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.diorama.scene import COLOURS
from engine.evaluate.nets import READINGS, WATCHED
from engine.evaluate.sight import Figures, Seen
from engine.evaluate.vocabulary import classes

_LEAST = 0.08
"""Least probability for a figure to be this thing at all."""

_ONE_OF_THEM = 0.15
"""Least probability for a figure to count as one of several."""

_STRAY = 6.0
"""How much less likely a figure is one screen height away from where the thing was a picture ago (in nats)."""


@dataclass(frozen=True)
class Track:
    """One thing, picture by picture: (t,) centre x and y, height, likeness 0 … 1 (0: not seen), and (t, 5) its pose.

    Where it is not seen it stays as it was. ``colours`` (COLOURS,) is its mean colour.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    tall: NDArray[np.float64]
    likeness: NDArray[np.float64]
    pose: NDArray[np.float64]
    colours: NDArray[np.float64]

    @property
    def foot(self) -> NDArray[np.float64]:
        """(t,) height of the lower edge."""
        return self.y + self.tall / 2

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(t,) in which pictures it was found."""
        return self.likeness > 0


def presence(seen: Seen, noun: str) -> float:
    """How surely ``noun`` is to be seen at some time: the mean of the best sixth of the pictures."""
    best = np.sort([_likeness(one, noun).max(initial=0.0) for one in seen.figures])
    return float(best[-max(len(best) // 6, 1) :].mean())


def number(seen: Seen, noun: str) -> int:
    """How many there are: seen at once in at least a third of the pictures in which any is seen."""
    counts = np.array([int((_likeness(one, noun) > _ONE_OF_THEM).sum()) for one in seen.figures])
    some = np.sort(counts[counts > 0])
    return int(some[len(some) * 2 // 3]) if len(some) else 0


def follow(seen: Seen, noun: str) -> Track:
    """The likeliest ``noun`` through the clip, from the picture where it is surest outwards."""
    likeness = [_likeness(one, noun) for one in seen.figures]
    best = [float(one.max(initial=0.0)) for one in likeness]
    start, count = int(np.argmax(best)), len(best)
    chosen: list[int | None] = [None] * count
    for way in (range(start, count), range(start, -1, -1)):
        at: NDArray[np.float32] | None = None
        for k in way:
            chosen[k] = _next(seen.figures[k], likeness[k], at)
            index = chosen[k]
            if index is not None:
                at = seen.figures[k].spots[index]
    return _track(seen, likeness, chosen, start)


def _next(figures: Figures, likeness: NDArray[np.float32], at: NDArray[np.float32] | None) -> int | None:
    good = np.flatnonzero(likeness > _LEAST)
    if not len(good):
        return None
    cost = -np.log(likeness[good])
    if at is not None:
        cost = cost + _STRAY * np.hypot((figures.spots[good, 0] - at[0]) * 9 / 16, figures.spots[good, 1] - at[1])
    return int(good[int(np.argmin(cost))])


def _track(seen: Seen, likeness: list[NDArray[np.float32]], chosen: list[int | None], start: int) -> Track:
    rows = np.zeros((len(chosen), 4 + 5))
    rows[:, 5] = 1.0
    colours = np.zeros(len(COLOURS))
    last: NDArray[np.float64] | None = None
    order = [*range(start, len(chosen)), *range(start - 1, -1, -1)]
    for k in order:
        if k == start - 1:
            last = rows[start].copy()
        index = chosen[k]
        if index is not None:
            figures = seen.figures[k]
            sure = float(likeness[k][index])
            rows[k] = (*figures.spots[index, :3], sure, *figures.poses[index])
            colours += sure * np.log(figures.colours[index] + 1e-4)
            last = rows[k].copy()
        elif last is not None:
            rows[k] = last
            rows[k, 3] = 0.0
    weight = max(float(rows[:, 3].sum()), 1e-6)
    hue = np.exp(colours / weight - (colours / weight).max())
    return Track(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4:], hue / hue.sum())


def _likeness(figures: Figures, noun: str) -> NDArray[np.float32]:
    if not len(figures.spots):
        return np.zeros(0, np.float32)
    return figures.names[:, classes().index(noun)]


def readings(track: Track, first: float, last: float, seconds: float) -> NDArray[np.float32]:
    """(READINGS, WATCHED) of the share ``first`` … ``last`` (0 … 1) of a clip of ``seconds``, as `Watch` takes them."""
    opacity = np.where(track.seen, np.clip(track.pose[:, 4], 0, 1), 0.0)
    channels = [track.x, track.foot, np.log(np.maximum(track.tall, 0.01)), *track.pose[:, :4].T, opacity]
    return sampled(np.stack(channels), first, last, seconds)


def sampled(channels: NDArray[np.float64], first: float, last: float, seconds: float) -> NDArray[np.float32]:
    """(READINGS − 1, t) channels over a clip → (READINGS, WATCHED) over a share of it, with that share's length."""
    at = np.linspace(first, last, WATCHED) * (channels.shape[1] - 1)
    rows = [np.interp(at, np.arange(channels.shape[1]), row) for row in channels]
    out = np.stack([*rows, np.full(WATCHED, (last - first) * seconds / 5)]).astype(np.float32)
    assert out.shape[0] == READINGS
    return out
