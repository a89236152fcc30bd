"""Scenery without end: a place's layers, each followed by its mirror image, so that they can go by for ever."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine.diorama.paint.raster import Picture, Stamp
from engine.diorama.paint.sketch import Layer, Place

OVERLAP = 4
"""Pixels by which a sheet lies over the next, or soft borders would show as seams."""

HEAVEN = 0.07
"""Layers no deeper than this are too far away to be seen moving: the sky, its stars, the sun."""

FALL_OFF = 1.5
"""Power of a layer's depth by which it goes past: what is far goes by much more slowly than what is near."""


@dataclass(frozen=True)
class Belt(Layer):
    """A layer ``wide`` pixels across that repeats, every second time mirrored."""

    mirrored: tuple[tuple[Stamp, int, int], ...] = ()
    wide: int = 1

    def draw(self, frame: Picture, x: int, y: int) -> None:
        """Blend what is seen of the belt, one of whose sheets has its top left corner at (x, y)."""
        span = self.wide - OVERLAP
        start = x % (2 * span) - 2 * span
        for k in range(4):
            left = start + k * span
            if left < frame.shape[1] and left + self.wide > 0:
                for stamp, dx, dy in self.mirrored if k % 2 else self.parts:
                    stamp.draw(frame, left + dx, y + dy)

    def solid_from(self, x: int, y: int, frame: Picture) -> int:
        """See `Layer.solid_from`; a belt has no end."""
        del x
        rows = frame.shape[0]
        for stamp, left, top in self.parts[-1:]:
            h, w = stamp.colour.shape[:2]
            if stamp.keep is None and left <= 1 and left + w >= self.wide - 1 and y + top + h >= rows:
                return y + top
        return rows


def endless(place: Place, wide: int) -> Place:
    """``place``, whose sheets are ``wide`` pixels across, with belts for all layers that go by."""

    def belts(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
        return tuple(layer if layer.depth <= HEAVEN else _belt(layer, wide) for layer in layers)

    return replace(place, back=belts(place.back), front=belts(place.front))


def _belt(layer: Layer, wide: int) -> Belt:
    mirrored = tuple((_flipped(stamp), wide - left - stamp.colour.shape[1], top) for stamp, left, top in layer.parts)
    return Belt(layer.parts, layer.depth, layer.drift, mirrored, wide)


def _flipped(stamp: Stamp) -> Stamp:
    return Stamp(
        np.asarray(cv2.flip(stamp.colour, 1), np.uint8),
        None if stamp.keep is None else np.asarray(cv2.flip(stamp.keep, 1), np.uint8),
    )


def passing(depth: float) -> float:
    """How much of the way that the actors go a layer of ``depth`` goes past."""
    return 0.0 if depth <= HEAVEN else depth**FALL_OFF
