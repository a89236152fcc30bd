"""Takes the strip of water away that a boat's glyph stands in, so that it can lie on any water, or on land."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def without_water(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """An RGBA glyph (h, w, 4), premultiplied 0 … 255, without the blue that reaches up from its lowest rows.

    The hull keeps the line of the waves. A glyph without such a strip comes back as it was.
    """
    alpha = np.maximum(picture[..., 3], 1)
    red, green, blue = (picture[..., channel] * 255 / alpha for channel in range(3))
    solid = picture[..., 3] > 24
    water = (solid & (blue > 150) & (blue > red + 55) & (blue > green + 8)).astype(np.uint8)
    rows = np.flatnonzero(solid.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    water[: bottom - round(0.45 * (bottom - top))] = 0
    _, parts = cv2.connectedComponents(water, connectivity=4)
    lowest = parts[bottom - 3 : bottom]
    wet = np.isin(parts, np.unique(lowest[lowest > 0])).astype(np.uint8)
    if np.count_nonzero(wet) < 0.02 * np.count_nonzero(solid):
        return picture
    # Edges are mixed with the water's colour: they go with it.
    wet = cv2.dilate(wet, np.ones((3, 3), np.uint8), iterations=2)
    keep = 1 - cv2.GaussianBlur(wet.astype(np.float32), (0, 0), 0.7)
    dry = picture * np.clip(keep, 0, 1)[..., None]
    dry[wet > 0] = 0
    return dry
