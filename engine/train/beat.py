"""The animator's paper: who acts where (`Body`), one motion's stretch of time (`Beat`), and the curves motions use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.model.condition import Cue


@dataclass
class Body:
    """An actor's room: it keeps its middle in ``left`` … ``right`` and its foot in ``ceiling`` … ``ground``.

    ``width`` and ``height`` are its extent as drawn (fractions of the frame), ``scale`` the drawn scale. ``tempo`` and
    ``vigour`` come from the mood, ``wind`` is 0 … 1.
    """

    left: float
    right: float
    ground: float
    ceiling: float
    width: float
    height: float
    scale: float
    kind: str
    aspect: float
    tempo: float = 1.0
    vigour: float = 1.0
    wind: float = 0.0


@dataclass
class Beat:
    """One motion of one actor: ``u`` (k,) are the seconds since it began, ``seconds`` how long it lasts.

    ``cycles`` is how often its principal movement repeats itself, as the model is told too.
    """

    u: NDArray[np.float64]
    seconds: float
    cycles: float
    cue: Cue
    body: Body
    rng: np.random.Generator
    x: float
    facing: float
    opening: bool
    """True for the clip's first motion: it may choose its own start."""


@dataclass
class Pose:
    """The eight track channels over one beat, each (k,)."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    scale: NDArray[np.float64]
    rotation: NDArray[np.float64]
    squash: NDArray[np.float64]
    facing: NDArray[np.float64]
    opacity: NDArray[np.float64]
    impact: NDArray[np.float64]

    def stack(self) -> NDArray[np.float64]:
        """(k, 8) in the order of `TRACK_CHANNELS`."""
        return np.stack(
            [self.x, self.y, self.scale, self.rotation, self.squash, self.facing, self.opacity, self.impact], axis=-1
        )


def rest(beat: Beat) -> Pose:
    """Standing still where the beat starts."""
    one = np.ones_like(beat.u)
    return Pose(
        one * beat.x, one * beat.body.ground, one.copy(), one * 0, one * 0, one * beat.facing, one.copy(), one * 0
    )


def ramp(u: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
    """0 before ``start``, 1 after ``end``, slow in and slow out between."""
    q = np.clip((u - start) / max(end - start, 1e-6), 0, 1)
    return q * q * (3 - 2 * q)


def bump(u: NDArray[np.float64], centre: float, width: float) -> NDArray[np.float64]:
    """A soft pulse of height 1 at ``centre``; ``width`` is its standard deviation."""
    return np.exp(-0.5 * ((u - centre) / width) ** 2)


def arc(u: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
    """A thrown thing's height between ``start`` and ``end``: 0, up to 1, and 0 again."""
    q = np.clip((u - start) / max(end - start, 1e-6), 0, 1)
    return 4 * q * (1 - q)


def wave(u: NDArray[np.float64], hz: float, phase: float = 0.0) -> NDArray[np.float64]:
    """A sine of ``hz`` cycles a second."""
    return np.sin(2 * np.pi * (hz * u + phase))


def hit(beat: Beat, pose: Pose, when: float, strength: float) -> None:
    """Mark a contact at the key pose nearest to ``when``."""
    if not 0 <= when <= beat.seconds or len(beat.u) < 2:
        return
    key = int(np.argmin(np.abs(beat.u - when)))
    keys = np.arange(len(beat.u))
    pose.impact[:] = np.maximum(pose.impact, strength * np.exp(-2.0 * (keys - key) ** 2))


def rate(beat: Beat, share: float = 1.0) -> float:
    """Cycles a second: the motion's own, or ``share`` times as many, a whole number of them in the beat."""
    return (beat.cycles if share == 1.0 else max(1, round(beat.cycles * share))) / beat.seconds


def altitude(beat: Beat, low: float, high: float) -> float:
    """A foot height between two fractions of the way from ground to ceiling."""
    share = beat.rng.uniform(low, high)
    return beat.body.ground + (beat.body.ceiling - beat.body.ground) * share


@dataclass
class Path:
    """A way back and forth on the ground: position, direction (−1, +1), and when it turns (seconds)."""

    x: NDArray[np.float64]
    facing: NDArray[np.float64]
    turns: list[float]


def travel(beat: Beat, speed: float, *, ease: float = 1.0) -> Path:
    """Go to the far end of the actor's room and, where time allows, back: ``speed`` is frame widths a second.

    ``ease`` 1 starts and stops softly, 0 moves evenly.
    """
    body, rng = beat.body, beat.rng
    low, high = body.left, body.right
    length = max(high - low, 1e-3)
    start = beat.x
    if beat.opening:
        start = low + length * (0.06 if beat.facing > 0 else 0.94)
    goal = high if high - start > start - low else low
    goal = start + (goal - start) * rng.uniform(0.9, 1.0)
    legs = int(np.clip(round(speed * body.tempo * beat.seconds / length), 1, 5))
    stops = [start, goal]
    for _ in range(legs - 1):
        stops.append(low + (high - stops[-1]) + rng.uniform(-0.04, 0.04) * length)
    stops = [float(np.clip(s, low, high)) for s in stops]
    lengths = np.maximum(np.abs(np.diff(stops)), 1e-3)
    times = np.concatenate([[0.0], np.cumsum(lengths)]) / lengths.sum() * beat.seconds
    x, facing = np.full_like(beat.u, stops[0]), np.full_like(beat.u, beat.facing)
    for i in range(legs):
        q = np.clip((beat.u - times[i]) / (times[i + 1] - times[i]), 0, 1)
        eased = ease * q * q * (3 - 2 * q) + (1 - ease) * q
        now = beat.u >= times[i] - 1e-9
        x = np.where(now, stops[i] + (stops[i + 1] - stops[i]) * eased, x)
        facing = np.where(now, np.sign(stops[i + 1] - stops[i]) or beat.facing, facing)
    return Path(x, facing, [float(t) for t in times[1:-1]])
