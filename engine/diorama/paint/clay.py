"""Soft clay: shaded shapes, and how limbs and heads made of it are joined."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.art.pack import Asset
from engine.diorama.paint import raster
from engine.diorama.paint.raster import Picture

Colour = tuple[float, float, float]
"""B, G, R, each 0 … 255."""


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


def put(
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


def middle(part: Picture) -> tuple[float, float]:
    """The centre of a picture."""
    return part.shape[1] / 2, part.shape[0] / 2


def times(colour: Colour, factor: float) -> Colour:
    """A darker (or lighter) ``colour``."""
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def rgb(code: int) -> Colour:
    """0xRRGGBB as (b, g, r)."""
    return float(code & 255), float(code >> 8 & 255), float(code >> 16 & 255)


def swing(gait: str, phase: float, offset: float) -> float:
    """Angle of a leg (radians, forward positive)."""
    turn = 2 * math.pi * (phase + offset)
    return {"walk": 0.42, "run": 0.78}.get(gait, 0.0) * math.sin(turn)


@dataclass(frozen=True)
class Worn:
    """A head to set on a body: ``pivot`` is its middle and ``mouth`` where it speaks, in its pixels."""

    picture: Picture
    pivot: tuple[float, float]
    mouth: tuple[float, float]


def worn(face: Picture, art: Asset) -> Worn:
    """The drawn head of ``art`` as it is worn."""
    h, w = face.shape[:2]
    lips = art.mouth or (0.5, 0.72)
    return Worn(face, (w / 2, h / 2), (lips[0] * w, lips[1] * h))


def set_head(sheet: Picture, head: Worn, at: tuple[float, float], angle: float) -> tuple[float, float]:
    """Set the head on the body; returns where its mouth is."""
    put(sheet, head.picture, at, head.pivot, angle)
    c, n = math.cos(angle), math.sin(angle)
    dx, dy = head.mouth[0] - head.pivot[0], head.mouth[1] - head.pivot[1]
    return at[0] + c * dx - n * dy, at[1] + n * dx + c * dy
