"""Where each actor is at any moment: the scene's key poses made smooth, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.diorama.journey import STRIDE, Journey
from engine.diorama.scene import KEYS, TRACK_CHANNELS, Scene, Subject

X, Y, SCALE, ROTATION, SQUASH, FACING, OPACITY, IMPACT = range(len(TRACK_CHANNELS))

HORIZON = 0.66
"""No ground lies above this height in any place that has one."""

DENSITY = 4
"""Smooth samples between two keys."""

AIRY = frozenset({"fly", "float", "hover", "orbit", "swim"})
"""Motions without contact to the ground."""


def smooth(keys: NDArray[np.float32]) -> NDArray[np.float64]:
    """Monotone cubic interpolation of (k, c) keys at `DENSITY` samples a key: smooth, and never past a key's value."""
    values = keys.astype(np.float64)
    step = np.diff(values, axis=0)
    slope = np.zeros_like(values)
    before, after = step[:-1], step[1:]
    same = before * after > 0
    total = np.where(same, before + after, 1.0)
    slope[1:-1] = np.where(same, 2 * before * after / total, 0.0)  # harmonic mean keeps bounces from overshooting
    slope[0], slope[-1] = step[0], step[-1]
    t = (np.arange(DENSITY) / DENSITY)[None, :, None]
    first, last = values[:-1, None], values[1:, None]
    start, end = slope[:-1, None], slope[1:, None]
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * first
        + (t**3 - 2 * t**2 + t) * start
        + (3 * t**2 - 2 * t**3) * last
        + (t**3 - t**2) * end
    )
    return np.concatenate([curve.reshape(-1, values.shape[1]), values[-1:]])


@dataclass(frozen=True)
class Pose:
    """An actor at one moment; lengths in fractions of the frame, ``air`` = height above its own ground line.

    ``shade`` is the height at which its shadow falls, ``cycle`` counts steps, ``speed`` and ``rise`` are per second.
    """

    x: float
    y: float
    scale: float
    rotation: float
    squash: float
    facing: float
    opacity: float
    air: float
    ground: float
    shade: float
    speed: float
    rise: float
    cycle: float
    motion: str


class Course:
    """One subject's way through the clip, sampled densely once and read at any time."""

    def __init__(
        self, scene: Scene, index: int, *, aspect: float, ground: float | None, journey: Journey | None = None
    ) -> None:
        """``aspect`` is width / height; ``ground`` where floating actors cast their shadow (None: nowhere).

        On a ``journey`` its legs and its dust know that the world goes by.
        """
        self.subject: Subject = scene.brief.subjects[index]
        self.seconds = scene.seconds
        self.dense = smooth(scene.tracks[index])
        y = self.dense[:, Y]
        motions = self.subject.motions or ("idle",)
        self.motions = motions
        floats = ground is not None and all(m in AIRY for m in motions)
        own = float(np.quantile(y, 0.92)) if len(set(motions) & AIRY) else float(y.max())
        self.baseline = max(own, ground) if floats and ground is not None else own
        self.carried = self.subject.relation == "on"
        # What stands high up stands on something: its shadow falls on the ground far below.
        self.shade = max(self.baseline, ground) if ground is not None and self.baseline < HORIZON else self.baseline
        step = scene.seconds / (len(self.dense) - 1)
        self.velocity = np.gradient(self.dense[:, (X, Y)], max(step, 1e-6), axis=0)
        frame_width = max(1.0, aspect)  # in units of the shorter side
        pace = np.zeros(len(self.dense))
        if journey is not None and index in journey.members:
            pace = np.interp(np.linspace(0, KEYS - 1, len(self.dense)), np.arange(KEYS), journey.pace)
            self.velocity[:, 0] += journey.way * pace / frame_width
        travel = np.abs(self.velocity[:, 0]) * frame_width * step
        height = np.maximum(self.subject.size * self.dense[:, SCALE], 0.05)
        shares = np.minimum((np.arange(len(self.dense)) * len(motions)) // len(self.dense), len(motions) - 1)
        stride = np.array([STRIDE.get(m, 0.8) for m in motions])[shares]
        # Legs keep a little rhythm even on the spot, as on a treadmill with a following camera.
        idle = np.array(
            [{"walk": 1.1, "run": 2.0, "chase": 2.0, "climb": 1.3, "dance": 1.6}.get(m, 0.0) for m in motions]
        )
        rhythm = np.maximum(travel / (stride * height), np.where(pace > 0, 0.0, idle[shares]) * step)
        self.cycle = np.cumsum(np.minimum(rhythm, 3.4 * step))

    def motion(self, time: float) -> str:
        """The motion that the prompt asks for at ``time``."""
        return self.motions[min(len(self.motions) - 1, max(0, int(time / self.seconds * len(self.motions))))]

    def at(self, time: float) -> Pose:
        """The pose at ``time`` seconds (clamped to the clip)."""
        position = min(max(time / self.seconds, 0.0), 1.0) * (len(self.dense) - 1)
        low = min(int(position), len(self.dense) - 2)
        share = position - low
        row = self.dense[low] * (1 - share) + self.dense[low + 1] * share
        pace = self.velocity[low] * (1 - share) + self.velocity[low + 1] * share
        return Pose(
            x=float(row[X]),
            y=float(row[Y]),
            scale=max(0.02, float(row[SCALE])),
            rotation=float(row[ROTATION]),
            squash=float(np.clip(row[SQUASH], -0.8, 0.8)),
            facing=float(row[FACING]),
            opacity=float(np.clip(row[OPACITY], 0, 1)),
            air=0.0 if self.carried else max(0.0, self.baseline - float(row[Y])),
            ground=self.baseline,
            shade=self.shade,
            speed=float(pace[0]),
            rise=-float(pace[1]),
            cycle=float(self.cycle[low] * (1 - share) + self.cycle[low + 1] * share),
            motion=self.motion(time),
        )

    def impacts(self) -> list[tuple[float, float, float, float]]:
        """(time, strength, x, y) of each landing or bump."""
        force = self.dense[:, IMPACT]
        found: list[tuple[float, float, float, float]] = []
        for k in range(1, len(force) - 1):
            if force[k] > 0.3 and force[k] >= force[k - 1] and force[k] > force[k + 1]:
                time = k / (len(force) - 1) * self.seconds
                if not found or time - found[-1][0] > 0.12:
                    found.append((time, float(min(force[k], 1)), float(self.dense[k, X]), float(self.dense[k, Y])))
        return found

    def crossings(self) -> list[tuple[float, float, float]]:
        """(time, x, y) at each moment when it becomes visible or invisible."""
        seen = self.dense[:, OPACITY] > 0.5
        turns = np.flatnonzero(seen[1:] != seen[:-1])
        return [
            (float(k) / (len(seen) - 1) * self.seconds, float(self.dense[k, X]), float(self.dense[k, Y])) for k in turns
        ]


def camera_course(scene: Scene) -> NDArray[np.float64]:
    """The camera (x, y, zoom, shake) at `DENSITY` samples a key."""
    assert scene.camera.shape[0] == KEYS
    return smooth(scene.camera)
