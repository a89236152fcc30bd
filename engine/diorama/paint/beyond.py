"""Places off the beaten ground: underwater, sky, space, moon, volcano."""

from __future__ import annotations

import math

import numpy as np

from engine.diorama.paint import raster
from engine.diorama.paint import scenery as sc
from engine.diorama.paint.ambient import Motes, Rings
from engine.diorama.paint.light import lamp
from engine.diorama.paint.raster import Picture, bgr, mix
from engine.diorama.paint.sketch import MARGIN_Y, Colour, Sketch

DEEP = {
    "dawn": (0xF2C4B0, 0x5AA0B8, 0x24508A),
    "day": (0x9CEBF0, 0x2FA6D4, 0x0E5AA0),
    "dusk": (0xF29A78, 0x6A5CA0, 0x2A2A6C),
    "night": (0x2C62A0, 0x12386E, 0x060F30),
}


def _reef(s: Sketch, codes: tuple[int, int, int]) -> None:
    """The sea floor with weed, coral and a shell."""
    sheet = s.sheet()
    sand = mix(bgr(0xE8D2A0), bgr(codes[1]), 0.35) * {"night": 0.42, "dusk": 0.7}.get(s.time, 0.95)
    s.fill(sheet, sc.wave_line(s, 0.83, 0.012), sand, sand * 0.72)
    weed = mix(bgr(0x3FA85A), bgr(codes[1]), 0.2) * (0.5 if s.light.dark else 0.9)
    for x in (0.02, 0.06, 0.11, 0.9, 0.95, 0.99, 0.7):
        _weed(s, sheet, x, 0.87, float(s.rng.uniform(0.16, 0.34)), weed)
    for name, x, size in (
        ("coral", 0.17, 0.2),
        ("coral", 0.84, 0.26),
        ("spiral-shell", 0.3, 0.08),
        ("rock", 0.78, 0.12),
    ):
        s.prop(sheet, name, x, 0.885, size)
    s.keep(sheet, 1.0)


CONE = (
    (-0.1, 0.7), (0.16, 0.56), (0.34, 0.4), (0.415, 0.315), (0.46, 0.328), (0.52, 0.322), (0.58, 0.314), (0.67, 0.41),
    (0.84, 0.56), (1.1, 0.7),
)  # fmt: skip
LAVA = (
    ((0.43, 0.322), (0.475, 0.33), (0.46, 0.42), (0.49, 0.5), (0.44, 0.6), (0.42, 0.7), (0.34, 0.7), (0.4, 0.58),
     (0.44, 0.5), (0.425, 0.4)),
    ((0.53, 0.322), (0.565, 0.32), (0.585, 0.4), (0.56, 0.46), (0.61, 0.56), (0.585, 0.57), (0.54, 0.47), (0.56, 0.4)),
)  # fmt: skip


def underwater(s: Sketch) -> None:
    """A reef: light shafts from above, coral, weed, rising bubbles."""
    codes = DEEP[s.time]
    tints = {"dawn": (0.9, 1.0, 1.02), "day": (0.86, 1.0, 1.04), "dusk": (0.92, 0.84, 1.0), "night": (0.62, 0.76, 1.0)}
    s.light = lamp(s.light, gain=tints[s.time], lift=(2, 10, 20))
    sheet = s.sheet()
    s.rows(sheet, -MARGIN_Y, 1 + MARGIN_Y, [bgr(codes[0]), bgr(codes[1]), bgr(codes[2])], (0, 0.42, 1))
    s.glow(sheet, 0.6, -0.02, 0.9, codes[0], 0.8)
    s.keep(sheet, 0.05)
    shafts = s.sheet()
    for k in range(7):
        x, wide = -0.1 + 0.19 * k, float(s.rng.uniform(0.02, 0.06))
        lean = (x - 0.6) * 0.5
        s.fill(
            shafts,
            [(x, -0.08), (x + wide, -0.08), (x + wide * 2.6 + lean, 0.9), (x - wide + lean, 0.9)],
            bgr(codes[0]),
            alpha=0.17,
        )
    s.keep(raster.soften(shafts, 0.02 * s.unit), 0.12, drift=0.01 * s.unit)
    for k, (y, depth) in enumerate(((0.72, 0.25), (0.78, 0.5))):
        sheet = s.sheet()
        far = mix(bgr(codes[1]), bgr(codes[2]), 0.4 + 0.3 * k)
        s.fill(sheet, sc.wave_line(s, y, 0.035), far, far * 0.8)
        for _ in range(round((9 - 2 * k) * s.width / s.unit)):
            _weed(s, sheet, float(s.rng.uniform(-0.2, 1.2)), y + 0.03, 0.1 + 0.09 * k, far * (0.86 - 0.1 * k))
        s.keep(sheet, depth)
    _reef(s, codes)
    s.ground = 0.88
    box = (0.0, -0.05 * s.height, float(s.width), 1.05 * s.height)
    s.ambients.append(Rings.bubbles(s.rng, 26, box, s.unit, 0.9))
    s.ambients.append(Motes(s.rng.random((22, 6)), box, codes[0], 0.006 * s.unit, 0.012, 1.4, 0.5, 0.6))
    sc.foreground(s, 0x2F7A5A, leaves=6, tall=0.2)


def _weed(s: Sketch, sheet: Picture, x: float, y: float, tall: float, tone: Colour) -> None:
    lean, wide = float(s.rng.uniform(-0.5, 0.5)), 0.014 * s.unit / s.width
    steps = np.linspace(0, 1, 14)
    high = tall * s.unit / s.height
    middle = x + 0.03 * np.sin(steps * 7 + lean * 6) * steps
    half = wide * (1 - steps * 0.85)
    left = [(float(m - h), float(y - high * t)) for m, h, t in zip(middle, half, steps, strict=True)]
    right = [(float(m + h), float(y - high * t)) for m, h, t in zip(middle, half, steps, strict=True)]
    s.fill(sheet, left + right[::-1], tone * 1.15, tone * 0.75)


def sky(s: Sketch) -> None:
    """High above the clouds."""
    sc.sky(s, 1.0)
    sc.clouds(s, 5, 0.08, 0.4, 0.8)
    for k, (y, depth) in enumerate(((0.62, 0.2), (0.74, 0.45), (0.9, 1.1))):
        sheet = s.sheet()
        top = mix(bgr(s.light.cloud), bgr(s.light.sky[-1]), 0.3 - 0.14 * k)
        mask = np.zeros(sheet.shape[:2], np.uint8)
        for _ in range(round(26 * s.width / s.unit)):
            radius = (0.06 + 0.03 * k) * float(s.rng.uniform(0.6, 1.3)) * s.unit
            at = (round(s.px(float(s.rng.uniform(-0.25, 1.25)))), round(s.py(y + float(s.rng.uniform(-0.004, 0.05)))))
            sc.cv2.circle(mask, at, round(radius), (255,), -1, sc.cv2.LINE_AA)
        mask[round(s.py(y + 0.03)) :] = 255
        mask = raster.soften(mask, (0.008 + 0.006 * k) * s.unit)
        first = int(np.flatnonzero(mask.max(axis=1))[0])
        shade = mix(top, bgr(s.light.sky[1]), 0.5)
        s.paint(sheet, np.ascontiguousarray(mask[first:]), 0, first, top, shade, 0.94 if not s.light.dark else 0.8)
        s.keep(sheet, depth, front=k == 2, drift=(2 + 4 * k) * s.unit / 720)
    s.ground = None
    sc.fireflies(s, 10)


def _planets(s: Sketch) -> None:
    """Two planets far off and the limb of a third below."""
    sheet = s.sheet()
    sphere(s, sheet, 0.16, 0.24, 0.085, (0xE8B27A, 0x8C4A3C))
    s.prop(sheet, "ringed-planet", 0.82, 0.36, 0.24, shadow=False)
    s.keep(sheet, 0.2)
    sheet = s.sheet()
    sphere(
        s,
        sheet,
        0.72,
        1.17 if s.height > s.width else 1.4,
        0.62,
        ({"dusk": 0xB8508C, "dawn": 0xC87A6A}.get(s.time, 0x3F8AD8), 0x142A6C),
    )
    s.keep(sheet, 0.5)


def space(s: Sketch) -> None:
    """Stars, a nebula and planets."""
    tint = {
        "dawn": (0xFF9A78, 0x5A3A8C),
        "day": (0x4AC8E8, 0x2A4AA8),
        "dusk": (0xE85A9A, 0x6A2A8C),
        "night": (0x7A5AE8, 0x1A2A6C),
    }[s.time]
    s.light = lamp(s.light, gain=(0.97, 0.96, 1.04), lift=(4, 4, 14), scenery=(0.95, 0.95, 1.0))
    sheet = s.sheet()
    s.rows(
        sheet,
        -MARGIN_Y,
        1 + MARGIN_Y,
        [bgr(0x05061C), mix(bgr(0x0A0F34), bgr(tint[1]), 0.35), bgr(0x090720)],
        (0, 0.5, 1),
    )
    for _ in range(16):
        along = float(s.rng.uniform(-0.1, 1.1))
        s.glow(
            sheet,
            along,
            0.72 - 0.5 * along + float(s.rng.normal(0, 0.07)),
            float(s.rng.uniform(0.12, 0.4)),
            tint[int(s.rng.integers(2))],
            float(s.rng.uniform(0.12, 0.34)),
            2.2,
        )
    for k in range(380):
        x, y = float(s.rng.uniform(-0.25, 1.25)), float(s.rng.uniform(-0.08, 1.08))
        tone = mix(bgr((0xFFFFFF, 0xFFE2B8, 0xBFD4FF)[k % 3]), bgr(0x0A0F34), float(s.rng.uniform(0, 0.7)))
        at = (round(s.px(x) * 16), round(s.py(y) * 16))
        radius = max(8, round(float(s.rng.choice([0.8, 1.1, 1.9])) * s.unit / 720 * 16))
        sc.cv2.circle(sheet, at, radius, (*map(float, tone), 255.0), -1, sc.cv2.LINE_AA, 4)
    s.keep(sheet, 0.04)
    _planets(s)
    box = (0.0, 0.0, float(s.width), float(s.height))
    s.ambients.append(Motes(s.rng.random((22, 6)), box, 0xEAF2FF, 0.008 * s.unit, 0.0, 3.0, 1.0, 0.05))
    s.ground = None


def sphere(s: Sketch, sheet: Picture, x: float, y: float, radius: float, codes: tuple[int, int]) -> None:
    """A shaded ball lit from the upper left, with soft bands and a glowing rim."""
    reach = max(3, round(radius * s.unit))
    grid = np.arange(-reach, reach + 1, dtype=np.float32) / reach
    far = np.sqrt(np.minimum(grid[None, :] ** 2 + grid[:, None] ** 2, 1.5))
    high = np.sqrt(np.clip(1 - far**2, 0, 1))
    lit = np.clip(-0.5 * grid[None, :] - 0.6 * grid[:, None] + 0.62 * high, 0.04, 1) ** 0.8
    bands = 0.5 + 0.5 * np.sin(grid[:, None] * 13 + 1.6 * np.sin(grid[None, :] * 2.2 + 1))
    base = (
        bgr(codes[0]) * (0.86 + 0.14 * bands[:, :, None]) * lit[:, :, None]
        + bgr(codes[1]) * (1 - lit[:, :, None]) * 0.8
    )
    rim = np.clip((far - 0.86) / 0.14, 0, 1)[:, :, None] * lit[:, :, None]
    colour = np.clip(base + rim * 90, 0, 255)
    cover = np.clip((1 - far) * reach + 0.5, 0, 1)[:, :, None]
    picture = np.dstack((colour * cover, cover * 255)).astype(np.uint8)
    raster.over(sheet, picture, round(s.px(x)) - reach, round(s.py(y)) - reach)


def moon(s: Sketch) -> None:
    """Grey craters under a black sky with the Earth rising."""
    s.light = lamp(s.light, gain=(0.98, 0.98, 1.02), lift=(2, 2, 8), scenery=(0.92, 0.93, 1.0))
    share = {"day": 1.0, "dawn": 0.9, "dusk": 0.84, "night": 0.62}[s.time]
    warmth = {"dawn": 0xFFE4D8, "day": 0xFFFFFF, "dusk": 0xFFD2C0, "night": 0xC8D4FF}[s.time]
    tint = np.asarray(bgr(warmth) * (share / 255), np.float32)
    sheet = s.sheet()
    s.rows(sheet, -MARGIN_Y, 1 + MARGIN_Y, [bgr(0x04050F), bgr(0x0C1230), bgr(0x1C2650)], (0, 0.5, 0.75))
    sc.stars(s, sheet, 260, 0.75)
    s.glow(sheet, 0.7, 0.26, 0.36, 0x6AA8FF, 0.5)
    s.keep(sheet, 0.04)
    sheet = s.sheet()
    s.prop(sheet, "globe-showing-europe-africa", 0.7, 0.26 + 0.12 * s.unit / s.height, 0.24, shadow=False)
    s.keep(sheet, 0.08)
    for k, (y, code, depth) in enumerate(((0.6, 0x5C6070, 0.2), (0.65, 0x83868F, 0.45))):
        sheet = s.sheet()
        tone: Colour = np.asarray(bgr(code) * tint, np.float32)
        s.fill(sheet, sc.wave_line(s, y, 0.02, jagged=0.07 if k == 0 else 0), tone * 1.15, tone * 0.9)
        s.keep(sheet, depth)
    sheet = s.sheet()
    tone: Colour = np.asarray(bgr(0xBFC1C8) * tint, np.float32)
    s.fill(sheet, sc.wave_line(s, 0.69, 0.008), tone, tone * 0.72)
    for k in range(15):
        near = (k + float(s.rng.random())) / 15
        x, y, size = (
            float(s.rng.uniform(-0.15, 1.15)),
            0.715 + 0.32 * near,
            (0.03 + 0.07 * near) * float(s.rng.uniform(0.5, 1.2)),
        )
        s.ellipse(sheet, x, y, size, size * 0.3, tone * 0.62, tone * 0.84)
        s.ellipse(
            sheet, x, y + size * 0.045 * s.unit / s.height * 2, size * 0.92, size * 0.25, tone * 0.78, tone * 1.02
        )
    sc.speckle(s, sheet, 0.71, (0xE8E8F0, 0x6A6C78), 600)
    s.prop(sheet, "rock", 0.08, 0.8, 0.11)
    s.keep(sheet, 1.0)


def _plume(s: Sketch) -> None:
    """Smoke that rises and spreads."""
    sheet = s.sheet()
    smoke = mix(bgr(0x5A4A52), bgr(s.light.haze), 0.3) * (0.5 if s.light.dark else 1)
    for k in range(22):
        rise = k / 22
        x = 0.5 + 0.22 * rise * math.sin(rise * 5) + float(s.rng.normal(0, 0.03 + 0.07 * rise))
        s.ellipse(
            sheet,
            x,
            0.3 - 0.36 * rise,
            0.07 + 0.16 * rise,
            0.05 + 0.11 * rise,
            smoke * (1.1 - 0.4 * rise),
            smoke * 0.8,
            alpha=0.6 * (1 - rise * 0.5),
            blur=0.02,
        )
    s.keep(sheet, 0.1, drift=0.004 * s.unit)


def _cone(s: Sketch) -> None:
    """The mountain with its glowing crater."""
    sheet = s.sheet()
    rock = s.tone(0x6A4650, 0.35)
    s.fill(sheet, CONE, rock * 1.05, mix(rock, bgr(s.light.haze), 0.3))
    s.fill(
        sheet,
        [(0.52, 0.322), (0.58, 0.314), (0.67, 0.41), (0.84, 0.56), (1.1, 0.7), (0.62, 0.7)],
        rock * 0.74,
        alpha=0.8,
    )
    for shape in LAVA:
        s.fill(sheet, shape, bgr(0xFFE45C), bgr(0xF2542A))
    s.halo(sheet, 0.5, 0.315, 0.36, 0xFF7A3A, 0.67)
    s.ellipse(sheet, 0.5, 0.32, 0.085, 0.014, bgr(0xFFF2A0), bgr(0xFF9A3A))
    s.keep(sheet, 0.2)


def volcano(s: Sketch) -> None:
    """A cone that glows, lava running down, embers in the air."""
    sc.sky(s, 0.64)
    _plume(s)
    _cone(s)
    sc.ridge(s, 0.66, 0, 0x4A3640, distance=0.2, depth=0.45, jagged=0.06)
    sheet = sc.ground(s, 0.69, 0x3A2C34, 0x5E4850, amp=0.012, specks=(0x6A545C, 0x241C24))
    for _ in range(9):
        x, y = float(s.rng.uniform(-0.1, 1.1)), float(s.rng.uniform(0.74, 1.02))
        s.ellipse(sheet, x, y, 0.07, 0.012, bgr(0xFF5A2A), alpha=0.55, blur=0.01)
        s.ellipse(sheet, x, y, 0.045, 0.0055, bgr(0xFFD25A), bgr(0xFF8A3A))
    for x, y, size in ((0.05, 0.77, 0.14), (0.95, 0.8, 0.17)):
        s.prop(sheet, "rock", x, y, size, tint=0x2A2028)
    s.keep(sheet, 1.0)
    box = (0.0, 0.05 * s.height, float(s.width), 1.0 * s.height)
    s.ambients.append(Motes(s.rng.random((34, 6)), box, 0xFF9A4A, 0.011 * s.unit, 0.07, 3.0, 1.0, 0.7))
