"""Relations made exact: small whole-track shifts that put a sampled actor truly on, over, under or behind another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.model.condition import ROAMING
from engine.diorama.model.latents import FACING, SCALE, X, Y
from engine.diorama.model.siblings import fan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.model.condition import Condition

HIGHEST_TOP = 0.08
"""No sprite's top goes higher: a player's title lies there."""
SIDE = 0.015
"""Least distance of a sprite from the frame's left and right edge."""
CHASE_INSIDE = 0.6
"""The part of its half width that stays in the frame of who runs out of it, or into it, in a chase."""
NEIGHBOURS = 0.25
"""Widest gap, in frame widths, between two that are beside each other."""
GROUND = 0.75
"""The farthest ground (the smallest y) on which every place has firm ground."""
SEEN, ASIDE = 0.62, 0.7
"""Share of whoever stands farther away that is to be seen beside the nearer one; and how far apart the middles are at
least, as a share of the distance at which they touch, so that each has an outline of its own."""
UNDER_A_ROOF, LIFT, CANOPY = 0.45, 0.3, 1.25
"""How tall one is under a roof, in heights of it; how high an umbrella's handle is held and how tall it is, in heights
of who is under it."""
ORDERS = frozenset({"left_of", "right_of", "beside"})
AERIAL = frozenset({"fly", "float", "hover", "orbit"})


@dataclass(frozen=True)
class Bond:
    """Two tracks (KEYS, 8) and their drawn extents key by key (KEYS,), in fractions of the frame."""

    own: NDArray[np.float32]
    other: NDArray[np.float32]
    width: NDArray[np.float32]
    height: NDArray[np.float32]
    breadth: NDArray[np.float32]
    top: NDArray[np.float32]
    hangs: bool
    """Whether the other is up in the air by nature or by what it does."""
    skyward: bool
    """Whether one of the two is a thing of the sky, which stands on no ground."""
    roams: bool
    """Whether the first goes somewhere."""
    cover: str = ""
    """How the other covers who is under it: `outline.cover_of`."""
    fast: bool = False
    """Whether the other must stay where it is: it is kept, or follows somebody itself."""

    @property
    def touch(self) -> NDArray[np.float32]:
        """The distance of the middles at which the two pictures touch."""
        return np.float32(0.5) * (self.width + self.breadth)


def relate(condition: Condition, tracks: NDArray[np.float32], *, fixed: frozenset[int] | None = None) -> None:
    """Make every relation of ``condition`` true in ``tracks`` (n, KEYS, 8), in place, leaders before followers.

    With ``fixed`` slots, only the ties between one of them and another that is free to move.
    """

    def depth(slot: int) -> int:
        target = condition.link(slot)[1]
        return 0 if target is None else 1 + depth(target)

    for slot in sorted(range(len(tracks)), key=depth):
        relation, target = condition.link(slot)
        if target is None or relation not in TIE:
            continue
        moved, other = (target, slot) if relation == "holding" else (slot, target)
        if fixed is None or (moved not in fixed and other in fixed):
            TIE[relation](_bond(condition, tracks, slot, target, fast=fixed is not None or depth(target) > 0))
    fan(condition, tracks, fixed or frozenset())


def _bond(condition: Condition, tracks: NDArray[np.float32], slot: int, target: int, *, fast: bool) -> Bond:
    own, other, actor = tracks[slot], tracks[target], condition.actors[target]
    (w, h), (wide, tall) = condition.outline(slot), condition.outline(target)
    hangs = actor.kind in ("sky", "flyer") or bool(AERIAL & set(actor.motions))
    scale, size = own[:, SCALE], other[:, SCALE]
    roams = bool(ROAMING & set(condition.deeds(slot)))
    skyward = "sky" in (condition.actors[slot].kind, actor.kind)
    return Bond(own, other, w * scale, h * scale, wide * size, tall * size, hangs, skyward, roams, actor.cover, fast)


def _near(bond: Bond, reach: NDArray[np.float32]) -> None:
    """Keep the middles within ``reach`` of each other, sliding as little as needed."""
    slack = bond.own[:, X] - bond.other[:, X]
    middle = np.float32(np.clip(np.median(slack), -np.median(reach), np.median(reach)) - np.median(slack))
    bond.own[:, X] = bond.other[:, X] + np.clip(slack + middle, -reach, reach)


def _fit_above(bond: Bond) -> None:
    """Make an actor small enough for the room between the other's top and the frame's."""
    room = float(np.median(bond.other[:, Y] - bond.top)) - HIGHEST_TOP
    fit = np.float32(np.clip(room / max(float(np.median(bond.height)), 1e-3), 0.4, 1.0))
    bond.own[:, SCALE] *= fit


def _on(bond: Bond) -> None:
    _fit_above(bond)
    floor = np.quantile(bond.own[:, Y] - bond.other[:, Y] + 0.88 * bond.top, 0.7)
    bond.own[:, Y] -= np.float32(floor)
    _near(bond, 0.25 * bond.breadth)


def _peak_above(own: NDArray[np.float32], middle: float) -> None:
    """Where the path crosses ``middle``, stretch it on both sides of its highest key so that this key lies there."""
    x, peak = own[:, X].copy(), int(own[:, Y].argmin())
    before, after = x[peak] - x[0], x[-1] - x[peak]
    wanted = (middle - x[0], x[-1] - middle)
    if min(before * wanted[0], after * wanted[1]) <= 0 or min(abs(before), abs(after)) < 0.04:
        return
    own[:peak, X] = x[0] + (x[:peak] - x[0]) * (wanted[0] / before)
    own[peak:, X] = middle + (x[peak:] - x[peak]) * (wanted[1] / after)


def _over(bond: Bond) -> None:
    """Cross above it: bring the paths together if they miss, then stretch the arc (or lift all) until it clears."""
    _fit_above(bond)
    own, other = bond.own, bond.other
    _peak_above(own, float(np.median(other[:, X])))
    distance = np.abs(own[:, X] - other[:, X])
    closest = int(distance.argmin())
    miss = float(distance[closest] - 0.2 * bond.breadth[closest])
    if miss > 0:
        own[:, X] += np.float32(np.sign(other[closest, X] - own[closest, X]) * miss)
    near = np.abs(own[:, X] - other[:, X]) < 0.3 * bond.breadth
    lack = float((own[:, Y] - other[:, Y] + 0.95 * bond.top)[near].max())
    if lack <= 0:
        return
    floor = np.float32(np.quantile(own[:, Y], 0.95))
    arc = floor - own[:, Y]
    least = float(arc[near].min())
    if least > 0.03:
        own[:, Y] = floor - arc * min(1 + lack / least, 3.0)
    lack = float((own[:, Y] - other[:, Y] + 0.95 * bond.top)[near].min())
    if lack > 0:
        own[:, Y] -= np.float32(lack)


def _under(bond: Bond) -> None:
    if bond.hangs:
        _near(bond, 0.45 * bond.touch)
        if not (bond.fast or bond.skyward):
            lack = float((bond.other[:, Y] - bond.own[:, Y] + bond.height).max())
            bond.other[:, Y] -= np.float32(max(lack, 0.0))
    elif bond.cover == "roof" or bond.fast:
        _roof(bond)
    else:
        _burden(bond, *((LIFT, CANOPY) if bond.cover == "canopy" else (0.9, None)))


def _roof(bond: Bond) -> None:
    """Stand before the foot of something that is much taller, which grows for that as far as the frame lets it."""
    _near(bond, 0.2 * bond.touch)
    top, height = max(float(np.median(bond.top)), 1e-3), _as_near(bond)
    if not bond.fast:
        room = float(np.median(bond.other[:, Y])) - HIGHEST_TOP
        growth = max(1.0, min(height / UNDER_A_ROOF / top, room / top, 1.6))
        bond.other[:, SCALE] *= np.float32(growth)
        top *= growth
    bond.own[:, SCALE] *= np.float32(min(1.0, UNDER_A_ROOF * top / height))
    bond.own[:, Y] += np.float32(bond.other[:, Y].max() + 0.012 - np.quantile(bond.own[:, Y], 0.9))


def _as_near(bond: Bond) -> float:
    """Bring who is under something as near as that is, for the model makes it small; returns its height then."""
    own, other = (float(np.median(one[:, SCALE])) for one in (bond.own, bond.other))
    nearer = np.float32(np.clip(other / max(own, 1e-3), 1.0, 2.5))
    bond.own[:, SCALE] *= nearer
    return max(float(np.median(bond.height * nearer)), 1e-3)


def _burden(bond: Bond, lift: float, tall: float | None) -> None:
    """Put the other ``lift`` heights above the foot of who is under it, where it goes along.

    ``tall`` is how tall it is to be in such heights, None for its own size. Both step back until they fit the frame.
    """
    height, top = _as_near(bond), max(float(np.median(bond.top)), 1e-3)
    growth = 1.0 if tall is None else tall * height / top
    room = float(np.quantile(bond.own[:, Y], 0.9)) - HIGHEST_TOP
    fit = np.float32(min(1.0, room / (lift * height + growth * top)))
    bond.own[:, SCALE] *= fit
    bond.other[:, SCALE] *= fit * np.float32(growth)
    leaps = np.minimum(bond.other[:, Y] - np.quantile(bond.other[:, Y], 0.9), 0)
    head = np.float32(lift * height) * fit * bond.own[:, SCALE] / np.median(bond.own[:, SCALE])
    bond.other[:, Y] = bond.own[:, Y] - head + leaps
    apart, reach = bond.other[:, X] - bond.own[:, X], 0.1 * bond.touch
    bond.other[:, X] = bond.own[:, X] + np.clip(apart - np.median(apart), -reach, reach)


def _in_depth(bond: Bond, nearer: float) -> None:
    apart = seen_beside(bond, nearer)
    if bond.roams:
        _pass_by(bond, float(np.median(apart)), float(np.median(bond.touch)))
    else:
        _near(bond, apart)
        _show(bond, apart)
    # Whoever shrinks comes nearer.
    across = bond.own[:, X] - bond.other[:, X]
    bond.own[:, X] = bond.other[:, X] + np.clip(across, -bond.touch, bond.touch)
    if bond.skyward:
        return
    ground, mine = float(bond.other[:, Y].max()), float(bond.own[:, Y].max())
    shift = ground + nearer - mine
    bond.own[:, Y] += np.float32(shift if shift * nearer > 0 else np.clip(shift, -0.03, 0.03))


def _pass_by(bond: Bond, least: float, most: float) -> None:
    """Keep its way to one side of the other, and its middle between ``least`` and ``most`` from the other's."""
    across = bond.own[:, X] - bond.other[:, X]
    side = np.float32(1.0 if np.median(across) >= 0 else -1.0)
    across = side * across
    low, high = float(across.min()), float(across.max())
    across = (across - low) * min(1.0, (most - least) / max(high - low, 1e-3))
    bond.own[:, X] = bond.other[:, X] + side * (across + np.clip(low, least, most - across.max())).astype(np.float32)


def seen_beside(bond: Bond, nearer: float) -> NDArray[np.float32]:
    """(KEYS,) the distance of the middles at which `SEEN` of whoever is farther away is seen beside the nearer one."""
    front, back = (bond.width, bond.breadth) if nearer > 0 else (bond.breadth, bond.width)
    low, high = (bond.height, bond.top) if nearer > 0 else (bond.top, bond.height)
    covered = np.clip((low - abs(nearer)) / np.maximum(high, 1e-3), 1e-3, 1.0)
    hidden = np.minimum(back * (1 - SEEN) / covered, np.minimum(front, back))
    return np.maximum(bond.touch - hidden, ASIDE * bond.touch).astype(np.float32)


def _show(bond: Bond, apart: NDArray[np.float32]) -> None:
    """Move the first sideways, as a whole, until the middles are ``apart``."""
    slack = float(np.median(bond.own[:, X] - bond.other[:, X]))
    side = 1.0 if slack >= 0 else -1.0
    room = (bond.other[:, X] if side < 0 else 1 - bond.other[:, X]) - 0.35 * bond.width
    if float(np.median(room)) < float(np.median(apart)) and float(np.median(1 - room)) > float(np.median(room)):
        side = -side
    bond.own[:, X] += np.float32(side * max(float(np.median(apart)), side * slack) - slack)


def _holding(bond: Bond) -> None:
    reach = 0.5 * bond.width
    bond.other[:, X] = bond.own[:, X] + np.clip(bond.other[:, X] - bond.own[:, X], -reach, reach)
    bond.other[:, Y] = np.clip(
        bond.other[:, Y], bond.own[:, Y] - 0.6 * bond.height, bond.own[:, Y] - 0.12 * bond.height
    )


def _chasing(bond: Bond) -> None:
    side = np.float32(1.0 if bond.other[-1, X] >= bond.other[0, X] else -1.0)
    lack = np.maximum(1.05 * bond.touch - side * (bond.other[:, X] - bond.own[:, X]), 0)
    bond.own[:, X] -= side * lack
    bond.own[:, FACING] = bond.other[:, FACING] = side


def keep_in_frame(condition: Condition, tracks: NDArray[np.float32], fixed: frozenset[int]) -> None:
    """Shift (or, where that is not enough, narrow) the paths of actors that belong together into the frame."""
    for family in families(condition):
        if fixed & set(family):
            continue
        half = np.stack([condition.outline(s)[0] * tracks[s, :, SCALE] / 2 for s in family])
        if any(condition.link(s)[0] == "chasing" for s in family):
            half *= np.float32(CHASE_INSIDE)
        x = tracks[family, :, X]
        low, high = float((x - half).min()), float((x + half).max())
        room = 1 - 2 * SIDE
        if high - low > room:
            middle = (low + high) / 2
            x = np.float32(middle) + (x - np.float32(middle)) * np.float32(room / (high - low))
            low, high = middle - room / 2, middle + room / 2
        tracks[family, :, X] = x + np.float32(max(SIDE - low, 0.0) + min(1 - SIDE - high, 0.0))


def stand_on_ground(condition: Condition, tracks: NDArray[np.float32]) -> None:
    """Lower families whose lowest member stands (not flies) above `GROUND`, as one."""
    if condition.floating:
        return
    for family in families(condition):
        floors = [float(np.quantile(tracks[s, :, Y], 0.95)) for s in family]
        actor = condition.actors[family[int(np.argmax(floors))]]
        if actor.kind != "sky" and not AERIAL & set(actor.motions):
            tracks[family, :, Y] += np.float32(max(GROUND - max(floors), 0.0))


def families(condition: Condition) -> list[list[int]]:
    """Slots that a relation other than an order from left to right ties together."""
    root = list(range(len(condition.actors)))
    for slot in range(len(root)):
        relation, target = condition.link(slot)
        if target is not None and relation not in ORDERS:
            old, new = root[slot], root[target]
            root = [new if r == old else r for r in root]
    return [[s for s, r in enumerate(root) if r == group] for group in dict.fromkeys(root)]


def _beside(bond: Bond) -> None:
    """Come near enough to be together, as a whole."""
    slack = float(np.median(bond.own[:, X] - bond.other[:, X]))
    far = abs(slack) - float(np.median(bond.touch)) - NEIGHBOURS
    if far > 0:
        bond.own[:, X] -= np.float32(np.sign(slack) * far)


TIE: dict[str, Callable[[Bond], None]] = {
    "on": _on,
    "over": _over,
    "under": _under,
    "behind": lambda bond: _in_depth(bond, -0.06),
    "in_front_of": lambda bond: _in_depth(bond, 0.045),
    "holding": _holding,
    "chasing": _chasing,
    "beside": _beside,
}
