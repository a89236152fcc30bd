"""Follows one thing through a clip's pictures, and how many of it there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluate.nets import READINGS, WATCHED
from engine.evaluate.sight import THUMB, Figures, Seen
from engine.evaluate.vocabulary import classes

_LEAST = 0.02
"""Least probability for a figure to be this thing at all, where it is looked for by where it was before."""

_ONE_OF_THEM = 0.12
"""Least probability for a figure to count as one of several."""

_STRAY = 8.0
"""How much less likely a figure is one screen height away from where the thing was a picture ago (in nats)."""

_ROWS = 4 + 3 + 4
"""What is kept of a figure besides its likeness: spot, pose, shape."""


@dataclass(frozen=True)
class Track:
    """One thing, picture by picture: (t,) centre x and y, width and height, likeness 0 … 1 (0: not seen).

    (t, 3) ``pose`` and (t, 4) ``shape`` as in `Figures`; ``change`` (t,) how much its looks changed since the picture
    before; ``alone`` whether nothing touches it. Where it is not seen it stays as it was.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    wide: NDArray[np.float64]
    tall: NDArray[np.float64]
    likeness: NDArray[np.float64]
    pose: NDArray[np.float64]
    shape: NDArray[np.float64]
    change: NDArray[np.float64]
    alone: NDArray[np.bool_]
    surest: str
    """What the figures so followed look like, all pictures taken together."""

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
    """How many there are: seen at once in at least a quarter of the pictures in which any is seen."""
    counts = np.array([int((_likeness(one, noun)[one.ranks[:, 0]] > _ONE_OF_THEM).sum()) for one in seen.figures])
    some = np.sort(counts[counts > 0])
    return int(some[len(some) * 3 // 4]) if len(some) else 0


def follow(seen: Seen, noun: str, *, parts: bool = False) -> Track:
    """The likeliest ``noun`` through the clip, from the picture where it is surest outwards.

    Where a blob may be one figure or several, it is seen as one, or with ``parts`` as several.
    """
    likeness = [_likeness(one, noun) * np.where(_unwanted(one, parts=parts), 0.5, 1) for one in seen.figures]
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
    good = np.flatnonzero(likeness > (_LEAST if at is None else 0))
    if not len(good):
        return None
    cost = -np.log(likeness[good] + 0.003)
    if at is not None:
        far = np.hypot((figures.spots[good, 0] - at[0]) * 9 / 16, figures.spots[good, 1] - at[1])
        cost = cost + _STRAY * far
        near = (likeness[good] > _LEAST) | (far < 0.08)  # what just was there is it still, however it is held
        if not near.any():
            return None
        good, cost = good[near], cost[near]
    return int(good[int(np.argmin(cost))])


def _track(seen: Seen, likeness: list[NDArray[np.float32]], chosen: list[int | None], start: int) -> Track:
    rows = np.zeros((len(chosen), 1 + _ROWS))
    alone = np.zeros(len(chosen), np.bool_)
    thumbs = np.zeros((len(chosen), THUMB * THUMB))
    named: list[NDArray[np.float32]] = []
    last: int | None = None
    order = [*range(start, len(chosen)), *range(start - 1, -1, -1)]
    for k in order:
        if k == start - 1:
            last = start
        index = chosen[k]
        if index is not None:
            one = seen.figures[k]
            sure = max(float(likeness[k][index]), 1e-3)
            rows[k] = (sure, *one.spots[index], *one.poses[index], *one.shapes[index])
            thumbs[k], alone[k] = one.thumbs[index], one.alone[index]
            named.append(one.names[index])
            last = k
        elif last is not None:
            rows[k], thumbs[k] = rows[last], thumbs[last]
            rows[k, 0] = 0.0
    change = np.abs(np.diff(thumbs, axis=0, prepend=thumbs[:1])).mean(1)
    surest = _surest(named)
    return Track(
        rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4], rows[:, 0], rows[:, 5:8], rows[:, 8:], change, alone, surest
    )


def _surest(named: list[NDArray[np.float32]]) -> str:
    """The class of most figures' looks, those that say most counting most."""
    if not named:
        return ""
    shares = np.exp(np.stack(named))
    sure = shares.max(axis=1)
    kept = shares[sure >= np.quantile(sure, 0.5)]
    return classes()[int(np.argmax(np.log(kept + 1e-3).mean(axis=0)))]


def _unwanted(figures: Figures, *, parts: bool) -> NDArray[np.bool_]:
    return figures.ranks[:, 1] if parts else ~figures.alone


def _likeness(figures: Figures, noun: str) -> NDArray[np.float32]:
    if not len(figures.spots):
        return np.zeros(0, np.float32)
    return np.exp(figures.names[:, classes().index(noun)])


def readings(
    track: Track, scroll: NDArray[np.float64], first: float, last: float, seconds: float
) -> NDArray[np.float32]:
    """(READINGS, WATCHED) of the share ``first`` … ``last`` (0 … 1) of a clip of ``seconds``, as `Watch` takes them."""
    there = track.seen.astype(float)
    channels = np.stack(
        [track.x, track.foot, np.log(np.maximum(track.tall, 0.01)), np.log(np.maximum(track.wide, 0.01)),
         *track.pose.T, np.log(np.maximum(track.shape[:, 0], 1e-4)) / 2, track.shape[:, 1], track.shape[:, 2],
         2 * track.shape[:, 3] * there, there, 4 * track.change * there, 8 * scroll]
    )  # fmt: skip
    return sampled(channels, first, last, seconds)


def sampled(channels: NDArray[np.float64], first: float, last: float, seconds: float) -> NDArray[np.float32]:
    """(READINGS − 1, t) channels over a clip → (READINGS, WATCHED) over a share of it, with that share's length."""
    at = np.linspace(first, last, WATCHED) * (channels.shape[1] - 1)
    rows = [np.interp(at, np.arange(channels.shape[1]), row) for row in channels]
    out = np.stack([*rows, np.full(WATCHED, (last - first) * seconds / 5)]).astype(np.float32)
    assert out.shape[0] == READINGS
    return out
