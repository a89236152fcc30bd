"""Moves a photographed face: a jaw that opens, lids that close, a turn of the head, all without redrawing it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.features import Features
from engine.diorama.paint import raster
from engine.diorama.paint.raster import Picture

Field = NDArray[np.float32]

GAPE = 0.46
"""How far lips part at most, in units of `Features.gauge`."""

TURN = 0.11
"""How far the middle of a face moves in a full turn, in widths of the head."""

Colour = tuple[float, float, float]
Palette = tuple[Colour, Colour, Colour, Colour]
"""(b, g, r) of throat, cheeks, tongue and teeth."""

FLESH: Palette = ((22.0, 10.0, 46.0), (48.0, 26.0, 112.0), (128.0, 116.0, 226.0), (236.0, 242.0, 246.0))


@dataclass(frozen=True)
class Mouth:
    """The lips as curves: ``centre`` x, ``half`` width, and the height of the line along which they part."""

    centre: float
    half: float
    corner: tuple[float, float]
    middle: float
    chin: float
    gauge: float
    smiling: bool

    @classmethod
    def of(cls, features: Features) -> Mouth:
        """The mouth of a face. A smile that shows its teeth parts below them."""
        left, right = features.mouth_left, features.mouth_right
        half = max(2.0, (right[0] - left[0]) / 2, 0.3 * features.gauge)
        shown = features.lower_lip[1] - features.upper_lip[1]
        return cls(
            centre=(left[0] + right[0]) / 2,
            half=half,
            corner=(left[1], right[1]),
            middle=features.lower_lip[1],
            chin=max(features.chin[1], features.lower_lip[1] + 0.35 * features.gauge),
            gauge=features.gauge,
            smiling=shown > 0.06 * features.gauge,
        )

    def line(self, across: Field) -> Field:
        """Height of the lips' line at ``across`` (−1 left corner … 1 right corner, further out level)."""
        inside = np.clip(across, -1, 1)
        ends = self.corner[0] + (self.corner[1] - self.corner[0]) * (inside + 1) / 2
        bend = self.middle - (self.corner[0] + self.corner[1]) / 2
        return np.asarray(ends + bend * (1 - inside**2), np.float32)

    def gap(self, across: Field, opening: float) -> Field:
        """How far the lips are apart at ``across``."""
        wide = 1.02 - 0.12 * opening  # lips draw together a little as the jaw drops
        return np.asarray(GAPE * self.gauge * opening * np.clip(1 - (across / wide) ** 2, 0, 1) ** 0.72, np.float32)


def _smooth(share: Field) -> Field:
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def _grid(shape: tuple[int, ...]) -> tuple[Field, Field]:
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return columns, rows


@dataclass(frozen=True)
class Move:
    """What a face does: its jaw ``opening`` 0 … 1, its ``turn`` −1 (to the picture's left) … 1 about ``middle`` (x)."""

    mouth: Mouth
    opening: float
    turn: float
    middle: float


def moved(picture: Picture, move: Move, palette: Palette) -> Picture:
    """``picture`` (premultiplied BGRA with room around it) after ``move``; ``palette`` paints the inside of its mouth.

    Jaw and turn are one resampling, so the face stays sharp; what lies above the lips is only turned.
    """
    mouth, opening = move.mouth, move.opening
    if opening <= 0 and move.turn == 0:
        return picture
    across = np.arange(picture.shape[1], dtype=np.float32)
    if move.turn:
        across = _turned(picture, across, move)
    if opening <= 0:
        return _sampled(picture, *_spread(across, 0, picture.shape[0]))
    top = max(0, min(picture.shape[0] - 1, math.floor(min(*mouth.corner, mouth.middle)) - 1))
    columns, rows = _spread(across, top, picture.shape[0])
    side = np.asarray((columns - mouth.centre) / mouth.half, np.float32)
    line, gap = mouth.line(side), mouth.gap(side, opening)
    # The jaw is wider than the mouth and drops less; between lip and chin one passes into the other.
    jaw = 0.62 * GAPE * mouth.gauge * opening * np.exp(-0.5 * (side / 2.1) ** 4)
    depth = max(4.0, mouth.chin - mouth.middle)
    source = rows
    for _ in range(4):  # the fall depends on where a pixel came from: a few rounds settle it
        share = _smooth((source - line) / depth)
        source = np.asarray(rows - gap * (1 - share) - jaw * share, np.float32)
    source = np.where(rows > line, np.maximum(source, line), rows)
    above = _sampled(picture, *_spread(across, 0, top)) if move.turn else picture[:top]
    low = _sampled(picture, columns, np.asarray(source, np.float32))
    return np.vstack((above, _mouth_filled(low, rows - line, gap, side, palette, smiling=mouth.smiling)))


def _turned(picture: Picture, across: Field, move: Move) -> Field:
    """Where each column comes from: the middle of a face moves, its outline stays."""
    solid = np.flatnonzero(picture[:, :, 3].max(axis=0) > 128)
    half = max(4.0, (float(solid[-1]) - float(solid[0])) / 2) if len(solid) else 4.0
    out = np.clip(np.abs(across - move.middle) / half, 0, 1)
    return np.asarray(across - move.turn * TURN * 2 * half * (1 - out**2) ** 2, np.float32)


def _spread(across: Field, top: int, bottom: int) -> tuple[Field, Field]:
    """Source columns and rows of the picture's rows ``top`` … ``bottom``."""
    shape = (bottom - top, len(across))
    rows = np.arange(top, bottom, dtype=np.float32)[:, None]
    return np.ascontiguousarray(np.broadcast_to(across, shape)), np.ascontiguousarray(np.broadcast_to(rows, shape))


def _sampled(picture: Picture, columns: Field, rows: Field) -> Picture:
    return np.asarray(
        cv2.remap(picture, np.asarray(columns, np.float32), np.asarray(rows, np.float32), cv2.INTER_LINEAR), np.uint8
    )


def _mouth_filled(
    face: Picture, below: Field, gap: Field, across: Field, palette: Palette, *, smiling: bool
) -> Picture:
    """Paint the inside of the mouth where the lips have parted: ``below`` is the depth under the upper lip."""
    cover = np.clip(below + 0.5, 0, 1) * np.clip(gap - below + 0.5, 0, 1) * (gap > 0.6)
    rows, columns = np.nonzero(cover > 0)
    if not len(rows):
        return face
    box = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    tall = max(float(gap.max()), 1.0)
    depth, side = (below[box] / tall)[:, :, None], np.abs(across[box])[:, :, None]
    throat, inner, tongue, teeth = (np.array(colour, np.float32) for colour in palette)
    inside = throat + (inner - throat) * np.clip(depth * 1.1 + 0.25 * side, 0, 1)
    bed = gap[box][:, :, None] / tall - depth  # distance from the lower lip
    licked = np.clip((0.36 - bed - 0.5 * side**2) * 9, 0, 1) * np.clip((tall - 5) / 6, 0, 1)
    inside = inside + (tongue - inside) * licked
    if not smiling:  # a smile shows teeth of its own
        bitten = np.clip((0.24 - depth) * 10, 0, 1) * np.clip((0.72 - side) * 6, 0, 1) * np.clip((tall - 5) / 5, 0, 1)
        inside = inside + (teeth - inside) * bitten
    share = cover[box][:, :, None]
    part = face[box].astype(np.float32)
    alpha = np.maximum(part[:, :, 3:], 255 * share)
    painted = np.concatenate([part[:, :, :3] * (1 - share) + inside * share, alpha], axis=2)
    face[box] = np.clip(painted, 0, 255).astype(np.uint8)
    return face


def lids_closed(picture: Picture, features: Features, share: float) -> Picture:
    """``picture`` with its lids down by ``share`` (0 open … 1 closed): the skin above each eye is drawn over it."""
    result = picture.copy()
    apart = max(features.right_eye[0] - features.left_eye[0], 0.5 * features.gauge)
    for x, y in (features.left_eye, features.right_eye):
        _lid(result, picture, (x, y + 0.02 * apart), (0.29 * apart, 0.135 * apart), share)
    return result


def _lid(
    sheet: Picture, picture: Picture, centre: tuple[float, float], half: tuple[float, float], share: float
) -> None:
    x0, y0 = math.floor(centre[0] - half[0] * 1.3), math.floor(centre[1] - half[1] * 1.6)
    x1, y1 = math.ceil(centre[0] + half[0] * 1.3), math.ceil(centre[1] + half[1] * 1.9)
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, picture.shape[1]), min(y1, picture.shape[0])
    if x1 - x0 < 3 or y1 - y0 < 3:
        return
    columns, rows = _grid((y1 - y0, x1 - x0))
    columns, rows = columns + x0, rows + y0
    across = np.clip((columns - centre[0]) / half[0], -1.3, 1.3)
    arch = np.sqrt(np.clip(1 - across**2, 0, 1))
    top, low = centre[1] - half[1] * arch, centre[1] + half[1] * 0.8 * arch
    edge = top + (low - top) * share
    fall = np.clip((rows - top) / max(half[1], 1), 0, 2.2)
    # Skin from just above and just below the eye: its own light and texture, never a painted patch.
    soft = raster.soften(picture, 0.6)
    above = _sampled(soft, columns, np.asarray(top - half[1] * (0.25 + 0.22 * fall), np.float32))
    below = _sampled(soft, columns, np.asarray(centre[1] + half[1] * (2.1 + 0.3 * fall), np.float32))
    skin = cv2.addWeighted(above, 0.5, below, 0.5, 0)
    cover = (
        np.clip(rows - top + 1, 0, 1) * np.clip(edge - rows + 0.8, 0, 1) * np.clip((1.04 - np.abs(across)) * 8, 0, 1)
    )
    shade = 1 - 0.1 * np.clip(fall, 0, 1)
    lash = np.exp(-(((rows - edge) / max(0.16 * half[1], 0.7)) ** 2)) * np.clip((1.08 - np.abs(across)) * 6, 0, 1)
    under = sheet[y0:y1, x0:x1].astype(np.float32)
    colour = under[:, :, :3] * (1 - cover[:, :, None]) + skin[:, :, :3] * (cover * shade)[:, :, None]
    colour *= 1 - 0.72 * lash[:, :, None]
    sheet[y0:y1, x0:x1, :3] = np.minimum(np.clip(colour, 0, 255), under[:, :, 3:]).astype(np.uint8)
