"""What a sample must obey to be a scene: valid ranges, clean contacts, and relations exactly true.

The model directs; this only removes what a small model leaves: key-to-key noise, a foot a hair off the ground at
a landing, a rider a hair off its mount. Corrections are smooth shifts of a whole track, never a new motion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.scene import KEYS, TRACK_CHANNELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.model.condition import Condition

X, Y, SCALE, ROTATION, SQUASH, FACING, OPACITY, IMPACT = range(len(TRACK_CHANNELS))
LOWEST = np.array([0.02, 0.12, 0.05, -np.inf, -0.7, -1.0, 0.0, 0.0], np.float32)
HIGHEST = np.array([0.98, 0.86, 2.2, np.inf, 0.6, 1.0, 1.0, 1.0], np.float32)
QUICK = frozenset({"shake", "explode"})
"""Motions whose point is trembling: their keys are not smoothed."""
UNRELATED_MAY_MEET = frozenset({"explode", "chase", "orbit"})


def project(
    condition: Condition, tracks: NDArray[np.float32], camera: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Valid (n, KEYS, 8) tracks and (KEYS, 4) camera near the given ones."""
    tracks, camera = tracks.copy(), _steady_camera(condition, camera)
    for slot, track in enumerate(tracks):
        _smooth(condition, slot, track)
        _contacts(track)
    np.clip(tracks, LOWEST, HIGHEST, out=tracks)
    _spread(condition, tracks)
    for slot in range(len(tracks)):
        _relate(condition, slot, tracks)
    np.clip(tracks, LOWEST, HIGHEST, out=tracks)
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


def _gap(condition: Condition, tracks: NDArray[np.float32], a: int, b: int) -> NDArray[np.float32]:
    """(KEYS,) the distance of two middles at which their pictures touch."""
    widths = condition.extent(a)[0] * tracks[a, :, SCALE] + condition.extent(b)[0] * tracks[b, :, SCALE]
    return (widths / 2).astype(np.float32)


def _spread(condition: Condition, tracks: NDArray[np.float32]) -> None:
    """Move strangers, and neighbours in the wrong order, apart by whole-track shifts until they stand clear."""
    ties = _families(condition)
    for _ in range(4):
        for a in range(len(tracks)):
            for b in range(a + 1, len(tracks)):
                if ties[a] != ties[b]:
                    _part(condition, tracks, ties, a, b)


def _families(condition: Condition) -> list[int]:
    root = list(range(len(condition.actors)))
    for slot in range(len(root)):
        relation, target = condition.link(slot)
        if target is not None and relation not in ("left_of", "right_of", "beside"):
            root = [root[target] if r == root[slot] else r for r in root]
    return root


def _part(condition: Condition, tracks: NDArray[np.float32], ties: list[int], a: int, b: int) -> None:
    seen = np.minimum(tracks[a, :, OPACITY], tracks[b, :, OPACITY]) > 0.1
    if not seen.any():
        return
    side = 1.0 if tracks[b, :, X].mean() >= tracks[a, :, X].mean() else -1.0
    asked = {(a, b): condition.link(a), (b, a): condition.link(b)}
    if asked[a, b] == ("left_of", b) or asked[b, a] == ("right_of", a):
        side = 1.0
    elif asked[a, b] == ("right_of", b) or asked[b, a] == ("left_of", a):
        side = -1.0
    lack = float((0.92 * _gap(condition, tracks, a, b) - side * (tracks[b, :, X] - tracks[a, :, X]))[seen].max())
    if lack <= 0:
        return
    for slot, push in ((a, -side * lack / 2), (b, side * lack / 2)):
        family = [s for s, t in enumerate(ties) if t == ties[slot]]
        low, high = (float(f(tracks[family, :, X])) for f in (np.min, np.max))
        tracks[family, :, X] += np.clip(push, min(0.06 - low, 0.0), max(0.94 - high, 0.0))


def _relate(condition: Condition, slot: int, tracks: NDArray[np.float32]) -> None:
    relation, target = condition.link(slot)
    if target is None:
        return
    own, other = tracks[slot], tracks[target]
    height, width = condition.extent(target)[1], condition.extent(target)[0]
    if relation == "on":
        top = other[:, Y] - 0.88 * height * other[:, SCALE]
        floor = float(np.quantile(own[:, Y] - top, 0.7))
        own[:, Y] -= np.float32(floor)
        reach = 0.25 * width * other[:, SCALE]
        own[:, X] = other[:, X] + np.clip(own[:, X] - other[:, X], -reach, reach)
    elif relation == "over":
        _clear(own, other, height, width)
    elif relation == "holding":
        size = condition.extent(slot)
        reach, lift = 0.5 * size[0] * own[:, SCALE], size[1] * own[:, SCALE]
        other[:, X] = own[:, X] + np.clip(other[:, X] - own[:, X], -reach, reach)
        other[:, Y] = np.clip(other[:, Y], own[:, Y] - 0.6 * lift, own[:, Y] - 0.12 * lift)
    elif relation == "chasing":
        side = 1.0 if (other[-1, X] - other[0, X]) >= 0 else -1.0
        ahead = side * (other[:, X] - own[:, X])
        own[:, X] -= side * np.maximum(0.9 * _gap(condition, tracks, slot, target) - ahead, 0)


def _clear(own: NDArray[np.float32], other: NDArray[np.float32], height: float, width: float) -> None:
    """Lift an arc that would cut through what it leaps over."""
    near = np.abs(own[:, X] - other[:, X]) < 0.3 * width * other[:, SCALE]
    if not near.any():
        return
    lack = (own[:, Y] - (other[:, Y] - 0.95 * height * other[:, SCALE]))[near].max()
    if lack <= 0:
        return
    rest = np.quantile(own[:, Y], 0.95)
    reach = rest - own[:, Y]
    highest = float(reach[near].min())
    if highest > 0.02:
        own[:, Y] = rest - reach * min(1 + lack / highest, 3.0)
