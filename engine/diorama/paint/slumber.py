"""How subjects sleep: eyes shut, animals lying on their bellies, people on their backs."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from engine.diorama.paint.raster import Picture

LEGS = 0.24
"""Share of a standing animal's height that vanishes under it when it lies down."""


def shut(picture: Picture, eyes: Sequence[tuple[float, float, float, float]]) -> Picture:
    """``picture`` (premultiplied BGRA) with its eyes closed; eyes are x, y and half width and height in fractions."""
    if not eyes:
        return picture
    h, w = picture.shape[:2]
    asleep = picture.copy()
    for x, y, half_wide, half_tall in eyes:
        cx, cy, rx, ry = x * w, y * h, max(half_wide * w, 1.0), max(half_tall * h, 1.0)
        lid = _oval(picture, (cx, cy), (rx * 1.5 + 1, ry * 1.3 + 1))
        around = (_oval(picture, (cx, cy), (rx * 2.1 + 2, ry * 1.7 + 2)) > 128) & (lid == 0) & (picture[:, :, 3] > 200)
        skin = np.median(picture[around], axis=0) if around.any() else np.array([90.0, 110, 150, 255])
        share = lid[:, :, None].astype(np.float32) / 255
        asleep = np.rint(asleep * (1 - share) + skin.astype(np.float32) * share).astype(np.uint8)
        wide, deep = max(rx * 1.5, ry), ry * 0.75
        thick = max(1, round(ry * 0.5))
        box = (round(cx * 16), round((cy - deep * 0.3) * 16)), (round(wide * 16), round(deep * 16))
        line = np.zeros((h, w), np.uint8)
        cv2.ellipse(line, box[0], box[1], 0, 20, 160, (255,), thick, cv2.LINE_AA, 4)
        share = cv2.min(line, picture[:, :, 3])[:, :, None].astype(np.float32) / 255
        dark = np.array([34, 24, 44, 255], np.float32)
        asleep = np.rint(asleep * (1 - share) + dark * share).astype(np.uint8)
    return asleep


def _oval(picture: Picture, centre: tuple[float, float], radii: tuple[float, float]) -> Picture:
    mask = np.zeros(picture.shape[:2], np.uint8)
    at, axes = (round(centre[0] * 16), round(centre[1] * 16)), (round(radii[0] * 16), round(radii[1] * 16))
    cv2.ellipse(mask, at, axes, 0, 0, 360, (255,), -1, cv2.LINE_AA, 4)
    return mask


def on_belly(picture: Picture) -> Picture:
    """A standing animal with its legs folded away under it."""
    body = picture[: round(picture.shape[0] * (1 - LEGS))]
    cover = np.full(body.shape[:2], 255, np.uint8)
    radius = max(2, body.shape[0] // 9)
    columns = np.flatnonzero(body[-1, :, 3] > 128)
    if len(columns):  # where the cut meets the ground, its corners are round
        for run in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1):
            first, last, bow = int(run[0]), int(run[-1]), min(radius, len(run) // 2)
            for step in range(bow):
                drop = bow - round(float(np.sqrt(bow**2 - (bow - step) ** 2)))
                if drop:
                    cover[-drop:, [first + step, last - step]] = 0
    return np.asarray(cv2.multiply(body, cv2.merge([cover] * 4), scale=1 / 255), np.uint8)


def on_back(picture: Picture) -> Picture:
    """Somebody who stood, lying with the head to the left."""
    return np.ascontiguousarray(np.rot90(picture))
