"""A two-legged body for people and birds whose art is only a head or a bust."""

from __future__ import annotations

import math

import numpy as np

from engine.diorama.art.pack import Asset
from engine.diorama.paint import raster
from engine.diorama.paint.clay import (
    Colour,
    Worn,
    clay,
    ellipse_mask,
    limb_mask,
    middle,
    put,
    rgb,
    set_head,
    swing,
    times,
    worn,
)
from engine.diorama.paint.coat import coat_of
from engine.diorama.paint.postures import HOLDING
from engine.diorama.paint.raster import Picture

CLOTHES = (0xE0564A, 0x3F7FD8, 0x4CAF6A, 0x8E62D0, 0x2FB4B4, 0xE86FA4)
TROUSERS = (0x3A4A78, 0x4A4650, 0x6A5238, 0x2F5A68)
HELD_OUT = 1.15
"""Angle (radians from hanging) of an arm that holds something."""

SHOE = (52.0, 44.0, 58.0)


class Biped:
    """Torso, arms, legs and the given head or bust. Lengths hang on ``u``, its height in pixels."""

    def __init__(self, art: Asset, head: Picture, pixels: int, colour: str | None) -> None:
        u = self.u = float(pixels)
        self.art, self.bust, human = art, art.framing == "bust", art.kind == "person"
        face = raster.scaled(head, round(u * (0.54 if self.bust else 0.48)))
        if face.shape[1] > u * 0.58:
            face = raster.scaled(head, max(4, round(face.shape[0] * u * 0.58 / face.shape[1])))
        self.face, self.face_width, self.head = face, float(face.shape[1]), worn(face, art)
        if human:
            cloth, legs, skin = _dress(art, face)
            wide = u * 0.135
        else:
            cloth, _, legs = coat_of(art, colour)
            skin, wide = times(cloth, 0.92), u * 0.22
        if self.bust:  # the chest goes on as wide as the art was cut
            cut = np.count_nonzero(face[int(face.shape[0] * 0.96), :, 3] > 128)
            wide = float(np.clip(cut * 0.47, u * 0.11, u * 0.19))
        self.wide = wide
        self.torso = clay(limb_mask(u * 0.14, wide, wide * 0.82), cloth)
        leg, arm = limb_mask(u * 0.2, u * 0.062, u * 0.054), limb_mask(u * 0.16, u * 0.05, u * 0.042)
        self.leg, self.far_leg = clay(leg, legs), clay(leg, times(legs, 0.76))
        self.arm, self.far_arm = clay(arm, cloth), clay(arm, times(cloth, 0.76))
        self.hand = clay(ellipse_mask(u * 0.048, u * 0.048), skin)
        self.shoe = clay(ellipse_mask(u * 0.085, u * 0.05), SHOE if human else legs)
        self.ground, self.centre = u * 1.02, u * 0.5
        self.size = (round(u), round(self.ground + 2))
        self.foot = (self.centre, self.ground)
        self.hold = (self.centre + wide * 0.92 + math.sin(HELD_OUT) * u * 0.19, u * (0.55 + 0.19 * math.cos(HELD_OUT)))
        """Where the hand is that holds something, in pixels of the sheet."""

    def draw(self, sheet: Picture, gait: str, phase: float, head: Worn | None = None) -> tuple[float, float]:
        """Paint the body, with ``head`` for its own, on an empty sheet of ``size``; returns where its mouth is.

        A ``gait`` that ends in `HOLDING` holds out the hand in front.
        """
        holds, gait = gait.endswith(HOLDING), gait.removesuffix(HOLDING)
        u, turn = self.u, 2 * math.pi * phase
        bob = {"walk": 0.014, "run": 0.03}.get(gait, 0.006) * u * math.sin(2 * turn)
        lean = {"run": 0.14, "leap": 0.1}.get(gait, 0.0)
        hip, shoulder = 0.755 * u + bob * 0.5, 0.55 * u + bob
        self._leg(sheet, (self.centre + 0.06 * u, hip), (gait, phase, 0.5), self.far_leg, 0.9)
        self._arm(
            sheet,
            (self.centre + self.wide * 0.92, shoulder),
            ("hold" if holds else gait, phase, 0.0),
            self.far_arm,
            2.3,
        )
        self._leg(sheet, (self.centre - 0.06 * u, hip), (gait, phase, 0.0), self.leg, -0.7)
        pivot = (self.torso.shape[1] / 2, self.wide + 2 + 0.03 * u)
        put(sheet, self.torso, (self.centre, 0.6 * u + bob), pivot, lean * 0.5)
        neck = 0.6 * u if self.bust else 0.51 * u
        at = (self.centre + lean * 0.3 * u, neck - self.face.shape[0] / 2 + bob * 1.3)
        lips = set_head(sheet, head or self.head, at, 0.03 * math.sin(2 * turn) + lean * 0.4)
        self._arm(sheet, (self.centre - self.wide * 0.92, shoulder), (gait, phase, 0.5), self.arm, -2.3)
        return lips

    def _leg(
        self, sheet: Picture, at: tuple[float, float], step: tuple[str, float, float], part: Picture, fold: float
    ) -> None:
        """One leg from its hip ``at``; ``step``: gait, phase and its own offset; ``fold``: its angle in a leap."""
        (gait, phase, offset), u = step, self.u
        angle = fold if gait == "leap" else swing(gait, phase, offset)
        bend = max(0.0, math.cos(2 * math.pi * (phase + offset))) if gait in {"walk", "run"} else 0.0
        short = 0.8 if gait == "leap" else 1 - 0.14 * bend
        put(sheet, part, at, (part.shape[1] / 2, 2 + u * 0.062), -angle, short)
        reach = u * 0.215 * short
        toe = (at[0] + math.sin(angle) * reach + 0.03 * u, min(at[1] + math.cos(angle) * reach, self.ground - u * 0.05))
        put(sheet, self.shoe, toe, middle(self.shoe), -angle * 0.5)

    def _arm(
        self, sheet: Picture, at: tuple[float, float], step: tuple[str, float, float], part: Picture, raised: float
    ) -> None:
        """One arm from its shoulder ``at``, swinging against the legs, waving, dancing, or ``raised`` in a leap."""
        (gait, phase, offset), u = step, self.u
        turn, side = 2 * math.pi * phase, 1 if at[0] > self.centre else -1
        angle = -swing(gait, phase, offset) * 0.9 + 0.12 * side
        if gait == "leap":
            angle = raised
        elif gait == "hold":
            angle = HELD_OUT
        elif gait == "wave" and side > 0:
            angle = 2.5 + 0.4 * math.sin(turn * 2)
        elif gait == "dance":
            angle = (1.6 + 0.9 * math.sin(turn + (0 if side > 0 else math.pi))) * side
        put(sheet, part, at, (part.shape[1] / 2, 2 + u * 0.05), -angle)
        tip = (at[0] + math.sin(angle) * u * 0.19, at[1] + math.cos(angle) * u * 0.19)
        put(sheet, self.hand, tip, middle(self.hand))


def _dress(art: Asset, face: Picture) -> tuple[Colour, Colour, Colour]:
    """Colours of clothes, legs and skin: read off the picture where it shows them, else picked by name."""
    cloth = _median(face, (0.9, 0.97), (0.3, 0.7)) if art.framing == "bust" else None
    skin = _median(face, (0.5, 0.6), (0.42, 0.58))
    pick = sum(art.id.encode())
    return (
        cloth or rgb(CLOTHES[pick % len(CLOTHES)]),
        rgb(TROUSERS[pick % len(TROUSERS)]),
        skin or (150.0, 190.0, 240.0),
    )


def _median(face: Picture, rows: tuple[float, float], columns: tuple[float, float]) -> Colour | None:
    """Median colour of the solid pixels in a part of the face (fractions); None where it is empty."""
    h, w = face.shape[:2]
    part = face[int(h * rows[0]) : int(h * rows[1]), int(w * columns[0]) : int(w * columns[1])].reshape(-1, 4)
    solid = part[part[:, 3] > 200][:, :3]
    if not len(solid):
        return None
    blue, green, red = (float(value) for value in np.median(solid, axis=0))
    return blue, green, red
