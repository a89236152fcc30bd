"""Pieces that many places share: sky, clouds, ridges, rows of trees, water, ground and a blurred foreground."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from engine.diorama.paint import raster
from engine.diorama.paint.ambient import Glitter, Motes
from engine.diorama.paint.raster import Picture, bgr, mix
from engine.diorama.paint.sketch import MARGIN_X, MARGIN_Y, Colour, Sketch

SPAN = np.linspace(-MARGIN_X, 1 + MARGIN_X, 140)


def sky(s: Sketch, horizon: float = 0.62, *, body: bool = True) -> None:
    """Sky gradient, stars and the sun or moon. The gradient ends at ``horizon``."""
    sheet = s.sheet()
    colours = [bgr(code) for code in s.light.sky]
    s.rows(sheet, -MARGIN_Y, horizon, colours, s.light.stops)
    s.rows(sheet, horizon, 1 + MARGIN_Y, [colours[-1], colours[-1]], (0, 1))
    stars(s, sheet, s.light.stars, horizon)
    x, y, size = s.light.body_at
    if s.time in {"dawn", "dusk"}:
        y = horizon - 0.085
    strength = s.light.glow_strength
    s.glow(sheet, x, y, 0.95, s.light.glow, strength * 0.75, 1.6)
    s.glow(sheet, x, y, 0.42, s.light.glow, strength, 2.2)
    if body and s.weather not in {"rain", "storm", "fog"}:
        disc = bgr(s.light.body)
        s.ellipse(sheet, x, y, size, size, disc, mix(disc, bgr(s.light.glow), 0.3), blur=0.004)
        if s.light.moon:
            crater = mix(disc, bgr(0xA8A898), 0.6)
            for dx, dy, r in (
                (-0.03, -0.02, 0.021),
                (0.035, 0.026, 0.014),
                (0.012, -0.035, 0.01),
                (-0.03, 0.04, 0.011),
            ):
                s.ellipse(sheet, x + dx * s.unit / s.width, y + dy * s.unit / s.height, r, r, crater, alpha=0.8)
    s.keep(sheet, 0.06)


def stars(s: Sketch, sheet: Picture, count: int, horizon: float) -> None:
    """``count`` stars on an opaque sheet, fainter towards ``horizon``, and a few that twinkle."""
    for _ in range(count):
        x, y = s.rng.uniform(-MARGIN_X, 1 + MARGIN_X), s.rng.uniform(-MARGIN_Y, horizon)
        fade = 1 - 0.7 * max(0.0, y / horizon)
        radius = float(s.rng.choice([0.8, 1.1, 1.7])) * s.unit / 720
        tone = mix(bgr(0xDFE8FF), bgr(0xFFE8C8), float(s.rng.random()))
        under = bgr(s.light.sky[1])
        shade = mix(under, tone, fade * float(s.rng.uniform(0.35, 1)))
        spot = (round(s.px(x) * 16), round(s.py(y) * 16))
        cv2.circle(sheet, spot, max(8, round(radius * 16)), (*map(float, shade), 255.0), -1, cv2.LINE_AA, 4)
    if count > 60:
        box = (0.0, 0.0, float(s.width), horizon * 0.8 * s.height)
        s.ambients.append(Motes(s.rng.random((14, 6)), box, 0xE8F0FF, 0.007 * s.unit, 0.0, 2.6, 0.9, 0.06))


def clouds(s: Sketch, count: int = 6, low: float = 0.08, high: float = 0.42, size: float = 1.0) -> None:
    """Soft clouds that drift, grey and many when the weather is."""
    sheet = s.sheet()
    heavy = s.weather in {"rain", "storm", "snow", "fog"}
    top = bgr(s.light.cloud)
    bottom = mix(top, bgr(s.light.sky[1]), 0.55 if not heavy else 0.35) * (0.82 if heavy else 0.97)
    for index in range(round(count * 3 * s.width / s.unit) if heavy else count):
        x = s.rng.uniform(-0.2, 1.2) if index else s.rng.uniform(0.1, 0.6)
        x = -0.2 + 1.4 * ((index * 0.618) % 1.0) if heavy else x
        y = s.rng.uniform(-0.05, 0.26) if heavy else s.rng.uniform(low, high)
        _cloud(s, sheet, x, y, size * float(s.rng.uniform(0.6, 1.25)) * (1.7 if heavy else 1.0), (top, bottom))
    s.keep(sheet, 0.12, drift=(0.03 if s.weather in {"wind", "storm"} else 0.009) * s.unit)


def _cloud(s: Sketch, sheet: Picture, x: float, y: float, size: float, tones: tuple[Colour, Colour]) -> None:
    width, height = max(24, round(0.46 * size * s.unit)), max(12, round(0.17 * size * s.unit))
    pad = round(height * 0.5)
    mask = np.zeros((height, width), np.uint8)
    puffs = int(s.rng.integers(5, 8))
    for k in range(puffs):
        share = (k + 0.5) / puffs
        radius = height * (0.16 + 0.26 * math.sin(share * math.pi)) * float(s.rng.uniform(0.8, 1.2))
        spot = (round(width * (0.14 + 0.72 * share)), round(height * 0.68 - radius * 0.5))
        cv2.circle(mask, spot, max(2, round(radius)), (255,), -1, cv2.LINE_AA)
    flat = (round(width / 2), round(height * 0.64)), (round(width * 0.4), round(height * 0.12))
    cv2.ellipse(mask, *flat, 0, 0, 360, (255,), -1, cv2.LINE_AA)
    soft = 0.012 if s.time == "day" and s.weather in {"clear", "wind"} else 0.022
    mask = raster.soften(cv2.copyMakeBorder(mask, pad, pad, pad, pad, cv2.BORDER_CONSTANT), soft * s.unit * size)
    s.paint(
        sheet,
        mask,
        round(s.px(x)) - width // 2 - pad,
        round(s.py(y)) - height // 2 - pad,
        tones[0],
        tones[1],
        s.light.cloud_share,
    )


def wave_line(s: Sketch, y: float, amp: float, waves: int = 4, jagged: float = 0.0) -> list[tuple[float, float]]:
    """A closed outline below a rolling (or, with ``jagged`` > 0, craggy) line around height ``y``."""
    line = np.full_like(SPAN, y)
    for k in range(waves):
        line -= amp * np.sin(SPAN * s.rng.uniform(2, 9) * (s.width / s.unit) + s.rng.uniform(0, 6.3)) / (k + 1.4)
    if jagged > 0:
        peaks = np.sort(s.rng.uniform(-MARGIN_X, 1 + MARGIN_X, int(9 * s.width / s.unit) + 3))
        tops = s.rng.uniform(0.25, 1, len(peaks)) * jagged
        line = y - np.max(
            np.clip(tops[None, :] - np.abs(SPAN[:, None] - peaks[None, :]) * 0.95 * s.width / s.unit, 0, None), axis=1
        )
        line += s.rng.normal(0, jagged * 0.02, len(SPAN))
    return [(float(x), float(v)) for x, v in zip(SPAN, line, strict=True)] + [
        (1 + MARGIN_X, 1 + MARGIN_Y), (-MARGIN_X, 1 + MARGIN_Y)
    ]  # fmt: skip


def ridge(
    s: Sketch,
    y: float,
    amp: float,
    code: int,
    *,
    distance: float,
    depth: float,
    jagged: float = 0.0,
    snow: bool = False,
) -> None:
    """One range of hills or mountains, paler at its foot where mist gathers."""
    sheet = s.sheet()
    outline = wave_line(s, y, amp, jagged=jagged)
    top = s.tone(code, distance)
    s.fill(sheet, outline, top, mix(top, bgr(s.light.haze), 0.55))
    if snow:
        cap = s.tone(0xFFFFFF, distance * 0.6)
        tops = [(x, v) for x, v in outline[:-2]]
        limit = y - jagged * 0.42
        under = [(x, max(v, limit + 0.018 * math.sin(x * 71) + 0.012 * math.sin(x * 167))) for x, v in reversed(tops)]
        s.fill(sheet, tops + under, cap, mix(cap, top, 0.35))
    s.keep(sheet, depth)


def trees(
    s: Sketch, names: Sequence[str], y: float, size: float, count: int, *, distance: float, depth: float,
    jitter: float = 0.012, gap: tuple[float, float] | None = None, ground: int | None = None, blur: float = 0.0,
) -> None:  # fmt: skip
    """A row of trees (or other props) along height ``y``, optionally leaving ``gap`` free and standing on a bank."""
    sheet = s.sheet()
    if ground is not None:
        near = s.tone(ground, distance)
        s.fill(sheet, wave_line(s, y - 0.012, 0.006), near, s.tone(ground, distance * 0.4))
    spots: list[tuple[float, float, int]] = []
    total = max(2, round(count * (s.width / s.unit)))
    for k in range(total):
        x = -0.22 + 1.44 * (k + float(s.rng.uniform(0.15, 0.85))) / total
        spots.append((float(y + s.rng.uniform(-jitter, jitter)), x, k))
    for row, x, k in sorted(spots):
        if gap is None or not gap[0] < x < gap[1]:
            scale = (0.8, 1.0, 1.22)[int(s.rng.integers(3))]
            s.prop(sheet, names[k % len(names)], x, row, size * scale, distance=distance, flip=bool(k % 2), blur=blur)
    s.keep(sheet, depth)


def ground(
    s: Sketch,
    y: float,
    near: int,
    far: int,
    *,
    amp: float = 0.006,
    distance: float = 0.25,
    specks: tuple[int, ...] = (),
    blades: int | None = None,
) -> Picture:
    """The surface that actors stand on, not yet kept: the caller may dress it first."""
    sheet = s.sheet()
    s.fill(sheet, wave_line(s, y, amp, 3), s.tone(far, distance), s.tone(near))
    speckle(s, sheet, y + 0.012, specks)
    if blades is not None:
        grass(s, sheet, y + 0.02, blades)
    return sheet


def speckle(s: Sketch, sheet: Picture, y: float, codes: Sequence[int], count: int = 700) -> None:
    """Grains and pebbles, larger towards the viewer."""
    if not codes:
        return
    tones = [s.tone(code) for code in codes]
    for k in range(count):
        near = float(s.rng.random()) ** 0.7
        x, row = s.rng.uniform(-MARGIN_X, 1 + MARGIN_X), y + near * (1.04 - y)
        size = max(1, round((0.5 + 1.8 * near * float(s.rng.random())) * s.unit / 500))
        left, top = int(s.px(x)), int(s.py(row))
        spot = sheet[top : top + size, left : left + size * 2, :3]
        spot[:] = (spot * 0.55 + tones[k % len(tones)] * 0.45).astype(np.uint8)


def grass(s: Sketch, sheet: Picture, y: float, code: int, count: int = 320) -> None:
    """Tufts of grass, taller and brighter towards the viewer."""
    tones = [s.tone(code), s.tone(code) * 0.82, mix(s.tone(code), bgr(s.light.glow), 0.16)]
    spots = np.sort(s.rng.random(count))
    for k, near in enumerate(spots):
        x, row = s.rng.uniform(-MARGIN_X, 1 + MARGIN_X), y + float(near) * (1.05 - y)
        tall = (0.008 + 0.028 * float(near)) * s.unit * float(s.rng.uniform(0.6, 1.3))
        colour = (*map(float, tones[k % 3]), 255.0)
        foot = (s.px(x), s.py(row))
        wide = 0.14 * tall
        for lean in (-0.5, 0.05, 0.55):
            tip = (foot[0] + lean * tall, foot[1] - tall * (1 - abs(lean) * 0.3))
            blade = np.array([(foot[0] - wide, foot[1]), (foot[0] + wide, foot[1]), tip]) * 16
            cv2.fillConvexPoly(sheet, np.round(blade).astype(np.int32), colour, cv2.LINE_AA, 4)


def flowers(s: Sketch, sheet: Picture, y: float, codes: Sequence[int], count: int = 46) -> None:
    """Dots of colour in the grass with a lighter heart."""
    for near in np.sort(s.rng.random(count)):
        x, row = s.rng.uniform(-MARGIN_X, 1 + MARGIN_X), y + float(near) * (1.0 - y)
        size = (0.0035 + 0.007 * float(near)) * float(s.rng.uniform(0.7, 1.2))
        tone = s.tone(int(codes[int(s.rng.integers(len(codes)))]))
        for turn in range(5):
            angle = turn * 1.2566 + x * 9
            dx, dy = math.cos(angle) * size * s.unit / s.width, math.sin(angle) * size * 0.8 * s.unit / s.height
            s_at = (round((s.px(x + dx)) * 16), round(s.py(row + dy) * 16))
            cv2.circle(sheet, s_at, round(size * 0.62 * s.unit * 16), (*map(float, tone), 255.0), -1, cv2.LINE_AA, 4)
        heart = (*map(float, s.tone(0xFFE27A)), 255.0)
        at = (round(s.px(x) * 16), round(s.py(row) * 16))
        cv2.circle(sheet, at, round(size * 0.5 * s.unit * 16), heart, -1, cv2.LINE_AA, 4)


def water(
    s: Sketch, top: float, bottom: float, codes: tuple[int, int, int], depth: float, *, shore: float | None = None
) -> None:
    """Water mirroring the sky, with glitter under the sun or moon down to ``shore`` (default: the water's end)."""
    sheet = s.sheet()
    glow = 0.5 if s.time in {"dawn", "dusk"} else 0.12
    mirror = mix(s.tone(codes[0], 0.2), bgr(s.light.sky[-1]), 0.65)
    middle = mix(s.tone(codes[1], 0.1), bgr(s.light.sky[1]), glow)
    deep = mix(s.tone(codes[2]), bgr(s.light.sky[0]), glow)
    s.rows(sheet, top, bottom, [mirror, middle, deep], (0, 0.35, 1))
    light = mix(bgr(s.light.sky[-1]), bgr(0xFFFFFF), 0.25)
    for _ in range(150):
        near = float(s.rng.random()) ** 1.3
        x, y = s.rng.uniform(-MARGIN_X, 1 + MARGIN_X), top + near * (bottom - top)
        s.ellipse(sheet, x, y, 0.01 + 0.1 * near * float(s.rng.random()), 0.0012 + 0.0032 * near, light, alpha=0.16)
    s.keep(sheet, depth)
    s.waters[depth] = len(s.back)
    end = bottom if shore is None else shore
    box = (round(-0.12 * s.width), round(top * s.height), round(1.12 * s.width), round(end * s.height))
    strength = (0.72 if s.time in {"dawn", "dusk"} else 0.5) * (1.0 if s.weather in {"clear", "wind"} else 0.4)
    s.ambients.append(
        Glitter.on_water(
            s.rng, box=box, centre=s.light.body_at[0] * s.width, code=s.light.body, strength=strength, depth=depth
        )
    )  # fmt: skip


def fireflies(s: Sketch, count: int = 24, low: float = 0.45, high: float = 0.9) -> None:
    """Warm blinking lights on dark evenings; a few floating pollen specks by day."""
    box = (0.0, low * s.height, float(s.width), high * s.height)
    if s.light.dark:
        s.ambients.append(Motes(s.rng.random((count, 6)), box, 0xE4FF86, 0.03 * s.unit, 0.0, 2.2, 0.85, 1.0))
    elif s.weather in {"clear", "wind"}:
        code = 0xFFF4D0
        s.ambients.append(Motes(s.rng.random((count // 2, 6)), box, code, 0.008 * s.unit, 0.02, 1.4, 0.5, 1.0))


def foreground(s: Sketch, code: int, *, leaves: int = 9, tall: float = 0.17) -> None:
    """Out-of-focus leaves in both lower corners, close to the lens."""
    sheet = s.sheet()
    near = s.tone(code) * 0.62
    for k in range(leaves):
        left = k % 2 == 0
        x = float(s.rng.uniform(-0.12, 0.1)) if left else float(s.rng.uniform(0.9, 1.12))
        lean = float(s.rng.uniform(-0.06, 0.12)) * (1 if left else -1)
        high, wide = tall * float(s.rng.uniform(0.55, 1.15)), 0.026 * float(s.rng.uniform(0.8, 1.5))
        tip = (x + lean, 1.06 - high)
        middle = (x + lean * 0.35, 1.06 - high * 0.5)
        shape = [
            (x - wide * 0.4, 1.08),
            (middle[0] - wide, middle[1]),
            tip,
            (middle[0] + wide, middle[1]),
            (x + wide * 0.4, 1.08),
        ]
        s.fill(sheet, shape, mix(near, bgr(s.light.haze), 0.08) * float(s.rng.uniform(0.85, 1.1)), near * 0.7)
    s.keep(raster.soften(sheet, 0.016 * s.unit), 1.35, front=True)


def haze_band(s: Sketch, y: float, thick: float, alpha: float, depth: float) -> None:
    """A bank of mist lying across the scene at height ``y``."""
    sheet = s.sheet()
    mask = np.zeros((max(4, round(thick * s.height * 2)), sheet.shape[1]), np.uint8)
    line = np.sin(np.linspace(0, math.pi, mask.shape[0])) ** 2 * 255 * alpha
    mask[:] = line[:, None].astype(np.uint8)
    s.paint(sheet, mask, 0, round(s.py(y) - mask.shape[0] / 2), bgr(s.light.haze))
    s.keep(sheet, depth)
