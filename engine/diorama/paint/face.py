"""A photographed head as a puppet's: which crop is seen, with which mouth, lids and turn, lit and styled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from engine.diorama.cast import Crop, Face
from engine.diorama.features import Features
from engine.diorama.paint import face_warp, raster
from engine.diorama.paint.doll import HEAD
from engine.diorama.paint.face_warp import Palette
from engine.diorama.paint.headwear import put_on
from engine.diorama.paint.light import Light, grade, rim_light
from engine.diorama.paint.raster import Picture
from engine.diorama.paint.style import restyle_sprite
from engine.text.outfit import Outfit

MOUTHS = 8
"""Drawn openings of the mouth, from as photographed to wide."""

LIDS = 2
"""Drawn steps of a blink beyond open."""

TURNS = 3
"""Drawn turns of the head to either side beyond straight."""

GAUGE = 0.128
"""From eyes to lips, in units of the whole figure: some 1.25 times what a cartoon of these proportions would have."""

STRAIGHT = 15.0
"""Degrees of yaw within which a crop looks at us: seen in a mirror it would only look like somebody else."""


PHOTOGRAPH = {"neon": 0.66, "paper": 0.55, "watercolour": 0.55, "clay": 0.6}
"""Share of the photograph that shines through a look: whose face it is must stay plain to see."""


@dataclass(frozen=True)
class Look:
    """One drawn state of a head: the crop and whether it is mirrored, its turn (− left), its mouth and its lids."""

    crop: int
    mirrored: bool = False
    turn: int = 0
    mouth: int = 0
    lids: int = 0


@dataclass(frozen=True)
class Shown:
    """A head as drawn: its picture, and in its pixels where it sits on the neck and where its mouth is."""

    picture: Picture
    neck: tuple[float, float]
    mouth: tuple[float, float]


@dataclass(frozen=True)
class Based:
    """A head at its size, dressed, lit and styled, with its mouth as photographed; ``across`` is the x of its neck."""

    picture: Picture
    features: Features
    across: float


class Head:
    """One head at one size. Pictures are premultiplied BGRA and must not be written to."""

    def __init__(self, face: Face, outfit: Outfit, light: Light, style: str, pixels: float) -> None:
        """``pixels`` is the height of the whole figure."""
        self.face, self.outfit, self.light, self.style = face, outfit, light, style
        self.u = float(pixels)
        gain, self.lift = light.gain, light.lift
        # A little more lamp on a face than on the rest of a night: it has to be known.
        self.gain = (gain[0] * 0.6 + 0.4, gain[1] * 0.6 + 0.4, gain[2] * 0.6 + 0.4) if light.dark else gain
        self.palette: Palette = tuple(self._lamplit(colour) for colour in face_warp.FLESH)  # type: ignore[assignment]
        self.based: Callable[[int, bool, int], Based] = lru_cache(maxsize=24)(self._based)
        self.drawn: Callable[[Look], Shown] = lru_cache(maxsize=96)(self._drawn)

    def look(self, yaw: float, *, mouth: int, lids: int) -> Look:
        """The state nearest to a head that looks ``yaw`` degrees to the right of us."""
        crops = self.face.crops
        choices = [(abs(crop.yaw - yaw), k, False) for k, crop in enumerate(crops)]
        choices += [(abs(-crop.yaw - yaw) + 14, k, True) for k, crop in enumerate(crops) if abs(crop.yaw) > STRAIGHT]
        _, index, mirrored = min(choices)
        own = crops[index].yaw * (-1 if mirrored else 1)
        turn = round(float(np.clip((yaw - own) / 32, -1, 1)) * TURNS)
        return Look(index, mirrored, turn, mouth, lids if crops[index].features.sure else 0)

    def _based(self, index: int, mirrored: bool, lids: int) -> Based:  # noqa: FBT001 - cached by position
        crop = self.face.crops[index]
        image, features = np.asarray(crop.image), crop.features
        if mirrored:
            features = features.mirrored(image.shape[1])
            image = np.ascontiguousarray(image[:, ::-1])
        pad = max(6, round(self.u * 0.07))
        small = _as_puppet(raster.scaled(image, max(8, round(image.shape[0] * _factor(crop, self.u)))))
        features = features.scaled(small.shape[0] / image.shape[0]).moved(pad, pad)
        small = np.asarray(cv2.copyMakeBorder(small, pad, pad, pad, pad, cv2.BORDER_CONSTANT), np.uint8)
        if lids:
            small = face_warp.lids_closed(small, features, lids / LIDS)
        solid = np.flatnonzero(small[int(features.upper_lip[1]), :, 3] > 128)
        across = float(solid.mean()) if len(solid) else small.shape[1] / 2
        worn, shift = put_on(small, features, self.outfit)
        neck = 0.5 * features.chin[0] + 0.5 * across + shift[0]
        return Based(self._lit(worn), features.moved(*shift), neck)

    def _drawn(self, look: Look) -> Shown:
        base = self.based(look.crop, look.mirrored, look.lids)
        features, opening, turn = base.features, look.mouth / (MOUTHS - 1), look.turn / TURNS
        move = face_warp.Move(face_warp.Mouth.of(features), opening, turn, features.between[0])
        mouth = (features.mouth_left[0] + features.mouth_right[0]) / 2, features.lower_lip[1]
        neck = base.across, features.chin[1] - 0.2 * features.gauge
        return Shown(face_warp.moved(base.picture, move, self.palette), neck, mouth)

    def _lamplit(self, colour: tuple[float, float, float]) -> tuple[float, float, float]:
        pixel = np.array([[[*colour, 255.0]]], np.float32).astype(np.uint8)
        blue, green, red, _ = (float(value) for value in grade(pixel, self.gain, self.lift)[0, 0])
        return blue, green, red

    def _lit(self, picture: Picture) -> Picture:
        if self.style != "paper":  # which has a border of its own
            picture = _bordered(picture, max(1.0, self.u * 0.0075))
        lit = grade(picture, self.gain, self.lift)
        side = 1 if self.light.body_at[0] > 0.5 else -1
        lit = rim_light(lit, self.light.rim, 0.5 if self.light.dark else 0.2, side)
        styled = restyle_sprite(lit, self.style)
        keep = PHOTOGRAPH.get(self.style, 0.0)
        if keep:
            rest = min(1 - keep, 0.24) if self.style == "neon" else 1 - keep  # neon light alone would drown it
            mixed = cv2.addWeighted(lit[:, :, :3], keep, styled[:, :, :3], rest, 0)
            inner = lit[:, :, 3:] > 250
            styled = np.where(inner, np.dstack((mixed, lit[:, :, 3])), styled).astype(np.uint8)
        return styled


def _factor(crop: Crop, u: float) -> float:
    """Scale of a crop on a figure ``u`` pixels tall: by the face where its features are known, else by the head."""
    features, (h, w) = crop.features, crop.image.shape[:2]
    above = max(features.chin[1], 0.3 * h)
    factor = GAUGE * u / features.gauge if features.sure else HEAD * u / above
    # However large the hair, the head neither leaves the figure's height far behind nor hides its body.
    return min(factor, 0.53 * u / above, 0.66 * u / w)


def _as_puppet(picture: Picture) -> Picture:
    """A photograph brought nearer to drawn art: pores smoothed, colours and contrast a little livelier."""
    colour = np.ascontiguousarray(picture[:, :, :3])
    smooth = cv2.bilateralFilter(colour, 5, 22, 3)
    sharp = cv2.addWeighted(smooth, 1.35, cv2.GaussianBlur(smooth, (0, 0), max(1.0, picture.shape[0] / 110)), -0.35, 0)
    grey = cv2.cvtColor(cv2.cvtColor(sharp, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    vivid = cv2.addWeighted(sharp, 1.14, grey, -0.14, 2)
    return np.dstack((np.minimum(vivid, picture[:, :, 3:]), picture[:, :, 3])).astype(np.uint8)


def _bordered(picture: Picture, width: float) -> Picture:
    """A thin rim of paper around a cut-out, which makes a photograph among drawings look meant."""
    alpha = picture[:, :, 3]
    reach = max(1, round(width))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    border = cv2.GaussianBlur(cv2.dilate(alpha, kernel), (0, 0), max(0.6, width * 0.35))
    border = cv2.max(border, alpha)
    rim = cv2.subtract(border, alpha)
    white = np.array([238, 246, 250], np.float32) / 255
    colour = picture[:, :, :3] + rim[:, :, None] * white
    return np.dstack((np.minimum(np.clip(colour, 0, 255), border[:, :, None]), border)).astype(np.uint8)
