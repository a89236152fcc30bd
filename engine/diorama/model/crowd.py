"""Room for everybody: many stand in rows, strangers apart, and all step back until each of them can be seen."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.diorama.model.bonds import (
    AERIAL,
    CHASE_INSIDE,
    GROUND,
    HIGHEST_TOP,
    ORDERS,
    SIDE,
    families,
    keep_in_frame,
    relate,
    stand_on_ground,
)
from engine.diorama.model.latents import OPACITY, SCALE, X, Y

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.diorama.model.condition import Condition

Box = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""(KEYS,) left, right, top and bottom of a family in the frame."""

APART, IN_ROWS = 0.95, 1.04
"""How far apart strangers stand, as a share of the distance at which they touch: two or three, and more."""

CROWD = 4
"""From so many families on they stand in rows, one in the gap between two of the other row."""

NEAREST, DEPTH = 0.86, 0.097
"""The ground of the row in front, and how much farther up the picture the other one stands."""

CEILING, FLOOR = 0.1, 0.68
"""The top of the highest and the feet of the lowest of a crowd in the air, above ground and where there is none."""

LEVEL = 0.2
"""Share of its height that one must have beside another for the two to stand fully apart."""

FULL = 0.85
"""Share of the room of a row that a crowd takes if it may."""

LARGEST, STEP, ROUNDS = 1.7, 0.93, 14
"""How much a crowd may come nearer, by which factor it then steps back, and how often."""

ROUNDS_APART, SETTLED = 60, 1e-4
"""How often strangers are moved apart pair by pair at most, and the frame widths below which they have settled."""

NATURAL = 0.7
"""Least scale of the largest of several that share a landmark, before they step back."""

TURNING = 1.12
"""How much broader and higher than its picture is what a spinning thing takes."""

MOSTLY = 0.85
"""Share of the time in which those of a crowd are apart; fewer are so throughout."""

HELD, OUTSIDE = 0.4, (0.9, 0.6)
"""Greatest height of what is held, in heights of its holder, and the part of it that is beside an animal, a person."""

TOLERANCE = 0.02
"""Frame widths that may lack between two strangers."""

LIVELY = 0.1
"""Frame widths that one of a crowd may cover to and fro."""


def stage(
    condition: Condition, tracks: NDArray[np.float32], held: Mapping[int, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """(n, KEYS, 8) ``tracks`` with all relations true and strangers apart; slots in ``held`` get the tracks there.

    Where there is too little room all become smaller, as if the camera stepped back.
    """
    free = [slot for slot in range(len(tracks)) if slot not in held]
    size = _nearness(condition, tracks, free)
    crowd = tracks if held else _formed_up(condition, tracks, size)
    placed, lack = _placed(condition, crowd, held, free, size)
    for _ in range(ROUNDS):
        if lack <= TOLERANCE or not free:
            break
        size *= STEP
        placed, lack = _placed(condition, crowd, held, free, size)
    return placed


def _placed(
    condition: Condition, tracks: NDArray[np.float32], held: Mapping[int, NDArray[np.float32]], free: list[int],
    size: float,
) -> tuple[NDArray[np.float32], float]:  # fmt: skip
    """Everybody ``size`` times as large, in their relations, apart; and the frame widths that then still lack."""
    placed = tracks.copy()
    placed[free, :, SCALE] *= np.float32(size)
    relate(condition, placed)
    stand_on_ground(condition, placed)
    for slot, track in held.items():
        placed[slot] = track
    if held:
        relate(condition, placed, fixed=frozenset(held))
    return placed, _spread(condition, placed, frozenset(held))


def _floor(tracks: NDArray[np.float32], family: list[int]) -> float:
    """The lowest ground of a family: where its feet are but for a few keys."""
    return max(float(np.quantile(tracks[s, :, Y], 0.95)) for s in family)


def _aloft(condition: Condition, family: list[int]) -> bool:
    """Whether nobody of a family stands on the ground."""
    return condition.floating or all(AERIAL.issuperset(condition.actors[s].motions) for s in family)


def _tiers(condition: Condition) -> int:
    """How many heights a crowd in the air has."""
    return 3 if condition.aspect < 1 and len(families(condition)) > CROWD else 2


def _formed_up(condition: Condition, tracks: NDArray[np.float32], size: float) -> NDArray[np.float32]:
    """A crowd's tracks in rows: every other family nearer, or higher where they fly, each with less of a way to go."""
    groups = families(condition)
    if len(groups) < CROWD:
        return tracks
    formed = tracks.copy()
    groups.sort(key=lambda family: (float(formed[family, :, X].mean()), family))
    for aloft in (False, True):
        row = [family for family in groups if _aloft(condition, family) is aloft]
        if len(row) > 1:
            tall = size * max(_size(condition, formed, s)[1] for family in row for s in family)
            floors = [_floor(formed, family) for family in row]
            levels = _heights(len(row), _tiers(condition), CEILING + tall) if aloft else _rows(floors)
            for family, floor, level in zip(row, floors, levels, strict=True):
                formed[family, :, Y] += np.float32(level - floor)
    for family in groups:
        middle = formed[family, :, X].mean()
        wide = max(float(np.ptp(formed[s, :, X])) for s in family)
        formed[family, :, X] = middle + (formed[family, :, X] - middle) * np.float32(min(1.0, LIVELY / max(wide, 1e-3)))
    return formed


def _rows(floors: list[float]) -> list[float]:
    """Near and far by turns; which of the two comes first is as the model has it."""
    first = float(np.mean(floors[::2]) >= np.mean(floors[1::2]))
    return [NEAREST - DEPTH * ((k + first + 1) % 2) for k in range(len(floors))]


def _heights(count: int, tiers: int, highest: float) -> list[float]:
    """Low, high and, of three ``tiers``, between them by turns."""
    return [FLOOR - max(FLOOR - highest, 0.0) * (0.0, 1.0, 0.5)[k % tiers] for k in range(count)]


def _size(condition: Condition, tracks: NDArray[np.float32], slot: int) -> tuple[float, float]:
    """Width and height of somebody's picture most of the time, in fractions of the frame's."""
    width, height = condition.outline(slot)
    return width * float(np.median(tracks[slot, :, SCALE])), height * float(np.quantile(tracks[slot, :, SCALE], 0.9))


def _nearness(condition: Condition, tracks: NDArray[np.float32], free: list[int]) -> float:
    """The factor by which a crowd comes nearer so that it fills its rows, and those that share a landmark too."""
    if not free:
        return 1.0
    if len(families(condition)) < CROWD:
        bonds = [condition.link(s) for s in free]
        shared = any(bonds.count(bond) > 1 and bond[1] is not None and bond[0] not in ORDERS for bond in bonds)
        largest = max(float(np.median(tracks[s, :, SCALE])) for s in free)
        return float(np.clip(NATURAL / max(largest, 1e-3), 1.0, LARGEST)) if shared else 1.0
    sizes = [_size(condition, tracks, s) for s in free]
    rows, room = 2, (GROUND - HIGHEST_TOP) / 2
    if all(_aloft(condition, family) for family in families(condition)):
        rows = _tiers(condition)
        room = (FLOOR - CEILING) / rows
    filled = rows * FULL * (1 - 2 * SIDE) / max(sum(wide for wide, _ in sizes), 1e-3)
    tallest = max(1e-3, *(tall for _, tall in sizes))
    return float(np.clip(min(filled, room / tallest), 0.3, LARGEST))


def _spread(condition: Condition, tracks: NDArray[np.float32], fixed: frozenset[int]) -> float:
    """Move strangers, and neighbours in the wrong order, apart, and all into the frame, by whole-track shifts.

    Families with a ``fixed`` slot stay where they are, and the others make room. Returns the frame widths that lack
    where there is too little room.
    """
    groups = families(condition)
    # A way that is too long is narrowed; those that are together and too broad must step back.
    broad = [_broad(_box(condition, tracks, family)) for family in groups if not fixed & set(family)]
    keep_in_frame(condition, tracks, fixed)
    still = [bool(fixed & set(family)) for family in groups]
    boxes = [_box(condition, tracks, family) for family in groups]
    share = IN_ROWS if len(groups) >= CROWD else APART
    seen = [np.asarray((tracks[family, :, OPACITY] > 0.1).any(axis=0)) for family in groups]
    wanted = [
        (
            a,
            b,
            *_apart(condition, (groups[a], groups[b]), (boxes[a], boxes[b]), np.logical_and(seen[a], seen[b]), share),
        )
        for a, b in combinations(range(len(groups)), 2)
    ]
    limits = [(SIDE - float(box[0].min()), 1 - SIDE - float(box[1].max())) for box in boxes]
    shift = np.zeros(len(groups))
    for _ in range(ROUNDS_APART):
        before = shift.copy()
        for k, (least, most) in enumerate(limits):
            if not still[k]:
                shift[k] = np.clip(shift[k], least, most) if least <= most else (least + most) / 2
        for a, b, side, gap in wanted:
            lack = gap - side * (shift[b] - shift[a])
            moving = (not still[a]) + (not still[b])
            if lack > 0 and moving:
                shift[a] -= side * lack / moving * (not still[a])
                shift[b] += side * lack / moving * (not still[b])
        if np.abs(shift - before).max() < SETTLED:
            break
    for k, family in enumerate(groups):
        if not still[k]:
            least, most = limits[k]
            shift[k] = np.clip(shift[k], least, most) if least <= most else (least + most) / 2
            tracks[family, :, X] += np.float32(shift[k])
    lacks = [gap - side * (shift[b] - shift[a]) for a, b, side, gap in wanted]
    return max([0.0, *lacks, *broad])


def _broad(box: Box) -> float:
    """How much broader a family is than the frame most of the time."""
    return float(np.quantile(box[1] - box[0], 0.9)) - (1 - 2 * SIDE)


def _box(condition: Condition, tracks: NDArray[np.float32], family: list[int]) -> Box:
    turning = np.array([TURNING if "spin" in condition.actors[s].motions else 1.0 for s in family], np.float32)
    size = (
        turning[:, None, None]
        * np.array([condition.outline(s) for s in family], np.float32)[:, :, None]
        * tracks[family, None, :, SCALE]
    )
    x, y, half = tracks[family, :, X], tracks[family, :, Y], size[:, 0] / 2
    if any(condition.link(s)[0] == "chasing" for s in family):
        half *= np.float32(CHASE_INSIDE)
    for holder, slot in enumerate(family):
        relation, thing = condition.link(slot)
        if relation == "holding" and thing in family:
            # The painter puts it into the hand or the muzzle, on the side to which the holder looks.
            width = HELD * condition.actors[thing].breadth * size[holder, 1] / condition.aspect
            half[holder] += np.float32(OUTSIDE[condition.actors[slot].kind == "person"]) * width
    return (x - half).min(axis=0), (x + half).max(axis=0), (y - size[:, 1]).min(axis=0), y.max(axis=0)


def _apart(
    condition: Condition, groups: tuple[list[int], list[int]],
    boxes: tuple[Box, Box], seen: NDArray[np.bool_], share: float,
) -> tuple[float, float]:  # fmt: skip
    """On which side of the first family the second is (1: the right), and how far it has to go there to be apart."""
    (left, right, top, bottom), (left2, right2, top2, bottom2) = boxes
    across = (left2 + right2 - left - right) / 2
    side = _order(condition, *groups) or (1.0 if across.mean() >= 0 else -1.0)
    beside = (np.minimum(bottom, bottom2) - np.maximum(top, top2)) / np.minimum(bottom - top, bottom2 - top2)
    near = np.clip(beside / LEVEL, 0, 1) if _order(condition, *groups) == 0 else np.ones_like(beside)
    met = seen & (near > 0)
    if not met.any():
        return side, -np.inf
    touch = (right - left + right2 - left2) / 2
    lacks = np.where(met, near * share * touch - side * across, -1.0)
    return side, float(np.quantile(lacks, MOSTLY if share > 1 else 1.0))


def _order(condition: Condition, first: list[int], second: list[int]) -> float:
    """1 if somebody asked for the first family to be to the left of the second, -1 for the right, 0 for neither."""
    for own, others, sign in ((first, second, 1.0), (second, first, -1.0)):
        for slot in own:
            relation, target = condition.link(slot)
            if target in others and relation in {"left_of", "right_of"}:
                return sign if relation == "left_of" else -sign
    return 0.0
