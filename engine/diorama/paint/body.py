"""Bodies for art that is only a head or a bust: clay-like quadrupeds and bipeds with limbs that move."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.art.pack import Asset
from engine.diorama.paint import raster
from engine.diorama.paint.raster import Picture
from engine.diorama.paint.recolour import target

Colour = tuple[float, float, float]

CLOTHES = (0xE0564A, 0x3F7FD8, 0x4CAF6A, 0xF2B03C, 0x8E62D0, 0x2FB4B4, 0xE86FA4)
TROUSERS = (0x3A4A78, 0x4A4650, 0x6A5238, 0x2F5A68)
BUSHY = frozenset({"fox", "wolf", "raccoon", "cat-face", "skunk", "badger", "lion"})


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


def _put(sheet: Picture, part: Picture, at: tuple[float, float], pivot: tuple[float, float], angle: float = 0.0, stretch: float = 1.0) -> None:
    """Blend ``part`` so that its ``pivot`` lies on ``at``, turned by ``angle`` radians (clockwise)."""
    c, n = math.cos(angle), math.sin(angle)
    matrix = np.array([[c, -n * stretch, 0], [n, c * stretch, 0]], np.float64)
    matrix[:, 2] = np.array(at) - matrix[:, :2] @ np.array(pivot)
    raster.warp_over(sheet, part, matrix)


@dataclass
class Rig:
    """A jointed body. ``pose`` draws it for a gait, a phase of its cycle and a mouth opening."""

    size: tuple[int, int]
    draw: Callable[[Picture, str, float, float], tuple[float, float]]
    foot: tuple[float, float]
    parts: dict[str, Picture] = field(default_factory=dict)

    def pose(self, gait: str, phase: float, mouth: float) -> tuple[Picture, tuple[float, float], tuple[float, float]]:
        """The posed picture, the pixel of its foot point and that of its mouth."""
        sheet = np.zeros((self.size[1], self.size[0], 4), np.uint8)
        lips = self.draw(sheet, gait, phase, mouth)
        return sheet, self.foot, lips


def build(art: Asset, head: Picture, pixels: int, colour: str | None) -> Rig:
    """A body ``pixels`` tall under ``head``: four-legged for animals, two-legged for people and birds."""
    if art.kind == "animal":
        return _quadruped(art, head, pixels, colour)
    return _biped(art, head, pixels)


def _swing(gait: str, phase: float, offset: float) -> float:
    """Angle of a leg (radians, forward positive)."""
    turn = 2 * math.pi * (phase + offset)
    if gait == "walk":
        return 0.42 * math.sin(turn)
    if gait == "run":
        return 0.78 * math.sin(turn)
    return 0.0


def _coat(art: Asset, colour: str | None) -> tuple[Colour, Colour]:
    first, second = (tuple(float(v) for v in c) for c in art.colours)
    if colour is not None:
        first = tuple(float(v) for v in target(colour))
    if sum(second) < sum(first) * 0.55:  # a dark second colour is eyes and nose rather than a belly
        second = tuple(min(255.0, v * 0.45 + 140) for v in first)
    return (first[0], first[1], first[2]), (second[0], second[1], second[2])


def _quadruped(art: Asset, head: Picture, pixels: int, colour: str | None) -> Rig:
    u = float(pixels)
    coat, belly = _coat(art, colour)
    paw: Colour = tuple(v * 0.5 for v in coat) if art.id in BUSHY else tuple(v * 0.86 for v in coat)  # type: ignore[assignment]
    face = raster.scaled(head, round(u * 0.6))
    if face.shape[1] > u * 0.78:
        face = raster.scaled(head, max(4, round(u * 0.6 * u * 0.78 / face.shape[1])))
    torso = clay(ellipse_mask(u * 0.36, u * 0.225), coat)
    chest = clay(ellipse_mask(u * 0.15, u * 0.165), belly)
    leg = clay(limb_mask(u * 0.2, u * 0.085, u * 0.068), coat)
    far_leg = clay(limb_mask(u * 0.2, u * 0.085, u * 0.068), (coat[0] * 0.72, coat[1] * 0.72, coat[2] * 0.74))
    boot = clay(ellipse_mask(u * 0.082, u * 0.056), paw)
    bushy = art.id in BUSHY
    spine = np.array([(0, 0), (-0.14, -0.06), (-0.24, -0.2), (-0.22, -0.36)]) * u
    thick = np.array([0.05, 0.1, 0.115, 0.03] if bushy else [0.04, 0.035, 0.032, 0.036]) * u
    shape, tail_x, tail_y = curve_mask(spine, thick)
    tail = clay(shape, coat)
    if bushy:
        tip = np.zeros_like(shape)
        tip[: round(shape.shape[0] * 0.34)] = shape[: round(shape.shape[0] * 0.34)]
        raster.over(tail, clay(shape, belly)[: round(shape.shape[0] * 0.3)].copy(), 0, 0)
    ground = u * 1.06
    hips, middle = (0.36 * u, 0.82 * u), (0.98 * u, 0.82 * u)

    def draw(sheet: Picture, gait: str, phase: float, mouth: float) -> tuple[float, float]:
        turn = 2 * math.pi * phase
        bob = {"walk": 0.012, "run": 0.04}.get(gait, 0.008) * u * math.sin(2 * turn)
        lean = {"run": 0.07 * math.sin(turn), "leap": -0.16, "land": 0.1}.get(gait, 0.0)
        lift = -0.03 * u if gait == "leap" else 0.0
        _put(sheet, tail, (0.3 * u, 0.66 * u + bob), (-tail_x, -tail_y), 0.22 * math.sin(turn * (1 if gait != "idle" else 2)) + lean)

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
        one(0.44 * u, 0.5 if gait == "walk" else 0.1, far_leg, -0.95)
        one(0.9 * u, gallop + (0.0 if gait == "walk" else 0.45), far_leg, 0.95)
        _put(sheet, torso, (0.64 * u, 0.7 * u + bob + lift), (torso.shape[1] / 2, torso.shape[0] / 2), lean)
        one(hips[0], 0.0, leg, -1.15)
        one(0.82 * u, 0.5 if gait == "walk" else 0.45, leg, 1.15)
        _put(sheet, chest, (0.86 * u, 0.72 * u + bob + lift), (chest.shape[1] / 2, chest.shape[0] / 2), lean)
        nod = 0.05 * math.sin(2 * turn + 0.6) * (1 if gait in {"walk", "run"} else 0.4) + lean * 0.5
        at = (middle[0] - 0.06 * u, 0.42 * u + bob * 1.5 + lift + (0.16 * u if gait == "sleep" else 0))
        return _head(sheet, face, art, at, nod, mouth)

    return Rig((round(u * 1.5), round(ground + 2)), draw, (0.66 * u, ground))


def _head(sheet: Picture, face: Picture, art: Asset, at: tuple[float, float], angle: float, mouth: float) -> tuple[float, float]:
    """Set the face on the body; returns where its mouth is."""
    from engine.diorama.paint.puppet import draw_mouth  # noqa: PLC0415 - puppet imports this file

    h, w = face.shape[:2]
    lips = art.mouth or (0.5, 0.72)
    spot = (lips[0] * w, lips[1] * h)
    if mouth > 0:
        face = face.copy()
        draw_mouth(face, spot, 0.13 * w, mouth)
    _put(sheet, face, at, (w / 2, h / 2), angle)
    c, n = math.cos(angle), math.sin(angle)
    dx, dy = spot[0] - w / 2, spot[1] - h / 2
    return at[0] + c * dx - n * dy, at[1] + n * dx + c * dy


def _pick(art: Asset, codes: tuple[int, ...]) -> Colour:
    code = codes[sum(art.id.encode()) % len(codes)]
    return float(code & 255), float(code >> 8 & 255), float(code >> 16 & 255)


def _biped(art: Asset, head: Picture, pixels: int) -> Rig:
    u = float(pixels)
    bust = art.framing == "bust"
    face = raster.scaled(head, round(u * (0.6 if bust else 0.5)))
    if face.shape[1] > u * 0.62:
        face = raster.scaled(head, max(4, round(face.shape[0] * u * 0.62 / face.shape[1])))
    h, w = face.shape[:2]
    if art.kind == "person":
        row = face[int(h * 0.9) : int(h * 0.97), int(w * 0.3) : int(w * 0.7)].reshape(-1, 4)
        solid = row[row[:, 3] > 200][:, :3]
        cloth: Colour = tuple(float(v) for v in np.median(solid, axis=0)) if bust and len(solid) else _pick(art, CLOTHES)  # type: ignore[assignment]
        legs = _pick(art, TROUSERS)
        skin_row = face[int(h * 0.5) : int(h * 0.6), int(w * 0.42) : int(w * 0.58)].reshape(-1, 4)
        seen = skin_row[skin_row[:, 3] > 200][:, :3]
        skin: Colour = tuple(float(v) for v in np.median(seen, axis=0)) if len(seen) else (150.0, 190.0, 240.0)  # type: ignore[assignment]
    else:
        cloth, _ = _coat(art, None)
        legs, skin = (40.0, 140.0, 245.0), (cloth[0] * 0.9, cloth[1] * 0.9, cloth[2] * 0.9)
    wide = u * 0.155 if art.kind == "person" else u * 0.22
    torso = clay(limb_mask(u * 0.17, wide, wide * 0.86), cloth)
    leg = clay(limb_mask(u * 0.17, u * 0.066, u * 0.058), legs)
    far_leg = clay(limb_mask(u * 0.17, u * 0.066, u * 0.058), (legs[0] * 0.75, legs[1] * 0.75, legs[2] * 0.77))
    arm = clay(limb_mask(u * 0.16, u * 0.05, u * 0.042), cloth)
    far_arm = clay(limb_mask(u * 0.16, u * 0.05, u * 0.042), (cloth[0] * 0.75, cloth[1] * 0.75, cloth[2] * 0.77))
    hand = clay(ellipse_mask(u * 0.048, u * 0.048), skin)
    shoe = clay(ellipse_mask(u * 0.085, u * 0.05), (52.0, 44.0, 58.0) if art.kind == "person" else legs)
    ground, centre = u * 1.02, u * 0.5
    shoulder = (u * 0.57 if bust else u * 0.55)

    def draw(sheet: Picture, gait: str, phase: float, mouth: float) -> tuple[float, float]:
        turn = 2 * math.pi * phase
        bob = {"walk": 0.014, "run": 0.03}.get(gait, 0.006) * u * math.sin(2 * turn)
        lean = {"run": 0.14, "leap": 0.1}.get(gait, 0.0)

        def one(x: float, offset: float, part: Picture, fold: float) -> None:
            angle = fold if gait == "leap" else _swing(gait, phase, offset)
            short = 0.8 if gait == "leap" else 1 - 0.14 * max(0.0, math.cos(turn + 2 * math.pi * offset)) * (gait in {"walk", "run"})
            at = (x, 0.78 * u + bob * 0.5)
            _put(sheet, part, at, (part.shape[1] / 2, 2 + u * 0.066), -angle, short)
            reach = u * 0.185 * short
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
        _put(sheet, torso, (centre, shoulder + wide * 0.75 + bob), (torso.shape[1] / 2, wide + 2), lean * 0.5)
        nod = 0.03 * math.sin(2 * turn) + lean * 0.4
        at = (centre + lean * 0.3 * u, (shoulder + 0.1 * u if bust else shoulder + 0.03 * u) - h / 2 + bob * 1.3)
        lips = _head(sheet, face, art, at, nod, mouth)
        reach(centre - wide * 0.92, 0.5, arm, -2.3)
        return lips

    return Rig((round(u), round(ground + 2)), draw, (centre, ground))
