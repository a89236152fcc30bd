"""Places under a roof: a room, a kitchen, a theatre stage."""

from __future__ import annotations

import numpy as np

from engine.diorama.paint import raster
from engine.diorama.paint import scenery as sc
from engine.diorama.paint.ambient import Motes
from engine.diorama.paint.light import lamp
from engine.diorama.paint.raster import Picture, bgr
from engine.diorama.paint.sketch import MARGIN_X, MARGIN_Y, Colour, Sketch


def _warmth(s: Sketch) -> None:
    """Indoors the lamps decide, softened by the hour outside."""
    gain, lift = {
        "dawn": ((1.02, 0.95, 0.92), (8, 4, 4)),
        "day": ((1.0, 1.0, 0.98), (2, 2, 2)),
        "dusk": ((1.0, 0.88, 0.84), (12, 4, 6)),
        "night": ((0.94, 0.82, 0.74), (8, 4, 8)),
    }[s.time]
    s.light = lamp(s.light, gain=gain, lift=lift)


def _inside(s: Sketch, code: int) -> Colour:
    share = {"dawn": 0.94, "day": 1.0, "dusk": 0.84, "night": 0.68}[s.time]
    tint = {"dawn": 0xFFE8E0, "day": 0xFFFFFF, "dusk": 0xFFD8C0, "night": 0xFFCFA8}[s.time]
    return np.asarray(bgr(code) * bgr(tint) * (share / 255), np.float32)


def _outlook(s: Sketch, x0: float, y0: float, x1: float, y1: float) -> None:
    """What is seen through the window: the sky of the hour and a hill."""
    sheet = s.sheet()
    s.rows(sheet, -MARGIN_Y, y1 + 0.05, [bgr(code) for code in s.light.sky], (0.2, 0.55, 0.8, 1))
    sc.stars(s, sheet, min(s.light.stars, 59), y1)
    s.glow(sheet, x0 + (x1 - x0) * 0.7, y0 + (y1 - y0) * 0.35, 0.2, s.light.glow, 0.8)
    if s.weather in {"clear", "wind"}:
        s.ellipse(sheet, x0 + (x1 - x0) * 0.7, y0 + (y1 - y0) * 0.35, 0.036, 0.036, bgr(s.light.body), blur=0.003)
    s.fill(
        sheet,
        [(x0 - 0.1, y1 - 0.05), (x0 + 0.12, y1 - 0.085), (x1, y1 - 0.045), (x1 + 0.1, y1 + 0.2), (x0 - 0.1, y1 + 0.2)],
        s.tone(0x6CB060, 0.3),
        s.tone(0x4E9040, 0.2),
    )
    for k in range(3):
        s.prop(
            sheet, "deciduous-tree", x0 + (x1 - x0) * (0.18 + 0.33 * k), y1 - 0.03, 0.11, distance=0.35, shadow=False
        )
    s.keep(sheet, 0.25)
    s.window = (x0, y0, x1, y1)


def _walls(
    s: Sketch, sheet: Picture, floor: float, wall: tuple[int, int], hole: tuple[float, float, float, float]
) -> None:
    top, bottom = _inside(s, wall[0]), _inside(s, wall[1])
    s.rows(sheet, -MARGIN_Y, floor, [top, bottom], (0, 1))
    x0, y0, x1, y1 = (round(v) for v in (s.px(hole[0]), s.py(hole[1]), s.px(hole[2]), s.py(hole[3])))
    wood, thick = _inside(s, 0xFFF6EA), 0.022 * s.unit
    wide = thick / s.width, thick / s.height
    s.box(sheet, hole[0] - wide[0], hole[1] - wide[1], hole[2] + wide[0], hole[3] + wide[1], wood, wood * 0.9)
    sheet[y0:y1, x0:x1] = 0
    middle, centre = (hole[0] + hole[2]) / 2, (hole[1] + hole[3]) / 2
    s.box(sheet, middle - wide[0] * 0.3, hole[1], middle + wide[0] * 0.3, hole[3], wood)
    s.box(sheet, hole[0], centre - wide[1] * 0.3, hole[2], centre + wide[1] * 0.3, wood)
    s.box(
        sheet,
        hole[0] - 2 * wide[0],
        hole[3] + wide[1] * 0.7,
        hole[2] + 2 * wide[0],
        hole[3] + wide[1] * 2.2,
        wood,
        wood * 0.8,
    )


def _boards(s: Sketch, floor: float, code: int, *, tiles: bool = False) -> Picture:
    sheet = s.sheet()
    near = _inside(s, code)
    s.rows(sheet, floor, 1 + MARGIN_Y, [near * 0.86, near * 1.04, near * 0.8], (0, 0.45, 1))
    count = round(12 * s.width / s.unit)
    for k in range(-count, 2 * count):
        x = 0.5 + (k - count / 2) / count
        foot = 0.5 + (x - 0.5) * 2.6
        s.fill(sheet, [(x, floor), (x + 0.002, floor), (foot + 0.006, 1.09), (foot, 1.09)], near * 0.66, alpha=0.6)
    if tiles:
        for k in range(7):
            y = floor + (1.1 - floor) * (k / 7) ** 1.6
            s.box(sheet, -MARGIN_X, y, 1 + MARGIN_X, y + 0.0024 + 0.0006 * k, near * 0.66, alpha=0.6)
    base = _inside(s, 0xFFF6EA)
    s.box(sheet, -MARGIN_X, floor - 0.014, 1 + MARGIN_X, floor + 0.002, base, base * 0.85)
    return sheet


def _lamp_glow(s: Sketch, x: float, y: float, radius: float, share: float) -> None:
    sheet = s.sheet()
    s.halo(sheet, x, y, radius, 0xFFD08A, share)
    s.keep(sheet, 0.9)


def _curtains(s: Sketch, sheet: Picture, hole: tuple[float, float, float, float]) -> None:
    """Drapes at both sides of the window."""
    curtain = _inside(s, 0xE8785C)
    for x0, x1, sway in ((hole[0] - 0.09, hole[0] + 0.035, 0.03), (hole[2] - 0.035, hole[2] + 0.09, -0.03)):
        for k in range(4):
            left, right = x0 + (x1 - x0) * k / 4, x0 + (x1 - x0) * (k + 1) / 4
            s.fill(
                sheet,
                [
                    (left, hole[1] - 0.035),
                    (right, hole[1] - 0.035),
                    (right - sway, hole[3] + 0.07),
                    (left - sway, hole[3] + 0.07),
                ],
                curtain * (1.05 if k % 2 else 0.88),
                curtain * 0.8,
            )


def _pictures(s: Sketch, sheet: Picture) -> None:
    """Two framed landscapes."""
    gold = _inside(s, 0xD8A850)
    for x, y, w, h, code in ((0.62, 0.3, 0.15, 0.1, 0x6FA8DC), (0.82, 0.34, 0.11, 0.08, 0xF2A65C)):
        s.box(sheet, x - 0.012, y - 0.008, x + w + 0.012, y + h + 0.008, gold, gold * 0.7)
        s.box(sheet, x, y, x + w, y + h, _inside(s, code), _inside(s, 0xFFF0D0))
        s.fill(
            sheet,
            [(x, y + h), (x + w * 0.4, y + h * 0.4), (x + w * 0.7, y + h * 0.75), (x + w, y + h * 0.5), (x + w, y + h)],
            _inside(s, 0x4E8A60),
        )


def room(s: Sketch) -> None:
    """A living room: window, pictures, sofa, rug, a lamp that burns in the evening."""
    _warmth(s)
    hole = (0.12, 0.24, 0.5, 0.48)
    _outlook(s, *hole)
    s.light = lamp(s.light, gain=s.light.gain, lift=s.light.lift, scenery=s.light.gain)
    s.props.clear()  # the trees outside keep the light of the sky
    sheet = s.sheet()
    _walls(s, sheet, 0.68, (0x7FA8B8, 0x9CC4CC), hole)
    for k in range(round(18 * s.width / s.unit)):
        x = -0.25 + k * 1.5 / round(18 * s.width / s.unit)
        if not hole[0] - 0.05 < x < hole[2] + 0.03:
            s.box(sheet, x, -MARGIN_Y, x + 0.016, 0.67, _inside(s, 0xA8D0D4), alpha=0.22)
    _curtains(s, sheet, hole)
    _pictures(s, sheet)
    s.keep(sheet, 0.8)
    floor = _boards(s, 0.68, 0xB87F4E)
    s.prop(floor, "couch-and-lamp", 0.8, 0.735, 0.36)
    s.prop(floor, "potted-plant", 0.06, 0.735, 0.24)
    s.ellipse(floor, 0.5, 0.86, 0.46, 0.1, _inside(s, 0xD85A5A), _inside(s, 0xB8424E))
    s.ellipse(floor, 0.5, 0.86, 0.4, 0.084, _inside(s, 0xF2C88A), alpha=0.9)
    s.ellipse(floor, 0.5, 0.86, 0.37, 0.076, _inside(s, 0xC84E54))
    s.keep(floor, 1.0)
    if s.time in {"night", "dusk"}:
        _lamp_glow(s, 0.86, 0.56, 0.55, 0.5)
    elif s.weather in {"clear", "wind"}:
        _sunbeam(s, hole)


def _sunbeam(s: Sketch, hole: tuple[float, float, float, float]) -> None:
    sheet = s.sheet()
    x0, y0, x1, y1 = hole
    s.fill(sheet, [(x0, y0), (x1, y0), (x1 + 0.4, 1.0), (x0 + 0.25, 1.0)], bgr(0xFFF4D0), alpha=0.13)
    s.keep(raster.soften(sheet, 0.012 * s.unit), 0.95)
    box = (x0 * s.width, y0 * s.height, (x1 + 0.3) * s.width, y1 * s.height * 1.8)
    s.ambients.append(Motes(s.rng.random((20, 6)), box, 0xFFF0C8, 0.006 * s.unit, 0.015, 1.2, 0.7, 0.95))


def kitchen(s: Sketch) -> None:
    """A kitchen: tiles, cupboards, worktop with fruit, window over the sink."""
    _warmth(s)
    hole = (0.34, 0.26, 0.68, 0.44)
    _outlook(s, *hole)
    s.light = lamp(s.light, gain=s.light.gain, lift=s.light.lift, scenery=s.light.gain)
    s.props.clear()  # the trees outside keep the light of the sky
    sheet = s.sheet()
    _walls(s, sheet, 0.72, (0xF2E2C0, 0xF8ECD2), hole)
    tile, count = _inside(s, 0xBCDCD4), round(14 * s.width / s.unit)
    for row in range(5):
        for k in range(count):
            x, y = -0.25 + k * 1.5 / count, 0.465 + row * 0.023
            if row or not hole[0] - 0.06 < x < hole[2] + 0.04:
                s.box(sheet, x + 0.003, y, x + 1.5 / count - 0.003, y + 0.0205, tile * (0.96 + 0.08 * ((k + row) % 2)))
    cupboard, edge = _inside(s, 0x5C9C9C), _inside(s, 0x47807F)
    for x0, x1 in ((-0.25, 0.02), (0.03, 0.27), (0.76, 0.99), (1.0, 1.25)):
        s.box(sheet, x0, 0.2, x1, 0.4, edge)
        s.box(sheet, x0 + 0.01, 0.207, x1 - 0.01, 0.393, cupboard, cupboard * 0.92)
        s.ellipse(sheet, x1 - 0.035, 0.375, 0.009, 0.009, _inside(s, 0xE8C878))
    top = _inside(s, 0xC89058)
    s.box(sheet, -MARGIN_X, 0.575, 1 + MARGIN_X, 0.6, top * 1.1, top * 0.85)
    s.box(sheet, -MARGIN_X, 0.6, 1 + MARGIN_X, 0.72, edge, edge * 0.85)
    for k in range(6):
        x0 = -0.25 + k * 0.25
        s.box(sheet, x0 + 0.01, 0.607, x0 + 0.24, 0.71, cupboard, cupboard * 0.9)
        s.box(sheet, x0 + 0.09, 0.618, x0 + 0.16, 0.624, _inside(s, 0xE8C878))
    for name, x, size in (
        ("red-apple", 0.1, 0.07),
        ("banana", 0.18, 0.085),
        ("potted-plant", 0.3, 0.13),
        ("teapot", 0.8, 0.11),
        ("honey-pot", 0.93, 0.1),
    ):
        s.prop(sheet, name, x, 0.581, size)
    s.keep(sheet, 0.85)
    s.keep(_boards(s, 0.72, 0xD8C0A0, tiles=True), 1.0)
    if s.time in {"night", "dusk"}:
        _lamp_glow(s, 0.5, 0.3, 0.8, 0.4)
    elif s.weather in {"clear", "wind"}:
        _sunbeam(s, hole)


def _drapes(s: Sketch) -> None:
    """Red curtains at both sides and a border above."""
    sheet = s.sheet()
    red = bgr(0xB81E34)
    for side in (0, 1):
        for k in range(9):
            left, right = -0.25 + k * 0.05, -0.2 + k * 0.05
            foot = 0.73 + 0.006 * (k % 2)
            xs = (left, right, right - 0.012 * k * 0.4, left - 0.012 * k * 0.4)
            xs = xs if side == 0 else tuple(1 - x for x in xs)
            shade = 1.12 if k % 2 else 0.72
            s.fill(
                sheet, [(xs[0], -0.09), (xs[1], -0.09), (xs[2], foot), (xs[3], foot)], red * shade * 0.75, red * shade
            )
    for k in range(16):
        x = -0.25 + k * 0.1
        for part, shade in ((0, 1.05), (1, 0.74)):
            s.fill(
                sheet,
                [
                    (x + 0.05 * part, -0.09),
                    (x + 0.05 * (part + 1), -0.09),
                    (x + 0.05 * (part + 1), 0.075 + 0.014 * part),
                    (x + 0.05 * part, 0.089 - 0.014 * part),
                ],
                red * shade * 0.7,
                red * shade,
            )
    s.box(sheet, -MARGIN_X, 0.086, 1 + MARGIN_X, 0.094, bgr(0xF2C04A), bgr(0xB8842A))
    s.keep(sheet, 0.85)


def _planks(s: Sketch) -> None:
    """The floor of the stage with a pool of light."""
    floor = s.sheet()
    board = bgr(0xA8683C)
    s.rows(floor, 0.72, 1 + MARGIN_Y, [board * 0.62, board, board * 0.7], (0, 0.4, 1))
    for k in range(-8, 24):
        x = k / 16
        s.fill(
            floor,
            [(x, 0.72), (x + 0.002, 0.72), (0.5 + (x - 0.5) * 2 + 0.006, 1.09), (0.5 + (x - 0.5) * 2, 1.09)],
            board * 0.5,
            alpha=0.7,
        )
    s.ellipse(floor, 0.5, 0.85, 0.5, 0.11, bgr(0xFFE8B8), alpha=0.42, blur=0.04)
    s.keep(floor, 1.0)


def stage(s: Sketch) -> None:
    """A theatre: red curtains, boards, spotlights and a glitter in the beams."""
    s.light = lamp(s.light, gain=(1.02, 0.97, 0.95), lift=(8, 4, 6))
    mood = {"dawn": 0xB86AA8, "day": 0x4A6AC8, "dusk": 0xC85A4A, "night": 0x3A2A8C}[s.time]
    sheet = s.sheet()
    s.rows(sheet, -MARGIN_Y, 1 + MARGIN_Y, [bgr(mood) * 0.25, bgr(mood) * 0.75, bgr(mood) * 0.4], (0, 0.55, 1))
    s.glow(sheet, 0.5, 0.5, 0.8, mood, 0.9)
    s.keep(sheet, 0.4)
    _drapes(s)
    _planks(s)
    beams = s.sheet()
    for x, foot in ((0.06, 0.36), (0.94, 0.64), (0.5, 0.5)):
        s.fill(
            beams,
            [(x - 0.02, -0.08), (x + 0.02, -0.08), (foot + 0.24, 0.88), (foot - 0.24, 0.88)],
            bgr(0xFFF6DC),
            bgr(0xFFE0B0),
            0.15,
        )
    s.keep(raster.soften(beams, 0.016 * s.unit), 0.95)
    box = (0.0, 0.1 * s.height, float(s.width), 0.85 * s.height)
    s.ambients.append(Motes(s.rng.random((26, 6)), box, 0xFFE6B3, 0.009 * s.unit, 0.03, 2.2, 0.8, 0.95))
    s.window = (0.0, 0.0, 0.0, 0.0)
