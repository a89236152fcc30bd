"""Weather in front of the scene: rain, snow, fog, storms and wind as looping sheets."""

from __future__ import annotations

import math
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.paint import raster
from engine.diorama.paint.light import Light
from engine.diorama.paint.raster import Picture, Stamp, bgr
from engine.diorama.paint.wind import Gusts, Leaves


class Weather(Protocol):
    """Something drawn over a frame as a pure function of time."""

    def draw(self, frame: Picture, time: float) -> None:
        """Draw onto ``frame`` in place."""
        ...


def weather_for(
    name: str,
    light: Light,
    rng: np.random.Generator,
    width: int,
    height: int,
    thunder: tuple[float, ...],
    *,
    puddles: bool = True,
    rate: float,
) -> tuple[Weather, ...]:
    """The sheets that make up the weather ``name``; ``thunder`` are the moments (s) of lightning in a storm.

    ``puddles``: whether drops are seen to hit the ground (not through a window). ``rate``: how often a second rain is
    drawn anew; nobody follows a drop with the eye, and the encoder pays for every streak that moved.
    """
    if name == "rain":
        return (
            Rain(rng, width, height, 200, 0.12, dark=light.dark, rate=rate),
            Splashes(rng, width, height, 44 if puddles else 0, rate=rate),
        )
    if name == "storm":
        return (
            Rain(rng, width, height, 290, 0.34, dark=light.dark, rate=rate),
            Splashes(rng, width, height, 70 if puddles else 0, rate=rate),
            Lightning(rng, width, height, thunder),
        )
    if name == "snow":
        return (Snow(rng, width, height),)
    if name == "fog":
        return (Fog(rng, light, width, height),)
    if name == "wind":
        return (Gusts(rng, light, width, height), Leaves(rng, light, width, height))
    return ()


def held(time: float, rate: float) -> float:
    """The last moment at which something drawn ``rate`` times a second was drawn anew."""
    return math.floor(time * rate + 1e-6) / rate


class Rain:
    """A sheet of streaks, near ones longer and brighter, scrolled by whole pixels."""

    SPEED = 1.9
    """Heights of the frame fallen in a second."""

    def __init__(
        self, rng: np.random.Generator, width: int, height: int, count: int, slant: float, *, dark: bool, rate: float
    ) -> None:
        self.height, self.slant, self.rate = height, slant, rate
        unit = min(width, height)
        wide = width + math.ceil(slant * height)
        sheet = np.zeros((height, wide), np.uint8)
        for share, tone, wet in ((0.045, 62, 1.0), (0.09, 96, 0.8)):
            for _ in range(round(count * wet * wide / unit)):
                start = (float(rng.uniform(0, wide)), float(rng.uniform(0, height)))
                bright = tone * float(rng.uniform(0.4, 1)) * (1.0 if dark else 0.85)
                thick = max(1, round(unit / 720 * (1 if share < 0.05 else 1.7)))
                _streak(sheet, start, share * unit * float(rng.uniform(0.6, 1.4)), slant, bright, thick)
        tint = np.array([1.0, 0.94, 0.86], np.float32)
        self.sheet: Picture = np.asarray(sheet[:, :, None] * tint, np.uint8)

    def draw(self, frame: Picture, time: float) -> None:
        """Add the sheet where it has fallen to."""
        height, width = frame.shape[:2]
        fallen = int(held(time, self.rate) * self.SPEED * height) % height
        left = int(fallen * self.slant) % max(1, self.sheet.shape[1] - width + 1)
        for top, rows in ((fallen, self.sheet[: height - fallen]), (0, self.sheet[height - fallen :])):
            if len(rows):
                under = frame[top : top + len(rows)]
                cv2.add(under, rows[:, left : left + width], dst=under)


def _streak(sheet: Picture, start: tuple[float, float], length: float, slant: float, bright: float, thick: int) -> None:
    """A falling drop's trace, faint where it comes from and bright at its end; the sheet tiles from top to bottom."""
    for lap in (0, -sheet.shape[0]):
        for faint, begin in ((0.4, 0.0), (0.7, 0.3), (1.0, 0.6)):
            ends = [
                (round((start[0] - length * part * slant) * 16), round((start[1] + lap + length * part) * 16))
                for part in (begin, 1.0)
            ]
            cv2.line(sheet, ends[0], ends[1], (bright * faint,), thick, cv2.LINE_AA, 4)


class Splashes:
    """Little crowns where drops hit the ground."""

    def __init__(self, rng: np.random.Generator, width: int, height: int, count: int, *, rate: float) -> None:
        self.spots, self.rate = rng.random((count, 3)), rate
        unit = min(width, height)
        self.phases: list[Picture] = []
        for k in range(5):
            reach = max(3, round((0.006 + 0.005 * k) * unit))
            light = np.zeros((reach * 2 + 2, reach * 2 + 4, 3), np.uint8)
            bright = 110 - 20 * k
            cv2.ellipse(
                light,
                (reach + 1, reach + 1),
                (reach, max(1, reach // 3)),
                0,
                0,
                360,
                (bright, bright * 0.95, bright * 0.88),
                max(1, round(unit / 720)),
                cv2.LINE_AA,
            )
            if k < 3:
                for lean in (-0.4, 0.4):
                    tip = (round(reach + 1 + lean * reach), 1 + k)
                    cv2.line(light, (reach + 1, reach + 1), tip, (bright * 0.7,) * 3, 1, cv2.LINE_AA)
            self.phases.append(light)

    def draw(self, frame: Picture, time: float) -> None:
        """Add every splash that is alive."""
        height, width = frame.shape[:2]
        for k, (x, y, phase) in enumerate(self.spots):
            age = held(time, self.rate) * 2.6 + phase
            step = int((age % 1.0) * 9)
            if step < 5:
                hop = (x + 0.618 * (int(age) + k)) % 1.0
                light = self.phases[step]
                raster.shine(frame, light, round(hop * width) - light.shape[1] // 2, round((0.7 + 0.3 * y) * height))


class Snow:
    """Three sheets of flakes, nearer ones larger, softer and faster, swaying."""

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        unit = min(width, height)
        self.sheets: list[tuple[Picture, float, float]] = []
        self.sway = max(2, round(0.03 * unit))
        for count, size, speed, tone in ((210, 0.0028, 0.09, 150), (110, 0.0052, 0.15, 205), (26, 0.012, 0.26, 190)):
            wide = width + 2 * self.sway
            sheet = np.zeros((height, wide), np.uint8)
            for _ in range(round(count * width / unit)):
                x, y, r = rng.uniform(0, wide), rng.uniform(0, height), size * unit * rng.uniform(0.6, 1.3)
                for lap in (-height, 0, height):
                    centre = (round(x * 16), round((y + lap) * 16))
                    cv2.circle(
                        sheet, centre, max(10, round(r * 16)), (float(tone * rng.uniform(0.7, 1)),), -1, cv2.LINE_AA, 4
                    )
            sheet = raster.soften(sheet, size * unit * 0.42)
            self.sheets.append((cv2.merge((sheet, sheet, sheet)), speed, float(rng.uniform(0, 6))))

    def draw(self, frame: Picture, time: float) -> None:
        """Add the three sheets."""
        height, width = frame.shape[:2]
        for sheet, speed, phase in self.sheets:
            fallen = int(time * speed * height) % height
            left = self.sway + round(self.sway * math.sin(time * 1.1 + phase))
            for top, rows in ((fallen, sheet[: height - fallen]), (0, sheet[height - fallen :])):
                if len(rows):
                    under = frame[top : top + len(rows)]
                    cv2.add(under, rows[:, left : left + width], dst=under)


class Fog:
    """Two banks of mist sliding past each other."""

    def __init__(self, rng: np.random.Generator, light: Light, width: int, height: int) -> None:
        self.banks: list[tuple[Stamp, int, float]] = []
        tone = bgr(light.haze) * 0.5 + bgr(light.sky[-1]) * 0.5
        for top, tall, speed, strength in ((0.28, 0.46, 0.06, 170), (0.5, 0.52, -0.085, 165)):
            wide, rows = round(width * 2.1), round(tall * height)
            cloud = np.zeros((rows, wide), np.float32)
            for cells, weight in ((6, 0.6), (14, 0.35), (30, 0.16)):
                noise = rng.random((max(2, cells // 2), cells)).astype(np.float32)
                cloud += cv2.resize(noise, (wide, rows), interpolation=cv2.INTER_CUBIC) * weight
            shape = np.clip(np.sin(np.linspace(0, math.pi, rows, dtype=np.float32)), 0, 1)[:, None]
            alpha = np.clip((cloud * 1.25 + 0.05) * shape**0.8, 0, 1) * strength
            colour = tone[None, None, :] * (alpha / 255)[:, :, None]
            picture = np.dstack((colour, alpha)).astype(np.uint8)
            self.banks.append((Stamp.of(picture), round(top * height), speed * width))

    def draw(self, frame: Picture, time: float) -> None:
        """Blend both banks."""
        for stamp, top, speed in self.banks:
            room = stamp.colour.shape[1] - frame.shape[1]
            stamp.draw(frame, round(-room / 2 + speed * (time - 5)), top)


class Lightning:
    """Forked bolts and the flash that goes with them."""

    def __init__(self, rng: np.random.Generator, width: int, height: int, times: tuple[float, ...]) -> None:
        self.times = times
        self.bolts = [_bolt(rng, width, height) for _ in times]

    def draw(self, frame: Picture, time: float) -> None:
        """Flash, flicker and fade for half a second from each strike."""
        for strike, (light, x) in zip(self.times, self.bolts, strict=True):
            age = time - strike
            if 0 <= age < 0.5:
                flash = (0.9 if age < 0.07 else 0.35 if age < 0.13 else 0.7 if age < 0.19 else 0.6 * (0.5 - age)) * 90
                cv2.add(frame, np.array([flash * 1.1, flash, flash * 0.94, 0.0]), dst=frame)
                if age < 0.2:
                    raster.shine(frame, light, x, 0)


def _bolt(rng: np.random.Generator, width: int, height: int) -> tuple[Picture, int]:
    wide, tall = round(width * 0.5), round(height * 0.62)
    light = np.zeros((tall, wide, 3), np.uint8)
    unit = min(width, height)

    def branch(x: float, y: float, steps: int, thick: float) -> None:
        for k in range(steps):
            nx, ny = x + float(rng.normal(0, 0.04)) * unit, y + float(rng.uniform(0.035, 0.07)) * unit
            cv2.line(
                light, (round(x), round(y)), (round(nx), round(ny)), (255, 250, 240), max(1, round(thick)), cv2.LINE_AA
            )
            if steps > 8 and rng.random() < 0.22:
                branch(nx, ny, 4, thick * 0.5)
            x, y = nx, ny
            if y > tall:
                break
            thick *= 0.97 if k else 1

    branch(wide / 2, 0, 26, unit / 150)
    halo = raster.soften(light, 0.012 * unit)
    cv2.add(light, cv2.addWeighted(halo, 1.3, halo, 0, 0), dst=light)
    return light, round(float(rng.uniform(0, 0.5)) * width)


def strikes(rng: np.random.Generator, seconds: float, events: list[float]) -> tuple[float, ...]:
    """When lightning strikes: a moment before each thunder that is heard, or else about every three seconds."""
    if events:
        return tuple(max(0.0, time - 0.15) for time in sorted(events))
    count = max(1, round(seconds / 3.2))
    spots: NDArray[np.float64] = (np.arange(count) + rng.uniform(0.2, 0.8, count)) * seconds / count
    return tuple(float(spot) for spot in spots)
