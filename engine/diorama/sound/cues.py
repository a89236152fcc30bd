"""Reads a scene's tracks for what must be heard: landings, steps, wing beats, leaps, pops, explosions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.journey import embark
from engine.diorama.scene import CAMERA_CHANNELS, KEYS, TRACK_CHANNELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.scene import Scene
    from engine.diorama.sound.dsp import Wave

_X, _Y, _SCALE, _ROTATION, _OPACITY, _IMPACT = (
    TRACK_CHANNELS.index(name) for name in ("x", "y", "scale", "rotation", "opacity", "impact")
)
_CAMERA_X, _CAMERA_ZOOM = CAMERA_CHANNELS.index("x"), CAMERA_CHANNELS.index("zoom")

WATER = frozenset(("sea", "underwater", "river"))
_STEPPING = {"walk": (1.6, 2.6), "run": (2.8, 4.6), "chase": (2.8, 4.6), "climb": (1.4, 2.2),
             "dance": (2.0, 3.0)}  # fmt: skip
"""Motion → least and most steps a second."""
_LEAST_IMPACT = 0.3
"""As the painter, which raises dust at the same moments."""
_LEAST_FALL = 0.015
"""A foot that moves less (in frames) around an impact did not fall: something was bumped into."""
HITS = frozenset(("thud", "bounce", "crash", "splash", "explosion"))
"""Sounds that belong to a moment which is seen."""


@dataclass(frozen=True)
class Cue:
    """Something to be heard: ``sound`` names an effect, ``strength`` is 0 … 1, ``seconds`` its length (0: its own)."""

    time: float
    sound: str
    subject: int
    strength: float = 1.0
    seconds: float = 0.0


class Motion:
    """One subject's tracks as functions of time."""

    def __init__(self, scene: Scene, subject: int) -> None:
        scene, journey = embark(scene)
        self.scene, self.index = scene, subject
        self.subject = scene.brief.subjects[subject]
        self.track = scene.tracks[subject]
        self.times = np.linspace(0.0, scene.seconds, KEYS)
        step = scene.seconds / (KEYS - 1)
        self.velocity_x = np.gradient(self.track[:, _X], step)
        self.going = np.abs(self.velocity_x)
        if journey is not None and subject in journey.members:
            self.going = journey.pace
        self.velocity_y = np.gradient(self.track[:, _Y], step)
        self.turning = np.abs(np.gradient(self.track[:, _ROTATION], step))
        self.visible = self.track[:, _OPACITY] > 0.3

    def on_screen(self, at: Wave | float) -> Wave:
        """Horizontal place in the picture at seconds ``at``, 0 left … 1 right, camera included."""
        camera = self.scene.camera
        x = (self.track[:, _X] - camera[:, _CAMERA_X]) * camera[:, _CAMERA_ZOOM] + 0.5
        return np.interp(at, self.times, x).astype(np.float32)

    def spans(self, *motions: str) -> list[tuple[str, float, float]]:
        """(motion, start, end) of the shares of the clip in which one of ``motions`` plays."""
        share = self.scene.seconds / len(self.subject.motions)
        return [(m, i * share, (i + 1) * share) for i, m in enumerate(self.subject.motions) if m in motions]

    def between(self, start: float, end: float) -> NDArray[np.bool_]:
        """Which keys lie in ``start`` … ``end``."""
        return (self.times >= start) & (self.times <= end)


def find(scene: Scene) -> list[Cue]:
    """Every cue of ``scene``, in order of time."""
    cues: list[Cue] = []
    for index in range(len(scene.brief.subjects)):
        motion = Motion(scene, index)
        for finder in (_impacts, _steps, _leaps, _spins, _changes, _wings, _strokes, _long_moves):
            cues += finder(motion)
    return sorted((cue for cue in cues if cue.time < scene.seconds), key=lambda cue: (cue.time, cue.subject, cue.sound))


def peak_times(values: Wave, times: Wave, least: float) -> list[tuple[float, float]]:
    """(second, height) of each local peak above ``least``, placed between keys by the parabola through it."""
    padded = np.pad(values.astype(float), 1, constant_values=-1.0)
    here, before, after = padded[1:-1], padded[:-2], padded[2:]
    peaks: list[tuple[float, float]] = []
    for key in np.flatnonzero((here >= least) & (here > before) & (here >= after)):
        offset = 0.0
        if 0 < key < len(values) - 1:
            curve = before[key] - 2 * here[key] + after[key]
            offset = float(np.clip(0.5 * (before[key] - after[key]) / curve, -0.5, 0.5)) if curve < 0 else 0.0
        peaks.append((float(np.interp(key + offset, np.arange(len(times)), times)), float(here[key])))
    return peaks


def _impacts(motion: Motion) -> list[Cue]:
    place = motion.scene.brief.place
    bouncing = motion.spans("bounce")
    cues: list[Cue] = []
    for time, height in peak_times(motion.track[:, _IMPACT], motion.times, _LEAST_IMPACT):
        springy = any(start <= time <= end for _, start, end in bouncing)
        sound = (
            "splash"
            if place in WATER
            else "bounce"
            if springy
            else "crash"
            if motion.subject.kind == "vehicle"
            else "thud"
        )
        cues.append(Cue(_contact(motion, time), sound, motion.index, min(1.0, height)))
    return cues


def _contact(motion: Motion, time: float) -> float:
    """The moment near ``time`` at which the foot first reaches its lowest point: what the eye takes for the landing."""
    reach = 1.7 * float(motion.times[1])
    near = np.linspace(max(0.0, time - reach), min(time + reach, motion.scene.seconds), 49)
    foot = np.interp(near, motion.times, motion.track[:, _Y])
    if foot.max() - foot.min() < _LEAST_FALL:
        return time
    return float(near[int(np.argmax(foot > foot.max() - 0.1 * (foot.max() - foot.min())))])


def _steps(motion: Motion) -> list[Cue]:
    if motion.subject.kind not in ("animal", "person") or motion.scene.brief.place in WATER | {"sky", "space"}:
        return []
    cues: list[Cue] = []
    for name, start, end in motion.spans(*_STEPPING):
        slowest, fastest = _STEPPING[name]
        stride = max(0.06, 0.45 * motion.subject.size)
        rate = np.clip(motion.going / stride, slowest, fastest) * motion.visible
        phase = np.interp(np.arange(start, end, 0.01), motion.times, rate).cumsum() * 0.01
        for foot in range(1, int(phase[-1] if phase.size else 0) + 1):
            when = start + 0.01 * int(np.searchsorted(phase, foot - 0.5))
            cues.append(Cue(when, "step", motion.index, 0.5 if name in ("run", "chase") else 0.35))
    return cues


def _leaps(motion: Motion) -> list[Cue]:
    """A whoosh where the subject suddenly goes up or fast."""
    speed = np.hypot(motion.velocity_x, motion.velocity_y)
    jumps = motion.spans("jump")
    rising = np.where(motion.velocity_y < -0.25, -motion.velocity_y, 0.0)
    starts = np.flatnonzero((rising[1:] > 0) & (rising[:-1] == 0)) + 1
    cues = [
        Cue(float(motion.times[key - 1]), "jump", motion.index, 0.6)
        for key in starts
        if any(start <= motion.times[key] <= end for _, start, end in jumps)
    ]
    for time, height in peak_times(speed, motion.times, 1.1):
        if all(abs(time - cue.time) > 0.5 for cue in cues):
            cues.append(Cue(max(0.0, time - 0.12), "whoosh", motion.index, min(1.0, height / 3)))
    return cues


def _spins(motion: Motion) -> list[Cue]:
    fast = motion.turning > 4.0
    starts = np.flatnonzero(np.diff(np.concatenate(([0], fast.astype(int)))) == 1)
    rolling = motion.spans("roll")
    cues: list[Cue] = []
    for key in starts:
        length = float(np.argmin(np.append(fast[key:], False)) * (motion.times[1]))
        if length >= 0.15 and not any(start <= motion.times[key] <= end for _, start, end in rolling):
            cues.append(Cue(float(motion.times[key]), "spin", motion.index, 0.5, min(length, 4.0)))
    return cues


def _changes(motion: Motion) -> list[Cue]:
    """Appearing, vanishing, exploding."""
    opacity = motion.track[:, _OPACITY]
    crossing = np.diff((opacity > 0.5).astype(int))
    cues = [
        Cue(float(motion.times[key]), "pop" if crossing[key] > 0 else "poof", motion.index, 0.8)
        for key in np.flatnonzero(crossing)
    ]
    for _, start, end in motion.spans("explode"):
        inside = motion.between(start, end)
        peaks = peak_times(np.where(inside, motion.track[:, _IMPACT], 0.0), motion.times, _LEAST_IMPACT)
        growth = np.where(inside, np.gradient(motion.track[:, _SCALE]), 0.0)
        when = peaks[0][0] if peaks else float(motion.times[int(growth.argmax())]) if growth.max() > 0 else start
        cues.append(Cue(when, "explosion", motion.index))
    return cues


def _wings(motion: Motion) -> list[Cue]:
    if motion.subject.kind not in ("flyer", "animal"):
        return []
    beats = float(np.clip(1.2 / max(motion.subject.size, 0.05), 2.5, 9.0))
    return [
        Cue(float(time), "flap", motion.index, 0.35)
        for _, start, end in motion.spans("fly", "hover")
        for time in np.arange(start + 0.05, end, 1 / beats)
        if np.interp(time, motion.times, motion.visible) > 0.5
    ]


def _strokes(motion: Motion) -> list[Cue]:
    return [
        Cue(float(time), "bubbles" if motion.scene.brief.place == "underwater" else "stroke", motion.index, 0.4)
        for _, start, end in motion.spans("swim")
        for time in np.arange(start + 0.2, end - 0.2, 0.9)
    ]


_LONG = {"grow": "rising_whistle", "shrink": "falling_whistle", "fall": "falling_whistle", "shake": "rattle",
         "roll": "rolling", "slide": "sliding", "sleep": "snore"}  # fmt: skip


def _long_moves(motion: Motion) -> list[Cue]:
    cues: list[Cue] = []
    for name, start, end in motion.spans(*_LONG):
        length = min(end - start, 1.6) if name in ("fall", "grow", "shrink") else end - start
        landing = [t for t, _ in peak_times(motion.track[:, _IMPACT], motion.times, _LEAST_IMPACT) if start < t < end]
        if name == "fall" and landing:
            length = min(length, landing[0] - start)
        if length > 0.2:
            cues.append(Cue(start, _LONG[name], motion.index, 0.4, length))
    return cues
