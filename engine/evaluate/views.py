"""Pictures as the oracle's networks take them, and what of a picture is an actor."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.evaluate.nets import CROP
from engine.evaluate.stills import HEIGHT, WIDTH, gray

SMALL = (WIDTH // 2, HEIGHT // 2)
AROUND = 1.2
"""Side of a crop in extents (the longer of width and height) of its figure."""

DIFFERENT = 5
"""Least difference of a channel from the empty stage: both are the same pictures but for the actors."""

HOLE = 40
"""Most pixels of a hole in a figure that is taken for a part of it."""


def masked(frame: NDArray[np.uint8], plate: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 4) uint8: the BGR of what is on ``frame`` and not on the empty stage ``plate``, 0 elsewhere, and a mask.

    Holes of a few pixels, where an actor has the colour of what is behind it, are closed; gaps between two are not.
    """
    mask = (contrast(frame, plate) > DIFFERENT).astype(np.uint8) * 255
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    mask = filled(np.asarray(mask, np.uint8))
    return np.dstack((cv2.bitwise_and(frame, frame, mask=mask), mask)).astype(np.uint8)


def filled(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``mask`` without its holes of at most `HOLE` pixels."""
    _, found, measured, _ = cv2.connectedComponentsWithStats(cv2.bitwise_not(mask), connectivity=4)
    labels, stats = np.asarray(found, np.int32), np.asarray(measured, np.int32)
    small = stats[:, cv2.CC_STAT_AREA] <= HOLE
    return np.where(small[labels], 255, mask).astype(np.uint8)


def contrast(frame: NDArray[np.uint8], plate: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w) uint8: how far the most different channel is from the empty stage."""
    blue, green, red = cv2.split(cv2.absdiff(frame, plate))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def glanced(picture: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(HEIGHT / 2, WIDTH / 2, 4) uint8: BGR, and what changed since ``before`` (128: nothing)."""
    small, past = half(picture), half(before)
    change = np.clip(gray(small).astype(np.int16) - gray(past) + 128, 0, 255).astype(np.uint8)
    return np.dstack((small, change)).astype(np.uint8)


def half(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``picture`` at `SMALL` size."""
    return np.asarray(cv2.resize(picture, SMALL, interpolation=cv2.INTER_AREA), np.uint8)


def cropped(picture: NDArray[np.uint8], x: float, y: float, extent: float) -> NDArray[np.uint8]:
    """(CROP, CROP, c) uint8 around a figure; ``x``, ``y``, ``extent`` in pixels. Black beyond the edges."""
    side = max(AROUND * extent, 6.0)
    scale = CROP / side
    matrix = np.array([[scale, 0, CROP / 2 - scale * x], [0, scale, CROP / 2 - scale * y]])
    if scale < 0.5:  # a warp alone would skip pixels
        share = 2 * scale
        picture = np.asarray(cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)
        matrix[:, :2] /= share
    return np.asarray(cv2.warpAffine(picture, matrix, (CROP, CROP), flags=cv2.INTER_LINEAR), np.uint8)


def tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """(b, h, w, c) uint8 → (b, c, h, w) float −1 … 1, channels last in memory."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(127.5).sub(1)
