"""The drawing board for places: shapes, skies, hills and scenery become layers at different depths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.art.pack import asset
from engine.diorama.paint import raster
from engine.diorama.paint.ambient import Ambient, Glitter
from engine.diorama.paint.light import Light, grade, veil
from engine.diorama.paint.raster import Picture, Stamp, bgr, mix

MARGIN_X = 0.25
"""How far (fractions of the width) layers reach past each side of the frame, for pans and shakes."""
MARGIN_Y = 0.08

Colour = NDArray[np.float32]
Points = Sequence[tuple[float, float]] | NDArray[np.float64]


@dataclass(frozen=True)
class Layer:
    """A drawn sheet cut into rows that are blended and rows that are simply copied.

    ``depth`` is how much of the camera's travel it follows: 0 at infinity, 1 where the actors are, above 1 in front.
    ``drift`` moves it by itself, in pixels a second.
    """

    parts: tuple[tuple[Stamp, int, int], ...]
    depth: float
    drift: float = 0.0

    def draw(self, frame: Picture, x: int, y: int) -> None:
        """Blend all parts with the sheet's top left corner at (x, y)."""
        for stamp, left, top in self.parts:
            stamp.draw(frame, x + left, y + top)

    def solid_from(self, x: int, y: int, frame: Picture) -> int:
        """The row of ``frame`` from which on this, drawn at (x, y), hides all that is behind; its height if nowhere."""
        rows, columns = frame.shape[:2]
        for stamp, left, top in self.parts[-1:]:
            h, w = stamp.colour.shape[:2]
            if stamp.keep is None and x + left <= 0 and x + left + w >= columns and y + top + h >= rows:
                return y + top
        return rows


@dataclass(frozen=True)
class Place:
    """A finished background: what lies behind the actors, what lies in front, and the light that falls on them.

    ``ground`` is the height (fraction) where shadows of floating actors fall, None where there is no ground;
    ``window`` (x0, y0, x1, y1 in fractions) is the only part where weather shows, None outdoors.
    """

    back: tuple[Layer, ...]
    front: tuple[Layer, ...]
    ambients: tuple[Ambient, ...]
    light: Light
    ground: float | None
    window: tuple[float, float, float, float] | None


def tinted(picture: Picture, colour: Colour, share: float) -> Picture:
    """``picture`` with ``share`` (0 … 1) of a flat colour in it."""
    blue, green, red = (float(channel) * share for channel in colour)
    return grade(picture, (1 - share, 1 - share, 1 - share), (red, green, blue))


def split(sheet: Picture) -> tuple[tuple[Stamp, int, int], ...]:
    """Cut a sheet into a blended band and an opaque remainder, without its empty rows and columns."""
    visible, left, top = raster.trim(sheet)
    opaque = np.flatnonzero(visible[:, :, 3].min(axis=1) < 255)
    solid_from = int(opaque[-1]) + 1 if len(opaque) else 0
    parts: list[tuple[Stamp, int, int]] = []
    if solid_from > 0:
        parts.append((Stamp.of(np.ascontiguousarray(visible[:solid_from])), left, top))
    if solid_from < visible.shape[0]:
        parts.append((Stamp.of(np.ascontiguousarray(visible[solid_from:])), left, top + solid_from))
    return tuple(parts)


@dataclass
class Sketch:
    """A place being drawn. Coordinates are fractions of the frame; sizes ``u`` are fractions of its shorter side."""

    light: Light
    time: str
    weather: str
    width: int
    height: int
    rng: np.random.Generator
    back: list[Layer] = field(default_factory=list)
    front: list[Layer] = field(default_factory=list)
    ambients: list[Ambient] = field(default_factory=list)
    ground: float | None = 0.8
    window: tuple[float, float, float, float] | None = None
    waters: dict[float, int] = field(default_factory=dict)
    props: dict[tuple[str, int, int, bool], Picture] = field(default_factory=dict)

    @property
    def unit(self) -> int:
        """The shorter side in pixels."""
        return min(self.width, self.height)

    def px(self, x: float) -> float:
        """Sheet column of the fraction ``x``."""
        return (x + MARGIN_X) * self.width

    def py(self, y: float) -> float:
        """Sheet row of the fraction ``y``."""
        return (y + MARGIN_Y) * self.height

    def sheet(self) -> Picture:
        """An empty BGRA sheet, frame plus margins."""
        return np.zeros((round(self.height * (1 + 2 * MARGIN_Y)), round(self.width * (1 + 2 * MARGIN_X)), 4), np.uint8)

    def keep(self, sheet: Picture, depth: float, *, drift: float = 0.0, front: bool = False) -> None:
        """Finish a sheet as the next layer towards the viewer."""
        (self.front if front else self.back).append(Layer(split(sheet), depth, drift))

    def tone(self, code: int, distance: float = 0.0) -> Colour:
        """A daylight colour under this light, with ``distance`` (0 near … 1 horizon) of air in front of it."""
        lit = bgr(code) * np.array(self.light.scenery[::-1], np.float32)
        return mix(lit, bgr(self.light.haze), distance * self.light.haze_share)

    def rows(
        self, sheet: Picture, top: float, bottom: float, colours: Sequence[Colour], stops: Sequence[float]
    ) -> None:
        """Fill full-width rows from ``top`` to ``bottom`` with a smooth gradient, dithered against banding."""
        first, last = max(0, round(self.py(top))), min(sheet.shape[0], round(self.py(bottom)))
        if last <= first:
            return
        place = np.linspace(0, 1, last - first)
        line = np.stack([np.interp(place, stops, [float(c[k]) for c in colours]) for k in range(3)], axis=1)
        noise = self.rng.random((64, sheet.shape[1]), np.float32)
        for start in range(0, last - first, 64):
            block = line[start : start + 64, None, :] + noise[: len(line[start : start + 64]), :, None]
            sheet[first + start : first + start + len(block), :, :3] = np.clip(block, 0, 255)
        sheet[first:last, :, 3] = 255

    def mask(self, sheet: Picture, points: Points) -> tuple[Picture, int, int]:
        """Anti-aliased coverage of a polygon: (h, w) mask and its (x, y) on the sheet."""
        spots = np.asarray(points, np.float64) * (self.width, self.height)
        spots += (MARGIN_X * self.width, MARGIN_Y * self.height)
        low = np.maximum(np.floor(spots.min(axis=0)).astype(int) - 1, 0)
        high = np.minimum(np.ceil(spots.max(axis=0)).astype(int) + 2, (sheet.shape[1], sheet.shape[0]))
        size = np.maximum(high - low, 1)
        mask = np.zeros((int(size[1]), int(size[0])), np.uint8)
        cv2.fillPoly(mask, [np.round((spots - low) * 16).astype(np.int32)], (255,), cv2.LINE_AA, 4)
        return mask, int(low[0]), int(low[1])

    def fill(
        self, sheet: Picture, points: Points, top: Colour, bottom: Colour | None = None, alpha: float = 1.0
    ) -> None:
        """Fill a polygon with a vertical gradient from ``top`` to ``bottom``."""
        mask, x, y = self.mask(sheet, points)
        self.paint(sheet, mask, x, y, top, bottom, alpha)

    def paint(
        self,
        sheet: Picture,
        mask: Picture,
        x: int,
        y: int,
        top: Colour,
        bottom: Colour | None = None,
        alpha: float = 1.0,
    ) -> None:
        """Blend a gradient through ``mask`` onto the sheet at (x, y)."""
        share = np.linspace(0, 1, mask.shape[0], dtype=np.float32)[:, None]
        line = top[None, :] * (1 - share) + (top if bottom is None else bottom)[None, :] * share
        colour = np.empty((*mask.shape, 4), np.uint8)
        colour[:, :, :3] = np.clip(line, 0, 255)[:, None, :]
        colour[:, :, 3] = 255
        cover = mask if alpha >= 1 else cv2.convertScaleAbs(mask, alpha=alpha)
        picture = cv2.multiply(colour, cv2.merge((cover, cover, cover, cover)), scale=1 / 255)
        raster.over(sheet, np.asarray(picture, np.uint8), x, y)

    def ellipse(
        self, sheet: Picture, x: float, y: float, rx: float, ry: float, top: Colour, bottom: Colour | None = None,
        *, alpha: float = 1.0, blur: float = 0.0,
    ) -> None:  # fmt: skip
        """A filled ellipse; ``rx``, ``ry`` and ``blur`` in units."""
        w, h, pad = rx * self.unit, ry * self.unit, math.ceil(blur * self.unit * 2.5) + 2
        mask = np.zeros((math.ceil(2 * h) + 2 * pad, math.ceil(2 * w) + 2 * pad), np.uint8)
        centre = (round(mask.shape[1] * 8), round(mask.shape[0] * 8))
        cv2.ellipse(mask, centre, (round(w * 16), round(h * 16)), 0, 0, 360, (255,), -1, cv2.LINE_AA, 4)
        mask = raster.soften(mask, blur * self.unit)
        self.paint(
            sheet,
            mask,
            round(self.px(x) - mask.shape[1] / 2),
            round(self.py(y) - mask.shape[0] / 2),
            top,
            bottom,
            alpha,
        )

    def box(
        self, sheet: Picture, x0: float, y0: float, x1: float, y1: float, top: Colour, bottom: Colour | None = None,
        alpha: float = 1.0,
    ) -> None:  # fmt: skip
        """A filled rectangle in fractions."""
        self.fill(sheet, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], top, bottom, alpha)

    def glow(
        self, sheet: Picture, x: float, y: float, radius: float, code: int, strength: float, power: float = 2.0
    ) -> None:
        """Add a round light to an opaque part of the sheet; ``radius`` in units."""
        reach = max(2, round(radius * self.unit))
        side = 2 * reach + 1
        spot = cv2.resize(raster.falloff(max(2, reach // 4), power), (side, side), interpolation=cv2.INTER_CUBIC)
        box = raster.clip_box(round(self.px(x)) - reach, round(self.py(y)) - reach, side, side, sheet)
        if box is None:
            return
        rows, columns, own_rows, own_columns = box
        light = np.maximum(spot[own_rows, own_columns], 0)
        noise = self.rng.random((64, light.shape[1]), np.float32)
        noise = np.tile(noise, (light.shape[0] // 64 + 1, 1))[: light.shape[0]]
        rest = cv2.bitwise_not(sheet[rows, columns])
        # Screen, not add: bright skies keep their colour instead of clipping to white; noise breaks the bands.
        shades = [cv2.add(light * np.float32(float(c) * strength), noise) for c in bgr(code)]
        added = cv2.merge(
            [np.minimum(shade, 255).astype(np.uint8) for shade in shades] + [np.zeros(light.shape, np.uint8)]
        )
        lit = cv2.add(sheet[rows, columns], cv2.multiply(added, rest, scale=1 / 255))
        sheet[rows, columns] = lit

    def halo(
        self, sheet: Picture, x: float, y: float, radius: float, code: int, share: float, power: float = 2.2
    ) -> None:
        """Lay a round light on a sheet that may be empty there; ``share`` (0 … 1) is its strength in the middle."""
        mask = (raster.falloff(round(radius * self.unit), power) * (255 * share)).astype(np.uint8)
        half = mask.shape[0] // 2
        self.paint(sheet, mask, round(self.px(x)) - half, round(self.py(y)) - half, bgr(code))

    def prop(
        self, sheet: Picture, name: str, x: float, y: float, size: float, *, distance: float = 0.0, flip: bool = False,
        blur: float = 0.0, shadow: bool = True, tint: int | None = None,
    ) -> None:  # fmt: skip
        """Stand a piece of art on (x, y), ``size`` units tall, lit and hazed like its layer."""
        tall = max(6, round(size * self.unit / 6) * 6)
        key = (name, tall, round(distance * 20) + (0 if tint is None else tint * 32), flip)
        picture = self.props.get(key)
        if picture is None:
            picture = raster.scaled(raster.trim(asset(name).image)[0], tall)
            red, green, blue = (value * 0.5 for value in self.light.lift)
            picture = grade(picture, self.light.scenery, (red, green, blue))
            if tint is not None:
                picture = tinted(picture, self.tone(tint), 0.55)
            picture = veil(picture, self.light.haze, distance * self.light.haze_share)
            picture = cv2.flip(picture, 1) if flip else picture
            self.props[key] = picture
        if shadow:
            self.ellipse(sheet, x, y, size * 0.3, size * 0.045, bgr(0x0A0618), alpha=0.32, blur=size * 0.03)
        if blur > 0:
            pad = math.ceil(blur * self.unit * 3)
            picture = raster.soften(
                cv2.copyMakeBorder(picture, pad, pad, pad, pad, cv2.BORDER_CONSTANT), blur * self.unit
            )
            y += pad / self.height
        raster.over(
            sheet, picture, round(self.px(x) - picture.shape[1] / 2),
            round(self.py(y) - picture.shape[0] * (1 if blur > 0 else 0.985)),
        )  # fmt: skip

    def _uncovered(self, first: int) -> Picture:
        """How much (0 … 255) of each pixel of the frame no layer from number ``first`` on covers."""
        open_sky = np.full((self.height, self.width, 3), 255, np.uint8)
        x, y = -round(MARGIN_X * self.width), -round(MARGIN_Y * self.height)
        for layer in self.back[first:]:
            for stamp, left, top in layer.parts:
                keep = stamp.keep if stamp.keep is not None else np.zeros_like(stamp.colour)
                raster.darken(open_sky, keep, x + left, y + top)
        return open_sky

    def place(self) -> Place:
        """Everything drawn so far."""
        for k, ambient in enumerate(self.ambients):
            if isinstance(ambient, Glitter):
                # Glitter is added after all layers, so it has to know what stands in front of the water.
                self.ambients[k] = ambient.masked(self._uncovered(self.waters[ambient.depth]))
        return Place(tuple(self.back), tuple(self.front), tuple(self.ambients), self.light, self.ground, self.window)
