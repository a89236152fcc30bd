"""Places around one building: a castle, a stadium, a farm with its barn."""

from __future__ import annotations

from engine.diorama.paint import scenery as sc
from engine.diorama.paint.ambient import Motes
from engine.diorama.paint.raster import Picture, bgr, mix
from engine.diorama.paint.sketch import MARGIN_X, Sketch


def _castle_hill(s: Sketch) -> None:
    """The castle on its hill, windows lit in the evening."""
    sheet = s.sheet()
    hill = [
        (-MARGIN_X, 0.68),
        (0.1, 0.63),
        (0.35, 0.575),
        (0.65, 0.57),
        (0.9, 0.625),
        (1 + MARGIN_X, 0.68),
        (1.25, 1.08),
        (-0.25, 1.08),
    ]
    s.fill(sheet, hill, s.tone(0x6FA860, 0.42), s.tone(0x4F8A48, 0.3))
    s.prop(sheet, "castle", 0.5, 0.592, 0.56 if s.width <= s.height else 0.44, distance=0.28, shadow=False)
    if s.light.dark or s.time == "dusk":
        for x, y in ((0.47, 0.52), (0.54, 0.5), (0.42, 0.545), (0.58, 0.55)):
            s.halo(sheet, x, y, 0.035, 0xFFC860, 0.75, 2)
    s.keep(sheet, 0.3)


def castle(s: Sketch) -> None:
    """A castle on its hill, banners and a winding path."""
    sc.sky(s, 0.62)
    sc.clouds(s, 6)
    sc.ridge(s, 0.6, 0, 0x8094BC, distance=0.78, depth=0.1, jagged=0.2, snow=True)
    _castle_hill(s)
    sc.trees(
        s,
        ("evergreen-tree", "deciduous-tree"),
        0.68,
        0.17,
        9,
        distance=0.22,
        depth=0.55,
        ground=0x5C9C50,
        gap=(0.36, 0.64),
    )
    sheet = sc.ground(s, 0.7, 0x4E8F42, 0x78B858, blades=0x62AA4C)
    path = s.tone(0xD8C4A0)
    bends = [(0.5, 0.7), (0.53, 0.7), (0.47, 0.76), (0.66, 0.86), (0.72, 1.1), (0.3, 1.1), (0.44, 0.88), (0.4, 0.77)]
    s.fill(sheet, bends, path * 0.95, path, 0.85)
    sc.flowers(s, sheet, 0.74, (0xFFFFFF, 0xB79BFF, 0xFF8FB8), 28)
    s.keep(sheet, 1.0)
    sc.fireflies(s, 18)
    sc.foreground(s, 0x4A8A3C, leaves=8)


def _stands(s: Sketch) -> None:
    """Tiers of people, a banner and two masts of floodlights."""
    sheet = s.sheet()
    s.fill(
        sheet,
        [(-0.25, 0.37), (0.5, 0.42), (1.25, 0.37), (1.25, 0.7), (-0.25, 0.7)],
        s.tone(0x5C6C8C, 0.2),
        s.tone(0x3A4660),
    )
    fans = [s.tone(code, 0.1) for code in (0xF2C8A0, 0xD84A4A, 0xFFFFFF, 0x3A7AD8, 0xF2C84A, 0x8A5A3C)]
    for row in range(20):
        y = 0.405 + row * 0.0138
        for column in range(round(62 * s.width / s.unit)):
            x = -0.24 + (column + 0.5 * (row % 2)) * 1.48 / round(62 * s.width / s.unit)
            bend = y + 0.02 * (1 - abs(x - 0.5) * 1.3)
            size = max(2, round(0.0085 * s.unit))
            left, up = int(s.px(x)), int(s.py(bend))
            tone = fans[int(s.rng.integers(6))] * (0.7 + 0.3 * float(s.rng.random()))
            sheet[up : up + size, left : left + size, :3] = tone
    s.box(sheet, -MARGIN_X, 0.66, 1 + MARGIN_X, 0.7, s.tone(0xE84A5A), s.tone(0xB82A4A))
    for k in range(8):
        s.box(sheet, -0.2 + k * 0.19, 0.67, -0.1 + k * 0.19, 0.69, s.tone(0xFFFFFF if k % 2 else 0xFFD84A))
    for x in (0.08, 0.92):
        s.box(sheet, x - 0.006, 0.2, x + 0.006, 0.42, s.tone(0x8A94A4))
        s.box(sheet, x - 0.075, 0.165, x + 0.075, 0.215, s.tone(0x3A4250))
        for k in range(10):
            s.ellipse(sheet, x - 0.056 + 0.028 * (k % 5), 0.178 + 0.024 * (k // 5), 0.012, 0.012, bgr(0xFFFFF0))
    s.keep(sheet, 0.4)


def stadium(s: Sketch) -> None:
    """Stands full of people around a striped pitch under floodlights."""
    sc.sky(s, 0.5)
    sc.clouds(s, 3, 0.06, 0.24)
    _stands(s)
    if s.time != "day":
        lights = s.sheet()
        for x in (0.08, 0.92):
            s.halo(lights, x, 0.19, 0.36, 0xF4F8FF, 0.59, 2.6)
        s.keep(lights, 0.4)
    boost = 1.5 if s.light.dark else 1.0
    sheet = s.sheet()
    for k in range(8):
        y, after = 0.69 + 0.41 * (k / 8) ** 1.5, 0.69 + 0.41 * ((k + 1) / 8) ** 1.5
        tone = s.tone(0x4CA648 if k % 2 else 0x5CB854) * boost
        s.box(sheet, -MARGIN_X, y, 1 + MARGIN_X, after, tone, tone * 0.94)
    chalk = mix(s.tone(0xFFFFFF), bgr(0xFFFFFF), 0.4)
    s.box(sheet, -MARGIN_X, 0.712, 1 + MARGIN_X, 0.718, chalk)
    s.keep(sheet, 1.0)
    box = (0.0, 0.4 * s.height, float(s.width), 0.66 * s.height)
    s.ambients.append(Motes(s.rng.random((18, 6)), box, 0xFFFFFF, 0.02 * s.unit, 0.0, 7.0, 1.0, 0.4))


def farm(s: Sketch) -> None:
    """A red barn, fields in rows and a wooden fence."""
    sc.sky(s, 0.6)
    sc.clouds(s, 6)
    sc.ridge(s, 0.59, 0.03, 0x86B878, distance=0.7, depth=0.16)
    sheet = s.sheet()
    s.fill(sheet, sc.wave_line(s, 0.63, 0.008), s.tone(0xE2C45C, 0.4), s.tone(0xC8A03C, 0.2))
    for k in range(26):
        x = -0.3 + k * 0.064
        s.fill(
            sheet,
            [(0.5 + (x - 0.5) * 0.6, 0.63), (0.5 + (x - 0.5) * 0.6 + 0.008, 0.63), (x + 0.026, 0.7), (x, 0.7)],
            s.tone(0xB08A34, 0.3),
            alpha=0.5,
        )
    s.keep(sheet, 0.35)
    sheet = s.sheet()
    _barn(s, sheet, 0.73, 0.32 * (1 if s.width <= s.height else 0.6))
    s.prop(sheet, "deciduous-tree", 0.03, 0.69, 0.36, distance=0.12)
    s.keep(sheet, 0.6)
    sheet = sc.ground(s, 0.685, 0x5FA046, 0x94CC62, amp=0.008, blades=0x70B450)
    wood = s.tone(0xA87848)
    for y in (0.68, 0.704):
        s.box(sheet, -MARGIN_X, y, 1 + MARGIN_X, y + 0.01, wood * 1.08, wood * 0.85)
    for k in range(round(10 * s.width / s.unit)):
        x = -0.22 + k * 1.45 / round(10 * s.width / s.unit)
        s.box(sheet, x, 0.665, x + 0.022 * s.unit / s.width, 0.735, wood, wood * 0.8)
    s.prop(sheet, "sheaf-of-rice", 0.92, 0.78, 0.16)
    s.keep(sheet, 1.0)
    sc.fireflies(s, 14)
    sc.foreground(s, 0x5FA03C, leaves=8)


def _barn_door(s: Sketch, sheet: Picture, x: float, wide: float, foot: float) -> None:
    """The crossed double door."""
    red, white = s.tone(0xC8382E, 0.1), s.tone(0xFFF4E8, 0.1)
    s.box(sheet, x - wide * 0.17, foot - 0.075, x + wide * 0.17, foot, white)
    inner = bgr(0xFFC860) if s.light.dark else red * 0.7
    s.box(sheet, x - wide * 0.145, foot - 0.069, x + wide * 0.145, foot, inner, inner * 0.8)
    for turn in (-1, 1):
        arm = [
            (x - turn * wide * 0.145, foot - 0.069),
            (x - turn * wide * 0.115, foot - 0.069),
            (x + turn * wide * 0.145, foot),
            (x + turn * wide * 0.115, foot),
        ]
        s.fill(sheet, arm, white)


def _barn(s: Sketch, sheet: Picture, x: float, wide: float) -> None:
    red, white, roof = s.tone(0xC8382E, 0.1), s.tone(0xFFF4E8, 0.1), s.tone(0x6A4848, 0.1)
    left, right, foot, top = x - wide / 2, x + wide / 2, 0.69, 0.57
    gable = [
        (left, foot),
        (left, top),
        (x - wide * 0.32, top - 0.05),
        (x, top - 0.075),
        (x + wide * 0.32, top - 0.05),
        (right, top),
        (right, foot),
    ]
    s.fill(sheet, gable, red * 1.08, red * 0.82)
    for k in range(1, 9):
        s.box(sheet, left + wide * k / 9, top, left + wide * k / 9 + 0.0025, foot, red * 0.78, alpha=0.7)
    edge = [
        (left - 0.012, top + 0.004),
        (x - wide * 0.33, top - 0.056),
        (x, top - 0.084),
        (x + wide * 0.33, top - 0.056),
        (right + 0.012, top + 0.004),
        (right, top),
        (x + wide * 0.31, top - 0.042),
        (x, top - 0.066),
        (x - wide * 0.31, top - 0.042),
        (left, top),
    ]
    s.fill(sheet, edge, roof * 1.2, roof)
    _barn_door(s, sheet, x, wide, foot)
    s.ellipse(sheet, x, top - 0.022, wide * 0.075, wide * 0.075, white)
    s.ellipse(sheet, x, top - 0.022, wide * 0.052, wide * 0.052, bgr(0xFFC860) if s.light.dark else s.tone(0x5A4040))
    s.ellipse(sheet, x, foot + 0.002, wide * 0.55, 0.012, bgr(0x0A0618), alpha=0.25, blur=0.008)
