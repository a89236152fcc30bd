"""Faces drawn and voices made by code, for tests that need a likeness and may not use anybody's."""

from __future__ import annotations

import wave as wave_file
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from engine.spec import CastMember, FaceCrop, FacePoints

SKIN, HAIR, LIPS = (226, 168, 132), (38, 130, 120), (190, 70, 78)
"""R, G, B. Hair of a colour that no place of the tests has."""

WIDE, TALL = 300, 380


def draw_face(
    path: Path, *, skin: tuple[int, int, int] = SKIN, hair: tuple[int, int, int] = HAIR, look: float = 0.0
) -> FacePoints:
    """Save a head, cut out, as an RGBA picture at ``path``; ``look`` (−1 … 1) moves its features aside."""
    sheet = np.zeros((TALL, WIDE, 4), np.uint8)
    x = 150 + round(28 * look)

    def oval(centre: tuple[int, int], axes: tuple[int, int], colour: tuple[int, ...], arc: tuple[int, int]) -> None:
        cv2.ellipse(sheet, centre, axes, 0, *arc, (*colour, 255), -1, cv2.LINE_AA)

    oval((150, 165), (132, 150), hair, (0, 360))
    oval((150, 205), (104, 150), skin, (0, 360))
    oval((150, 120), (112, 76), hair, (180, 360))
    for side in (-1, 1):
        eye = (x + 46 * side, 196)
        oval(eye, (23, 12), (250, 250, 250), (0, 360))
        oval(eye, (10, 11), (52, 38, 30), (0, 360))
        cv2.line(sheet, (eye[0] - 24, 168), (eye[0] + 24, 168), (*hair, 255), 8, cv2.LINE_AA)
    cv2.line(sheet, (x, 205), (x, 248), (*(round(v * 0.86) for v in skin), 255), 10, cv2.LINE_AA)
    oval((x, 288), (42, 11), LIPS, (0, 360))
    cv2.line(sheet, (x - 42, 288), (x + 42, 288), (120, 36, 44, 255), 2, cv2.LINE_AA)
    Image.fromarray(sheet).save(path)
    places = {
        "left_eye": (x - 46, 196), "right_eye": (x + 46, 196), "mouth_left": (x - 42, 288),
        "mouth_right": (x + 42, 288), "upper_lip": (x, 288), "lower_lip": (x, 288), "chin": (150, 354),
    }  # fmt: skip
    return FacePoints(**{name: (px / WIDE, py / TALL) for name, (px, py) in places.items()})


def member(folder: Path, *, name: str = "Mira", points: bool = True, **more: str | None) -> CastMember:
    """A cast member with one drawn face in ``folder``."""
    path = folder / f"{name}.png"
    features = draw_face(path)
    crop = FaceCrop(path=str(path), points=features if points else None)
    return CastMember(cameo_id=f"cameo-of-{name}", version=3, name=name, faces=(crop,), **more)


def speak(path: Path, *, pitch: float, seconds: float = 2.5, rate: int = 16_000) -> Path:
    """Save a droning voice at ``path``: a buzz of ``pitch`` Hz through the resonances of an "ah", in syllables."""
    time = np.arange(round(seconds * rate)) / rate
    turn = 2 * np.pi * pitch * (time + 0.004 * np.sin(2 * np.pi * 0.7 * time))
    wave = np.zeros_like(time)
    for k in range(1, int(rate / 2 / pitch)):
        strength = sum(np.exp(-(((k * pitch - f) / w) ** 2)) for f, w in ((720, 160), (1240, 220), (2600, 400)))
        wave += (strength + 0.02) / k**0.5 * np.sin(k * turn)
    wave *= 0.25 + 0.75 * np.sin(np.pi * 3 * time) ** 2
    samples = (wave / np.abs(wave).max() * 0.7 * 32767).astype("<i2")
    with wave_file.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())
    return path
