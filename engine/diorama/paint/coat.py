"""What a body under a given head is coloured like."""

from __future__ import annotations

from engine.diorama.art.pack import Asset
from engine.diorama.paint.clay import Colour, rgb, times
from engine.diorama.paint.recolour import target

COATS: dict[str, tuple[int, int, int]] = {
    "fox": (0xF5802A, 0xFFE3CE, 0x6B3A22),
    "cow-face": (0xF5F0EC, 0xF7B3B0, 0x4A444C),
    "panda": (0xF4F1F4, 0xFFFFFF, 0x3B3645),
    "frog": (0x35C48A, 0xFBCB52, 0x2AA876),
    "horse-face": (0xA9683C, 0xC48A5C, 0x4A3026),
    "lion": (0xF2B23E, 0xFFE0A0, 0xD9922C),
    "bear": (0x8A5A4A, 0xC49A84, 0x6B4238),
    "polar-bear": (0xF3F4F8, 0xFFFFFF, 0xD5DAE4),
    "pig-face": (0xF9A8B4, 0xFFC9CF, 0xD97F90),
    "unicorn": (0xE9DCFB, 0xF7F0FF, 0xB79BEF),
    "koala": (0x9AA3B5, 0xD9DEE8, 0x7C8598),
    "chicken": (0xF6F3F1, 0xFFFFFF, 0xF7A531),
}
"""Coat, belly and feet (0xRRGGBB) where a head's own main colours would mislead."""


def coat_of(art: Asset, colour: str | None) -> tuple[Colour, Colour, Colour]:
    """Coat, belly and feet."""
    if art.id in COATS:
        coat, belly, paw = (rgb(code) for code in COATS[art.id])
    else:
        first, second = art.colours
        coat = (float(first[0]), float(first[1]), float(first[2]))
        light: Colour = tuple(v * 0.5 + 120 for v in coat)  # type: ignore[assignment]
        # A second colour that is darker belongs to eyes and nose rather than to a belly.
        belly = (float(second[0]), float(second[1]), float(second[2])) if sum(second) > sum(first) * 1.05 else light
        paw = times(coat, 0.84)
    if colour is not None:
        blue, green, red = target(colour)
        coat = (float(blue), float(green), float(red))
        paw = times(coat, 0.7)
    return coat, belly, paw
