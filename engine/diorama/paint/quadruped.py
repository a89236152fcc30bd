"""A four-legged body for animals whose art is only a head."""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.diorama.art.pack import Asset
from engine.diorama.paint import raster
from engine.diorama.paint.clay import (
    Colour,
    Worn,
    clay,
    curve_mask,
    ellipse_mask,
    limb_mask,
    middle,
    put,
    set_head,
    swing,
    times,
    worn,
)
from engine.diorama.paint.coat import coat_of
from engine.diorama.paint.raster import Picture

TAILS = {
    "fox": "bushy",
    "wolf": "bushy",
    "raccoon": "bushy",
    "bear": "stub",
    "polar-bear": "stub",
    "panda": "stub",
    "koala": "stub",
    "hamster": "stub",
    "rabbit-face": "stub",
    "frog": "none",
    "unicorn": "mane",
    "horse-face": "mane",
    "moose": "stub",
    "pig-face": "stub",
    "boar": "stub",
    "dragon-face": "spike",
}


class Quadruped:
    """Torso, four legs, tail and the given head; it looks to the right. Lengths hang on ``u``, its height in pixels."""

    def __init__(self, art: Asset, head: Picture, pixels: int, colour: str | None) -> None:
        u = self.u = float(pixels)
        self.art = art
        coat, belly, paw = coat_of(art, colour)
        limbs = paw if art.id == "panda" else coat
        face = raster.scaled(head, round(u * 0.6))
        if face.shape[1] > u * 0.78:
            face = raster.scaled(head, max(4, round(u * 0.6 * u * 0.78 / face.shape[1])))
        self.face, self.face_width, self.head = face, float(face.shape[1]), worn(face, art)
        self.torso = clay(ellipse_mask(u * 0.36, u * 0.225), coat)
        self.chest = clay(ellipse_mask(u * 0.15, u * 0.165), belly)
        if art.id == "cow-face":
            _spots(self.torso, paw)
        leg = limb_mask(u * 0.2, u * 0.085, u * 0.068)
        self.leg, self.far_leg = clay(leg, limbs), clay(leg, times(limbs, 0.73))
        self.boot = clay(ellipse_mask(u * 0.082, u * 0.056), paw)
        self.kind = TAILS.get(art.id, "long")
        hair = (230.0, 120.0, 240.0) if art.id == "unicorn" else paw
        self.tail, self.tail_x, self.tail_y = _tail(self.kind, u, hair if self.kind == "mane" else coat, belly)
        self.ground = u * 1.06
        self.size = (round(u * 1.6), round(self.ground + 2))
        self.foot = (0.76 * u, self.ground)

    def draw(self, sheet: Picture, gait: str, phase: float, head: Worn | None = None) -> tuple[float, float]:
        """Paint the body, with ``head`` for its own, on an empty sheet of ``size``; returns where its mouth is."""
        u, turn = self.u, 2 * math.pi * phase
        lift = -0.03 * u if gait == "leap" else 0.0
        bob = {"walk": 0.012, "run": 0.04}.get(gait, 0.008) * u * math.sin(2 * turn)
        lean = {"run": 0.07 * math.sin(turn), "leap": -0.16}.get(gait, 0.0)
        if self.kind != "none":
            wag = 0.22 * math.sin(turn * (1 if gait != "idle" else 2)) + lean
            put(sheet, self.tail, (0.4 * u, 0.66 * u + bob), (-self.tail_x, -self.tail_y), wag)
        walking = gait == "walk"
        hip = 0.76 * u + bob * 0.6 + lift
        self._leg(sheet, (0.54 * u, hip), (gait, phase, 0.5 if walking else 0.1), self.far_leg, -0.95)
        self._leg(sheet, (1.0 * u, hip), (gait, phase, 0.5 if walking else 0.57), self.far_leg, 0.95)
        put(sheet, self.torso, (0.74 * u, 0.7 * u + bob + lift), middle(self.torso), lean)
        self._leg(sheet, (0.46 * u, hip), (gait, phase, 0.0), self.leg, -1.15)
        self._leg(sheet, (0.92 * u, hip), (gait, phase, 0.5 if walking else 0.45), self.leg, 1.15)
        put(sheet, self.chest, (0.96 * u, 0.72 * u + bob + lift), middle(self.chest), lean)
        nod = 0.05 * math.sin(2 * turn + 0.6) * (1 if gait in {"walk", "run"} else 0.4) + lean * 0.5
        at = (1.02 * u, 0.42 * u + bob * 1.5 + lift + (0.16 * u if gait == "sleep" else 0))
        return set_head(sheet, head or self.head, at, nod)

    def _leg(
        self, sheet: Picture, at: tuple[float, float], step: tuple[str, float, float], part: Picture, fold: float
    ) -> None:
        """One leg from its hip ``at``; ``step``: gait, phase and its own offset; ``fold``: its angle in a leap."""
        (gait, phase, offset), u = step, self.u
        angle, short = swing(gait, phase, offset), 1.0
        if gait == "leap":
            angle, short = fold, 0.82
        elif gait in {"walk", "run"}:
            short = 1 - (0.2 if gait == "run" else 0.1) * max(0.0, math.cos(2 * math.pi * (phase + offset)))
        elif gait == "sleep":
            angle, short = (1.35 if fold < 0 else -1.35), 0.75
        put(sheet, part, at, (part.shape[1] / 2, 2 + u * 0.085), -angle, short)
        reach = u * 0.228 * short
        toe = (
            at[0] + math.sin(angle) * reach + 0.02 * u,
            min(at[1] + math.cos(angle) * reach, self.ground - u * 0.056),
        )
        put(sheet, self.boot, toe, middle(self.boot), -angle * 0.4)


def _tail(kind: str, u: float, coat: Colour, tip: Colour) -> tuple[Picture, float, float]:
    """The tail's picture and the (x, y) of its corner from its root."""
    spine, thick = {
        "bushy": (
            [(0, 0), (-0.14, -0.04), (-0.25, -0.16), (-0.27, -0.28), (-0.22, -0.37)],
            [0.05, 0.095, 0.115, 0.09, 0.025],
        ),
        "mane": (
            [(0, 0), (-0.12, -0.03), (-0.2, 0.06), (-0.22, 0.18), (-0.25, 0.28)],
            [0.05, 0.075, 0.085, 0.075, 0.02],
        ),
        "spike": ([(0, 0), (-0.14, 0.02), (-0.26, -0.02), (-0.36, -0.12)], [0.1, 0.075, 0.05, 0.012]),
        "long": (
            [(0, 0), (-0.1, -0.02), (-0.19, -0.09), (-0.24, -0.2), (-0.23, -0.32), (-0.17, -0.38)],
            [0.045, 0.038, 0.034, 0.033, 0.034, 0.036],
        ),
    }.get(kind, ([(0, 0), (-0.03, -0.03)], [0.06, 0.065]))
    points = np.array(spine)
    fine = np.linspace(0, len(points) - 1, 60)
    curve = np.stack([np.interp(fine, np.arange(len(points)), points[:, k]) for k in (0, 1)], axis=1)
    kernel = np.ones(11) / 11
    curve = np.stack([np.convolve(np.pad(curve[:, k], 5, mode="edge"), kernel, "valid") for k in (0, 1)], axis=1)
    radii = np.interp(fine, np.arange(len(points)), thick)
    shape, x, y = curve_mask(curve * u, radii * u)
    picture = clay(shape, coat)
    if kind == "bushy":
        rows = round(shape.shape[0] * 0.3)
        fade = np.clip((rows - np.arange(shape.shape[0])) / (0.06 * u), 0, 1)[:, None, None]
        picture = (picture * (1 - fade) + clay(shape, tip) * fade).astype(np.uint8)
    return picture, x, y


def _spots(torso: Picture, colour: Colour) -> None:
    """A cow's patches."""
    h, w = torso.shape[:2]
    for x, y, rx, ry in ((0.3, 0.3, 0.15, 0.22), (0.58, 0.62, 0.13, 0.16), (0.14, 0.66, 0.1, 0.14)):
        patch = clay(ellipse_mask(rx * w, ry * h), colour, depth=1.5)
        cover = np.zeros_like(torso)
        raster.over(cover, patch, round(x * w - patch.shape[1] / 2), round(y * h - patch.shape[0] / 2))
        skin = np.ascontiguousarray(torso[:, :, 3])
        raster.over(torso, np.asarray(cv2.multiply(cover, cv2.merge([skin] * 4), scale=1 / 255), np.uint8), 0, 0)
