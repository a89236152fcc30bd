"""Looks: what each style does to a place, to a sprite and to the finished frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.paint import raster
from engine.diorama.paint.kept import Kept
from engine.diorama.paint.raster import Picture, Stamp
from engine.diorama.paint.sketch import Layer, Place

HOLD = {"clay": 2, "paper": 2, "pixel": 2}
"""Frames that one drawing is held for: hand-made looks move "on twos"."""

Finish = Callable[[Picture], None]


def restyle_sprite(picture: Picture, style: str) -> Picture:
    """A premultiplied BGRA sprite (with some empty border) redrawn in ``style``."""
    if style == "clay":
        return _clay_sprite(picture)
    if style == "paper":
        return _cut_out(picture)
    if style == "watercolour":
        return _washed_sprite(picture)
    if style == "neon":
        return _neon_sprite(picture)
    return picture


def restyle_place(place: Place, style: str, unit: int) -> Place:
    """A place redrawn in ``style``; the plain, clay, pixel and noir looks leave that to the frame's finish."""
    changes: dict[str, Callable[[Picture, Picture | None], Picture]] = {
        "neon": lambda colour, _: _neon_colour(colour),
        "paper": lambda colour, cover: _on_plain(colour, cover, _flat_colour),
        "watercolour": lambda colour, cover: _on_plain(colour, cover, _washed_colour),
        "clay": lambda colour, cover: _clay_colour(colour, cover, unit),
    }
    if style not in changes:
        return place
    change = changes[style]

    def layers(those: tuple[Layer, ...]) -> tuple[Layer, ...]:
        return tuple(
            replace(layer, parts=tuple((_restyle_stamp(stamp, change), x, y) for stamp, x, y in layer.parts))
            for layer in those
        )

    return replace(place, back=layers(place.back), front=layers(place.front))


def _restyle_stamp(stamp: Stamp, change: Callable[[Picture, Picture | None], Picture]) -> Stamp:
    if stamp.keep is None:
        return Stamp(np.ascontiguousarray(change(stamp.colour, None)), None)
    cover = cv2.bitwise_not(stamp.keep)
    # A premultiplied colour may not exceed its alpha, or edges would glow.
    return Stamp(cv2.min(np.ascontiguousarray(change(stamp.colour, cover)), cover), stamp.keep)


def _on_plain(colour: Picture, cover: Picture | None, change: Callable[[Picture], Picture]) -> Picture:
    """Run ``change`` on colours freed from their alpha and continued past their edges, or edges would turn black."""
    if cover is None:
        return change(colour)
    near, weight = raster.soften(colour, 9).astype(np.float32), raster.soften(cover, 9).astype(np.float32)
    around = near * 255 / np.maximum(weight, 1)
    alpha = cover.astype(np.float32)
    plain = np.where(alpha > 90, colour * (255 / np.maximum(alpha, 1)), around)
    changed = change(np.clip(plain, 0, 255).astype(np.uint8))
    return np.asarray(cv2.multiply(changed, cover, scale=1 / 255), np.uint8)


def finish_for(style: str, width: int, height: int) -> Finish | None:
    """The operation that ``style`` runs on every finished frame, in place; None for the plain look."""
    rng = np.random.default_rng(7)
    if style == "clay":
        return _clay_finish(rng, width, height)
    if style == "paper":
        return _textured(_fibres(rng, width, height, 16))
    if style == "pixel":
        return _pixels(width, height)
    if style == "noir":
        return _noir(rng, width, height)
    if style == "watercolour":
        return _watercolour(rng, width, height)
    return _bloom if style == "neon" else None


# --- clay ---------------------------------------------------------------------------------------------------------


def _clay_colour(colour: Picture, cover: Picture | None, unit: int) -> Picture:
    """Scenery pressed out of clay: bevelled edges, thumb-smoothed colour, a lumpy surface."""
    h, w = colour.shape[:2]
    rng = np.random.default_rng(5)
    lumps = rng.normal(0, 1, (max(2, h * 40 // unit), max(2, w * 40 // unit))).astype(np.float32)
    relief = cv2.resize(lumps, (w, h), interpolation=cv2.INTER_CUBIC) * 2.2
    if cover is not None:
        relief += raster.soften(np.ascontiguousarray(cover[:, :, 0]), max(1.0, unit * 0.008)).astype(np.float32) * 0.34
    slope = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3) + 0.6 * cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3)
    gain = np.clip(1 + slope * (unit / 720) * 0.014, 0.7, 1.32)
    flat = cv2.medianBlur(colour, 3)
    return np.asarray(cv2.multiply(flat.astype(np.float32), cv2.merge((gain, gain, gain))).clip(0, 255), np.uint8)


def _clay_sprite(picture: Picture) -> Picture:
    alpha = picture[:, :, 3]
    relief = raster.soften(alpha, max(1.5, picture.shape[0] / 60)).astype(np.float32)
    slope = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3) + 0.6 * cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3)
    lumps = np.random.default_rng(3).normal(0, 1, (18, 18)).astype(np.float32)
    slope += (
        cv2.Sobel(cv2.resize(lumps, alpha.shape[::-1], interpolation=cv2.INTER_CUBIC), cv2.CV_32F, 0, 1, ksize=3) * 34
    )
    gain = np.clip(1 + slope / 420, 0.68, 1.34)[:, :, None]
    flat = cv2.bilateralFilter(np.ascontiguousarray(picture[:, :, :3]), 7, 22, 5)
    colour = np.minimum(flat * gain, alpha[:, :, None])
    return np.dstack((colour.astype(np.uint8), alpha))


def _clay_finish(rng: np.random.Generator, width: int, height: int) -> Finish:
    prints = np.zeros((height, width), np.float32)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    for _ in range(26):
        x, y, size = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.06, 0.13) * min(width, height)
        box = (slice(max(0, int(y - size)), int(y + size)), slice(max(0, int(x - size)), int(x + size)))
        distance = np.hypot(columns[box] - x, (rows[box] - y) * 0.8)
        swirl = np.sin(distance * 38 / size + 1.5 * np.sin((columns[box] - x) * 5 / size))
        prints[box] += swirl * np.clip(1 - distance / size, 0, 1)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 1.4) * 2.4
    bump = prints * 7.5 + grain * 3.6
    up = cv2.merge([np.clip(bump, 0, 40).astype(np.uint8)] * 3)
    down = cv2.merge([np.clip(-bump, 0, 40).astype(np.uint8)] * 3)
    curve = np.clip(128 + (np.arange(256) - 128) * 1.07 + 3, 0, 255).astype(np.uint8)

    def finish(frame: Picture) -> None:
        cv2.add(frame, up, dst=frame)
        cv2.subtract(frame, down, dst=frame)
        cv2.LUT(frame, curve, dst=frame)

    return finish


# --- paper --------------------------------------------------------------------------------------------------------


def _flat_colour(colour: Picture) -> Picture:
    h, w = colour.shape[:2]
    small = cv2.resize(colour, (max(1, w // 2), max(1, h // 2)), interpolation=cv2.INTER_AREA)
    small = cv2.medianBlur(small, 5) if min(small.shape[:2]) > 5 else small
    return np.asarray(cv2.resize(_stepped(small), (w, h), interpolation=cv2.INTER_LINEAR), np.uint8)


def _stepped(colour: Picture) -> Picture:
    """Few steps of lightness, as if cut from sheets of paper; hues are kept."""
    grey = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY).astype(np.float32)
    step = np.floor(grey / 24) * 24 + 12
    ratio = step / np.maximum(grey, 1)
    return np.clip(colour * ratio[:, :, None], 0, 255).astype(np.uint8)


def _cut_out(picture: Picture) -> Picture:
    h = picture.shape[0]
    reach = max(2, round(h / 42))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    alpha = picture[:, :, 3]
    border = cv2.GaussianBlur(cv2.dilate(alpha, kernel), (0, 0), 0.8)
    drop = cv2.warpAffine(border, np.array([[1, 0, reach * 0.9], [0, 1, reach * 1.4]], np.float64), alpha.shape[::-1])
    drop = raster.soften(drop, reach * 0.9).astype(np.float32) * 0.42
    edge, cover = border.astype(np.float32)[:, :, None] / 255, alpha.astype(np.float32)[:, :, None] / 255
    flat = _stepped(np.ascontiguousarray(picture[:, :, :3]))
    flat = np.minimum(flat, alpha[:, :, None])
    white = np.array([236, 244, 250], np.float32) * edge
    colour = flat + white * (1 - cover)
    total = np.maximum(border.astype(np.float32), drop * (1 - edge[:, :, 0]) + border)
    return np.dstack((np.clip(colour, 0, 255), np.clip(total, 0, 255))).astype(np.uint8)


def _fibres(rng: np.random.Generator, width: int, height: int, strength: float) -> Picture:
    """Paper: a factor picture (255 = white) of fine grain, short fibres and slow unevenness."""
    fine = rng.normal(0, 1, (height, width)).astype(np.float32)
    fibre = cv2.blur(rng.normal(0, 1, (height, width)).astype(np.float32), (11, 2)) * 3
    slow = cv2.resize(rng.normal(0, 1, (12, 8)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    sheet = 255 - np.abs(fine * 0.35 + fibre * 0.8 + slow * 0.3) * strength
    return cv2.merge([np.clip(sheet, 0, 255).astype(np.uint8)] * 3)


def _textured(paper: Picture) -> Finish:
    def finish(frame: Picture) -> None:
        cv2.multiply(frame, paper, dst=frame, scale=1 / 255)

    return finish


# --- pixel --------------------------------------------------------------------------------------------------------


def _pixels(width: int, height: int) -> Finish:
    side = max(2, round(min(width, height) / 200))
    size = (max(1, width // side), max(1, height // side))
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) - 7.5
    tiled = np.tile(bayer, (size[1] // 4 + 1, size[0] // 4 + 1))[: size[1], : size[0]] * 0.95
    up = cv2.merge([np.clip(tiled, 0, 255).astype(np.uint8)] * 3)
    down = cv2.merge([np.clip(-tiled, 0, 255).astype(np.uint8)] * 3)
    vivid = np.clip(128 + (np.arange(256) - 128) * 1.16, 0, 255)
    level = np.clip(np.round(vivid / 18.2) * 18.2, 0, 255).astype(np.uint8)

    def finish(frame: Picture) -> None:
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        cv2.add(small, up, dst=small)
        cv2.subtract(small, down, dst=small)
        small = cv2.LUT(small, level)
        cv2.resize(small, (width, height), dst=frame, interpolation=cv2.INTER_NEAREST)

    return finish


# --- noir ---------------------------------------------------------------------------------------------------------


def _noir(rng: np.random.Generator, width: int, height: int) -> Finish:
    tone = (np.arange(256, dtype=np.float32) / 255) ** 0.84  # or nights would be all black
    curve = np.clip(np.clip(tone * tone * (3 - 2 * tone) * 1.2 - tone * 0.2, 0, 1) ** 1.12 * 268 - 8, 0, 255).astype(
        np.uint8
    )
    grain = rng.integers(0, 16, (height + 64, width + 64), np.uint8)
    offsets = rng.integers(0, 64, (16, 2))
    edge = vignette(width, height, 0.95, 0.3)[:, :, 0].copy()

    def finish(frame: Picture) -> None:
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        cv2.LUT(grey, curve, dst=grey)
        cv2.multiply(grey, edge, dst=grey, scale=1 / 255)
        # The grain hops with the picture's own content, so a frame stays a pure function of what it shows.
        dy, dx = offsets[int(grey[::97, ::89].sum()) % 16]
        cv2.add(grey, grain[dy : dy + height, dx : dx + width], dst=grey)
        cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR, dst=frame)

    return finish


def vignette(width: int, height: int, strength: float, start: float) -> Picture:
    """A factor picture, 255 in the middle and darker in the corners."""
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    far = np.clip((np.sqrt(x**2 * 0.8 + y**2 * 0.9) - start) / (1.3 - start), 0, 1)
    shade = 255 * (1 - strength * far**1.7)
    return cv2.merge([shade.astype(np.uint8)] * 3)


# --- watercolour --------------------------------------------------------------------------------------------------


def _wobble(h: int, w: int, reach: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return _wobbles.get((h, w, reach), lambda: _drawn_wobble(h, w, reach))


def _drawn_wobble(h: int, w: int, reach: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rng = np.random.default_rng(11)
    cells = (max(3, w // 26), max(3, h // 26))
    maps: list[NDArray[np.float32]] = []
    for axis, size in ((0, w), (1, h)):
        noise = rng.normal(0, reach, (cells[1], cells[0])).astype(np.float32)
        smooth = cv2.resize(noise, (w, h), interpolation=cv2.INTER_CUBIC)
        base = np.arange(size, dtype=np.float32)
        maps.append(np.asarray(smooth + (base[None, :] if axis == 0 else base[:, None]), np.float32))
    return maps[0], maps[1]


_wobbles: Kept[tuple[NDArray[np.float32], NDArray[np.float32]]] = Kept(16 << 20, lambda maps: 2 * maps[0].nbytes)


def _washed_colour(colour: Picture) -> Picture:
    h, w = colour.shape[:2]
    small = cv2.resize(colour, (max(1, w // 2), max(1, h // 2)), interpolation=cv2.INTER_AREA)
    if min(small.shape[:2]) > 9:
        small = cv2.medianBlur(small, 7)
    map_x, map_y = _wobble(small.shape[0], small.shape[1], 2.2)
    small = cv2.remap(small, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(small, (0, 0), 5)
    # Pigment gathers at the rim of each wash: what is darker than its surroundings gets darker still.
    rim = cv2.addWeighted(small, 1.7, soft, -0.7, 0)
    vivid = cv2.transform(rim, np.array([[1.25, -0.18, -0.07], [-0.04, 1.2, -0.16], [-0.04, -0.2, 1.24]], np.float32))
    return np.asarray(cv2.resize(vivid, (w, h), interpolation=cv2.INTER_LINEAR), np.uint8)


def _washed_sprite(picture: Picture) -> Picture:
    flat = np.dstack((cv2.medianBlur(np.ascontiguousarray(picture[:, :, :3]), 5), picture[:, :, 3]))
    map_x, map_y = _wobble(picture.shape[0], picture.shape[1], picture.shape[0] / 170)
    moved = cv2.remap(flat, map_x, map_y, cv2.INTER_LINEAR)
    alpha = moved[:, :, 3]
    inner = raster.soften(cv2.erode(alpha, np.ones((3, 3), np.uint8)), max(1.2, picture.shape[0] / 60))
    rim = np.clip(1 - inner.astype(np.float32) / 255, 0, 1)[:, :, None] * 0.42
    colour = np.minimum(moved[:, :, :3] * (1 - rim), alpha[:, :, None])
    return np.dstack((colour.astype(np.uint8), alpha))


def _watercolour(rng: np.random.Generator, width: int, height: int) -> Finish:
    paper = _fibres(rng, width, height, 12)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    ragged = np.zeros((height, width), np.float32)
    for cells, weight in ((5, 0.05), (14, 0.035), (60, 0.02)):
        noise = rng.normal(0, weight, (cells * 2, cells)).astype(np.float32)
        ragged += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    edge = np.clip((np.maximum(np.abs(x), np.abs(y)) ** 3 * 0.97 + ragged - 0.82) * 8, 0, 1)
    # Thinned paint, paper grain and the bare margin are all linear, so one factor and one sum do for the three.
    bare = edge[:, :, None]
    factor = 0.8 * paper.astype(np.float32) * (1 - bare)
    base = 51 * (paper.astype(np.float32) / 255) * (1 - bare) + np.array([240, 247, 250], np.float32) * bare
    thin, lift = np.round(factor).astype(np.uint8), np.round(base).astype(np.uint8)

    def finish(frame: Picture) -> None:
        cv2.multiply(frame, thin, dst=frame, scale=1 / 255)
        cv2.add(frame, lift, dst=frame)

    return finish


# --- neon ---------------------------------------------------------------------------------------------------------


def _edges(colour: Picture) -> NDArray[np.float32]:
    grey = cv2.GaussianBlur(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY), (0, 0), 1.4)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3)
    return np.asarray(np.clip((cv2.magnitude(across, down) - 10) / 70, 0, 1), np.float32)


def _vivid(colour: Picture) -> Picture:
    hsv = cv2.cvtColor(colour, cv2.COLOR_BGR2HSV)
    hsv[:, :, 1] = np.clip(hsv[:, :, 1].astype(np.int32) * 2 + 90, 0, 255)
    hsv[:, :, 2] = 255
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)


def _neon_colour(colour: Picture) -> Picture:
    line = _edges(colour)
    glow = raster.soften((line * 255).astype(np.uint8), 5).astype(np.float32) / 255
    dim = cv2.transform(colour, np.array([[0.30, 0.05, 0.05], [0.02, 0.13, 0.03], [0.08, 0.02, 0.2]], np.float32))
    light = cv2.GaussianBlur(_vivid(colour), (0, 0), 2.5).astype(np.float32)
    lit = dim.astype(np.float32) + light * np.maximum(line * 0.8, np.clip(glow * 0.9, 0, 0.6))[:, :, None]
    return np.clip(lit, 0, 255).astype(np.uint8)


def _neon_sprite(picture: Picture) -> Picture:
    alpha = picture[:, :, 3]
    h = picture.shape[0]
    outline = cv2.morphologyEx(alpha, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    line = np.maximum(_edges(np.ascontiguousarray(picture[:, :, :3])) * 0.8, outline.astype(np.float32) / 255)
    line = cv2.GaussianBlur(line, (0, 0), max(0.7, h / 300))
    spread = cv2.dilate(picture[:, :, :3], np.ones((9, 9), np.uint8))
    light = cv2.GaussianBlur(_vivid(np.ascontiguousarray(spread)), (0, 0), 3).astype(np.float32)
    halo = cv2.GaussianBlur(line, (0, 0), max(2.0, h / 40)) * 1.5
    amount = np.clip(line * 1.25 + halo, 0, 1)[:, :, None]
    colour = np.clip(picture[:, :, :3] * 0.22 + light * amount + 160 * np.clip(line[:, :, None] - 0.55, 0, 1), 0, 255)
    # Light needs no cover: the halo adds to what is behind it, so alpha stays the sprite's own.
    return np.dstack((colour, np.maximum(alpha * 0.9, 0))).astype(np.uint8)


def _bloom(frame: Picture) -> None:
    h, w = frame.shape[:2]
    small = cv2.resize(frame, (w // 4, h // 4), interpolation=cv2.INTER_AREA)
    small = cv2.blur(cv2.blur(cv2.subtract(small, np.array([70.0, 70.0, 70.0, 0.0])), (11, 11)), (11, 11))
    cv2.add(frame, cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR), dst=frame)
