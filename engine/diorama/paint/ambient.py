"""Small lights and specks that keep a place alive: glitter, fireflies, bubbles, embers, dust, twinkling stars."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.paint import raster
from engine.diorama.paint.raster import Picture


class Ambient(Protocol):
    """Something that moves by itself behind the actors, a pure function of time."""

    @property
    def depth(self) -> float:
        """How much of the camera's travel it follows, as for a layer."""
        ...

    def draw(self, frame: Picture, time: float, x: int, y: int, gone: int = 0) -> None:
        """Add itself to ``frame``; (x, y) is where the place's origin (fraction 0, 0) lies, in pixels.

        ``gone`` is how far to the right, in pixels, a journey has moved it since; who is everywhere wraps around.
        """
        ...


@dataclass(frozen=True)
class Glitter:
    """Sparkle on water: two sliding sets of dashes light up where they cross."""

    first: Picture
    second: Picture
    left: int
    top: int
    depth: float
    speed: float

    @classmethod
    def on_water(
        cls, rng: np.random.Generator, *, box: tuple[int, int, int, int], centre: float, code: int, strength: float,
        depth: float,
    ) -> Glitter:  # fmt: skip
        """Dashes in the pixel ``box`` (x0, y0, x1, y1), densest in the column ``centre`` under the sun or moon."""
        x0, y0, x1, y1 = box
        sheets: list[Picture] = []
        for _ in range(2):
            sheet = np.zeros((max(2, y1 - y0), max(2, x1 - x0)), np.float32)
            rows = (rng.random(520) ** 1.5 * sheet.shape[0]).astype(int)
            for row, offset, wide, bright in zip(
                rows, rng.normal(0, 1, 520), rng.random(520), rng.uniform(0.35, 1, 520), strict=True
            ):
                near = row / sheet.shape[0]
                column = centre - x0 + offset * (0.07 + 0.2 * near) * sheet.shape[1] * 0.6
                length = (0.012 + 0.09 * near) * (0.4 + wide) * sheet.shape[1] * 0.35
                axes = (max(1, round(length)), max(1, round(0.6 + 2.6 * near * sheet.shape[0] / 300)))
                cv2.ellipse(sheet, (round(column), int(row)), axes, 0, 0, 360, float(bright), -1, cv2.LINE_AA)
            sheets.append(np.asarray(sheet[:, :, None] * raster.bgr(code) * strength, np.uint8))
        return cls(sheets[0], sheets[1], x0, y0, depth, 0.02 * (x1 - x0))

    def masked(self, uncovered: Picture) -> Glitter:
        """The same without what ``uncovered`` (h, w, 3; the frame at rest) says is hidden."""
        sheets: list[Picture] = []
        for sheet in (self.first, self.second):
            seen = np.zeros_like(sheet)
            box = raster.clip_box(self.left, self.top, sheet.shape[1], sheet.shape[0], uncovered)
            if box is not None:
                rows, columns, own_rows, own_columns = box
                seen[own_rows, own_columns] = cv2.multiply(
                    np.ascontiguousarray(sheet[own_rows, own_columns]), np.ascontiguousarray(uncovered[rows, columns]),
                    scale=1 / 255,
                )  # fmt: skip
            sheets.append(seen)
        return replace(self, first=sheets[0], second=sheets[1])

    def draw(self, frame: Picture, time: float, x: int, y: int, gone: int = 0) -> None:  # noqa: ARG002 - it stays below the sun
        """Add the crossing of the two sheets."""
        shift = round(math.sin(time * 1.7) * self.speed)
        width = self.first.shape[1] - 2 * math.ceil(self.speed)
        base = math.ceil(self.speed)
        lit = cv2.addWeighted(
            self.first[:, base + shift : base + shift + width], 0.5 + 0.3 * math.sin(time * 2.3),
            self.second[:, base - shift : base - shift + width], 0.5 - 0.3 * math.sin(time * 2.3), 0,
        )  # fmt: skip
        raster.shine(frame, np.asarray(lit, np.uint8), x + self.left + base, y + self.top)


@dataclass(frozen=True)
class Motes:
    """Glowing specks on lazy paths: ``seeds`` (n, 6) are x, y, speed, phase, sway and size, each 0 … 1."""

    seeds: NDArray[np.float64]
    box: tuple[float, float, float, float]
    code: int
    radius: float
    rise: float
    blink: float
    strength: float
    depth: float

    def draw(self, frame: Picture, time: float, x: int, y: int, gone: int = 0) -> None:
        """Add each speck where it is at ``time``; specks leaving the box re-enter on the other side."""
        x0, y0, x1, y1 = self.box
        for sx, sy, speed, phase, sway, size in self.seeds:
            turn = phase * 2 * math.pi
            bright = 1.0 if self.blink == 0 else 0.5 + 0.5 * math.sin(time * self.blink * (0.6 + speed) + turn)
            if bright < 0.06:
                continue
            along = (sy - time * self.rise * (0.5 + speed)) % 1.0
            across = (sx + 0.03 * (0.3 + sway) * math.sin(time * (0.5 + 1.3 * speed) + turn)) % 1.0
            drop = 0.0 if self.rise else 0.02 * math.sin(time * (0.7 + sway) + turn * 2)
            light = raster.glow(
                max(2, round(self.radius * (0.5 + round(size * 3) / 3))),
                self.code,
                round(bright * 6) / 6 * self.strength,
                2.6,
            )
            raster.shine(
                frame, light, x + round(x0 + (across * (x1 - x0) + gone) % (x1 - x0)) - light.shape[1] // 2,
                y + round(y0 + (along + drop) * (y1 - y0)) - light.shape[0] // 2,
            )  # fmt: skip


@dataclass(frozen=True)
class Rings:
    """Rising bubbles: rings with a highlight, drawn once per size."""

    seeds: NDArray[np.float64]
    box: tuple[float, float, float, float]
    sizes: tuple[Picture, ...]
    depth: float

    @classmethod
    def bubbles(
        cls, rng: np.random.Generator, count: int, box: tuple[float, float, float, float], unit: int, depth: float
    ) -> Rings:
        """``count`` bubbles of three sizes inside the pixel ``box``."""
        sizes: list[Picture] = []
        for share in (0.008, 0.014, 0.024):
            radius = max(2, round(share * unit))
            ring = np.zeros((2 * radius + 3, 2 * radius + 3, 3), np.uint8)
            middle = (radius + 1, radius + 1)
            cv2.circle(ring, middle, radius, (70, 62, 46), max(1, radius // 5), cv2.LINE_AA)
            cv2.circle(ring, (middle[0] - radius // 3, middle[1] - radius // 3), max(1, radius // 4), (150,) * 3, -1)
            sizes.append(ring)
        return cls(rng.random((count, 4)), box, tuple(sizes), depth)

    def draw(self, frame: Picture, time: float, x: int, y: int, gone: int = 0) -> None:
        """Add every bubble at its height, wobbling sideways."""
        x0, y0, x1, y1 = self.box
        for sx, sy, speed, size in self.seeds:
            ring = self.sizes[min(2, int(size * 3))]
            along = (sy - time * (0.05 + 0.1 * speed)) % 1.0
            across = x0 + (sx * (x1 - x0) + gone) % (x1 - x0) + ring.shape[1] * 0.6 * math.sin(time * 3 + sx * 40)
            raster.shine(frame, ring, x + round(across), y + round(y0 + along * (y1 - y0)))
