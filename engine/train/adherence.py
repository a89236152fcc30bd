"""Does a scene show what was asked? An analytic reading of tracks, for the model card and the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.model.clock import JOIN
from engine.train.acting import FACING, IMPACT, OPACITY, ROTATION, SCALE, SQUASH, X, Y

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.model.condition import Condition


@dataclass(frozen=True)
class Reading:
    """What the eye takes from one beat of one actor. Distances are fractions of the frame, angles radians."""

    travel: float
    rise: float
    end_drop: float
    level: float
    hits: int
    turn: float
    rock: float
    rocks: int
    sway: int
    squash: tuple[float, float, float]
    steady: float
    growth: float
    swell: float
    opacity: tuple[float, float]
    looks: int
    laps: float
    early: float
    lean: float
    rolls: float


def read(track: NDArray[np.float32], lead: int = 0) -> Reading:
    """Read (k, 8) key poses of one beat; its first ``lead`` keys, an eighth at least, may belong to the one before."""
    track = track.astype(np.float64)
    body = track[max(len(track) // 8, min(lead, len(track) // 3)) :]
    x, y, rotation, squash = (body[:, c] for c in (X, Y, ROTATION, SQUASH))
    trend = np.linspace(rotation[0], rotation[-1], len(rotation))
    rocking = rotation - rotation.mean()
    angle = np.unwrap(np.arctan2((y - (y.min() + y.max()) / 2) / max(np.ptp(y), 1e-3),
                                 (x - (x.min() + x.max()) / 2) / max(np.ptp(x), 1e-3)))  # fmt: skip
    ends = max(len(track) // 10, 1)
    moved = np.cumsum(np.abs(np.diff(x)))
    together = np.corrcoef(x, rotation)[0, 1] if np.ptp(x) > 0.01 and np.ptp(rotation) > 0.05 else 0.0
    return Reading(
        travel=float(np.ptp(x)), rise=float(np.ptp(y)), end_drop=float(y[-ends:].mean() - y[:ends].mean()),
        level=float(y.mean()), hits=int(np.sum(track[:, IMPACT] > 0.4)), turn=float(abs(rotation[-1] - rotation[0])),
        rock=float(np.std(rotation - trend)), rocks=_crossings(rocking, 0.02), sway=_crossings(x - x.mean(), 0.002),
        squash=(float(squash.min()), float(squash.mean()), float(squash.max())),
        steady=float(np.ptp(body[:, SCALE]) / max(body[:, SCALE].mean(), 0.02)),
        growth=float(track[-ends:, SCALE].mean() / max(track[: 2 * len(track) // 5, SCALE].min(), 0.02)),
        swell=float(track[:, SCALE].max() / max(track[:ends, SCALE].mean(), 0.02)),
        opacity=(float(track[: 2 * len(track) // 5, OPACITY].min()), float(track[-ends:, OPACITY].mean())),
        looks=int(np.sum(np.diff(np.sign(track[:, FACING])) != 0)), laps=float(abs(angle[-1] - angle[0]) / (2 * np.pi)),
        early=float(moved[len(moved) // 2] / max(moved[-1], 1e-6)), lean=float(np.mean(rotation * body[:, FACING])),
        rolls=float(abs(together)),
    )  # fmt: skip


def _crossings(values: NDArray[np.float64], least: float) -> int:
    """How often ``values`` changes sign by more than ``least``."""
    signs = np.sign(values[np.abs(values) > least])
    return int(np.sum(np.diff(signs) != 0)) if len(signs) else 0


def _stays(r: Reading, far: float = 0.06) -> bool:
    return r.travel < far


SHOWS: dict[str, Callable[[Reading], bool]] = {
    "idle": lambda r: _stays(r) and r.rise < 0.05 and r.rock < 0.09 and r.hits == 0 and r.steady < 0.2,
    "walk": lambda r: r.travel > 0.04 and r.rise < 0.08 and r.turn < 0.6 and r.hits == 0,
    "run": lambda r: r.travel > 0.04 and r.lean > 0.03 and r.squash[2] - r.squash[0] > 0.14 and r.hits == 0,
    "chase": lambda r: r.travel > 0.04 and r.lean > 0.03 and r.squash[2] - r.squash[0] > 0.14,
    "jump": lambda r: r.hits >= 1 and r.rise > 0.05 and r.squash[0] < -0.18,
    "bounce": lambda r: r.hits >= 1 and r.rise > 0.05 and r.squash[0] < -0.15 and r.rock < 0.15,
    "fly": lambda r: r.travel + r.rise > 0.05 and r.hits == 0 and r.level < 0.75,
    "swim": lambda r: r.travel > 0.03 and r.rocks >= 1 and r.rock > 0.06 and r.hits == 0,
    "fall": lambda r: r.hits >= 1 and (r.end_drop > 0.08 or r.turn > 0.9),
    "spin": lambda r: r.turn > 4.5,
    "dance": lambda r: r.rocks >= 2 and r.rock > 0.1 and r.rise > 0.01 and r.hits == 0,
    "wave": lambda r: _stays(r) and r.rocks >= 1 and 0.05 < r.rock < 0.3 and r.turn < 0.6,
    "orbit": lambda r: r.laps > 0.7,
    "float": lambda r: r.rise > 0.015 and r.rock > 0.06 and r.hits == 0 and r.travel < 0.25,
    "drive": lambda r: r.travel > 0.04 and r.rise < 0.05 and r.turn < 0.4 and r.hits == 0,
    "grow": lambda r: r.growth > 1.5 and r.opacity[0] > 0.5,
    "shrink": lambda r: r.growth < 0.65 and r.opacity[1] > 0.5,
    "explode": lambda r: r.opacity[1] < 0.2 and r.swell > 1.2 and r.hits >= 1,
    "shake": lambda r: _stays(r, 0.09) and r.sway >= 3 and r.rise < 0.06 and r.squash[1] < 0.0,
    "climb": lambda r: r.end_drop < -0.08 and r.travel < 0.15,
    "roll": lambda r: r.turn + 4 * r.rock > 0.5 and r.rolls > 0.9 and r.travel > 0.03,
    "slide": lambda r: r.travel > 0.02 and r.early > 0.6 and r.rise < 0.06,
    "appear": lambda r: r.opacity[0] < 0.35 and r.opacity[1] > 0.8 and r.growth > 1.6,
    "vanish": lambda r: r.opacity[1] < 0.2 and r.growth < 0.6,
    "hover": lambda r: _stays(r) and r.level < 0.72 and r.hits == 0 and r.rise < 0.2,
    "sleep": lambda r: _stays(r) and r.squash[1] < -0.11 and r.hits == 0,
}
"""Motion → whether a beat shows it. Necessary signs, not a full definition: some motions share them."""


def motion_shown(condition: Condition, tracks: NDArray[np.float32], slot: int, beat: int) -> bool:
    """Whether the actor's ``beat``-th motion can be seen in its share of the clip."""
    clock = condition.clocks(slot)[beat]
    lead = round(JOIN / condition.seconds * (tracks.shape[1] - 1)) if beat else 0
    return SHOWS[clock.motion](read(tracks[slot, clock.first : clock.last], lead))


@dataclass(frozen=True)
class Pair:
    """Two related actors, key by key: the first's offset from the second, and how far counts as touching it."""

    own: NDArray[np.float64]
    other: NDArray[np.float64]
    dx: NDArray[np.float64]
    dy: NDArray[np.float64]
    touch: NDArray[np.float64]
    reach: NDArray[np.float64]
    top: NDArray[np.float64]
    width: NDArray[np.float64]
    height: NDArray[np.float64]
    skyward: bool
    """Whether one of the two is a thing of the sky, which stands on no ground."""


def pair(condition: Condition, tracks: NDArray[np.float32], slot: int, target: int) -> Pair:
    """Measure ``slot`` against ``target``."""
    own, other = tracks[slot].astype(np.float64), tracks[target].astype(np.float64)
    (w, h), (wide, tall) = condition.extent(slot), condition.extent(target)
    width, breadth = w * own[:, SCALE], wide * other[:, SCALE]
    return Pair(
        own, other, own[:, X] - other[:, X], own[:, Y] - other[:, Y], (width + breadth) / 2, 0.5 * breadth + 0.02,
        tall * other[:, SCALE], width, h * own[:, SCALE],
        "sky" in (condition.actors[slot].kind, condition.actors[target].kind),
    )  # fmt: skip


def _nearer(p: Pair, side: int) -> bool:
    if p.skyward:  # the sun behind a mountain is above it, not farther up the ground
        return bool(np.mean(np.abs(p.dx) < p.touch + 0.02) > 0.9)
    deeper = side * (p.own[:, Y].max() - p.other[:, Y].max())
    return bool(deeper > 0.005 and np.mean(np.abs(p.dx) < p.touch + 0.02) > 0.9)


def _on(p: Pair) -> bool:
    floor = np.quantile(p.dy + 0.88 * p.top, 0.75)
    return bool(abs(floor) < 0.2 * np.median(p.top) and np.mean(np.abs(p.dx) < p.reach) > 0.9)


def _under(p: Pair) -> bool:
    lower = p.dy - 0.5 * p.height + 0.5 * p.top > 0
    return bool(np.mean((np.abs(p.dx) < p.touch) & lower) > 0.8)


def _beside(p: Pair) -> bool:
    near = np.median(np.abs(p.dx)) < np.median(p.touch) + 0.4
    return bool(near and np.mean(np.abs(p.dx) > 0.6 * p.touch) > 0.9)


def _chasing(p: Pair) -> bool:
    way = np.sign(p.other[-1, X] - p.other[0, X])
    return bool(np.mean(-way * p.dx > 0.6 * p.touch) > 0.9 and np.ptp(p.own[:, X]) > 0.03)


HOLDS: dict[str, Callable[[Pair], bool]] = {
    "left_of": lambda p: bool(np.mean(-p.dx > 0.6 * p.touch) > 0.95),
    "right_of": lambda p: bool(np.mean(p.dx > 0.6 * p.touch) > 0.95),
    "behind": lambda p: _nearer(p, -1),
    "in_front_of": lambda p: _nearer(p, 1),
    "on": _on,
    "over": lambda p: bool(np.any((np.abs(p.dx) < p.reach) & (p.dy < -0.8 * p.top))),
    "under": _under,
    "holding": lambda p: bool(np.mean((np.abs(p.dx) < 0.7 * p.width + 0.01) & (p.dy > 0)) > 0.9),
    "chasing": _chasing,
    "beside": _beside,
    "orbit": lambda p: bool(np.ptp(p.dx) > 0.5 * np.median(p.touch)),
}
"""Relation (or binding motion) → whether a pair shows it."""


def relation_shown(condition: Condition, tracks: NDArray[np.float32], slot: int) -> bool:
    """Whether the slot's relation to its target can be seen; True where it has none."""
    relation, target = condition.link(slot)
    return target is None or HOLDS[relation](pair(condition, tracks, slot, target))
