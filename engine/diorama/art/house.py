"""The house cast: five characters of nobody's, drawn here by code, as heads that the puppets can wear.

Own art of this project, under its licence. Lengths are fractions of the square that a head is drawn in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from engine.spec import FaceCrop, FacePoints

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 512
"""Pixels of the square."""
_FINE = 4
"""Bits of a pixel's fraction that shapes are drawn with."""

Place = tuple[float, float]


@dataclass(frozen=True)
class Look:
    """Where a drawn face has its features; left and right are alike."""

    eye: Place
    """From the middle to the right eye's centre, and its height."""
    mouth: Place
    """Half the width of the mouth, and the height where lips part."""
    chin: float


class Board:
    """A square, transparent at first, onto which soft shaded shapes are laid one over the other."""

    def __init__(self) -> None:
        self.colour = np.zeros((SIDE, SIDE, 3), np.float32)
        self.alpha = np.zeros((SIDE, SIDE), np.float32)
        rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
        self._x, self._y = columns, rows

    def ball(
        self, x: float, y: float, rx: float, ry: float, top: int, bottom: int | None = None, *, turn: float = 0.0,
        shine: float = 0.28, depth: float = 0.3, inside: bool = False,
    ) -> None:  # fmt: skip
        """A shaded ellipse about (x, y), turned by degrees; ``inside`` leaves alone what is still transparent."""
        mask = np.zeros((SIDE, SIDE), np.uint8)
        one = SIDE * (1 << _FINE)
        centre, axes = (round(x * one), round(y * one)), (round(rx * one), round(ry * one))
        cv2.ellipse(mask, centre, axes, turn, 0, 360, (255,), -1, cv2.LINE_AA, _FINE)
        self._lay(mask, top, bottom, shine, depth, inside=inside)

    def patch(
        self, points: Sequence[Place], top: int, bottom: int | None = None, *, shine: float = 0.2, depth: float = 0.25,
        inside: bool = False,
    ) -> None:  # fmt: skip
        """A shaded shape through ``points``, rounded between them."""
        mask = np.zeros((SIDE, SIDE), np.uint8)
        curve = np.round(_rounded(points) * SIDE * (1 << _FINE)).astype(np.int32)
        cv2.fillPoly(mask, [curve], (255,), cv2.LINE_AA, _FINE)
        self._lay(mask, top, bottom, shine, depth, inside=inside)

    def stroke(self, points: Sequence[Place], width: float, colour: int) -> None:
        """A line through ``points``, bent between them."""
        mask = np.zeros((SIDE, SIDE), np.uint8)
        curve = np.round(_bent(points) * SIDE * (1 << _FINE)).astype(np.int32)
        cv2.polylines(mask, [curve], isClosed=False, color=(255,), thickness=max(1, round(width * SIDE)),
                      lineType=cv2.LINE_AA, shift=_FINE)  # fmt: skip
        self._lay(mask, colour, None, 0.0, 0.0)

    def eye(self, x: float, y: float, size: float, colour: int = 0x2A1F33) -> None:
        """A dark eye with two lights in it, and a paler one mirrored on the other side."""
        for way in (-1, 1):
            at = 0.5 + way * x
            self.ball(at, y, size * 0.82, size, colour, 0x4B3A5C, shine=0.0, depth=0.0)
            self.ball(at - size * 0.28, y - size * 0.38, size * 0.26, size * 0.3, 0xFFFFFF, shine=0.0, depth=0.0)
            self.ball(at + size * 0.26, y + size * 0.36, size * 0.13, size * 0.14, 0xE8DCF5, shine=0.0, depth=0.0)

    def cheeks(self, x: float, y: float, colour: int, size: float = 0.055) -> None:
        """A blush on both sides."""
        for way in (-1, 1):
            away = ((self._x - 0.5 - way * x) / size) ** 2 + ((self._y - y) / (size * 0.7)) ** 2
            mask = np.exp(-away) * 0.55 * (self.alpha > 0.5)
            self.colour += (_rgb(colour) - self.colour) * mask[:, :, None]

    def picture(self) -> Image.Image:
        """What was drawn, as RGBA."""
        both = np.dstack((self.colour, self.alpha * 255))
        return Image.fromarray(np.clip(both, 0, 255).astype(np.uint8), "RGBA")

    def _lay(
        self, mask: NDArray[np.uint8], top: int, bottom: int | None, shine: float, depth: float, *, inside: bool = False
    ) -> None:
        left, upper, wide, high = cv2.boundingRect(mask)
        if not wide:
            return
        box = slice(upper, upper + high), slice(left, left + wide)
        part = np.ascontiguousarray(mask[box])
        cover = part.astype(np.float32) / 255
        if inside:
            cover *= self.alpha[box]
        share = np.linspace(0, 1, high, dtype=np.float32)[:, None, None]
        ends = _rgb(top), _rgb(top if bottom is None else bottom)
        colour = np.asarray(ends[0] * (1 - share) + ends[1] * share, np.float32)
        if shine or depth:
            colour = self._shaded(colour, part, box, shine, depth)
        # Neither what is there nor what is laid over it is premultiplied.
        total = cover + self.alpha[box] * (1 - cover)
        weight = (cover / np.maximum(total, 1e-6))[:, :, None]
        self.colour[box] = self.colour[box] * (1 - weight) + colour * weight
        self.alpha[box] = total

    def _shaded(
        self, colour: NDArray[np.float32], mask: NDArray[np.uint8], box: tuple[slice, slice], shine: float, depth: float
    ) -> NDArray[np.float32]:
        """Light from the upper left: a soft shine there, and an edge that turns away from it elsewhere."""
        size = mask.shape[0] / SIDE
        walled = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
        inner = cv2.distanceTransform((walled > 127).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1] / SIDE
        edge = np.clip(1 - inner / (0.3 * size), 0, 1) ** 2
        solid = mask > 127
        x, y = self._x[box], self._y[box]
        dx, dy = (x - x[solid].mean()) / size, (y - y[solid].mean()) / size
        dark = 1 - depth * edge * np.clip(0.35 + 1.4 * (0.5 * dx + 0.87 * dy), 0, 1)
        light = (shine * np.exp(-((dx + 0.17) ** 2 + (dy + 0.27) ** 2) / 0.09))[:, :, None]
        return np.asarray(colour * dark[:, :, None] * (1 - light) + 255 * light, np.float32)


def draw(name: str) -> tuple[Image.Image, FacePoints]:
    """The head of a member of the house cast, RGBA, and where its features are. Raises `KeyError` for nobody."""
    paint, look = HEADS[name]
    board = Board()
    paint(board)
    (eye, eye_height), (mouth, lips) = look.eye, look.mouth
    points = FacePoints(
        left_eye=(0.5 - eye, eye_height),
        right_eye=(0.5 + eye, eye_height),
        mouth_left=(0.5 - mouth, lips - 0.012),
        mouth_right=(0.5 + mouth, lips - 0.012),
        upper_lip=(0.5, lips),
        lower_lip=(0.5, lips),
        chin=(0.5, look.chin),
    )
    return board.picture(), points


def save(name: str, folder: Path) -> tuple[FaceCrop, Path]:
    """Write the head as ``face-0.png`` and its ``thumbnail.webp`` into ``folder``; returns both."""
    picture, points = draw(name)
    face, thumbnail = folder / "face-0.png", folder / "thumbnail.webp"
    picture.save(face, compress_level=3)
    ground = Image.new("RGBA", picture.size, (236, 229, 246, 255))
    ground.alpha_composite(picture)
    ground.convert("RGB").resize((256, 256), Image.Resampling.LANCZOS).save(thumbnail, "WEBP", quality=86)
    return FaceCrop(path=str(face), points=points), thumbnail


def _mochi(board: Board) -> None:
    """A cat the colour of rice flour."""
    for way in (-1, 1):
        ear = [(0.5 + way * x, y) for x, y in ((0.13, 0.3), (0.34, 0.06), (0.4, 0.1), (0.42, 0.42))]
        board.patch(ear, 0xF7E7D0, 0xE9C9A4)
        lining = [(0.5 + way * x, y) for x, y in ((0.22, 0.28), (0.345, 0.14), (0.375, 0.33))]
        board.patch(lining, 0xF7A8B4, 0xF2C0B8, shine=0.0, depth=0.0)
    board.ball(0.5, 0.57, 0.43, 0.37, 0xFDF3E3, 0xF1D6B5)
    board.ball(0.3, 0.3, 0.16, 0.1, 0xE9A96B, 0xE39A5C, turn=-35, shine=0.0, depth=0.0, inside=True)
    board.ball(0.7, 0.29, 0.14, 0.08, 0x8A6A5A, 0x7A5B4E, turn=35, shine=0.0, depth=0.0, inside=True)
    board.eye(0.19, 0.53, 0.075)
    board.cheeks(0.29, 0.66, 0xF58F9C)
    board.patch([(0.465, 0.625), (0.535, 0.625), (0.5, 0.665)], 0xF0808E, 0xE06A7C, depth=0.1)
    board.stroke([(0.42, 0.712), (0.46, 0.735), (0.5, 0.705), (0.54, 0.735), (0.58, 0.712)], 0.012, 0x6B4A52)
    for way in (-1, 1):
        for rise in (-0.035, 0.01):
            start, end = (0.5 + way * 0.3, 0.64 + rise), (0.5 + way * 0.47, 0.63 + rise * 2.2)
            board.stroke([start, end], 0.006, 0xB08E7A)


def _bolt(board: Board) -> None:
    """A robot with a screen for a face."""
    board.stroke([(0.5, 0.2), (0.5, 0.07)], 0.02, 0x8E99A8)
    board.ball(0.5, 0.06, 0.045, 0.045, 0xFFD04A, 0xF29B20, shine=0.5)
    for way in (-1, 1):
        board.ball(0.5 + way * 0.42, 0.56, 0.06, 0.11, 0xFFB648, 0xEE8A2A)
    shell = [(0.16, 0.2), (0.84, 0.2), (0.92, 0.35), (0.9, 0.85), (0.7, 0.94), (0.3, 0.94), (0.1, 0.85), (0.08, 0.35)]
    board.patch(shell, 0x7FE0DC, 0x2FA5B4, shine=0.35)
    screen = [
        (0.24, 0.33),
        (0.76, 0.33),
        (0.82, 0.45),
        (0.8, 0.75),
        (0.66, 0.83),
        (0.34, 0.83),
        (0.2, 0.75),
        (0.18, 0.45),
    ]
    board.patch(screen, 0x24324A, 0x18223A, shine=0.12, depth=0.0)
    for way in (-1, 1):
        board.ball(0.5 + way * 0.155, 0.52, 0.062, 0.075, 0x8CFFF2, 0x4BE0E8, shine=0.3, depth=0.0)
        board.ball(0.5 + way * 0.155 - 0.02, 0.49, 0.02, 0.022, 0xFFFFFF, shine=0.0, depth=0.0)
    board.stroke([(0.4, 0.69), (0.45, 0.715), (0.5, 0.722), (0.55, 0.715), (0.6, 0.69)], 0.02, 0x6FF3EA)
    board.cheeks(0.25, 0.64, 0xFF7A9A, 0.035)


def _luma(board: Board) -> None:
    """A moon that has just got up."""
    board.ball(0.5, 0.55, 0.42, 0.42, 0xFFF3B8, 0xF3C969, shine=0.4)
    for x, y, size in (
        (0.24, 0.38, 0.05),
        (0.72, 0.28, 0.035),
        (0.8, 0.46, 0.03),
        (0.3, 0.82, 0.04),
        (0.66, 0.88, 0.03),
    ):
        board.ball(x, y, size, size * 0.85, 0xE8BE62, 0xF0CC7A, shine=0.0, depth=0.0, inside=True)
    cap = [
        (0.14, 0.36),
        (0.3, 0.16),
        (0.56, 0.05),
        (0.9, 0.06),
        (0.97, 0.27),
        (0.84, 0.2),
        (0.74, 0.24),
        (0.8, 0.33),
        (0.5, 0.24),
    ]
    board.patch(cap, 0x6E6BD8, 0x4747B4, shine=0.25)
    brim = [(0.1, 0.38), (0.16, 0.31), (0.5, 0.2), (0.83, 0.3), (0.88, 0.37), (0.5, 0.285)]
    board.patch(brim, 0xF7F1FF, 0xD9CDF2, shine=0.1)
    board.ball(0.95, 0.3, 0.05, 0.05, 0xFFFFFF, 0xE0D6F5, shine=0.0)
    board.eye(0.165, 0.54, 0.062)
    board.cheeks(0.27, 0.66, 0xFF8C7A)
    board.stroke([(0.4, 0.705), (0.45, 0.735), (0.5, 0.742), (0.55, 0.735), (0.6, 0.705)], 0.014, 0x8A5A2E)


def _koa(board: Board) -> None:
    """An axolotl that smiles at whatever comes."""
    for way in (-1, 1):
        for angle, length, height in ((-28, 0.11, 0.44), (2, 0.12, 0.56), (32, 0.105, 0.68)):
            board.ball(0.5 + way * 0.345, height, length, 0.042, 0xE8587F, 0xC93C6E, turn=way * angle)
            for step in (0.4, 0.8):
                turn = np.radians(way * angle)
                x = 0.5 + way * (0.345 + np.cos(turn) * length * step)
                y = height + np.sin(way * turn) * length * step
                board.ball(float(x), float(y), 0.022, 0.05, 0xF27C9C, 0xDE5480, turn=way * angle)
    board.ball(0.5, 0.56, 0.36, 0.335, 0xFFC9D8, 0xF698B6, shine=0.35)
    board.eye(0.23, 0.51, 0.05)
    board.cheeks(0.26, 0.63, 0xFF6E94, 0.06)
    for x, y in ((0.4, 0.33), (0.5, 0.29), (0.61, 0.34), (0.46, 0.38)):
        board.ball(x, y, 0.018, 0.015, 0xEE7FA2, shine=0.0, depth=0.0)
    board.stroke([(0.33, 0.665), (0.4, 0.71), (0.5, 0.727), (0.6, 0.71), (0.67, 0.665)], 0.014, 0x9A3158)


def _pip(board: Board) -> None:
    """An owl who stays up for the last clip."""
    for way in (-1, 1):
        tuft = [(0.5 + way * x, y) for x, y in ((0.1, 0.26), (0.36, 0.05), (0.42, 0.32))]
        board.patch(tuft, 0x5E7FB8, 0x4A659C)
    board.ball(0.5, 0.56, 0.41, 0.39, 0x7FA4DC, 0x4F6FB0)
    for way in (-1, 1):
        board.ball(0.5 + way * 0.165, 0.5, 0.185, 0.2, 0xFBF6EA, 0xE6DCC8, shine=0.0, depth=0.15)
    board.ball(0.5, 0.79, 0.2, 0.13, 0xEFE4CE, 0xDCCDB0, shine=0.0, depth=0.1, inside=True)
    for way in (-1, 1):
        board.ball(0.5 + way * 0.15, 0.5, 0.105, 0.115, 0xFFC23D, 0xF09A1C, shine=0.0, depth=0.2)
    board.eye(0.15, 0.5, 0.075)
    board.patch([(0.43, 0.615), (0.5, 0.585), (0.57, 0.615), (0.5, 0.7)], 0xFFA63A, 0xE9781F, shine=0.3)
    board.stroke([(0.44, 0.69), (0.5, 0.712), (0.56, 0.69)], 0.014, 0xB8501A)


HEADS: dict[str, tuple[Callable[[Board], None], Look]] = {
    "mochi": (_mochi, Look((0.19, 0.53), (0.09, 0.722), 0.93)),
    "bolt": (_bolt, Look((0.155, 0.52), (0.1, 0.708), 0.94)),
    "luma": (_luma, Look((0.165, 0.54), (0.1, 0.725), 0.965)),
    "koa": (_koa, Look((0.23, 0.51), (0.15, 0.712), 0.9)),
    "pip": (_pip, Look((0.15, 0.5), (0.08, 0.7), 0.945)),
}
"""By name: how it is painted, and where its face is."""


def _rgb(code: int) -> NDArray[np.float32]:
    return np.array([code >> 16, code >> 8 & 255, code & 255], np.float32)


def _rounded(points: Sequence[Place]) -> NDArray[np.float64]:
    """A closed curve (Catmull–Rom) through ``points``."""
    ring = [points[-1], *points, *points[:2]]
    return np.concatenate([_between(ring[at : at + 4]) for at in range(len(points))])


def _bent(points: Sequence[Place]) -> NDArray[np.float64]:
    """An open curve through ``points``."""
    line = [points[0], *points, points[-1]]
    return np.concatenate([_between(line[at : at + 4]) for at in range(len(points) - 1)])


def _between(four: Sequence[Place]) -> NDArray[np.float64]:
    before, start, end, after = (np.array(point) for point in four)
    t = np.linspace(0, 1, 16)[:, None]
    return 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
