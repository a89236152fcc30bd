"""Bodies for art that is only a head or a bust: clay-like quadrupeds and bipeds with limbs that move."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.art.pack import Asset
from engine.diorama.paint import raster
from engine.diorama.paint.raster import Picture
from engine.diorama.paint.recolour import target

Colour = tuple[float, float, float]

CLOTHES = (0xE0564A, 0x3F7FD8, 0x4CAF6A, 0x8E62D0, 0x2FB4B4, 0xE86FA4)
TROUSERS = (0x3A4A78, 0x4A4650, 0x6A5238, 0x2F5A68)
BIRDS = frozenset({"chicken"})

TAILS = {
    "fox": "bushy", "wolf": "bushy", "raccoon": "bushy", "bear": "stub", "polar-bear": "stub", "panda": "stub",
    "koala": "stub", "hamster": "stub", "rabbit-face": "stub", "frog": "none", "unicorn": "mane", "horse-face": "mane",
    "moose": "stub", "pig-face": "stub", "boar": "stub", "dragon-face": "spike",
}  # fmt: skip

COATS: dict[str, tuple[int, int, int]] = {
    "fox": (0xF5802A, 0xFFE3CE, 0x6B3A22), "cow-face": (0xF5F0EC, 0xF7B3B0, 0x4A444C), "panda": (0xF4F1F4, 0xFFFFFF, 0x3B3645),
    "frog": (0x35C48A, 0xFBCB52, 0x2AA876), "horse-face": (0xA9683C, 0xC48A5C, 0x4A3026), "lion": (0xF2B23E, 0xFFE0A0, 0xD9922C),
    "bear": (0x8A5A4A, 0xC49A84, 0x6B4238), "polar-bear": (0xF3F4F8, 0xFFFFFF, 0xD5DAE4), "pig-face": (0xF9A8B4, 0xFFC9CF, 0xD97F90),
    "unicorn": (0xE9DCFB, 0xF7F0FF, 0xB79BEF), "koala": (0x9AA3B5, 0xD9DEE8, 0x7C8598), "chicken": (0xF6F3F1, 0xFFFFFF, 0xF7A531),
}  # fmt: skip
"""Coat, belly and feet (0xRRGGBB) where a head's own main colours would mislead."""


def clay(mask: Picture, colour: Colour, *, depth: float = 0.5) -> Picture:
    """A shape of soft clay: ``mask`` (h, w) inflated, lit from the upper left. Premultiplied BGRA."""
    inside = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 5)
    reach = max(float(inside.max()) * depth, 1.0)
    bulge = np.sqrt(np.clip(1 - (1 - np.clip(inside / reach, 0, 1)) ** 2, 0, 1)) * reach
    bulge = cv2.GaussianBlur(bulge, (0, 0), max(1.0, reach * 0.16))
    slope_x, slope_y = cv2.Sobel(bulge, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(bulge, cv2.CV_32F, 0, 1, scale=1 / 8)
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    lit = (0.36 * slope_x + 0.66 * slope_y + 0.66) / length
    fall = np.linspace(1.05, 0.86, mask.shape[0], dtype=np.float32)[:, None]
    shade = (0.66 + 0.46 * np.clip(lit, -0.25, 1)) * fall
    gloss = np.clip(lit - 0.86, 0, 1) ** 1.5 * 2.2
    base = np.array(colour, np.float32)
    # Shade turns towards a warmer, more saturated tone, as in the art it has to match.
    dark = base * np.array([0.86, 0.88, 0.98], np.float32)
    share = np.clip(shade, 0, 1)[:, :, None]
    body = (base * share + dark * (1 - share)) * np.clip(shade, 0.4, 1.15)[:, :, None] + 70 * gloss[:, :, None]
    cover = mask[:, :, None].astype(np.float32) / 255
    return np.dstack((np.clip(body, 0, 255) * cover, mask)).astype(np.uint8)


def canvas(side_x: float, side_y: float) -> Picture:
    """An empty mask."""
    return np.zeros((max(4, math.ceil(side_y)), max(4, math.ceil(side_x))), np.uint8)


def ellipse_mask(rx: float, ry: float) -> Picture:
    """A filled ellipse with a 2-pixel border."""
    mask = canvas(2 * rx + 4, 2 * ry + 4)
    centre = (mask.shape[1] * 8, mask.shape[0] * 8)
    cv2.ellipse(mask, centre, (round(rx * 16), round(ry * 16)), 0, 0, 360, (255,), -1, cv2.LINE_AA, 4)
    return mask


def limb_mask(length: float, top: float, bottom: float) -> Picture:
    """A tapered limb hanging down: ``top`` and ``bottom`` are its radii, ``length`` from centre to centre."""
    wide = max(top, bottom)
    mask = canvas(2 * wide + 4, length + top + bottom + 4)
    x = mask.shape[1] / 2
    points = [(x, 2 + top, top), (x, 2 + top + length, bottom)]
    for cx, cy, r in points:
        cv2.circle(mask, (round(cx * 16), round(cy * 16)), round(r * 16), (255,), -1, cv2.LINE_AA, 4)
    sides = [(x - top, 2 + top), (x + top, 2 + top), (x + bottom, 2 + top + length), (x - bottom, 2 + top + length)]
    cv2.fillConvexPoly(mask, np.round(np.array(sides) * 16).astype(np.int32), (255,), cv2.LINE_AA, 4)
    return mask


def curve_mask(points: NDArray[np.float64], radii: NDArray[np.float64]) -> tuple[Picture, float, float]:
    """A tube along ``points`` (n, 2) with ``radii`` (n,); returns the mask and the (x, y) of its corner."""
    pad = float(radii.max()) + 3
    low = points.min(axis=0) - pad
    mask = canvas(*(np.ptp(points, axis=0) + 2 * pad))
    for share in np.linspace(0, 1, 40):
        at = [np.interp(share * (len(points) - 1), np.arange(len(points)), points[:, k]) - low[k] for k in (0, 1)]
        r = float(np.interp(share * (len(points) - 1), np.arange(len(points)), radii))
        cv2.circle(mask, (round(at[0] * 16), round(at[1] * 16)), round(r * 16), (255,), -1, cv2.LINE_AA, 4)
    return mask, float(low[0]), float(low[1])


def _put(
    sheet: Picture,
    part: Picture,
    at: tuple[float, float],
    pivot: tuple[float, float],
    angle: float = 0.0,
    stretch: float = 1.0,
) -> None:
    """Blend ``part`` so that its ``pivot`` lies on ``at``, turned by ``angle`` radians (clockwise)."""
    c, n = math.cos(angle), math.sin(angle)
    matrix = np.array([[c, -n * stretch, 0], [n, c * stretch, 0]], np.float64)
    matrix[:, 2] = np.array(at) - matrix[:, :2] @ np.array(pivot)
    raster.warp_over(sheet, part, matrix)


@dataclass
class Rig:
    """A jointed body that looks to the right; ``draw`` paints it on a sheet of ``size`` and says where its mouth is."""

    size: tuple[int, int]
    draw: Callable[[Picture, str, float], tuple[float, float]]
    foot: tuple[float, float]
    face_width: float

    def pose(self, gait: str, phase: float) -> tuple[Picture, tuple[float, float], tuple[float, float]]:
        """The picture at ``phase`` (0 … 1) of a gait, the pixel of its foot point and that of its mouth."""
        sheet = np.zeros((self.size[1], self.size[0], 4), np.uint8)
        lips = self.draw(sheet, gait, phase)
        return sheet, self.foot, lips


def build(art: Asset, head: Picture, pixels: int, colour: str | None) -> Rig:
    """A body ``pixels`` tall under ``head``: four-legged for animals, two-legged for people and birds."""
    if art.facing < 0 or art.id in BIRDS:  # rigs look to the right
        head = np.ascontiguousarray(head[:, ::-1])
        art = replace(art, facing=1, mouth=None if art.mouth is None else (1 - art.mouth[0], art.mouth[1]))
    if art.kind == "animal" and art.id not in BIRDS:
        return _quadruped(art, head, pixels, colour)
    return _biped(art, head, pixels, colour)


def _swing(gait: str, phase: float, offset: float) -> float:
    """Angle of a leg (radians, forward positive)."""
    turn = 2 * math.pi * (phase + offset)
    if gait == "walk":
        return 0.42 * math.sin(turn)
    if gait == "run":
        return 0.78 * math.sin(turn)
    return 0.0


def _rgb(code: int) -> Colour:
    return float(code & 255), float(code >> 8 & 255), float(code >> 16 & 255)


def _times(colour: Colour, factor: float) -> Colour:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def _coat(art: Asset, colour: str | None) -> tuple[Colour, Colour, Colour]:
    """Coat, belly and feet."""
    if art.id in COATS:
        coat, belly, paw = (_rgb(code) for code in COATS[art.id])
    else:
        first, second = art.colours
        coat = (float(first[0]), float(first[1]), float(first[2]))
        light: Colour = tuple(v * 0.5 + 120 for v in coat)  # type: ignore[assignment]
        # A second colour that is darker belongs to eyes and nose rather than to a belly.
        belly = (float(second[0]), float(second[1]), float(second[2])) if sum(second) > sum(first) * 1.05 else light
        paw = _times(coat, 0.84)
    if colour is not None:
        blue, green, red = target(colour)
        coat = (float(blue), float(green), float(red))
        paw = _times(coat, 0.7)
    return coat, belly, paw


def _tail(kind: str, u: float, coat: Colour, tip: Colour) -> tuple[Picture, float, float]:
    """The tail's picture and the (x, y) of its corner from its root."""
    spine, thick = {
        "bushy": ([(0, 0), (-0.14, -0.04), (-0.25, -0.16), (-0.27, -0.28), (-0.22, -0.37)], [0.05, 0.095, 0.115, 0.09, 0.025]),
        "mane": ([(0, 0), (-0.12, -0.03), (-0.2, 0.06), (-0.22, 0.18), (-0.25, 0.28)], [0.05, 0.075, 0.085, 0.075, 0.02]),
        "spike": ([(0, 0), (-0.14, 0.02), (-0.26, -0.02), (-0.36, -0.12)], [0.1, 0.075, 0.05, 0.012]),
        "long": ([(0, 0), (-0.1, -0.02), (-0.19, -0.09), (-0.24, -0.2), (-0.23, -0.32), (-0.17, -0.38)], [0.045, 0.038, 0.034, 0.033, 0.034, 0.036]),
    }.get(kind, ([(0, 0), (-0.03, -0.03)], [0.06, 0.065]))  # fmt: skip
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


def _quadruped(art: Asset, head: Picture, pixels: int, colour: str | None) -> Rig:
    u = float(pixels)
    coat, belly, paw = _coat(art, colour)
    limbs = paw if art.id == "panda" else coat
    face = raster.scaled(head, round(u * 0.6))
    if face.shape[1] > u * 0.78:
        face = raster.scaled(head, max(4, round(u * 0.6 * u * 0.78 / face.shape[1])))
    torso = clay(ellipse_mask(u * 0.36, u * 0.225), coat)
    chest = clay(ellipse_mask(u * 0.15, u * 0.165), belly)
    if art.id == "cow-face":
        _spots(torso, paw)
    leg = clay(limb_mask(u * 0.2, u * 0.085, u * 0.068), limbs)
    far_leg = clay(limb_mask(u * 0.2, u * 0.085, u * 0.068), _times(limbs, 0.73))
    boot = clay(ellipse_mask(u * 0.082, u * 0.056), paw)
    kind = TAILS.get(art.id, "long")
    tail, tail_x, tail_y = _tail(
        kind, u, (230.0, 120.0, 240.0) if art.id == "unicorn" else paw if kind == "mane" else coat, belly
    )
    ground = u * 1.06
    hips, middle = (0.46 * u, 0.82 * u), (1.08 * u, 0.82 * u)

    def draw(sheet: Picture, gait: str, phase: float) -> tuple[float, float]:
        turn = 2 * math.pi * phase
        bob = {"walk": 0.012, "run": 0.04}.get(gait, 0.008) * u * math.sin(2 * turn)
        lean = {"run": 0.07 * math.sin(turn), "leap": -0.16, "land": 0.1}.get(gait, 0.0)
        lift = -0.03 * u if gait == "leap" else 0.0
        if kind != "none":
            _put(
                sheet,
                tail,
                (0.4 * u, 0.66 * u + bob),
                (-tail_x, -tail_y),
                0.22 * math.sin(turn * (1 if gait != "idle" else 2)) + lean,
            )

        def one(x: float, offset: float, part: Picture, fold: float) -> None:
            angle = _swing(gait, phase, offset)
            short = 1.0
            if gait == "leap":
                angle, short = fold, 0.82
            elif gait in {"walk", "run"}:
                short = 1 - (0.2 if gait == "run" else 0.1) * max(0.0, math.cos(2 * math.pi * (phase + offset)))
            elif gait == "sleep":
                angle, short = (1.35 if fold < 0 else -1.35), 0.75
            at = (x, 0.76 * u + bob * 0.6 + lift)
            _put(sheet, part, at, (part.shape[1] / 2, 2 + u * 0.085), -angle, short)
            reach = (u * 0.2 + u * 0.028) * short
            toe = (at[0] + math.sin(angle) * reach + 0.02 * u, min(at[1] + math.cos(angle) * reach, ground - u * 0.056))
            _put(sheet, boot, toe, (boot.shape[1] / 2, boot.shape[0] / 2), -angle * 0.4)

        gallop = 0.12 if gait == "run" else 0.5
        one(0.54 * u, 0.5 if gait == "walk" else 0.1, far_leg, -0.95)
        one(1.0 * u, gallop + (0.0 if gait == "walk" else 0.45), far_leg, 0.95)
        _put(sheet, torso, (0.74 * u, 0.7 * u + bob + lift), (torso.shape[1] / 2, torso.shape[0] / 2), lean)
        one(hips[0], 0.0, leg, -1.15)
        one(0.92 * u, 0.5 if gait == "walk" else 0.45, leg, 1.15)
        _put(sheet, chest, (0.96 * u, 0.72 * u + bob + lift), (chest.shape[1] / 2, chest.shape[0] / 2), lean)
        nod = 0.05 * math.sin(2 * turn + 0.6) * (1 if gait in {"walk", "run"} else 0.4) + lean * 0.5
        at = (middle[0] - 0.06 * u, 0.42 * u + bob * 1.5 + lift + (0.16 * u if gait == "sleep" else 0))
        return _head(sheet, face, art, at, nod)

    return Rig((round(u * 1.6), round(ground + 2)), draw, (0.76 * u, ground), float(face.shape[1]))


def _head(sheet: Picture, face: Picture, art: Asset, at: tuple[float, float], angle: float) -> tuple[float, float]:
    """Set the face on the body; returns where its mouth is."""
    h, w = face.shape[:2]
    lips = art.mouth or (0.5, 0.72)
    _put(sheet, face, at, (w / 2, h / 2), angle)
    c, n = math.cos(angle), math.sin(angle)
    dx, dy = (lips[0] - 0.5) * w, (lips[1] - 0.5) * h
    return at[0] + c * dx - n * dy, at[1] + n * dx + c * dy


def _pick(art: Asset, codes: tuple[int, ...]) -> Colour:
    code = codes[sum(art.id.encode()) % len(codes)]
    return float(code & 255), float(code >> 8 & 255), float(code >> 16 & 255)


def _biped(art: Asset, head: Picture, pixels: int, colour: str | None) -> Rig:
    u = float(pixels)
    bust = art.framing == "bust"
    face = raster.scaled(head, round(u * (0.54 if bust else 0.48)))
    if face.shape[1] > u * 0.58:
        face = raster.scaled(head, max(4, round(face.shape[0] * u * 0.58 / face.shape[1])))
    h, w = face.shape[:2]
    if art.kind == "person":
        row = face[int(h * 0.9) : int(h * 0.97), int(w * 0.3) : int(w * 0.7)].reshape(-1, 4)
        solid = row[row[:, 3] > 200][:, :3]
        cloth: Colour = (
            tuple(float(v) for v in np.median(solid, axis=0)) if bust and len(solid) else _pick(art, CLOTHES)
        )  # type: ignore[assignment]
        legs = _pick(art, TROUSERS)
        skin_row = face[int(h * 0.5) : int(h * 0.6), int(w * 0.42) : int(w * 0.58)].reshape(-1, 4)
        seen = skin_row[skin_row[:, 3] > 200][:, :3]
        skin: Colour = tuple(float(v) for v in np.median(seen, axis=0)) if len(seen) else (150.0, 190.0, 240.0)  # type: ignore[assignment]
    else:
        cloth, _, legs = _coat(art, colour)
        skin = _times(cloth, 0.92)
    wide = u * 0.135 if art.kind == "person" else u * 0.22
    if bust:
        width = np.count_nonzero(face[int(h * 0.96), :, 3] > 128)
        wide = float(np.clip(width * 0.47, u * 0.11, u * 0.19))
    torso = clay(limb_mask(u * 0.14, wide, wide * 0.82), cloth)
    leg = clay(limb_mask(u * 0.2, u * 0.062, u * 0.054), legs)
    far_leg = clay(limb_mask(u * 0.2, u * 0.062, u * 0.054), _times(legs, 0.76))
    arm = clay(limb_mask(u * 0.16, u * 0.05, u * 0.042), cloth)
    far_arm = clay(limb_mask(u * 0.16, u * 0.05, u * 0.042), _times(cloth, 0.76))
    hand = clay(ellipse_mask(u * 0.048, u * 0.048), skin)
    shoe = clay(ellipse_mask(u * 0.085, u * 0.05), (52.0, 44.0, 58.0) if art.kind == "person" else legs)
    ground, centre = u * 1.02, u * 0.5
    shoulder = u * 0.5

    def draw(sheet: Picture, gait: str, phase: float) -> tuple[float, float]:
        turn = 2 * math.pi * phase
        bob = {"walk": 0.014, "run": 0.03}.get(gait, 0.006) * u * math.sin(2 * turn)
        lean = {"run": 0.14, "leap": 0.1}.get(gait, 0.0)

        def one(x: float, offset: float, part: Picture, fold: float) -> None:
            angle = fold if gait == "leap" else _swing(gait, phase, offset)
            short = (
                0.8
                if gait == "leap"
                else 1 - 0.14 * max(0.0, math.cos(turn + 2 * math.pi * offset)) * (gait in {"walk", "run"})
            )
            at = (x, 0.755 * u + bob * 0.5)
            _put(sheet, part, at, (part.shape[1] / 2, 2 + u * 0.062), -angle, short)
            reach = u * 0.215 * short
            toe = (at[0] + math.sin(angle) * reach + 0.03 * u, min(at[1] + math.cos(angle) * reach, ground - u * 0.05))
            _put(sheet, shoe, toe, (shoe.shape[1] / 2, shoe.shape[0] / 2), -angle * 0.5)

        def reach(x: float, offset: float, part: Picture, raised: float) -> None:
            angle = -_swing(gait, phase, offset) * 0.9 + 0.12 * (1 if x > centre else -1)
            if gait == "leap":
                angle = raised
            elif gait == "wave" and x > centre:
                angle = 2.5 + 0.4 * math.sin(turn * 2)
            elif gait == "dance":
                angle = (1.6 + 0.9 * math.sin(turn + (0 if x > centre else math.pi))) * (1 if x > centre else -1)
            at = (x, shoulder + 0.05 * u + bob)
            _put(sheet, part, at, (part.shape[1] / 2, 2 + u * 0.05), -angle)
            tip = (at[0] + math.sin(angle) * u * 0.19, at[1] + math.cos(angle) * u * 0.19)
            _put(sheet, hand, tip, (hand.shape[1] / 2, hand.shape[0] / 2))

        one(centre + 0.06 * u, 0.5, far_leg, 0.9)
        reach(centre + wide * 0.92, 0.0, far_arm, 2.3)
        one(centre - 0.06 * u, 0.0, leg, -0.7)
        _put(sheet, torso, (centre, 0.6 * u + bob), (torso.shape[1] / 2, wide + 2 + 0.03 * u), lean * 0.5)
        nod = 0.03 * math.sin(2 * turn) + lean * 0.4
        at = (centre + lean * 0.3 * u, (0.6 * u if bust else 0.51 * u) - h / 2 + bob * 1.3)
        lips = _head(sheet, face, art, at, nod)
        reach(centre - wide * 0.92, 0.5, arm, -2.3)
        return lips

    return Rig((round(u), round(ground + 2)), draw, (centre, ground), float(w))
