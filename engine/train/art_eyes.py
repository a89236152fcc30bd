"""Finds the eyes in a glyph, so that a sleeper can close them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

DARK, CONTRAST = 100, 38
"""An eye is darker than the first (0 … 255) and than what surrounds it by the second."""

Eye = tuple[float, float, float, float]
"""Centre x, y and half width and height."""


def find_eyes(picture: NDArray[np.uint8], *, facing: int) -> list[Eye]:
    """One eye of a profile, two of a face that looks at us, none where it is not sure.

    ``picture`` is a trimmed RGBA glyph (h, w, 4); the eyes come in fractions of it.
    """
    h, w = picture.shape[:2]
    spots = _dark_spots(picture)
    if facing:
        chosen = [min(spots, key=lambda spot: spot[1])] if spots else []
    else:
        pairs = [
            (one, other)
            for k, one in enumerate(spots)
            for other in spots[k + 1 :]
            if abs(one[1] - other[1]) <= 0.06 * h
            and abs(one[0] - other[0]) >= 0.12 * w
            and max(one[2] * one[3], other[2] * other[3]) <= 1.8 * min(one[2] * one[3], other[2] * other[3])
        ]
        chosen = list(min(pairs, key=lambda pair: pair[0][1] + pair[1][1])) if pairs else []
    return [(round(x / w, 3), round(y / h, 3), round(rx / w, 3), round(ry / h, 3)) for x, y, rx, ry in chosen]


def _dark_spots(picture: NDArray[np.uint8]) -> list[Eye]:
    """Small dark ovals inside the outline, in pixels. What touches the outline is a nose or a claw."""
    h, w = picture.shape[:2]
    solid = picture[..., 3] > 200
    bright = picture[..., :3].max(axis=2)
    inner = cv2.erode(solid.astype(np.uint8), np.ones((5, 5), np.uint8))
    count, labels, stats, centres = cv2.connectedComponentsWithStats((solid & (bright < DARK)).astype(np.uint8))
    found: list[Eye] = []
    for k in range(1, count):
        wide, tall, area = (int(value) for value in stats[k][2:5])
        if not 0.0003 < area / (h * w) < 0.012 or area < 14 or centres[k][1] > 0.72 * h:
            continue
        if area / (wide * tall) < 0.62 or not 0.3 < wide / tall < 1.6:
            continue
        part = (labels == k).astype(np.uint8)
        around = cv2.dilate(part, np.ones((9, 9), np.uint8)) - cv2.dilate(part, np.ones((3, 3), np.uint8))
        own = part > 0
        if (inner[own] == 0).mean() > 0.12 or np.median(bright[around > 0]) < bright[own].mean() + CONTRAST:
            continue
        found.append((float(centres[k][0]) + 0.5, float(centres[k][1]) + 0.5, wide / 2, tall / 2))
    return found
