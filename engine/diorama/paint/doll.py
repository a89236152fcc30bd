"""A clothed clay doll without a head, for the photographed heads of the cast."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.paint.clay import Colour, clay, curve_mask, ellipse_mask, limb_mask, middle, put, rgb, times
from engine.diorama.paint.postures import Limb, Posture, posture
from engine.diorama.paint.raster import Picture
from engine.diorama.paint.recolour import target

SHIRTS = (0xE5564B, 0x3D86DB, 0xF2B134, 0x46AE72, 0x8B63D6, 0x26B0B2, 0xEE6FA5, 0xF3873A)
TROUSERS = (0x37497C, 0x4B4652, 0x6D553C, 0x2E5C6A, 0x6A6F7C)
SHOES = (0xF4F1EC, 0xD8453E, 0x2E3A4E, 0xF0C24B)
PATTERNS = ("plain", "stripes", "buttons", "hood", "band")

SHOULDER, HEAD = 0.53, 0.44
"""Height of the shoulders over the hip's usual ground, and of the head above the chin, in units of the figure."""

TORSO, LEG, ARM = 0.255, 0.255, 0.25


@dataclass(frozen=True)
class Clothes:
    """What a doll wears: colours as (b, g, r), and the pattern of its shirt."""

    skin: Colour
    shirt: Colour
    trousers: Colour
    shoe: Colour
    pattern: str

    @classmethod
    def picked(cls, skin: Colour, colour: str | None, seed: int) -> Clothes:
        """Clothes in ``colour`` (a word of `scene.COLOURS`) or, without one, in what ``seed`` picks."""
        rng = np.random.default_rng(seed)
        shirt, trousers, shoe = (rgb(int(rng.choice(those))) for those in (SHIRTS, TROUSERS, SHOES))
        pattern = str(rng.choice(PATTERNS))
        if colour is not None:
            blue, green, red = target(colour)
            shirt = (float(blue), float(green), float(red))
        return cls(skin, shirt, trousers, shoe, pattern)


@dataclass(frozen=True)
class Figure:
    """A posed doll: its picture, and in its pixels the ground under it, the pivot of the head, and the head's nod."""

    picture: Picture
    foot: tuple[float, float]
    neck: tuple[float, float]
    nod: float


class Doll:
    """Torso, arms, legs, hands and shoes. Lengths hang on ``u``, the height with a head, in pixels."""

    def __init__(self, clothes: Clothes, pixels: int) -> None:
        u = self.u = float(pixels)
        self.clothes = clothes
        self.torso = _torso(u, clothes)
        self.neck = clay(limb_mask(u * 0.07, u * 0.044, u * 0.05), times(clothes.skin, 0.95))
        self.hand, self.thumb = (clay(ellipse_mask(u * r, u * r), clothes.skin) for r in (0.047, 0.02))
        self.shoe = _shoe(u, clothes.shoe)
        self.centre, self.ground = 0.75 * u, 1.04 * u
        self.size = (round(1.5 * u), round(1.3 * u))

    def posed(self, gait: str, phase: float) -> Figure:
        """The doll at ``phase`` (0 … 1) of a gait, on a sheet of ``size``."""
        held, u = posture(gait, phase), self.u
        sheet = np.zeros((self.size[1], self.size[0], 4), np.uint8)
        hip = (self.centre + held.sway * u, self.ground - held.hip * u)
        up = np.array([math.sin(held.lean), -math.cos(held.lean)])
        side = np.array([-up[1], up[0]])
        chest = np.array(hip) + up * TORSO * u
        neck = chest + up * 0.035 * u
        if held.far_leg is not None:
            self._leg(sheet, np.array(hip) + side * 0.052 * u, held.far_leg, held, far=True)
        self._arm(sheet, chest + side * 0.098 * u - up * 0.035 * u, held.far_arm, held, far=True)
        self._leg(sheet, np.array(hip) - side * 0.052 * u, held.near_leg, held, far=False)
        at = np.array(hip) + up * 0.125 * u
        put(sheet, self.torso, (float(at[0]), float(at[1])), middle(self.torso), held.lean)
        put(sheet, self.neck, (float(neck[0]), float(neck[1])), middle(self.neck), held.lean)
        self._arm(sheet, chest - side * 0.105 * u - up * 0.035 * u, held.near_arm, held, far=False)
        pivot = neck + up * 0.008 * u
        return Figure(sheet, (self.centre, self.ground), (float(pivot[0]), float(pivot[1])), held.lean + held.nod)

    def _leg(self, sheet: Picture, at: NDArray[np.float64], limb: Limb, held: Posture, *, far: bool) -> None:
        u, colour = self.u, times(self.clothes.trousers, 0.8 if far else 1.0)
        # Legs hang from the ground up: a leaning runner still stands upright on them, a flyer trails them.
        trail = held.lean if held.hip > 0.35 else 0.0
        tip, angle = _tube(sheet, at, (limb[0] - trail, limb[1]), (LEG * u - u * 0.045, u * 0.06, u * 0.047), colour)
        lowest = self.ground - 0.033 * u if held.far_leg is not None else self.size[1]  # a rider's leg hangs free
        # In a step the sole rolls, in the air it follows the leg.
        roll = angle * (0.9 if held.hip > 0.35 else 0.5)
        ahead = np.array([math.cos(roll), -math.sin(roll)]) * 0.028 * u
        spot = tip + ahead + np.array([math.sin(angle), math.cos(angle)]) * 0.018 * u
        put(sheet, self.shoe, (float(spot[0]), float(min(spot[1], lowest))), middle(self.shoe), -roll)

    def _arm(self, sheet: Picture, at: NDArray[np.float64], limb: Limb, held: Posture, *, far: bool) -> None:
        u, colour = self.u, times(self.clothes.shirt, 0.82 if far else 1.0)
        size = (ARM * u - u * 0.02, u * 0.05, u * 0.04)
        tip, angle = _tube(sheet, at, (limb[0] - held.lean, limb[1]), size, colour)
        reach = np.array([math.sin(angle), math.cos(angle)])
        aside = np.array([reach[1], -reach[0]]) * (1 if limb[0] >= 0 else -1)
        hand = tip + reach * 0.03 * u
        thumb = hand - reach * 0.014 * u + aside * 0.042 * u
        put(sheet, self.thumb, (float(thumb[0]), float(thumb[1])), middle(self.thumb))
        put(sheet, self.hand, (float(hand[0]), float(hand[1])), middle(self.hand))


def _tube(
    sheet: Picture, at: NDArray[np.float64], limb: Limb, size: tuple[float, float, float], colour: Colour
) -> tuple[NDArray[np.float64], float]:
    """A soft limb from ``at``: ``size`` is its length and its radii; returns its tip and the angle it ends with."""
    (angle, bend), (length, first, last) = limb, size
    turns = angle + bend * np.clip((np.linspace(0, 1, 13) - 0.3) / 0.4, 0, 1)
    steps = np.stack([np.sin(turns), np.cos(turns)], axis=1)[:-1] * (length / 12)
    points = np.vstack([at, at + np.cumsum(steps, axis=0)])
    mask, x, y = curve_mask(points, np.linspace(first, last, 13))
    put(sheet, clay(mask, colour), (0.0, 0.0), (-x, -y))
    return points[-1], float(turns[-1])


def _torso(u: float, clothes: Clothes) -> Picture:
    mask = limb_mask(u * 0.115, u * 0.118, u * 0.106)
    h, w = mask.shape
    shirt = clay(mask, clothes.shirt)
    light: Colour = tuple(v * 0.45 + 140 for v in clothes.shirt)  # type: ignore[assignment]
    dark = times(clothes.shirt, 0.7)
    if sum(clothes.shirt) > 600:
        light = (172.0, 128.0, 92.0)
    marks = np.zeros((h, w), np.uint8)
    x, tone = w / 2, light
    if clothes.pattern == "stripes":
        for row in (0.4, 0.56, 0.72):
            cv2.ellipse(marks, (int(x), int(h * (row - 0.06))), (w, int(h * 0.09)), 0, 20, 160, (255,), max(2, h // 14))
    elif clothes.pattern == "band":
        cv2.ellipse(marks, (int(x), int(h * 0.42)), (w, int(h * 0.1)), 0, 20, 160, (255,), max(3, h // 6))
    elif clothes.pattern == "buttons":
        tone = dark
        cv2.line(marks, (int(x), int(h * 0.2)), (int(x), h), (110,), max(1, h // 60))
        for row in (0.36, 0.54, 0.72):
            cv2.circle(marks, (round(x + h * 0.03), round(h * row)), max(1, h // 34), (255,), -1, cv2.LINE_AA)
    elif clothes.pattern == "hood":
        for side in (-1, 1):
            top, low = (round(x + side * h * 0.09), round(h * 0.2)), (round(x + side * h * 0.1), round(h * 0.46))
            cv2.line(marks, top, low, (255,), max(2, h // 40), cv2.LINE_AA)
        tone = (238.0, 244.0, 248.0)
    share = (cv2.GaussianBlur(marks, (0, 0), max(0.6, h / 260)).astype(np.float32) / 255)[:, :, None]
    shading = shirt[:, :, :3].astype(np.float32) / np.maximum(np.array(clothes.shirt, np.float32), 30)
    colour = shirt[:, :, :3] * (1 - share) + np.clip(shading, 0, 1.15) * np.array(tone, np.float32) * share
    colour = np.asarray(colour, np.float32)
    _collar(colour, clothes, u)
    return np.dstack((np.minimum(np.clip(colour, 0, 255), mask[:, :, None]), mask)).astype(np.uint8)


def _collar(colour: NDArray[np.float32], clothes: Clothes, u: float) -> None:
    """A round neckline: skin, and a hem of darker cloth around it."""
    h, w = colour.shape[:2]
    for radius, tone in ((0.068, times(clothes.shirt, 0.78)), (0.054, times(clothes.skin, 0.9))):
        disc = np.zeros((h, w), np.uint8)
        axes = (round(u * radius * 16), round(u * radius * 0.62 * 16))
        cv2.ellipse(disc, (w * 8, round((u * 0.012 + 2) * 16)), axes, 0, 0, 360, (255,), -1, cv2.LINE_AA, 4)
        share = (disc.astype(np.float32) / 255)[:, :, None]
        colour *= 1 - share
        colour += np.array(tone, np.float32) * share


def _shoe(u: float, colour: Colour) -> Picture:
    shoe = clay(ellipse_mask(u * 0.078, u * 0.042), colour)
    sole = shoe[int(shoe.shape[0] * 0.72) :]
    light = (sole[:, :, 3:].astype(np.float32) * np.array([0.9, 0.94, 0.95], np.float32)).astype(np.uint8)
    sole[:, :, :3] = light if sum(colour) < 560 else (light * 0.62).astype(np.uint8)
    return shoe
