"""A subject's own animation at one size and in one colour, its frames few enough that all may be kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.diorama.art.pack import Asset, Reel
from engine.diorama.paint import raster
from engine.diorama.paint.raster import Picture
from engine.diorama.paint.recolour import recolour

BUDGET = 30_000_000
"""Bytes that the posed frames of one animation may take. Larger ones leave frames out."""


@dataclass(frozen=True)
class Shot:
    """One frame at its size: where it stands, its usual height and its mouth (None: not known), in pixels."""

    picture: Picture
    foot: tuple[float, float]
    tall: float
    mouth: tuple[float, float] | None


class Film:
    """The animation of ``art`` scaled so that what it shows is usually ``pixels`` tall."""

    def __init__(
        self,
        art: Asset,
        reel: Reel,
        pixels: int,
        colour: str | None,
        *,
        mirrored: bool = False,
        sheet: tuple[int, int] | None = None,
    ) -> None:
        """``sheet`` is the (width, height) of the picture that a frame becomes part of, None where it stands alone."""
        self.art, self.reel, self.colour, self.mirrored = art, reel, colour, mirrored
        width, height = reel.size
        self.scale = pixels / (reel.tall * height)
        self.height = max(1, round(height * self.scale))
        margin = 2 * max(6, pixels // 8)
        wide, high = sheet or (width * self.scale, self.height)
        self.step = max(1, math.ceil(4 * (wide + margin) * (high + margin) * reel.count / BUDGET))
        self.count = len(range(0, reel.count, self.step))
        self.facing = -art.facing if mirrored else art.facing

    def position(self, time: float, lag: float) -> float:
        """How many loops have passed at ``time`` seconds; ``lag`` is how far into the loop it began (0 … 1)."""
        return time / self.reel.seconds + lag

    def shot(self, index: int) -> Shot:
        """Frame ``index`` of ``count``."""
        number = (index * self.step) % self.reel.count
        frame = self.reel.frames()[number]
        if self.colour is not None:
            frame = recolour(frame, self.art.colours[0], self.colour)
        picture = raster.scaled(frame, self.height)
        if self.mirrored:
            picture = np.ascontiguousarray(picture[:, ::-1])
        mouth = self._at(self.reel.mouths[number], picture) if self.reel.mouths else None
        return Shot(picture, self._at(self.reel.foot, picture), self.reel.tall * picture.shape[0], mouth)

    def _at(self, spot: tuple[float, float], picture: Picture) -> tuple[float, float]:
        h, w = picture.shape[:2]
        return ((1 - spot[0]) if self.mirrored else spot[0]) * w, spot[1] * h
