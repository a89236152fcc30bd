"""Places that people built: city, street, road, school."""

from __future__ import annotations

from engine.diorama.paint import scenery as sc
from engine.diorama.paint.raster import Picture, bgr, mix
from engine.diorama.paint.sketch import MARGIN_X, MARGIN_Y, Sketch

GLASS = (0xFFD98A, 0xFFC46B, 0xFFE9B8, 0xFFB25C)


def _lit(s: Sketch) -> float:
    """Share of windows with a light on."""
    return {"day": 0.0, "dawn": 0.22, "dusk": 0.45, "night": 0.6}[s.time]


def tower(
    s: Sketch, sheet: Picture, x: float, wide: float, top: float, foot: float, code: int, distance: float, pane: float
) -> None:
    """One block of flats with a grid of windows, some lit after dark."""
    wall = s.tone(code, distance)
    s.box(
        sheet, x, top, x + wide, foot, mix(wall, bgr(s.light.glow), 0.1), mix(wall, bgr(s.light.haze), 0.3 * distance)
    )
    s.box(sheet, x + wide * 0.74, top, x + wide, foot, wall * 0.82, alpha=0.6)
    s.box(sheet, x - wide * 0.03, top - 0.006, x + wide * 1.03, top + 0.004, wall * 1.06)
    cell = pane * s.unit
    columns, rows = int(wide * s.width / cell), int((foot - top) * s.height / (cell * 1.25))
    dark = mix(wall * 0.72, s.tone(0x8FB6D8, distance), 0.35)
    share = _lit(s)
    for row in range(rows):
        for column in range(columns):
            left = int(s.px(x) + (column + 0.25) * wide * s.width / max(columns, 1))
            up = int(s.py(top) + (row + 0.45) * cell * 1.25)
            lit = s.rng.random() < share
            tone = mix(bgr(GLASS[int(s.rng.integers(4))]), bgr(s.light.haze), distance * 0.35) if lit else dark
            sheet[up : up + max(2, round(cell * 0.62)), left : left + max(2, round(cell * 0.5)), :3] = tone


def skyline(
    s: Sketch,
    foot: float,
    low: float,
    high: float,
    codes: tuple[int, ...],
    *,
    distance: float,
    depth: float,
    pane: float,
) -> None:
    """A row of towers from edge to edge."""
    sheet = s.sheet()
    x = -MARGIN_X
    narrow = s.unit / s.width
    while x < 1 + MARGIN_X:
        wide = float(s.rng.uniform(0.12, 0.23)) * narrow
        top = foot - float(s.rng.uniform(low, high))
        code = codes[int(s.rng.integers(len(codes)))]
        tower(s, sheet, x, wide, top, foot, code, distance, pane)
        if s.rng.random() < 0.3:
            mast = x + wide * 0.5
            s.box(sheet, mast, top - 0.05, mast + 0.005 * narrow, top, s.tone(0x505868, distance))
        x += wide * float(s.rng.uniform(0.94, 1.08))
    s.box(sheet, -MARGIN_X, foot, 1 + MARGIN_X, 1 + MARGIN_Y, s.tone(codes[0], distance) * 0.8)
    s.keep(sheet, depth)


def lamps(s: Sketch, sheet: Picture, foot: float, tall: float, spots: tuple[float, ...]) -> None:
    """Street lamps, shining after dark."""
    post = s.tone(0x3A4250)
    narrow = s.unit / s.width
    for x in spots:
        s.box(sheet, x - 0.006 * narrow, foot - tall, x + 0.006 * narrow, foot, post, post * 0.8)
        s.ellipse(sheet, x, foot - tall, 0.03, 0.026, bgr(0xFFF0C0) if s.time != "day" else s.tone(0xE8EEF4))
        if s.light.dark or s.time == "dusk":
            s.ellipse(sheet, x, foot, 0.2, 0.035, bgr(0xFFD890), alpha=0.3, blur=0.02)
            s.halo(sheet, x, foot - tall, 0.2, 0xFFDFA0, 0.59, 2.4)


def asphalt(s: Sketch, top: float, *, pavement: bool) -> Picture:
    """A road crossing the picture, with a kerb and a dashed middle line."""
    sheet = sc.ground(
        s,
        top,
        0x9A9CA6 if pavement else 0x6A8F4A,
        0xC2C2C8 if pavement else 0x8DB862,
        amp=0.0,
        blades=None if pavement else 0x76A850,
    )
    if pavement:
        joint = s.tone(0x8A8C96)
        for k in range(round(14 * s.width / s.unit)):
            x = -0.2 + k * 1.5 / round(14 * s.width / s.unit)
            s.fill(
                sheet,
                [
                    (x, top),
                    (x + 0.004, top),
                    (x - 0.036 + (x - 0.5) * 0.1, 0.765),
                    (x - 0.042 + (x - 0.5) * 0.1, 0.765),
                ],
                joint,
            )
    s.box(sheet, -MARGIN_X, 0.765, 1 + MARGIN_X, 0.778, s.tone(0xD8D8DC), s.tone(0x9A9AA4))
    s.box(sheet, -MARGIN_X, 0.778, 1 + MARGIN_X, 1 + MARGIN_Y, s.tone(0x565A66), s.tone(0x3C404C))
    sc.speckle(s, sheet, 0.79, (0x6E727E, 0x343844), 500)
    paint = s.tone(0xFFF2C8)
    for k in range(round(7 * s.width / s.unit)):
        x = -0.22 + k * 1.5 / round(7 * s.width / s.unit)
        s.fill(sheet, [(x + 0.012, 0.905), (x + 0.11, 0.905), (x + 0.1, 0.92), (x, 0.92)], paint, paint * 0.9, 0.85)
    return sheet


def city(s: Sketch) -> None:
    """A skyline in three depths behind a pavement and a street."""
    sc.sky(s, 0.66)
    sc.clouds(s, 4, 0.06, 0.3)
    skyline(s, 0.68, 0.2, 0.4, (0x8FA6C8, 0x9AB0CC, 0x7F98BE), distance=0.75, depth=0.15, pane=0.017)
    skyline(s, 0.69, 0.12, 0.32, (0x6E86B0, 0xA0788A, 0x5E7AA0), distance=0.42, depth=0.32, pane=0.024)
    sheet = s.sheet()
    narrow = s.unit / s.width
    for x, wide, top, code in ((-0.18, 0.3, 0.42, 0xB86A58), (0.86, 0.34, 0.38, 0x5C7AA8), (0.14, 0.2, 0.54, 0xD8A86A)):
        tower(s, sheet, x, wide * (1 if narrow == 1 else 0.6), top, 0.705, code, 0.1, 0.042)
    s.keep(sheet, 0.6)
    sheet = asphalt(s, 0.7, pavement=True)
    for x in (0.02, 0.3, 0.99):
        s.prop(sheet, "deciduous-tree", x, 0.735, 0.2)
    lamps(s, sheet, 0.755, 0.2, (0.16, 0.84))
    s.keep(sheet, 1.0)


def street(s: Sketch) -> None:
    """Cosy terraced houses with doors, awnings and lamps."""
    sc.sky(s, 0.6)
    sc.clouds(s, 5, 0.06, 0.3)
    skyline(s, 0.62, 0.06, 0.16, (0xA8B4CC, 0xB8A8B8), distance=0.7, depth=0.2, pane=0.02)
    sheet = s.sheet()
    x, k, narrow = -MARGIN_X, 0, s.unit / s.width
    shades = (0xE8825C, 0x6FB0C8, 0xF2C862, 0x9A86C8, 0x86BE86, 0xF09AA8)
    while x < 1 + MARGIN_X:
        wide = float(s.rng.uniform(0.28, 0.36)) * narrow
        _house(s, sheet, x, wide, 0.45 + float(s.rng.uniform(-0.025, 0.03)), shades[k % len(shades)])
        x, k = x + wide, k + 1
    s.keep(sheet, 0.75)
    sheet = asphalt(s, 0.7, pavement=True)
    lamps(s, sheet, 0.752, 0.21, (0.1, 0.62, 1.1))
    s.prop(sheet, "potted-plant", 0.36, 0.735, 0.1)
    s.prop(sheet, "potted-plant", 0.93, 0.735, 0.1)
    s.keep(sheet, 1.0)


def _house(s: Sketch, sheet: Picture, x: float, wide: float, top: float, code: int) -> None:
    wall, roof, foot = s.tone(code, 0.08), s.tone(0x8A4A48, 0.08), 0.705
    s.box(sheet, x, top, x + wide, foot, mix(wall, bgr(0xFFFFFF), 0.1), wall * 0.88)
    s.fill(sheet, [(x - 0.012, top), (x + wide * 0.5, top - 0.075), (x + wide + 0.012, top)], roof * 1.1, roof * 0.9)
    share = _lit(s) * 1.2
    frame = s.tone(0xFFF6E6, 0.05)
    for row in range(2):
        for column in range(2):
            left, up = x + wide * (0.16 + 0.42 * column), top + 0.026 + 0.088 * row
            if row == 1 and column == 1:
                continue
            s.box(sheet, left - 0.008, up - 0.004, left + wide * 0.26 + 0.008, up + 0.058, frame)
            glass = bgr(GLASS[int(s.rng.integers(4))]) if s.rng.random() < share else s.tone(0x8CB8D8, 0.1)
            s.box(sheet, left, up, left + wide * 0.26, up + 0.053, glass, glass * 0.86)
            s.box(sheet, left + wide * 0.123, up, left + wide * 0.137, up + 0.053, frame)
    door = s.tone(0x5A3A30, 0.05)
    s.box(sheet, x + wide * 0.57, foot - 0.115, x + wide * 0.85, foot, frame)
    s.box(sheet, x + wide * 0.6, foot - 0.108, x + wide * 0.82, foot, door * 1.2, door * 0.9)
    for k in range(6):
        left = x + wide * (0.08 + 0.055 * k)
        stripe = s.tone(0xFFFFFF if k % 2 else 0xD84A4A)
        s.fill(
            sheet,
            [
                (left, foot - 0.088),
                (left + wide * 0.055, foot - 0.088),
                (left + wide * 0.055, foot - 0.062),
                (left, foot - 0.062),
            ],
            stripe,
        )


def road(s: Sketch) -> None:
    """A country road between fields and hills."""
    sc.sky(s, 0.6)
    sc.clouds(s, 6)
    sc.ridge(s, 0.58, 0, 0x7F94B8, distance=0.75, depth=0.1, jagged=0.14)
    sc.ridge(s, 0.62, 0.03, 0x7AB468, distance=0.55, depth=0.26)
    sc.trees(s, ("deciduous-tree", "evergreen-tree"), 0.66, 0.17, 8, distance=0.3, depth=0.5, ground=0x86BC5C)
    sheet = asphalt(s, 0.69, pavement=False)
    post = s.tone(0xF4F4F0)
    for k in range(round(8 * s.width / s.unit)):
        x = -0.2 + k * 1.45 / round(8 * s.width / s.unit)
        s.box(sheet, x, 0.715, x + 0.012 * s.unit / s.width, 0.76, post, post * 0.8)
    s.box(sheet, -MARGIN_X, 0.722, 1 + MARGIN_X, 0.731, post, post * 0.75)
    s.keep(sheet, 1.0)


def school(s: Sketch) -> None:
    """A schoolhouse across a yard with hopscotch."""
    sc.sky(s, 0.6)
    sc.clouds(s, 5)
    sc.trees(s, ("deciduous-tree",), 0.65, 0.26, 7, distance=0.35, depth=0.35, ground=0x7CB862)
    sheet = s.sheet()
    s.prop(sheet, "school", 0.5, 0.712, 0.62 if s.width <= s.height else 0.52, distance=0.08)
    s.prop(sheet, "deciduous-tree", 0.02, 0.71, 0.34, distance=0.05)
    s.prop(sheet, "deciduous-tree", 0.98, 0.71, 0.34, distance=0.05, flip=True)
    s.keep(sheet, 0.7)
    sheet = sc.ground(s, 0.702, 0xB08A72, 0xD4B498, amp=0.0, specks=(0xC8A88C, 0x9A7660))
    chalk = s.tone(0xFFFFFF)
    for k in range(4):
        y, size = 0.8 + 0.05 * k, 0.05 + 0.01 * k
        for left in (0.5 - size, 0.5) if k % 2 else (0.5 - size / 2,):
            outline = [(left, y), (left + size, y), (left + size, y + 0.042), (left, y + 0.042)]
            s.fill(sheet, outline, chalk, alpha=0.55)
            inner = [
                (left + 0.006, y + 0.004),
                (left + size - 0.006, y + 0.004),
                (left + size - 0.006, y + 0.038),
                (left + 0.006, y + 0.038),
            ]
            s.fill(sheet, inner, s.tone(0xBE9A80))
    s.keep(sheet, 1.0)
