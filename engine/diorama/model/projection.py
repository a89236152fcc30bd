"""What a sample must obey to be a scene: valid ranges, clean contacts, and relations exactly true.

The model directs; this only removes what a small model leaves: key-to-key noise, a foot a hair off the ground at
a landing, a rider a hair off its mount. Corrections are smooth shifts of a whole track, never a new motion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.model.bonds import HIGHEST_TOP, ORDERS, SIDE
from engine.diorama.model.clock import JOIN
from engine.diorama.model.condition import ROAMING
from engine.diorama.model.crowd import stage
from engine.diorama.model.latents import FACING, IMPACT, OPACITY, ROTATION, SCALE, SQUASH, X, Y
from engine.diorama.scene import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.diorama.model.condition import Condition

LOWEST = np.array([0.02, 0.12, 0.05, -np.inf, -0.7, -1.0, 0.0, 0.0], np.float32)
HIGHEST = np.array([0.98, 0.86, 2.2, np.inf, 0.6, 1.0, 1.0, 1.0], np.float32)
QUICK = frozenset({"shake", "explode"})
"""Motions whose point is trembling: their keys are not smoothed."""
ON_THE_SPOT = frozenset({
    "idle", "spin", "dance", "wave", "grow", "shrink", "explode", "shake", "appear", "vanish", "hover", "sleep",
})  # fmt: skip

FOOTED = frozenset({
    "idle", "walk", "run", "jump", "bounce", "wave", "chase", "drive", "roll", "slide", "grow", "shrink", "shake",
    "explode", "sleep",
})  # fmt: skip
"""Motions that keep to a ground line, or leave it by leaps only."""

LANDING = frozenset({"jump", "bounce"})
"""Motions whose landings are heard; the bounds of a run are not landings."""

HOVER = 0.02
"""Height, in frames, that a foot on the ground may be off its line through the model's noise."""

LOWEST_FLIGHT = 0.72
"""How low, in the frame, a way through the air is brought so that all of it is seen."""

LEAST_DROP, GATHERS = 0.1, 1.7
"""From how deep a fall on, in the frame's height, it is made to gather speed, and the power of its way for that."""

STRIDING = frozenset({"walk", "run", "drive", "swim"})
PAIR = 2

SOARS, STRIDES, MOST_GROWTH = 0.15, 0.24, 3.0
"""How far a flyer climbs and sinks at least, in the frame's height, how wide the way is, in its width, of who runs
beside something, and how much their own ways are stretched for that at most."""

CARRYING = frozenset({"chasing", "holding"})
"""Relations whose target moves along, whatever its own motion is."""


def project(
    condition: Condition,
    tracks: NDArray[np.float32],
    camera: NDArray[np.float32],
    *,
    held: Mapping[int, NDArray[np.float32]] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Valid (n, KEYS, 8) tracks and (KEYS, 4) camera near the given ones.

    The slots in ``held`` get exactly the (KEYS, 8) tracks there; whoever relates to them gives way.
    """
    tracks, camera = tracks.copy(), _steady_camera(condition, camera)
    held = held or {}
    for slot, track in enumerate(tracks):
        if slot in held:
            track[:] = held[slot]
            continue
        _smooth(condition, slot, track)
        _contacts(track)
        _stand(condition, slot, track)
        _drop(condition, slot, track)
        _stride(condition, slot, tracks)
        _roll(condition, slot, track)
        _rest(condition, slot, track)
    np.clip(tracks, LOWEST, HIGHEST, out=tracks)
    tracks = stage(condition, tracks, held)
    _keep_heads_in(condition, tracks)
    np.clip(tracks, LOWEST, HIGHEST, out=tracks)
    for slot, track in held.items():
        tracks[slot] = track
    return tracks, camera


def _soften(values: NDArray[np.float32], centre: float) -> NDArray[np.float32]:
    """One pass of a three-key average along the keys; ``centre`` is the middle key's weight."""
    padded = np.pad(values, [(1, 1)] + [(0, 0)] * (values.ndim - 1), mode="edge")
    side = (1 - centre) / 2
    return (side * padded[:-2] + centre * padded[1:-1] + side * padded[2:]).astype(np.float32)


def _smooth(condition: Condition, slot: int, track: NDArray[np.float32]) -> None:
    quick = bool(QUICK & set(condition.actors[slot].motions))
    still = [X, Y, ROTATION, SQUASH] if not quick else [Y]
    track[:, still] = _soften(track[:, still], 0.7)
    for channel in (SCALE, OPACITY):
        track[:, channel] = _soften(_soften(track[:, channel], 0.5), 0.5)
    facing, side = _soften(_soften(track[:, FACING], 0.5), 0.5), 0.0
    for key in range(KEYS):  # a turn needs a clear sign: the model's doubt around zero must not flicker
        if side == 0.0 or facing[key] * side < -0.3:
            side = 1.0 if facing[key] >= 0 else -1.0
        track[key, FACING] = side
    opacity = track[:, OPACITY]
    track[:, OPACITY] = np.where(opacity > 0.9, 1.0, np.where(opacity < 0.06, 0.0, opacity))


def _contacts(track: NDArray[np.float32]) -> None:
    """Each hit becomes one sharp pulse at the key where the foot is lowest; the rest of the channel is silent."""
    raw, y = track[:, IMPACT].copy(), track[:, Y]
    track[:, IMPACT] = 0.0
    last = -KEYS
    for key in range(KEYS):
        near = slice(max(key - 1, 0), key + 2)
        if raw[key] < 0.35 or raw[key] < raw[near].max() or key - last < 3:
            continue
        reach = range(max(key - 1, 0), min(key + 2, KEYS))
        touch = max(reach, key=lambda k: (round(float(y[k]), 3), -abs(k - key)))
        around = y[max(touch - 3, 0) : touch + 4]
        if around.max() - y[touch] < 0.03:
            y[touch] = around.max()
        track[touch, IMPACT] = min(1.0, float(raw[key]))
        last = key


def _stand(condition: Condition, slot: int, track: NDArray[np.float32]) -> None:
    """While an actor acts on the spot it does not slide."""
    bonds = [condition.link(s) for s in range(len(condition.actors))]
    carried = bonds[slot][0] not in ("none", *ORDERS)
    if carried or any(target == slot and relation in CARRYING for relation, target in bonds):
        return
    x = track[:, X].copy()
    slow = np.convolve(np.pad(x, 8, mode="edge"), np.full(17, 1 / 17), mode="valid").astype(np.float32)
    off, join = np.float32(0.0), max(round(JOIN / condition.seconds * (KEYS - 1)), 2)
    for clock in condition.clocks(slot):
        here = slice(clock.first, clock.last)
        ease = _ease(clock.last - clock.first, 0 if clock.first == 0 else join)
        if clock.motion in ON_THE_SPOT:
            # What is left of x is its quick movement around where the motion before it came to an end.
            stand = np.float32(np.median(x[here][-(clock.last - clock.first) * 2 // 3 :]))
            drift = stand - slow[here]
            track[here, X] += drift * ease + off * (1 - ease)
            off = drift[-1]
        else:
            track[here, X] += off * (1 - ease)
            off = np.float32(0.0)
        if clock.motion in ON_THE_SPOT - {"dance"}:
            track[here, FACING] = 1.0 if track[here, FACING].sum() >= 0 else -1.0


def _ease(length: int, join: int) -> NDArray[np.float32]:
    """(length,) 0 at the first key, 1 after ``join`` keys, slow in and out; 1 throughout for no ``join``."""
    if join == 0:
        return np.ones(length, np.float32)
    q = np.clip(np.arange(length) / join, 0, 1)
    return (q * q * (3 - 2 * q)).astype(np.float32)


def _rest(condition: Condition, slot: int, track: NDArray[np.float32]) -> None:
    """Between leaps a foot rests on one line: near it there is no hovering, and below it nothing sinks."""
    if condition.floating or not FOOTED.issuperset(condition.deeds(slot)):
        return
    motions = [clock.motion for clock in condition.clocks(slot) for _ in range(clock.first, clock.last)]
    y = track[:, Y]
    line = float(np.median(y[y > np.quantile(y, 0.4)]))
    above = np.maximum(line - y, 0.0)
    # Up to HOVER it is noise; from twice that on it is a leap, untouched; between the two it rises smoothly.
    leap = np.where(above < 2 * HOVER, np.maximum(2 * (above - HOVER), 0.0), above)
    track[:, Y] = line - leap
    for touch in np.flatnonzero((leap[1:] == 0.0) & (leap[:-1] > 0.0)) + 1:
        if motions[int(touch)] in LANDING:
            _land(track[:, IMPACT], int(touch), float(leap[max(touch - 12, 0) : touch].max()))


def _land(impact: NDArray[np.float32], touch: int, height: float) -> None:
    """The hit of a landing, at the key where the foot comes down; the model's own strength where it felt one near."""
    near = slice(max(touch - 2, 0), touch + 3)
    felt = float(impact[near].max())
    impact[near] = 0.0
    impact[touch] = felt or min(1.0, 0.3 + 2.0 * height)


def _roll(condition: Condition, slot: int, track: NDArray[np.float32]) -> None:
    """A rolling thing turns exactly as far as it travels."""
    height = condition.extent(slot)[1]
    for clock in condition.clocks(slot):
        if clock.motion != "roll":
            continue
        first, last = clock.first, clock.last
        radius = max(height * float(np.median(track[first:last, SCALE])) / 2, 0.03)
        turn = (track[first:last, X] - track[first, X]) * condition.aspect / radius
        carry = track[first, ROTATION] + turn[-1] - track[last - 1, ROTATION]
        track[first:last, ROTATION] = track[first, ROTATION] + turn
        track[last:, ROTATION] += np.float32(2 * np.pi * np.round(carry / (2 * np.pi)))


def _drop(condition: Condition, slot: int, track: NDArray[np.float32]) -> None:
    """Who falls out of the sky gathers speed until the very hit, which the model's even keys blur."""
    hits = np.flatnonzero(track[:, IMPACT])
    if condition.floating or condition.deeds(slot)[0] != "fall" or not len(hits):
        return
    touch, y = int(hits[0]), track[:, Y]
    top, ground = float(y[: touch + 1].min()), float(y[touch])
    if ground - top > LEAST_DROP:
        gone = np.clip((y[:touch] - top) / (ground - top), 0, 1)
        y[:touch] = top + (ground - top) * gone**GATHERS


def _stride(condition: Condition, slot: int, tracks: NDArray[np.float32]) -> None:
    """Who runs or walks beside something that stays gets a way to go: the model makes it too short to be seen."""
    if len(tracks) != PAIR or not STRIDING.issuperset(condition.actors[slot].motions):
        return
    still = 1 - slot
    beside = condition.link(slot) == ("beside", still) or condition.link(still) == ("beside", slot)
    if not beside or ROAMING & set(condition.actors[still].motions):
        return
    x = tracks[slot, :, X].copy()
    taken = sum(condition.outline(s)[0] * float(np.median(tracks[s, :, SCALE])) for s in (slot, still))
    wanted = min(STRIDES, 1 - 2 * SIDE - taken)
    growth = np.clip(wanted / max(float(np.ptp(x)), 1e-3), 1.0, MOST_GROWTH)
    near = float(x.min() if np.median(x) >= np.median(tracks[still, :, X]) else x.max())
    tracks[slot, :, X] = near + (x - near) * np.float32(growth)


def _flies_alone(condition: Condition, slot: int) -> bool:
    """Whether ``slot`` only flies and nobody goes by where it is."""
    tied = any(condition.link(other)[1] == slot for other in range(len(condition.actors)))
    return set(condition.actors[slot].motions) == {"fly"} and condition.link(slot)[0] == "none" and not tied


def _keep_heads_in(condition: Condition, tracks: NDArray[np.float32]) -> None:
    """No head leaves the frame.

    Who flies and is so large that little room is left for it climbs and sinks farther than the model dared, and is
    lowered as a whole: a way cut off at the top looks like hovering.
    """
    for slot, track in enumerate(tracks):
        highest = np.minimum(HIGHEST_TOP + condition.extent(slot)[1] * track[:, SCALE], HIGHEST[Y])
        if _flies_alone(condition, slot):
            middle = (float(track[:, Y].max()) + float(track[:, Y].min())) / 2
            growth = np.clip(SOARS / max(float(np.ptp(track[:, Y])), 1e-3), 1.0, MOST_GROWTH)
            track[:, Y] = middle + (track[:, Y] - middle) * np.float32(growth)
            lack = float((highest - track[:, Y]).max())
            track[:, Y] += np.float32(np.clip(lack, 0.0, max(LOWEST_FLIGHT - float(track[:, Y].max()), 0.0)))
        track[:, Y] = np.maximum(track[:, Y], highest)


def _steady_camera(condition: Condition, camera: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smooth, inside the picture, and perfectly still where nobody asked for a moving camera."""
    steady = camera.copy()
    for _ in range(3):
        steady[:, :3] = _soften(steady[:, :3], 0.4)
    if condition.camera == "static":
        steady[:, :3] = (0.5, 0.5, 1.0)
    shakes = condition.camera == "shake" or any({"explode", "fall"} & set(a.motions) for a in condition.actors)
    steady[:, 3] = np.clip(steady[:, 3], 0, 1) * (steady[:, 3] > 0.08) * shakes
    steady[:, 2] = np.clip(steady[:, 2], 1.0, 1.6)
    reach = 0.5 * (1 - 1 / steady[:, 2])
    steady[:, :2] = np.clip(steady[:, :2], 0.5 - reach[:, None], 0.5 + reach[:, None])
    return steady
