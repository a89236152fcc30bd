"""From a mask of all actors to one figure each: what is apart is apart, what touches is divided at its centres."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name every torch reader expects

from engine.evaluate.nets import GRID

FOUND = 0.25
"""Least score of a centre."""

UNIT = 32.0
"""Half-size pixels of which `Find` tells the logarithm."""

MOST = 12
_PART = 0.42
"""Distance of two centres, in widths and heights of the larger, below which two of a kind are one."""

_SURE = 0.45
"""Least probability of a part's class for it to stand as a figure of its own."""

_LIKELY = 0.2
"""Least probability of a part's class beside others that are surer."""

_MOST_OF_IT = 0.8
"""Share of a blob beyond which a part is the whole seen twice."""

_SPECK, _SMALL = 40, 350
"""Pixels below which a blob is dirt, and below which it must have a centre of its own unless nothing else is there."""


@dataclass(frozen=True)
class Spot:
    """A figure's box (centre, width, height in pixels), the mask of its blob, and whether it has it to itself."""

    x: float
    y: float
    wide: float
    tall: float
    mask: NDArray[np.uint8]
    alone: bool


def peaks(maps: Tensor) -> list[tuple[float, float, float, float]]:
    """The centres in a (5, h, w) map of `Find`: x, y, width, height in pixels of the whole picture, best first."""
    score = maps[0].sigmoid()
    top = (score == F.max_pool2d(score[None, None], 3, 1, 1)[0, 0]) & (score > FOUND)
    rows, columns = top.nonzero(as_tuple=True)
    values = score[rows, columns]
    kept: list[tuple[float, float, float, float]] = []
    for index in values.argsort(descending=True, stable=True).tolist()[: 3 * MOST]:
        row, column = int(rows[index]), int(columns[index])
        _, right, down, wide, tall = maps[:, row, column].tolist()
        x, y = (column + 0.5 + right) * GRID * 2, (row + 0.5 + down) * GRID * 2
        w, h = (2 * UNIT * float(np.exp(np.clip(one, -3, 2.2))) for one in (wide, tall))
        if all(_apart((x, y, w, h), other) for other in kept):
            kept.append((x, y, w, h))
    return kept[:MOST]


def _apart(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    across = abs(one[0] - other[0]) / max(one[2], other[2])
    down = abs(one[1] - other[1]) / max(one[3], other[3])
    return float(np.hypot(across, down)) > 0.22


def divided(mask: NDArray[np.uint8], centres: list[tuple[float, float, float, float]]) -> list[list[Spot]]:
    """The blobs of a (h, w) uint8 mask: each as a whole, then, if it has several centres, its possible parts."""
    count, found, measured, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    labels, stats = np.asarray(found, np.int32), np.asarray(measured, np.int32)
    blobs = [label for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= _SPECK]
    if not blobs:
        return []
    own: dict[int, list[tuple[float, float, float, float]]] = {label: [] for label in blobs}
    for centre in centres:
        label = _blob_of(centre, labels, stats, blobs)
        if label is not None:
            own[label].append(centre)
    largest = max(blobs, key=lambda label: int(stats[label, cv2.CC_STAT_AREA]))
    groups: list[list[Spot]] = []
    for label in blobs:
        area, box = int(stats[label, cv2.CC_STAT_AREA]), stats[label, :4].astype(float)
        if not own[label] and label != largest and (area < _SMALL or _inside(box, label, own)):
            continue
        blob = np.where(labels == label, 255, 0).astype(np.uint8)
        whole = Spot(box[0] + box[2] / 2, box[1] + box[3] / 2, box[2], box[3], blob, alone=True)
        parts = [Spot(x, y, w, h, _within(blob, x, y, w, h), alone=False) for x, y, w, h in own[label]]
        groups.append([whole, *parts] if len(parts) > 1 else [whole])
    return groups


def settled(group: list[Spot], names: NDArray[np.float32]) -> list[int]:
    """Which spots of a blob are figures: the whole (index 0), or its parts if they are better known than it.

    ``names`` (n, classes) are log-probabilities. Two parts of different classes that are both sure, or two of one class
    of which neither is most of the blob, are two figures; what is sure as a whole is one.
    """
    if len(group) == 1:
        return [0]
    sure, called = np.exp(names.max(axis=1)), names.argmax(axis=1)
    parts = _once(group, called)
    good = [k for k in parts if sure[k] >= _SURE]
    area = float(np.count_nonzero(group[0].mask))
    share = {k: np.count_nonzero(group[k].mask) / area for k in parts}
    several = any(
        not _twice(group[one], group[other], area)
        and (called[one] != called[other] or max(share[one], share[other]) < _MOST_OF_IT)
        for one in good for other in good if one < other
    )  # fmt: skip
    if several or sure[0] < min(_SURE, max(float(sure[k]) for k in parts)):
        return [k for k in parts if sure[k] >= _LIKELY] if several else parts
    return [0]


def _twice(one: Spot, other: Spot, area: float) -> bool:
    """Whether two parts of a blob of ``area`` pixels are the same thing, with and without its hat."""
    smaller = min(np.count_nonzero(one.mask), np.count_nonzero(other.mask))
    shared = np.count_nonzero(cv2.bitwise_and(one.mask, other.mask))
    return bool(smaller > 0.5 * area and shared > 0.8 * smaller)


def _once(group: list[Spot], called: NDArray[np.int64]) -> list[int]:
    """The parts (best first) but for those that are a part of a better one of the same class."""
    kept: list[int] = []
    for index, spot in enumerate(group):
        if index and all(
            called[index] != called[k]
            or np.hypot((spot.x - group[k].x) / max(spot.wide, group[k].wide),
                        (spot.y - group[k].y) / max(spot.tall, group[k].tall)) > _PART
            for k in kept
        ):  # fmt: skip
            kept.append(index)
    return kept


def _within(mask: NDArray[np.uint8], x: float, y: float, wide: float, tall: float) -> NDArray[np.uint8]:
    """The part of ``mask`` in a box a little larger than this: what is beyond is somebody else's."""
    kept = np.zeros_like(mask)
    rows = slice(max(int(y - 0.56 * tall), 0), max(int(y + 0.56 * tall) + 1, 0))
    columns = slice(max(int(x - 0.56 * wide), 0), max(int(x + 0.56 * wide) + 1, 0))
    kept[rows, columns] = mask[rows, columns]
    return kept


def _blob_of(
    centre: tuple[float, float, float, float], labels: NDArray[np.int32], stats: NDArray[np.int32], blobs: list[int]
) -> int | None:
    x, y, wide, tall = centre
    height, width = labels.shape
    row, column = min(max(int(y), 0), height - 1), min(max(int(x), 0), width - 1)
    if labels[row, column] in blobs:
        return int(labels[row, column])
    near = labels[max(row - int(tall / 4), 0) : row + int(tall / 4) + 1,
                  max(column - int(wide / 4), 0) : column + int(wide / 4) + 1]  # fmt: skip
    found = [label for label in np.unique(near).tolist() if label in blobs]
    return max(found, key=lambda label: int(stats[label, cv2.CC_STAT_AREA])) if found else None


def _inside(box: NDArray[np.float64], label: int, own: dict[int, list[tuple[float, float, float, float]]]) -> bool:
    """Whether a blob without a centre is a part of a figure whose centre is in another blob."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    return any(
        abs(x - cx) < 0.6 * wide and abs(y - cy) < 0.6 * tall
        for other, found in own.items() if other != label
        for cx, cy, wide, tall in found
    )  # fmt: skip
