"""Pixels: premultiplied pictures warped, blended and lit in place on an 8-bit BGR frame."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.paint.kept import Kept

Picture = NDArray[Any]
"""uint8 (h, w, 3) BGR, or (h, w, 4) BGRA with colour already multiplied by alpha. (OpenCV's stubs forget the uint8.)"""

Matrix = NDArray[np.float64]
"""(2, 3) affine from picture pixels to frame pixels."""


class Scratch(threading.local):
    """Pixels that each thread keeps from one picture to the next: fresh memory costs more than drawing on it."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.uint8]] = {}

    def sheet(self, use: str, height: int, width: int) -> Picture:
        """A (height, width, 3) sheet for ``use``, with whatever was drawn there last."""
        size = height * width * 3
        kept = self._kept.get(use)
        if kept is None or kept.size < size:
            kept = self._kept[use] = np.empty(size, np.uint8)
        return kept[:size].reshape(height, width, 3)


def bgr(code: int) -> NDArray[np.float32]:
    """0xRRGGBB as (3,) float32 in B, G, R order, 0 … 255."""
    return np.array([code & 255, code >> 8 & 255, code >> 16 & 255], np.float32)


def mix(first: NDArray[np.float32], second: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """``first`` with ``share`` (0 … 1) of ``second`` in it."""
    return np.asarray(first * (1 - share) + second * share, np.float32)


def clip_box(x: int, y: int, w: int, h: int, frame: Picture) -> tuple[slice, slice, slice, slice] | None:
    """Frame rows, frame columns, picture rows and columns of the part that is on the frame; None if outside."""
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + w, frame.shape[1]), min(y + h, frame.shape[0])
    if left >= right or top >= bottom:
        return None
    return slice(top, bottom), slice(left, right), slice(top - y, bottom - y), slice(left - x, right - x)


@dataclass(frozen=True)
class Stamp:
    """A premultiplied picture split for fast blending: ``colour`` (h, w, 3) is added after ``keep`` has dimmed."""

    colour: Picture
    keep: Picture | None

    @classmethod
    def of(cls, picture: Picture) -> Stamp:
        """Split a BGRA picture; a fully opaque one is copied instead of blended."""
        colour = cv2.cvtColor(picture, cv2.COLOR_BGRA2BGR)
        alpha = picture[:, :, 3]
        if alpha.size and int(alpha.min()) == 255:
            return cls(colour, None)
        return cls(colour, cv2.cvtColor(cv2.bitwise_not(alpha), cv2.COLOR_GRAY2BGR))

    def draw(self, frame: Picture, x: int, y: int) -> None:
        """Blend onto ``frame`` with the top left corner at (x, y), clipped."""
        box = clip_box(x, y, self.colour.shape[1], self.colour.shape[0], frame)
        if box is None:
            return
        rows, columns, own_rows, own_columns = box
        under = frame[rows, columns]
        if self.keep is None:
            np.copyto(under, self.colour[own_rows, own_columns])
            return
        cv2.multiply(under, self.keep[own_rows, own_columns], dst=under, scale=1 / 255)
        cv2.add(under, self.colour[own_rows, own_columns], dst=under)


def over(frame: Picture, picture: Picture, x: int, y: int) -> None:
    """Blend a BGRA picture onto ``frame`` (BGR, or BGRA in place) with its top left corner at (x, y)."""
    box = clip_box(x, y, picture.shape[1], picture.shape[0], frame)
    if box is None:
        return
    rows, columns, own_rows, own_columns = box
    under, source = frame[rows, columns], picture[own_rows, own_columns]
    rest = cv2.bitwise_not(source[:, :, 3])
    if frame.shape[2] == 4:
        cv2.multiply(under, cv2.merge((rest, rest, rest, rest)), dst=under, scale=1 / 255)
        cv2.add(under, source, dst=under)
        return
    cv2.multiply(under, cv2.cvtColor(rest, cv2.COLOR_GRAY2BGR), dst=under, scale=1 / 255)
    cv2.add(under, cv2.cvtColor(source, cv2.COLOR_BGRA2BGR), dst=under)


def warp_over(frame: Picture, picture: Picture, matrix: Matrix, opacity: float = 1.0) -> None:
    """Blend ``picture``, carried by ``matrix``, onto ``frame`` at sub-pixel precision."""
    h, w = picture.shape[:2]
    corners = matrix @ np.array([[0, w, 0, w], [0, 0, h, h], [1, 1, 1, 1]], np.float64)
    left = max(math.floor(float(corners[0].min())) - 1, 0)
    top = max(math.floor(float(corners[1].min())) - 1, 0)
    right = min(math.ceil(float(corners[0].max())) + 1, frame.shape[1])
    bottom = min(math.ceil(float(corners[1].max())) + 1, frame.shape[0])
    if left >= right or top >= bottom or opacity <= 0.004:
        return
    local = matrix.copy()
    local[:, 2] -= (left, top)
    moved = cv2.warpAffine(picture, local, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    if opacity < 0.996:
        moved = cv2.convertScaleAbs(moved, alpha=opacity)
    over(frame, moved, left, top)


def shine(frame: Picture, light: Picture, x: int, y: int) -> None:
    """Add the BGR picture ``light`` to ``frame`` (saturating), its top left corner at (x, y), clipped."""
    box = clip_box(x, y, light.shape[1], light.shape[0], frame)
    if box is not None:
        rows, columns, own_rows, own_columns = box
        under = frame[rows, columns]
        cv2.add(under, light[own_rows, own_columns], dst=under)


def falloff(radius: int, power: float = 2.0) -> NDArray[np.float32]:
    """(2r+1, 2r+1) float32: 1 in the middle, easing to 0 at ``radius`` pixels."""
    line = np.arange(-radius, radius + 1, dtype=np.float32) / max(radius, 1)
    distance = np.sqrt(line[:, None] ** 2 + line[None, :] ** 2)
    return np.asarray(np.clip(1 - distance, 0, 1) ** power, np.float32)


_glows: Kept[Picture] = Kept(24 << 20, lambda picture: picture.nbytes)
_shadows: Kept[Picture] = Kept(24 << 20, lambda picture: picture.nbytes)


def glow(radius: int, code: int, strength: float, power: float = 2.0) -> Picture:
    """A round light of colour ``code`` to be added with `shine`: (2r+1, 2r+1, 3)."""
    return _glows.get(
        (radius, code, strength, power),
        lambda: np.asarray(falloff(radius, power)[:, :, None] * bgr(code) * strength, np.uint8),
    )


def shadow(half_width: int, half_height: int, strength: int) -> Picture:
    """A soft contact shadow as a factor picture (255 = untouched) to be multiplied in; ``strength`` 0 … 255."""
    return _shadows.get((half_width, half_height, strength), lambda: _shadow(half_width, half_height, strength))


def _shadow(half_width: int, half_height: int, strength: int) -> Picture:
    line_x = np.linspace(-1, 1, 2 * half_width + 1, dtype=np.float32)
    line_y = np.linspace(-1, 1, 2 * half_height + 1, dtype=np.float32)
    inside = np.clip(1 - (line_x[None, :] ** 2 + line_y[:, None] ** 2), 0, 1) ** 1.4
    tint = np.array([0.82, 1.0, 0.96], np.float32)  # a little blue stays in a shadow
    return np.asarray(255 - inside[:, :, None] * tint * strength, np.uint8)


def darken(frame: Picture, factor: Picture, x: int, y: int) -> None:
    """Multiply ``frame`` by ``factor``/255, its top left corner at (x, y), clipped."""
    box = clip_box(x, y, factor.shape[1], factor.shape[0], frame)
    if box is not None:
        rows, columns, own_rows, own_columns = box
        under = frame[rows, columns]
        cv2.multiply(under, factor[own_rows, own_columns], dst=under, scale=1 / 255)


def soften(picture: Picture, sigma: float) -> Picture:
    """Gaussian blur; a wide one is done on a smaller copy, which looks the same and costs a tenth."""
    if sigma < 0.3:
        return picture
    step = int(max(1, min(8, sigma // 3)))
    if step == 1:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
    h, w = picture.shape[:2]
    small = cv2.resize(picture, (max(1, w // step), max(1, h // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step)
    return np.asarray(cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR), np.uint8)


def trim(picture: Picture) -> tuple[Picture, int, int]:
    """``picture`` cut to its visible part, and that part's (x, y) in the original."""
    alpha = picture[:, :, 3]
    columns = np.flatnonzero(alpha.max(axis=0) > 8)
    rows = np.flatnonzero(alpha.max(axis=1) > 8)
    if not len(rows):
        return picture, 0, 0
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return np.ascontiguousarray(picture[top:bottom, left:right]), left, top


def scaled(picture: Picture, height: int) -> Picture:
    """``picture`` at ``height`` pixels tall, sharp both when enlarged and when reduced."""
    h, w = picture.shape[:2]
    size = (max(1, round(w * height / h)), max(1, height))
    if height <= h:
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    large = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    # Cubic overshoot may leave colour above alpha, which shows as bright specks on edges.
    colour = np.minimum(large[:, :, :3], large[:, :, 3:])
    return np.dstack((colour, large[:, :, 3])).astype(np.uint8)
