"""Paint a sprite in another colour and keep its shading, eyes and highlights."""

from __future__ import annotations

import cv2
import numpy as np

from engine.diorama.paint.raster import Picture

TARGETS: dict[str, int] = {
    "red": 0xE03A34, "orange": 0xF58A2C, "yellow": 0xFBD03C, "green": 0x4CB04A, "blue": 0x3F7FE8, "purple": 0x8E55D6,
    "pink": 0xFF7FB6, "brown": 0x8F5A34, "black": 0x34343E, "white": 0xF6F5F2, "grey": 0x9299A3, "gold": 0xE2AC2E,
    "turquoise": 0x2FC2BC,
}  # fmt: skip


def target(colour: str) -> tuple[int, int, int]:
    """The (b, g, r) that a colour word stands for. Raises `KeyError` for a word outside `scene.COLOURS`."""
    code = TARGETS[colour]
    return code & 255, code >> 8 & 255, code >> 16 & 255


def _lab(colour: tuple[int, int, int]) -> np.ndarray:
    return cv2.cvtColor(np.array([[colour]], np.float32) / 255, cv2.COLOR_BGR2LAB)[0, 0]


def recolour(picture: Picture, dominant: tuple[int, int, int], colour: str) -> Picture:
    """``picture`` (premultiplied BGRA) with its ``dominant`` colour, and shades of it, turned into ``colour``.

    Done in CIELAB: lightness differences (the shading) are kept, hue and chroma come from the target. Parts far from
    the dominant colour (a white muzzle, dark eyes) stay as they are.
    """
    alpha = np.maximum(picture[:, :, 3:].astype(np.float32), 1)
    plain = np.clip(picture[:, :, :3].astype(np.float32) / alpha, 0, 1)
    lab = cv2.cvtColor(plain, cv2.COLOR_BGR2LAB)
    source, goal = _lab(dominant), _lab(target(colour))
    chroma = float(np.hypot(source[1], source[2]))
    distance = (lab - source) * (0.42, 1.0, 1.0)
    if chroma > 18:
        # Same hue in light and in shade belongs together, whatever its chroma.
        hue = np.arctan2(lab[:, :, 2], lab[:, :, 1]) - np.arctan2(source[2], source[1])
        turn = np.abs(np.arctan2(np.sin(hue), np.cos(hue)))
        own = np.hypot(lab[:, :, 1], lab[:, :, 2])
        # A muzzle is paler than the coat, not its lit side: in the light, colour and lightness grow together.
        depth = own / np.maximum(lab[:, :, 0], 12) / (chroma / max(float(source[0]), 12))
        weight = np.clip(2.2 - turn / 0.42, 0, 1) * np.clip((depth - 0.24) / 0.2, 0, 1) * np.clip((own - 3) / 6, 0, 1)
    else:
        weight = np.clip(1.6 - np.linalg.norm(distance, axis=2) / 30, 0, 1) * np.clip((lab[:, :, 0] - 24) / 14, 0, 1)
    weight = cv2.GaussianBlur(weight.astype(np.float32), (0, 0), 0.8)[:, :, None]
    shade = lab[:, :, :1] - source[0]
    room = np.where(shade > 0, (100 - goal[0]) / max(100 - source[0], 8), goal[0] / max(source[0], 8))
    light = np.clip(goal[0] + shade * np.clip(room, 0.45, 1.15), 0, 100)
    vivid = np.clip(1 - np.abs(light - goal[0]) / 130, 0.4, 1)
    changed = np.concatenate([light, goal[1] * vivid + 0 * light, goal[2] * vivid + 0 * light], axis=2)
    mixed = (lab * (1 - weight) + changed * weight).astype(np.float32)
    colours = np.clip(cv2.cvtColor(mixed, cv2.COLOR_LAB2BGR), 0, 1) * picture[:, :, 3:]
    return np.dstack((np.round(colours), picture[:, :, 3])).astype(np.uint8)
