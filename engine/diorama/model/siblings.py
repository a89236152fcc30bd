"""Several that stand in the same relation to the same actor: side by side, so that each of them is seen."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.model.latents import SCALE, X

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.model.condition import Condition

ABREAST = frozenset({"on", "under"})
ROUND = frozenset({"behind", "in_front_of"})
TIGHT = 0.9
"""How far apart siblings stand, as a share of the distance at which they touch."""
LEDGE = 1.15
"""Widths of what they are on, or under, that several have together."""


def fan(condition: Condition, tracks: NDArray[np.float32], fixed: frozenset[int]) -> None:
    """Shift siblings apart in ``tracks`` (n, KEYS, 8), in place; the slots in ``fixed`` stay."""
    kin: dict[tuple[str, int], list[int]] = defaultdict(list)
    for slot in range(len(tracks)):
        relation, target = condition.link(slot)
        if target is not None and slot not in fixed:
            kin[relation, target].append(slot)
    for (relation, target), slots in kin.items():
        if len(slots) < 2:
            continue
        slots.sort(key=lambda s: (float(tracks[s, :, X].mean()), s))
        if relation in ABREAST:
            _abreast(condition, tracks, slots, target)
        elif relation in ROUND:
            _round(condition, tracks, slots, target)
        elif relation == "chasing":
            _in_file(condition, tracks, slots)
        elif relation == "over":
            _strung_out(condition, tracks, slots)


def _wide(condition: Condition, tracks: NDArray[np.float32], slot: int) -> float:
    return condition.outline(slot)[0] * float(np.median(tracks[slot, :, SCALE]))


def _abreast(condition: Condition, tracks: NDArray[np.float32], slots: list[int], target: int) -> None:
    """In one row in the middle of their target, small enough for it."""
    ledge = LEDGE * _wide(condition, tracks, target)
    fit = np.float32(np.clip(ledge / sum(_wide(condition, tracks, s) for s in slots), 0.4, 1.0))
    tracks[slots, :, SCALE] *= fit
    widths = [TIGHT * _wide(condition, tracks, s) for s in slots]
    left = -sum(widths) / 2
    for slot, width in zip(slots, widths, strict=True):
        _move(tracks, slot, target, left + width / 2)
        left += width


def _round(condition: Condition, tracks: NDArray[np.float32], slots: list[int], target: int) -> None:
    """To the left and to the right of their target by turns, each farther out than the one before."""
    half = len(slots) // 2
    for side, row in ((-1, slots[:half][::-1]), (1, slots[half:])):
        edge = 0.35 * _wide(condition, tracks, target)
        for slot in row:
            width = TIGHT * _wide(condition, tracks, slot)
            _move(tracks, slot, target, side * (edge + width / 2))
            edge += width


def _in_file(condition: Condition, tracks: NDArray[np.float32], slots: list[int]) -> None:
    """One after another on the way they go, the first where it is."""
    first, last = tracks[slots[0], 0, X], tracks[slots[0], -1, X]
    way = 1.0 if last >= first else -1.0
    row = slots if way < 0 else slots[::-1]
    for ahead, slot in pairwise(row):
        gap = 1.05 * (_wide(condition, tracks, ahead) + _wide(condition, tracks, slot)) / 2
        lack = gap - way * (tracks[ahead, :, X] - tracks[slot, :, X])
        tracks[slot, :, X] -= np.float32(way * max(float(lack.max()), 0.0))


def _strung_out(condition: Condition, tracks: NDArray[np.float32], slots: list[int]) -> None:
    """The same way, but ahead of and after each other."""
    widths = [TIGHT * _wide(condition, tracks, s) for s in slots]
    at = np.cumsum(widths) - np.array(widths) / 2
    middles = [float(np.median(tracks[s, :, X])) for s in slots]
    for slot, middle, own in zip(slots, middles, at - at.mean(), strict=True):
        tracks[slot, :, X] += np.float32(float(np.mean(middles)) + own - middle)


def _move(tracks: NDArray[np.float32], slot: int, target: int, across: float) -> None:
    tracks[slot, :, X] += np.float32(across - float(np.median(tracks[slot, :, X] - tracks[target, :, X])))
