"""Wind that can be seen: leaves that fly past, and pale gusts that are drawn into the air and fade."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.paint import raster
from engine.diorama.paint.light import Light
from engine.diorama.paint.raster import Picture, bgr

_CODES = (0x8CC04A, 0xE8A83C, 0xD8703A, 0xB8D060)
_LEAST_LIT = 0.72
"""How bright the brightest channel of a leaf's light is at least: moonlight alone leaves black specks on black."""

_STEPS = 14
"""Pictures of a gust from its first breath to its last."""

_SHOWN = 0.74
"""Share of its turn in which a gust is seen; then it starts elsewhere."""


class Leaves:
    """Leaves tumbling past on the wind."""

    def __init__(self, rng: np.random.Generator, light: Light, width: int, height: int) -> None:
        self.seeds = rng.random((24, 6))
        side = max(8, round(0.062 * min(width, height)))
        gain = np.array(light.scenery[::-1], np.float32)
        gain *= max(1.0, _LEAST_LIT / float(gain.max()))
        self.sprites = [_leaf(side, tuple(float(v) for v in bgr(code) * gain)) for code in _CODES]

    def draw(self, frame: Picture, time: float) -> None:
        """Draw every leaf on its looping way."""
        height, width = frame.shape[:2]
        for k, (sx, sy, speed, phase, sway, size) in enumerate(self.seeds):
            sprite = self.sprites[k % 4]
            x = ((sx + time * (0.42 + 0.45 * speed)) % 1.3 - 0.15) * width
            y = (sy * 0.9 + 0.06 * math.sin(time * (1.5 + 2 * sway) + phase * 6)) * height
            angle, flip = (
                time * (2 + 5 * speed) + phase * 6,
                0.35 + 0.65 * abs(math.sin(time * 3 * (0.5 + sway) + phase)),
            )
            grow = 0.5 + 0.6 * size
            c, n = math.cos(angle) * grow, math.sin(angle) * grow
            half = sprite.shape[0] / 2
            matrix = np.array([[c, -n * flip, 0], [n, c * flip, 0]], np.float64)
            matrix[:, 2] = (x - matrix[0, :2].sum() * half, y - matrix[1, :2].sum() * half)
            raster.warp_over(frame, sprite, matrix)


class Gusts:
    """Breaths of wind: each a pale line that runs ahead, curls and fades, then another one elsewhere."""

    def __init__(self, rng: np.random.Generator, light: Light, width: int, height: int) -> None:
        self.unit = min(width, height)
        bright = 78.0 if light.dark else 120.0
        self.films = [[_gust(self.unit, step / _STEPS, bright, curled=curled) for step in range(1, _STEPS)]
                      for curled in (True, False)]  # fmt: skip
        self.places = rng.random((4, 8, 2))
        self.turns = [(2.1 + 0.35 * k, (k + float(rng.random()) * 0.5) / 4) for k in range(4)]

    def draw(self, frame: Picture, time: float) -> None:
        """Draw the gusts that blow at ``time``."""
        height, width = frame.shape[:2]
        for k, (seconds, phase) in enumerate(self.turns):
            turn, age = divmod(time / seconds + phase, 1.0)
            step = int(age / _SHOWN * _STEPS) - 1
            film = self.films[k % 2]
            if not 0 <= step < len(film):
                continue
            x, y = self.places[k, int(turn) % 8]
            left = (x * 1.1 - 0.35) * width + age * 0.25 * self.unit
            # One band of the picture each, so that two never blow over each other.
            raster.shine(frame, film[step], round(left), round((0.06 + 0.21 * (k + 0.7 * y)) * height))


def _leaf(side: int, colour: tuple[float, ...]) -> Picture:
    """(side, side, 4) premultiplied BGRA."""
    leaf = np.zeros((side, side, 4), np.uint8)
    c = side / 2
    angle = np.linspace(0, math.pi, 12)
    upper = np.stack([c - c * 0.9 * np.cos(angle), c - c * 0.42 * np.sin(angle)], axis=1)
    lower = np.stack([c + c * 0.9 * np.cos(angle), c + c * 0.42 * np.sin(angle)], axis=1)
    shape = np.round(np.concatenate([upper, lower]) * 16).astype(np.int32)
    cv2.fillPoly(leaf, [shape], (*colour, 255.0), cv2.LINE_AA, 4)
    cv2.line(leaf, (2, side // 2), (side - 2, side // 2), (*(v * 0.7 for v in colour), 255.0), max(1, side // 16))
    # Anti-aliasing blends towards zero in every channel, so the picture is already premultiplied.
    return leaf


def _path(unit: int, *, curled: bool) -> NDArray[np.float64]:
    """(n, 2) pixels along a gust: a long wave, at whose end a curl turns back over it."""
    along = np.linspace(0, 1, 70)
    wave = np.stack([along * 0.52, 0.15 - 0.022 * np.sin(along * 2 * math.pi * 1.1)], axis=1)
    if not curled:
        return wave * unit
    angle = np.linspace(0, 1.65 * math.pi, 42)[1:]
    radius = np.linspace(0.055, 0.026, 42)[1:, None]
    middle = wave[-1] - (0, 0.055)
    curl = middle + radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return np.concatenate([wave, curl]) * unit


def _gust(unit: int, share: float, bright: float, *, curled: bool) -> Picture:
    """The light (BGR) of a gust of which ``share`` of its time has gone: its head runs ahead, its tail follows."""
    path = _path(unit, curled=curled)
    light = np.zeros((math.ceil(0.24 * unit), math.ceil(0.62 * unit)), np.uint8)
    head, tail = 1.55 * share, 1.55 * share - 0.55
    points = np.round((path + 0.02 * unit) * 16).astype(np.int32)
    for k in range(len(points) - 1):
        at = k / (len(points) - 1)
        if tail < at < head:
            tone = bright * math.sin(math.pi * (at - tail) / (head - tail)) ** 0.5
            thick = max(1, round(unit / 720 * (2 + 5 * math.sin(math.pi * min(at, 0.96)))))
            cv2.line(light, points[k].tolist(), points[k + 1].tolist(), (tone,), thick, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(light, (0, 0), max(0.4, unit / 720))
    return np.asarray(cv2.merge([soft, soft, soft]), np.uint8)
