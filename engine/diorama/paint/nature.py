"""Outdoor places of nature: meadow, forest, beach, sea, desert, mountains, snowfield, jungle, river, garden, farm."""

from __future__ import annotations

import math

import numpy as np

from engine.diorama.paint import raster
from engine.diorama.paint import scenery as sc
from engine.diorama.paint.ambient import Motes
from engine.diorama.paint.raster import bgr, mix
from engine.diorama.paint.sketch import MARGIN_X, MARGIN_Y, Sketch

PINE, OAK, PALM, CACTUS = "evergreen-tree", "deciduous-tree", "palm-tree", "cactus"


def meadow(s: Sketch) -> None:
    """Rolling green hills with scattered trees and flowers."""
    sc.sky(s)
    sc.clouds(s)
    sc.ridge(s, 0.58, 0.035, 0x6FA8A0, distance=0.9, depth=0.18)
    sc.ridge(s, 0.62, 0.03, 0x6DB36A, distance=0.55, depth=0.3)
    sc.trees(s, (OAK, OAK, PINE), 0.645, 0.17, 7, distance=0.42, depth=0.42, ground=0x76BE5C, gap=(0.34, 0.6))
    sheet = sc.ground(s, 0.675, 0x4E9A3C, 0x8ACB5E, amp=0.012, blades=0x63B347)
    sc.flowers(s, sheet, 0.72, (0xFFFFFF, 0xFFD84F, 0xFF8FB8, 0xB79BFF))
    s.keep(sheet, 1.0)
    sc.fireflies(s, 18)
    sc.foreground(s, 0x4F9A3A)


def forest(s: Sketch) -> None:
    """Pines in three ranks with mist between them and a clearing in front."""
    sc.sky(s, 0.64)
    sc.clouds(s, 3)
    sc.ridge(s, 0.58, 0.04, 0x4F8578, distance=0.85, depth=0.15)
    sc.trees(s, (PINE,), 0.655, 0.3, 11, distance=0.62, depth=0.3, ground=0x3E7A50)
    sc.haze_band(s, 0.64, 0.07, 0.42, 0.34)
    sc.trees(s, (PINE, PINE, OAK), 0.705, 0.5, 6, distance=0.22, depth=0.62, ground=0x35693E, gap=(0.4, 0.58))
    sheet = sc.ground(s, 0.73, 0x2E5B33, 0x4C8347, blades=0x4A8F46, specks=(0x86632F, 0x6A4A24))
    for k in range(7):
        s.prop(
            sheet, "mushroom", 0.04 + 0.03 * k + (0.7 if k > 3 else 0), 0.90 + 0.014 * (k % 3), 0.05 + 0.012 * (k % 3)
        )
    s.keep(sheet, 1.0)
    sc.fireflies(s, 30)
    sc.foreground(s, 0x2F6B35, leaves=11, tall=0.2)


def beach(s: Sketch) -> None:
    """Sand, a lace of foam, sea with glitter, a palm leaning in."""
    sc.sky(s, 0.55)
    sc.clouds(s, 6, 0.1, 0.36)
    sc.ridge(s, 0.55, 0.022, 0x5E8C8A, distance=0.85, depth=0.12)
    sc.water(s, 0.55, 0.78, (0x66C7E8, 0x2DA4D0, 0x1B86B8), 0.3, shore=0.7)
    sheet = s.sheet()
    boat_x = 0.62 if s.light.body_at[0] < 0.5 else 0.4
    s.prop(sheet, "sailboat", boat_x, 0.6, 0.12, distance=0.35, shadow=False)
    s.keep(sheet, 0.34)
    sheet = s.sheet()
    line = [(float(x), 0.71 + 0.012 * math.sin(x * 5.5) + 0.005 * math.sin(x * 19)) for x in sc.SPAN]
    rest = [(1 + MARGIN_X, 1 + MARGIN_Y), (-MARGIN_X, 1 + MARGIN_Y)]
    s.fill(sheet, line + rest, s.tone(0xFFFFFF), s.tone(0xFFFFFF), 0.85)
    s.fill(sheet, [(x, y + 0.012) for x, y in line] + rest, s.tone(0xC89A62), s.tone(0xD9AC74))
    s.fill(sheet, [(x, y + 0.028) for x, y in line] + rest, s.tone(0xEDC88E), s.tone(0xC99A62))
    sc.speckle(s, sheet, 0.76, (0xFFF0D0, 0x9A7448), 900)
    s.prop(sheet, "spiral-shell", 0.14, 0.95, 0.075)
    s.prop(sheet, PALM, 0.03, 0.79, 0.62)
    s.keep(sheet, 1.0)


def sea(s: Sketch) -> None:
    """Open water to the horizon with rolling swells."""
    sc.sky(s, 0.5)
    sc.clouds(s, 7, 0.06, 0.34)
    sc.water(s, 0.5, 1 + MARGIN_Y, (0x5CB8E0, 0x1F86BC, 0x0F5C94), 0.25)
    s.ground = None
    for k, (y, depth) in enumerate(((0.66, 0.55), (0.76, 0.8), (0.9, 1.15))):
        sheet = s.sheet()
        warm = 0.45 if s.time in {"dawn", "dusk"} else 0.1
        body = mix(s.tone((0x2E94C6, 0x1F7FB4, 0x12649A)[k]), bgr(s.light.sky[1 if k < 2 else 0]), warm)
        waves = (11 - 3 * k) * s.width / s.unit
        line = [
            (float(x), y + (0.008 + 0.004 * k) * math.sin(x * waves + k * 2)) for x in np.linspace(-0.25, 1.25, 200)
        ]
        rest = [(1 + MARGIN_X, 1 + MARGIN_Y), (-MARGIN_X, 1 + MARGIN_Y)]
        s.fill(sheet, line + rest, mix(body, bgr(s.light.glow), 0.35), body, 0.9)
        s.fill(sheet, [(x, v + 0.007) for x, v in line] + rest, body, body * 0.72)
        s.keep(sheet, depth, front=k == 2)


def desert(s: Sketch) -> None:
    """Dunes, mesas and cactuses."""
    sc.sky(s, 0.63)
    sc.clouds(s, 3, 0.1, 0.3, 0.8)
    sheet = s.sheet()
    for x, wide, top in ((-0.02, 0.2, 0.52), (0.32, 0.1, 0.56), (0.66, 0.26, 0.5), (1.05, 0.16, 0.55)):
        rock = s.tone(0xC0683C, 0.62)
        shape = [(x - wide * 0.62, 0.66), (x - wide * 0.42, top + 0.02), (x - wide * 0.36, top), (x + wide * 0.36, top),
                 (x + wide * 0.44, top + 0.03), (x + wide * 0.66, 0.66)]  # fmt: skip
        s.fill(sheet, shape, rock, mix(rock, bgr(s.light.haze), 0.4))
        s.fill(
            sheet,
            [(x + wide * 0.1, top), (x + wide * 0.36, top), (x + wide * 0.66, 0.66), (x + wide * 0.16, 0.66)],
            rock * 0.86,
        )
    s.keep(sheet, 0.2)
    sc.ridge(s, 0.645, 0.016, 0xE2A864, distance=0.5, depth=0.32)
    sc.trees(s, (CACTUS,), 0.675, 0.12, 4, distance=0.35, depth=0.45, ground=0xE8B46E)
    sheet = sc.ground(s, 0.69, 0xD08E48, 0xF2C684, amp=0.014, specks=(0xFFE2B0, 0xA8703A))
    s.prop(sheet, CACTUS, 0.93, 0.76, 0.3)
    s.prop(sheet, CACTUS, 0.05, 0.72, 0.2)
    s.prop(sheet, "rock", 0.12, 0.93, 0.1)
    s.keep(sheet, 1.0)


def mountains(s: Sketch) -> None:
    """Snow-capped ranges over a pine valley."""
    sc.sky(s, 0.6)
    sc.clouds(s, 5, 0.1, 0.32)
    sc.ridge(s, 0.62, 0, 0x7C8FB4, distance=0.75, depth=0.1, jagged=0.34, snow=True)
    sc.ridge(s, 0.64, 0, 0x5C759A, distance=0.45, depth=0.2, jagged=0.22, snow=True)
    sc.haze_band(s, 0.63, 0.05, 0.5, 0.24)
    sc.trees(s, (PINE,), 0.68, 0.17, 14, distance=0.32, depth=0.45, ground=0x4C8A52)
    sheet = sc.ground(s, 0.7, 0x5C8F46, 0x86B862, amp=0.012, blades=0x6EA850, specks=(0xA8A8A0, 0x7A7A72))
    s.prop(sheet, "rock", 0.9, 0.78, 0.13)
    s.prop(sheet, "rock", 0.07, 0.9, 0.1, flip=True)
    sc.flowers(s, sheet, 0.76, (0xFFFFFF, 0x9AA8FF), 22)
    s.keep(sheet, 1.0)
    sc.foreground(s, 0x4F8A3A, leaves=7)


def snowfield(s: Sketch) -> None:
    """White slopes, frosted pines, blue shadows."""
    sc.sky(s, 0.62)
    sc.clouds(s, 4)
    sc.ridge(s, 0.61, 0, 0xA8BEDC, distance=0.6, depth=0.12, jagged=0.2, snow=True)
    sheet = s.sheet()
    s.fill(sheet, sc.wave_line(s, 0.645, 0.014), s.tone(0xF2F8FF, 0.3), s.tone(0xD4E4F4, 0.2))
    for k in range(round(8 * s.width / s.unit)):
        x = -0.2 + 1.4 * (k + float(s.rng.uniform(0.2, 0.8))) / round(8 * s.width / s.unit)
        s.prop(sheet, PINE, x, 0.675 + 0.01 * (k % 3), 0.2 + 0.05 * (k % 3), distance=0.2, tint=0xEAF4FF)
    s.keep(sheet, 0.42)
    sheet = sc.ground(s, 0.69, 0xDCE9F8, 0xFBFDFF, amp=0.016, distance=0.12)
    for _ in range(8):
        x, y = float(s.rng.uniform(-0.1, 1.1)), float(s.rng.uniform(0.76, 1.0))
        s.ellipse(sheet, x, y, 0.22, 0.018, s.tone(0xB4CBE8), alpha=0.5, blur=0.012)
    s.prop(sheet, PINE, 0.96, 0.78, 0.46, tint=0xEAF4FF)
    s.keep(sheet, 1.0)
    if s.weather == "clear":
        box = (0.0, 0.68 * s.height, float(s.width), 1.0 * s.height)
        s.ambients.append(Motes(s.rng.random((26, 6)), box, 0xFFFFFF, 0.006 * s.unit, 0.0, 4.0, 0.9, 1.0))


def jungle(s: Sketch) -> None:
    """Dense palms and hanging leaves with light falling through."""
    sc.sky(s, 0.6)
    sc.ridge(s, 0.5, 0.05, 0x4E9A78, distance=0.8, depth=0.15)
    sc.trees(s, (PALM, OAK), 0.63, 0.4, 9, distance=0.62, depth=0.26, ground=0x3F8A5A)
    sc.haze_band(s, 0.6, 0.09, 0.38, 0.3)
    sc.trees(s, (PALM, OAK, PALM), 0.69, 0.62, 6, distance=0.22, depth=0.55, ground=0x2F7440, gap=(0.36, 0.62))
    sheet = sc.ground(s, 0.72, 0x245A2E, 0x3F8A44, blades=0x49A24A, specks=(0x6A4A24,))
    for k in range(6):
        s.prop(sheet, "herb", (0.0, 0.13, 0.88, 0.99, 0.08, 0.93)[k], (0.76, 0.79, 0.77, 0.81, 0.92, 0.94)[k], 0.17)
    sc.flowers(s, sheet, 0.76, (0xFF5C8A, 0xFFB03B, 0xE060FF), 18)
    s.keep(sheet, 1.0)
    hanging = s.sheet()
    for k in range(12):
        x, long = -0.1 + k * 0.11, float(s.rng.uniform(0.05, 0.16)) * (1.5 if k in {0, 1, 10, 11} else 0.6)
        tone = s.tone(0x2F7A3A) * float(s.rng.uniform(0.6, 0.9))
        s.fill(
            hanging, [(x - 0.06, -0.09), (x + 0.07, -0.09), (x + 0.03, long * 0.5), (x + 0.01, long)], tone, tone * 0.8
        )
    s.keep(raster.soften(hanging, 0.012 * s.unit), 1.25, front=True)
    sc.fireflies(s, 22)
    sc.foreground(s, 0x2F7A36, leaves=12, tall=0.2)


def river(s: Sketch) -> None:
    """A river winding between green banks towards hills."""
    sc.sky(s, 0.58)
    sc.clouds(s)
    sc.ridge(s, 0.57, 0.04, 0x6A9CA0, distance=0.85, depth=0.15)
    sc.trees(s, (OAK, PINE), 0.605, 0.17, 9, distance=0.45, depth=0.28, ground=0x6CB060)
    sc.water(s, 0.6, 0.76, (0x7ACBE4, 0x3BA3C8, 0x2A86AC), 0.5, shore=0.715)
    sheet = sc.ground(s, 0.735, 0x4E9240, 0x84C25C, amp=0.016, blades=0x62B04A)
    for k, x in enumerate((0.05, 0.12, 0.9, 0.97)):
        s.prop(sheet, "rock", x, 0.75 + 0.008 * k, 0.06 + 0.02 * (k % 2), flip=bool(k % 2))
    sc.flowers(s, sheet, 0.8, (0xFFFFFF, 0xFFD84F, 0x9AB0FF), 26)
    s.keep(sheet, 1.0)
    sc.fireflies(s, 16)
    sc.foreground(s, 0x4A8F3C, leaves=10, tall=0.19)


def garden(s: Sketch) -> None:
    """A fenced garden in bloom with a tree and a path."""
    sc.sky(s, 0.6)
    sc.clouds(s, 5)
    sc.trees(s, (OAK,), 0.62, 0.26, 8, distance=0.45, depth=0.3, ground=0x5FA352)
    sheet = s.sheet()
    white = s.tone(0xFFFFFF, 0.1)
    for y in (0.64, 0.672):
        s.box(sheet, -MARGIN_X, y, 1 + MARGIN_X, y + 0.009, white, white * 0.85)
    for k in range(round(26 * s.width / s.unit)):
        x = -MARGIN_X + k * 1.5 / round(26 * s.width / s.unit)
        w = 0.016 * s.unit / s.width
        s.fill(
            sheet, [(x, 0.702), (x, 0.63), (x + w, 0.617), (x + 2 * w, 0.63), (x + 2 * w, 0.702)], white, white * 0.88
        )
    s.keep(sheet, 0.8)
    sheet = sc.ground(s, 0.695, 0x4F9C40, 0x7CC45A, blades=0x62B44A)
    path = s.tone(0xE2CBA0)
    s.fill(sheet, [(0.46, 0.69), (0.54, 0.69), (0.78, 1.1), (0.2, 1.1)], path, path * 0.9, 0.8)
    for k, (name, x) in enumerate(
        (("tulip", 0.03), ("sunflower", 0.13), ("rose", 0.22), ("sunflower", 0.88), ("tulip", 0.97), ("rose", 0.8))
    ):
        s.prop(sheet, name, x, 0.735 + 0.008 * (k % 2), 0.17 if name == "sunflower" else 0.12)
    sc.flowers(s, sheet, 0.76, (0xFF7FA8, 0xFFD84F, 0xFFFFFF, 0xC08CFF, 0xFF6B5C), 60)
    s.keep(sheet, 1.0)
    sc.fireflies(s, 18)
    sc.foreground(s, 0x4F9A3A, leaves=9)
