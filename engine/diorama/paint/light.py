"""Light: what each time of day and weather does to sky, scenery and sprites."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.paint.raster import Picture, bgr, mix, soften


@dataclass(frozen=True)
class Light:
    """One time of day.

    ``gain`` and ``lift`` (R, G, B; lift in 0 … 255) colour actors; scenery gets the same, weighted by ``depth_dim``.
    ``sky`` runs from the zenith to the horizon. ``body`` is the sun or moon: (x, y) in fractions and a radius in
    fractions of the shorter side.
    """

    sky: tuple[int, ...]
    stops: tuple[float, ...]
    gain: tuple[float, float, float]
    lift: tuple[float, float, float]
    scenery: tuple[float, float, float]
    haze: int
    haze_share: float
    cloud: int
    cloud_share: float
    body: int
    body_at: tuple[float, float, float]
    glow: int
    glow_strength: float
    rim: int
    stars: int = 0
    dark: bool = False
    moon: bool = False


LIGHTS: dict[str, Light] = {
    "dawn": Light(
        sky=(0x5A6BB8, 0xB58CC4, 0xF7AFA6, 0xFFD9A8), stops=(0, 0.42, 0.72, 1),
        gain=(1.03, 0.94, 0.93), lift=(10, 4, 8), scenery=(1.0, 0.86, 0.9), haze=0xFBC4B4, haze_share=0.62,
        cloud=0xFFE0DC, cloud_share=0.75, body=0xFFF2CF, body_at=(0.26, 0.535, 0.1), glow=0xFFC98A, glow_strength=0.55,
        rim=0xFFD9A0,
    ),
    "day": Light(
        sky=(0x2C7BE0, 0x58A9F2, 0x9AD4FA, 0xDDF3FB), stops=(0, 0.38, 0.74, 1),
        gain=(1.0, 1.0, 0.99), lift=(2, 2, 4), scenery=(1.0, 1.0, 1.0), haze=0xC6E6F8, haze_share=0.55,
        cloud=0xFFFFFF, cloud_share=0.92, body=0xFFFBE0, body_at=(0.8, 0.17, 0.085), glow=0xFFF3B0, glow_strength=0.5,
        rim=0xFFFBE8,
    ),
    "dusk": Light(
        sky=(0x3B2A6B, 0xB4477E, 0xFF8A5C, 0xFFD08A), stops=(0, 0.45, 0.8, 1),
        gain=(1.02, 0.87, 0.78), lift=(12, 4, 8), scenery=(0.9, 0.62, 0.72), haze=0xE8826F, haze_share=0.55,
        cloud=0xFFC0A0, cloud_share=0.6, body=0xFFF3D0, body_at=(0.7, 0.53, 0.12), glow=0xFFB070, glow_strength=0.72,
        rim=0xFFC080, stars=14,
    ),
    "night": Light(
        sky=(0x050A24, 0x12245A, 0x24447E, 0x3A6496), stops=(0, 0.45, 0.8, 1),
        gain=(0.74, 0.77, 0.96), lift=(4, 5, 20), scenery=(0.3, 0.4, 0.62), haze=0x26457E, haze_share=0.5,
        cloud=0x6A86C0, cloud_share=0.3, body=0xF6F3DF, body_at=(0.25, 0.18, 0.1), glow=0xAFC6FF, glow_strength=0.42,
        rim=0xBFD4FF, stars=240, dark=True, moon=True,
    ),
}  # fmt: skip

OVERCAST = {"rain": 0.5, "storm": 0.78, "fog": 0.5, "snow": 0.42, "wind": 0.1, "clear": 0.0}
"""How much each weather greys the sky."""


def light_for(time: str, weather: str) -> Light:
    """The light of ``time``, dimmed and greyed by ``weather``."""
    light = LIGHTS[time]
    grey = OVERCAST[weather]
    if grey == 0:
        return light
    dim = 1 - grey * (0.45 if weather == "storm" else 0.16 if weather == "rain" else 0.02)
    luma = [float(np.dot(bgr(code), (0.114, 0.587, 0.299))) for code in light.sky]
    veil = bgr(0xB9C4D2) if weather in {"snow", "fog"} else bgr(0x7E8CA4)
    sky = tuple(
        _code(mix(bgr(code), veil * (lum / 170), grey) * dim) for code, lum in zip(light.sky, luma, strict=True)
    )
    return replace(
        light,
        sky=sky,
        gain=_scale(light.gain, (dim + 1) / 2),
        scenery=_scale(light.scenery, dim),
        haze=_code(mix(bgr(light.haze), veil * (0.35 if light.dark else 0.95), grey) * dim),
        haze_share=min(0.85, light.haze_share + grey * 0.2),
        cloud=_code(mix(bgr(light.cloud), veil, grey) * (dim if light.dark else dim * 0.95)),
        cloud_share=min(1.0, light.cloud_share + grey * 0.3),
        glow_strength=light.glow_strength * (1 - grey * 0.7),
        stars=int(light.stars * (1 - min(1.0, grey * 1.15))),
    )


def lamp(
    light: Light,
    *,
    gain: tuple[float, float, float],
    lift: tuple[float, float, float] = (0, 0, 0),
    scenery: tuple[float, float, float] | None = None,
) -> Light:
    """``light`` with actors (and ``scenery``, where given) lit by something else than the sky: lamps, deep space."""
    return replace(light, gain=gain, lift=lift, scenery=scenery or light.scenery)


def _scale(triple: tuple[float, float, float], factor: float) -> tuple[float, float, float]:
    return triple[0] * factor, triple[1] * factor, triple[2] * factor


def _code(colour: NDArray[np.float32]) -> int:
    blue, green, red = (int(channel) for channel in np.clip(colour, 0, 255))
    return red << 16 | green << 8 | blue


def grade(picture: Picture, gain: tuple[float, float, float], lift: tuple[float, float, float]) -> Picture:
    """A premultiplied BGRA picture under coloured light; lift is weighted by alpha, so edges stay clean."""
    red, green, blue = gain
    table = np.array(
        [[blue, 0, 0, lift[2] / 255], [0, green, 0, lift[1] / 255], [0, 0, red, lift[0] / 255], [0, 0, 0, 1]],
        np.float32,
    )
    lit = cv2.transform(picture, table)
    alpha = cv2.extractChannel(lit, 3)
    return np.asarray(cv2.min(lit, cv2.merge((alpha, alpha, alpha, alpha))), np.uint8)


def veil(picture: Picture, haze: int, share: float) -> Picture:
    """Air perspective: ``share`` (0 … 1) of the haze colour over a premultiplied picture."""
    keep = 1 - share
    red, green, blue = (float(channel) * share for channel in bgr(haze)[::-1])
    return grade(picture, (keep, keep, keep), (red, green, blue))


def rim_light(picture: Picture, code: int, strength: float, side: int) -> Picture:
    """A bright edge on the side (−1 left, +1 right) from which the light comes: it lifts a sprite off its ground."""
    h, w = picture.shape[:2]
    reach = max(2, h // 48)
    alpha = np.ascontiguousarray(picture[:, :, 3])
    move = np.array([[1, 0, -side * reach], [0, 1, reach * 0.8]], np.float64)
    away = cv2.warpAffine(alpha, move, (w, h))
    edge = soften(cv2.subtract(alpha, away), reach * 0.45)
    edge = cv2.min(edge, alpha)
    # Only the edge is worked on: it is a tenth of the picture, and every pose of every puppet passes here.
    spots = np.flatnonzero(np.asarray(edge).ravel() > 2)
    lit = picture.copy()
    flat = lit.reshape(-1, 4)
    under = flat[spots].astype(np.float32)
    share = edge.ravel()[spots, None] * np.float32(strength / 255)
    lamp = np.append(bgr(code) / 255, np.float32(1))  # alpha stays itself
    flat[spots] = np.rint(under + (lamp * under[:, 3:] - under) * share)
    return lit
