"""Pictures as the oracle's networks take them."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.evaluate.nets import CROP
from engine.evaluate.stills import HEIGHT, WIDTH, gray

SMALL = (WIDTH // 2, HEIGHT // 2)
AROUND = 1.5
"""Side of a crop in heights of its figure."""


def glanced(picture: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(HEIGHT / 2, WIDTH / 2, 4) uint8: BGR, and what changed since ``before`` (128: nothing)."""
    small, past = _half(picture), _half(before)
    change = np.clip(gray(small).astype(np.int16) - gray(past) + 128, 0, 255).astype(np.uint8)
    return np.dstack((small, change)).astype(np.uint8)


def _half(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, SMALL, interpolation=cv2.INTER_AREA), np.uint8)


def cropped(picture: NDArray[np.uint8], x: float, y: float, tall: float) -> NDArray[np.uint8]:
    """(CROP, CROP, 3) uint8 around a figure; ``x``, ``y``, ``tall`` in fractions of the picture. Its edges repeat."""
    height, width = picture.shape[:2]
    side = max(AROUND * tall * height, 6.0)
    scale = CROP / side
    matrix = np.array([[scale, 0, CROP / 2 - scale * x * width], [0, scale, CROP / 2 - scale * y * height]])
    if scale < 0.5:  # a warp alone would skip pixels
        share = 2 * scale
        picture = np.asarray(cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)
        matrix[:, :2] /= share
    crop = cv2.warpAffine(picture, matrix, (CROP, CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """(b, h, w, c) uint8 → (b, c, h, w) float −1 … 1, channels last in memory."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(127.5).sub(1)
