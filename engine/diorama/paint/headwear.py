"""Hats, glasses and other things worn on a photographed head, put where its own features say."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from engine.diorama.art.pack import asset
from engine.diorama.features import Features
from engine.diorama.paint import raster
from engine.diorama.paint.raster import Picture, bgr
from engine.diorama.paint.recolour import recolour
from engine.text.outfit import Outfit


@dataclass(frozen=True)
class Hat:
    """How a piece of art is worn.

    ``wide`` in widths of the face (twice the distance of the eyes); ``brow``: how far above the eyes its lower edge
    sits, in `Features.gauge`; ``flat`` squeezes its height; ``rows`` is the part of the art that is used.
    """

    art: str
    wide: float
    brow: float
    flat: float = 1.0
    rows: tuple[float, float] = (0.0, 1.0)
    colour: str | None = None


HATS = {
    "fedora": Hat("top-hat", 2.5, 0.48, flat=0.58, colour="brown"),
    "top-hat": Hat("top-hat", 2.3, 0.5),
    "cowboy-hat": Hat("top-hat", 3.1, 0.46, flat=0.48, colour="brown"),
    "graduation-cap": Hat("graduation-cap", 2.3, 0.42),
    "rescue-workers-helmet": Hat("rescue-workers-helmet", 2.2, 0.42, rows=(0.0, 0.625)),
    "billed-cap": Hat("billed-cap", 1.75, 0.36, flat=0.74),
    "crown": Hat("crown", 1.7, 0.72),
    "womans-hat": Hat("womans-hat", 2.7, 0.42),
    "headphone": Hat("headphone", 2.15, -0.5),
    "ribbon": Hat("ribbon", 0.95, 1.15),
}


def put_on(picture: Picture, features: Features, outfit: Outfit) -> tuple[Picture, tuple[float, float]]:
    """``picture`` with what ``outfit`` puts on it, and how far its old corner now lies from its new one."""
    if outfit.glasses is not None:
        picture = picture.copy()
        _glasses(picture, features, dark=outfit.glasses == "sunglasses")
    if outfit.hat is None:
        return picture, (0.0, 0.0)
    return _hat(picture, features, HATS[outfit.hat], outfit.hat_colour)


def _apart(features: Features) -> float:
    """The distance of the eyes as seen from the front."""
    return max(features.right_eye[0] - features.left_eye[0], 0.8 * features.gauge)


def _hat(picture: Picture, features: Features, hat: Hat, colour: str | None) -> tuple[Picture, tuple[float, float]]:
    art = asset(hat.art)
    worn = np.asarray(art.image)
    worn = worn[int(worn.shape[0] * hat.rows[0]) : int(worn.shape[0] * hat.rows[1])]
    wanted = colour or hat.colour
    if wanted is not None:
        worn = recolour(worn, art.colours[0], wanted)
    wide = hat.wide * 2 * _apart(features)
    if hat.brow > 0.2 and hat.wide > 1.5:  # a hat holds the hair it sits on
        row = picture[max(0, int(features.between[1] - 0.75 * features.gauge)), :, 3]
        wide = max(wide, 1.16 * float(np.count_nonzero(row > 128)))
    tall = wide * worn.shape[0] / worn.shape[1] * hat.flat
    size = (max(2, round(wide)), max(2, round(tall)))
    worn = np.asarray(cv2.resize(worn, size, interpolation=cv2.INTER_AREA), np.uint8)
    x = features.between[0] - wide / 2
    y = features.between[1] - hat.brow * features.gauge - tall
    left, top = max(0, math.ceil(-x)), max(0, math.ceil(-y))
    right = max(0, math.ceil(x + wide) - picture.shape[1])
    sheet = np.asarray(cv2.copyMakeBorder(picture, top, 0, left, right, cv2.BORDER_CONSTANT), np.uint8)
    raster.over(sheet, worn, round(x) + left, round(y) + top)
    return sheet, (float(left), float(top))


def _glasses(sheet: Picture, features: Features, *, dark: bool) -> None:
    """A frame around each eye, a bridge and the start of the temples; dark lenses only where asked for."""
    apart, thick = _apart(features), max(1, round(0.065 * _apart(features)))
    frame, lens = np.zeros(sheet.shape[:2], np.uint8), np.zeros(sheet.shape[:2], np.uint8)
    rx, ry = 0.36 * apart, 0.29 * apart
    eyes = (features.left_eye, features.right_eye)
    for x, y in eyes:
        centre, axes = (round(x * 16), round((y + 0.03 * apart) * 16)), (round(rx * 16), round(ry * 16))
        cv2.ellipse(lens, centre, axes, 0, 0, 360, (255,), -1, cv2.LINE_AA, 4)
        cv2.ellipse(frame, centre, axes, 0, 0, 360, (255,), thick, cv2.LINE_AA, 4)
    (x0, y0), (x1, y1) = eyes
    cv2.line(frame, (round(x0 + rx), round(y0)), (round(x1 - rx), round(y1)), (255,), thick, cv2.LINE_AA)
    for x, y, way in ((x0 - rx, y0, -1), (x1 + rx, y1, 1)):
        cv2.line(frame, (round(x), round(y)), (round(x + way * 0.3 * apart), round(y)), (255,), thick, cv2.LINE_AA)
    cover = sheet[:, :, 3].astype(np.float32) / 255
    tint = bgr(0x241E36) if dark else bgr(0xEAF4FF)
    for mask, colour, strength in ((lens, tint, 0.93 if dark else 0.1), (frame, bgr(0x2A2230), 1.0)):
        share = (mask.astype(np.float32) / 255 * strength * cover)[:, :, None]
        mixed = sheet[:, :, :3] * (1 - share) + colour * share * cover[:, :, None]
        sheet[:, :, :3] = np.clip(mixed, 0, 255).astype(np.uint8)
