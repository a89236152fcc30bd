"""The camera: which part of the world is on the picture at any moment, and how it comes to fill the frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import cv2

from engine.diorama.paint.motion import camera_course
from engine.diorama.paint.raster import Picture, Scratch
from engine.diorama.paint.sketch import MARGIN_X, MARGIN_Y
from engine.diorama.scene import CAMERA_CHANNELS, Scene

FLAT = 1.002
"""Below this zoom the world is shown pixel by pixel."""

SLIGHT = 1.1
"""A shaken view that is never nearer than this is not enlarged: sheets reach beyond the frame, so no border shows."""

ZOOM, SHAKE = CAMERA_CHANNELS.index("zoom"), CAMERA_CHANNELS.index("shake")


@dataclass(frozen=True)
class View:
    """The camera at one moment: centre of view in fractions, zoom, a shake in pixels, and the frame's pixels."""

    x: float
    y: float
    zoom: float
    shake: tuple[float, float]
    width: int
    height: int
    whole: bool = False

    @cached_property
    def corner(self) -> tuple[float, float]:
        """The left and top of what is seen, in pixels of the world."""
        if self.zoom < FLAT:
            return self.shake
        w, h = self.width / self.zoom, self.height / self.zoom
        left = min(max(self.x * self.width - w / 2 + self.shake[0], 0), self.width - w)
        top = min(max(self.y * self.height - h / 2 + self.shake[1], 0), self.height - h)
        return left, top

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the part of the world that has to be drawn."""
        if self.zoom < FLAT:
            return round(self.shake[0]), round(self.shake[1]), self.width, self.height
        if self.whole:
            return 0, 0, self.width, self.height
        x, y = int(self.corner[0]), int(self.corner[1])
        return (
            x, y,
            min(self.width - x, math.ceil(self.width / self.zoom) + 2),
            min(self.height - y, math.ceil(self.height / self.zoom) + 2),
        )  # fmt: skip

    def offset(self, depth: float, drift: float) -> tuple[int, int]:
        """Where a sheet's corner lies in `box`: far sheets follow the camera, so they seem to move less."""
        x = (1 - depth) * (self.x - 0.5) * self.width - MARGIN_X * self.width + 2 * round(drift / 2)
        y = (1 - depth) * (self.y - 0.5) * self.height * 0.5 - MARGIN_Y * self.height
        left, top, w, h = self.box
        return (
            _within(x, 2 * MARGIN_X * self.width, left, left + w - self.width),
            _within(y, 2 * MARGIN_Y * self.height, top, top + h - self.height),
        )

    def seen(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the world (pixels) lies in the finished frame."""
        return (
            (x - self.x * self.width - self.shake[0]) * self.zoom + self.width / 2,
            (y - self.y * self.height - self.shake[1]) * self.zoom + self.height / 2,
        )

    def enlarge(self, drawn: Picture, scratch: Scratch) -> Picture:
        """What is seen of ``drawn`` (`box`) at the frame's size: the scale is exact, the corner is a whole pixel."""
        if self.zoom < FLAT:
            return drawn
        left, top = self.corner
        x, y = int(left) - self.box[0], int(top) - self.box[1]
        part = drawn[y : y + math.ceil(self.height / self.zoom) + 2, x : x + math.ceil(self.width / self.zoom) + 2]
        room = scratch.sheet("enlarged", round(part.shape[0] * self.zoom), round(part.shape[1] * self.zoom))
        large = cv2.resize(part, None, dst=room, fx=self.zoom, fy=self.zoom, interpolation=cv2.INTER_LINEAR)
        dx = min(round((left - int(left)) * self.zoom), large.shape[1] - self.width)
        dy = min(round((top - int(top)) * self.zoom), large.shape[0] - self.height)
        return large[dy : dy + self.height, dx : dx + self.width]


def _within(start: float, spare: float, low: int, high: int) -> int:
    """Where a sheet ``spare`` pixels longer than the frame begins, seen from ``low``: it may leave no gap."""
    return round(min(max(start, max(high, 0) - spare), low, 0)) - low


class Camera:
    """A scene's camera, for frames of ``width`` × ``height`` pixels."""

    def __init__(self, scene: Scene, width: int, height: int) -> None:
        """Smooths the scene's camera once, to be read at any time."""
        self.seconds, self.width, self.height = scene.seconds, width, height
        self.course = camera_course(scene)
        if self.course[:, SHAKE].max() > 0.05 and self.course[:, ZOOM].max() < SLIGHT:
            self.course[:, ZOOM] = 1.0

    def at(self, time: float, *, whole: bool = False) -> View:
        """The view at ``time`` seconds; ``whole``: draw all of the world, even what is not seen."""
        position = min(max(time / self.seconds, 0), 1) * (len(self.course) - 1)
        low = min(int(position), len(self.course) - 2)
        x, y, zoom, shake = (
            float(v) for v in self.course[low] + (self.course[low + 1] - self.course[low]) * (position - low)
        )
        unit = min(self.width, self.height)
        zoom = max(1.0, zoom)
        force = shake * 0.016 * unit
        if force > 0.5 and zoom >= FLAT:
            zoom = max(zoom, 1 + 2.6 * force / unit)
        half = 0.5 / zoom
        wobble = (
            force * math.sin(time * 61) * math.cos(time * 23),
            force * math.sin(time * 53 + 1) * math.cos(time * 31),
        )
        return View(
            min(max(x, half), 1 - half), min(max(y, half), 1 - half), zoom, wobble, self.width, self.height, whole
        )
