"""Short-lived drawings that motions leave behind: dust, sparkles, explosions, bubbles, sleepy letters, speed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from engine.diorama.paint import raster
from engine.diorama.paint.motion import Course, Pose
from engine.diorama.paint.raster import Picture, bgr


@dataclass(frozen=True)
class Burst:
    """Something that happens at ``time`` (s) at (x, y) in fractions: ``kind`` dust, pop or blast; ``power`` 0 … 1."""

    kind: str
    time: float
    x: float
    y: float
    power: float
    seed: int


@dataclass(frozen=True)
class Tones:
    """Ready-made pictures: a ball of dust, a sleeper's letters, balls of fire from hot to cold."""

    dust: Picture
    letters: tuple[Picture, ...]
    fire: tuple[Picture, ...]


FIRE = (0xFFF0A0, 0xFFC24A, 0xF5792E, 0xC2502E, 0x6E5A60)

LASTS = {"dust": 0.5, "pop": 0.7, "blast": 1.7}


def bursts_of(course: Course, seed: int, *, dusty: bool) -> list[Burst]:
    """Every burst that one actor's motion causes, in order of time."""
    found: list[Burst] = []
    if dusty:
        found += [Burst("dust", time, x, y, power, seed + k) for k, (time, power, x, y) in enumerate(course.impacts())]
    for k, (time, x, y) in enumerate(course.crossings()):
        kind = "blast" if course.motion(time) == "explode" else "pop"
        found.append(Burst(kind, time, x, y - course.subject.size * 0.25, 1.0, seed + 31 * k))
    return sorted(found, key=lambda burst: burst.time)


def draw_burst(
    frame: Picture, burst: Burst, time: float, origin: tuple[int, int], size: tuple[int, int], tones: Tones
) -> None:
    """Draw ``burst`` as it is at ``time``; ``origin`` is where fraction (0, 0) lies, ``size`` the frame in pixels."""
    age = (time - burst.time) / LASTS[burst.kind]
    if not 0 <= age < 1:
        return
    unit = min(size)
    x, y = origin[0] + burst.x * size[0], origin[1] + burst.y * size[1]
    if burst.kind == "dust":
        _dust(frame, burst, age, (x, y), unit, tones)
    elif burst.kind == "pop":
        _sparkles(frame, burst, age, (x, y), unit)
    else:
        _blast(frame, burst, age, (x, y), unit, tones)


def _dust(frame: Picture, burst: Burst, age: float, at: tuple[float, float], unit: int, tones: Tones) -> None:
    rng = np.random.default_rng(burst.seed)
    out = 1 - (1 - age) ** 3
    for k in range(7):
        side = -1 if k % 2 else 1
        far = (0.03 + 0.1 * rng.random()) * burst.power * unit * out * side
        rise = (0.008 + 0.03 * rng.random()) * unit * out
        grow = (0.35 + 0.75 * rng.random()) * (0.5 + 0.8 * out) * (0.6 + 0.4 * burst.power)
        puff = tones.dust
        half = puff.shape[0] / 2 * grow
        matrix = np.array([[grow, 0, at[0] + far - half], [0, grow * 0.8, at[1] - rise - half * 0.9]], np.float64)
        raster.warp_over(frame, puff, matrix, 0.75 * (1 - age) ** 1.4)


def _sparkles(frame: Picture, burst: Burst, age: float, at: tuple[float, float], unit: int) -> None:
    rng = np.random.default_rng(burst.seed)
    out = 1 - (1 - age) ** 2.4
    light = raster.glow(round(0.16 * unit), 0xFFF0B8, round((1 - age) * 8) / 8 * 0.8, 2.0)
    raster.shine(frame, light, round(at[0]) - light.shape[1] // 2, round(at[1]) - light.shape[0] // 2)
    for _ in range(16):
        angle, far = rng.uniform(0, 2 * math.pi), (0.06 + 0.16 * rng.random()) * unit * out
        size = (0.006 + 0.014 * rng.random()) * unit * (1 - age) ** 0.7
        x, y = at[0] + math.cos(angle) * far, at[1] + math.sin(angle) * far + 0.05 * unit * age**2
        colour = tuple(float(v) for v in bgr((0xFFE27A, 0xFFFFFF, 0xFFB0D8, 0x9AE8FF)[int(rng.integers(4))]))
        star(frame, x, y, size, age * 2 + angle, colour)


def star(frame: Picture, x: float, y: float, size: float, angle: float, colour: tuple[float, ...]) -> None:
    """A four-pointed star."""
    points = [
        (x + math.cos(angle + k * math.pi / 4) * size * (1 if k % 2 == 0 else 0.32),
         y + math.sin(angle + k * math.pi / 4) * size * (1 if k % 2 == 0 else 0.32)) for k in range(8)
    ]  # fmt: skip
    cv2.fillPoly(frame, [np.round(np.array(points) * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)


def _blast(frame: Picture, burst: Burst, age: float, at: tuple[float, float], unit: int, tones: Tones) -> None:
    rng = np.random.default_rng(burst.seed)
    out = 1 - (1 - age) ** 4
    if age < 0.45:
        light = raster.glow(round(0.5 * unit), 0xFFC860, round((0.45 - age) / 0.45 * 8) / 8, 1.6)
        raster.shine(frame, light, round(at[0]) - light.shape[1] // 2, round(at[1]) - light.shape[0] // 2)
    for k in range(16):
        angle, far = rng.uniform(0, 2 * math.pi), (0.04 + 0.2 * rng.random()) * unit * out
        grow = (1.5 + 1.8 * rng.random()) * (0.45 + 0.75 * out)
        heat = min(len(FIRE) - 1, int(age * 5.2 + 1.6 * rng.random() * (k % 3 > 0)))
        ball = tones.fire[heat]
        half = ball.shape[0] / 2 * grow
        x, y = at[0] + math.cos(angle) * far - half, at[1] + math.sin(angle) * far - 0.1 * unit * out * age - half
        raster.warp_over(frame, ball, np.array([[grow, 0, x], [0, grow, y]], np.float64), min(1.0, 2.2 * (1 - age)))
    for _ in range(30):
        angle, pace = rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 0.62) * unit
        x = at[0] + math.cos(angle) * pace * out
        y = at[1] + math.sin(angle) * pace * out * 0.9 + 0.42 * unit * age**2
        size = rng.uniform(0.007, 0.02) * unit * (1 - age) ** 0.5
        tone = bgr((0xFFD25A, 0xFF7A3A, 0xFF4A6A, 0xFFFFFF, 0x7AD8FF)[int(rng.integers(5))])
        star(frame, x, y, size, age * 9 * rng.uniform(-1, 1), tuple(float(v) for v in tone))


def puff(unit: int, code: int, firm: float = 0.85) -> Picture:
    """A soft ball of colour ``code`` (0xRRGGBB), ``firm`` its greatest opacity; premultiplied."""
    reach = max(4, round(0.042 * unit))
    grid = np.linspace(-1, 1, 2 * reach + 1, dtype=np.float32)
    far = np.sqrt(grid[None, :] ** 2 + grid[:, None] ** 2)
    alpha = np.clip((1 - far) * 2.2, 0, 1) * firm
    shade = 1.06 - 0.16 * (grid[:, None] + 1) / 2 * np.ones_like(far)
    colour = np.clip(bgr(code)[None, None, :] * shade[:, :, None], 0, 255) * alpha[:, :, None]
    return np.dstack((colour, alpha * 255)).astype(np.uint8)


def trail(
    frame: Picture, pose: Pose, time: float, at: tuple[float, float], tall: float, unit: int, tones: Tones
) -> None:
    """What a moving actor leaves behind right now: dust of runners and wheels, bubbles, letters of a sleeper."""
    quick = abs(pose.speed)
    behind = -1.0 if pose.speed > 0 else 1.0
    if pose.motion in {"run", "chase", "drive", "slide", "roll"} and quick > 0.05 and pose.air < 0.02:
        for k in range(4):
            age = (time * 2.2 + k / 4) % 1.0
            grow = (0.3 + 0.7 * age) * min(1.0, quick * 4)
            half = tones.dust.shape[0] / 2 * grow
            x = at[0] + behind * tall * (0.22 + 0.42 * age) - half
            y = at[1] - tall * 0.03 - 0.035 * unit * age * (1 + 0.5 * (k % 2)) - half
            raster.warp_over(frame, tones.dust, np.array([[grow, 0, x], [0, grow, y]], np.float64), 0.6 * (1 - age))
    elif pose.motion == "sleep":
        for k, stamp in enumerate(tones.letters):
            age = (time * 0.45 + k / 3) % 1.0
            x = at[0] + tall * 0.3 + 0.07 * unit * age + 0.015 * unit * math.sin(age * 9)
            y = at[1] - tall * 0.75 - 0.16 * unit * age
            grow = 0.5 + 0.6 * age
            matrix = np.array([[grow, 0, x], [0, grow, y]], np.float64)
            raster.warp_over(frame, stamp, matrix, math.sin(age * math.pi))
