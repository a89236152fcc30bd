"""Figures on nothing, as subtraction leaves them: what the eye learns to tell apart and to name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.art import pack
from engine.diorama.paint.light import light_for
from engine.diorama.paint.puppet import CYCLE, Puppet
from engine.diorama.paint.raster import Matrix
from engine.diorama.scene import COLOURS, TIMES, WEATHERS, Subject
from engine.evaluate.nets import CROP
from engine.evaluate.views import AROUND, SMALL
from engine.evaluate.vocabulary import class_of, classes, nouns

PIXELS = 64
"""Height of a sprite."""

GAITS = ("idle", "walk", "run", "leap", "wave", "dance", "sleep", "flap", "swim", "play")


@dataclass(frozen=True)
class Sprite:
    """One drawn pose, premultiplied BGRA and trimmed; ``name`` is a class, ``facing`` −1, 0 (to the front) or 1."""

    picture: NDArray[np.uint8]
    name: int
    facing: int


@dataclass(frozen=True)
class Placed:
    """A sprite's box in a picture: centre, width and height in pixels; how it is turned and mirrored."""

    name: int
    x: float
    y: float
    wide: float
    tall: float
    rotation: float
    facing: int
    shown: float
    """Share of its pixels that nothing hides."""


def bank(rng: np.random.Generator, *, each: int = 20, poses: int = 4, strangers: int = 240) -> list[list[Sprite]]:
    """For every class (the last: other drawings of the pack) sprites in many lights, colours, gaits and phases."""
    found: list[list[Sprite]] = [[] for _ in classes()]
    others = [key for key in pack.ids() if pack.index()[key]["curated"] and not class_of(key)]
    for art in [noun.arts[0] for noun in nouns().values() for _ in range(each)]:
        found[classes().index(class_of(art))] += _posed(art, rng, poses)
    for _ in range(strangers):
        found[-1] += _posed(others[int(rng.integers(len(others)))], rng, 2)
    return found


def _posed(art: str, rng: np.random.Generator, poses: int) -> Iterator[Sprite]:
    kind = pack.index()[art]["kind"]
    colour = COLOURS[int(rng.integers(len(COLOURS)))] if rng.random() < 0.45 else None
    light = light_for(TIMES[int(rng.integers(len(TIMES)))], WEATHERS[int(rng.integers(len(WEATHERS)))])
    puppet = Puppet(Subject(art, art, kind, 0.4, colour), light, "plain", PIXELS)
    gaits = list(dict.fromkeys([*puppet.films, *(GAITS[:7] if puppet.limbs else ("idle", "flap", "swim", "sleep"))]))
    for k in range(poses):
        gait = gaits[0] if k == 0 else gaits[int(rng.integers(len(gaits)))]
        drawn = puppet.drawn(gait, int(rng.integers(puppet.phases(gait) if gait in puppet.films else CYCLE)))
        x, y, w, h = cv2.boundingRect((drawn.picture[:, :, 3] > 24).astype(np.uint8))
        facing = puppet.facing if drawn.facing is None else drawn.facing
        if w > 3 and h > 3:
            yield Sprite(np.ascontiguousarray(drawn.picture[y : y + h, x : x + w]), classes().index(class_of(art)),
                         int(np.sign(facing)))  # fmt: skip


def _moved(sprite: Sprite, extent: float, rng: np.random.Generator) -> tuple[Matrix, float, int]:
    """A random stance about (0, 0): matrix, rotation, facing."""
    h, w = sprite.picture.shape[:2]
    rotation = float(rng.normal(0, 0.12) if rng.random() < 0.65 else rng.uniform(-np.pi, np.pi))
    squash = float(np.clip(rng.normal(0, 0.18), -0.6, 0.6))
    mirror = -1 if rng.random() < 0.5 else 1
    stretch = max(1 + 0.34 * squash, 0.4)
    turn = np.array([[np.cos(rotation), -np.sin(rotation)], [np.sin(rotation), np.cos(rotation)]])
    linear = turn @ np.diag([mirror / np.sqrt(stretch), stretch]) @ np.array([[1, rng.normal(0, 0.05)], [0, 1]])
    corners = linear @ np.array([[-w, w, -w, w], [-h, -h, h, h]]) / 2
    # An ellipse in the box is a better guess of a turned silhouette's extent than the turned box.
    box = np.sqrt(np.sum((linear * (w / 2, h / 2)) ** 2, axis=1)) * 2
    box = np.minimum(0.6 * box + 0.4 * np.ptp(corners, axis=1), np.ptp(corners, axis=1))
    scale = extent / float(box.max())
    matrix = np.zeros((2, 3))
    matrix[:, :2] = linear * scale
    matrix[:, 2] = -matrix[:, :2] @ (w / 2, h / 2)
    return matrix, rotation, mirror * sprite.facing


def compose(
    chosen: list[tuple[Sprite, float, float, float]], size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], list[Placed]]:
    """(h, w, 4) uint8: BGR, and the mask, of sprites (extent, x, y) from back to front; with what is to be seen.

    As where a stage was subtracted, its colours show at the figures' edges and in their narrowest gaps.
    """
    width, height = size
    sheet, cover = _ground(size, rng), np.zeros((height, width, 1), np.float32)
    owner = np.full((height, width), -1, np.int16)
    placed: list[tuple[Placed, int]] = []
    for index, (sprite, extent, x, y) in enumerate(chosen):
        matrix, rotation, facing = _moved(sprite, extent, rng)
        matrix[:, 2] += (x, y)
        shrink = extent / max(sprite.picture.shape)
        picture = sprite.picture
        if shrink < 0.5:  # a warp alone would skip pixels
            picture = np.asarray(cv2.resize(picture, None, fx=2 * shrink, fy=2 * shrink, interpolation=cv2.INTER_AREA))
            matrix[:, :2] *= (sprite.picture.shape[1] / picture.shape[1], sprite.picture.shape[0] / picture.shape[0])
        pad = np.array(size, np.float64) // 2
        big = matrix.copy()
        big[:, 2] += pad
        whole = cv2.warpAffine(picture[:, :, 3], big, (2 * width, 2 * height), flags=cv2.INTER_LINEAR)
        bx, by, bw, bh = cv2.boundingRect((whole > 100).astype(np.uint8))
        shown = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR).astype(np.float32)
        alpha = shown[:, :, 3:] / 255
        sheet = np.asarray(sheet * (1 - alpha) + shown[:, :, :3], np.float32)
        cover = np.asarray(cover * (1 - alpha) + alpha, np.float32)
        owner[alpha[:, :, 0] > 0.5] = index
        area = max(int((whole > 127).sum()), 1)
        middle = (bx + bw / 2 - pad[0], by + bh / 2 - pad[1])
        placed.append((Placed(sprite.name, *middle, bw, bh, rotation, facing, 0.0), area))
    mask = cover[:, :, 0] > rng.uniform(0.05, 0.4)
    if rng.random() < 0.5:
        mask = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
    _spoil(mask, rng)
    colours = _tinted(sheet, rng) * mask[:, :, None]
    seen = [replace(one, shown=float(((owner == k) & mask).sum() / area))
            for k, (one, area) in enumerate(placed)]  # fmt: skip
    return np.dstack((np.clip(colours, 0, 255), mask * 255.0)).astype(np.uint8), seen


def _ground(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """(h, w, 3) of a stage in a few soft colours, or of none."""
    if rng.random() < 0.2:
        return np.zeros((size[1], size[0], 3), np.float32)
    patches = rng.uniform(0, 255, 3) + rng.normal(0, 30, (int(rng.integers(1, 5)), int(rng.integers(1, 4)), 3))
    stage = cv2.resize(np.clip(patches, 0, 255).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(stage, np.float32)


def _spoil(mask: NDArray[np.bool_], rng: np.random.Generator) -> None:
    """Leave out what something in front hides, or what has the colour of its background."""
    height, width = mask.shape
    if rng.random() < 0.15:
        mask[int(height * rng.uniform(0.7, 1)) :] = False
    for _ in range(int(rng.integers(0, 3)) if rng.random() < 0.2 else 0):
        x, y, side = int(rng.integers(width)), int(rng.integers(height)), int(rng.integers(2, max(3, width // 9)))
        mask[y : y + side, x : x + side // 2] = False


def _tinted(picture: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Other light, mist, and for a fifth of the pictures other colours: a green dog is no cactus."""
    if rng.random() < 0.2:
        picture = picture[:, :, rng.permutation(3)]
    tint = (rng.uniform(0.75, 1.15) * rng.normal(1, 0.05, 3)).astype(np.float32)
    picture = picture * tint
    if rng.random() < 0.3:
        veil = np.float32(rng.uniform(0, 0.55))
        picture = np.asarray(picture * (1 - veil) + veil * rng.uniform(90, 230, 3), np.float32)
    return (picture + rng.normal(0, 3, picture.shape)).astype(np.float32)


def crowd(sprites: list[list[Sprite]], rng: np.random.Generator) -> tuple[NDArray[np.uint8], list[Placed]]:
    """A half-size picture of one to six figures: apart, close together, in front of each other or in rows."""
    width, height = SMALL
    if rng.random() < 0.25:
        return compose(_troop(sprites, rng), SMALL, rng)
    count = int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.12, 0.44, 0.14, 0.1, 0.1, 0.1]))
    twins = rng.random() < 0.3
    chosen: list[tuple[Sprite, float, float, float]] = []
    name = int(rng.integers(len(sprites)))
    common = np.exp(rng.uniform(np.log(18), np.log(120 if count < 3 else 66)))
    for index in range(count):
        if not twins:
            name = int(rng.integers(len(sprites)))
        own = sprites[name]
        extent = float(np.clip(common * np.exp(rng.normal(0, 0.05 if twins else 0.35)), 8, 125))
        x, y = rng.uniform(0.08, 0.92) * width, rng.uniform(0.2, 0.9) * height
        if index and rng.random() < (0.35 if twins else 0.65):
            _, near, nx, ny = chosen[-1]
            reach = (near + extent) / 2
            x, y = nx + rng.uniform(-0.8, 0.8) * reach, ny + rng.uniform(-0.8, 0.8) * reach
        chosen.append((own[int(rng.integers(len(own)))], extent, float(x), float(y)))
    return compose(chosen, SMALL, rng)


def _troop(sprites: list[list[Sprite]], rng: np.random.Generator) -> list[tuple[Sprite, float, float, float]]:
    """Two to seven of a kind side by side, in one row or in two or three that stand before each other."""
    width, height = SMALL
    own = sprites[int(rng.integers(len(sprites)))]
    count, rows = int(rng.integers(2, 8)), int(rng.integers(1, 4))
    extent = float(np.clip(width / count * np.exp(rng.normal(0.25, 0.3)), 10, 80))
    step = float(np.clip(extent * rng.uniform(0.55, 1.15), 6, 0.95 * width / count))
    left, ground = (width - step * (count - 1)) * rng.uniform(0.2, 0.8), rng.uniform(0.4, 0.85) * height
    deep = extent * rng.uniform(0.15, 0.8)
    placed = [
        (own[int(rng.integers(len(own)))], extent * float(np.exp(rng.normal(0, 0.04))),
         float(left + step * k + rng.normal(0, 0.08) * extent),
         float(ground - deep * (k % rows) + rng.normal(0, 0.04) * extent))
        for k in range(count)
    ]  # fmt: skip
    return sorted(placed, key=lambda one: one[3])


def closeup(sprites: list[list[Sprite]], rng: np.random.Generator) -> tuple[NDArray[np.uint8], Placed]:
    """A (CROP, CROP, 4) crop of one figure, a little off, as sharp as its size in the picture allows.

    Half have others close by, in front or behind, often of its own kind; the crop then shows all that touches it or
    what is in its own box. A few show several as if they were one: they are "something else".
    """
    sharp = min(1.0, AROUND * float(np.exp(rng.uniform(np.log(20), np.log(150)))) / CROP)
    size = max(round(CROP * sharp), 12)
    extent = size / AROUND * float(np.exp(rng.normal(0, 0.12)))
    x, y = size / 2 + rng.normal(0, 0.06, 2) * extent
    name = int(rng.integers(len(sprites)))
    heap = rng.random() < 0.08
    if heap:
        extent *= rng.uniform(0.4, 0.62)
    own = sprites[name]
    chosen = [(own[int(rng.integers(len(own)))], float(extent), float(x), float(y))]
    main = 0
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.5, 0.3, 0.12, 0.08])) + 2 * heap):
        twin = rng.random() < (0.8 if heap else 0.35)
        other = own if twin else sprites[int(rng.integers(len(sprites)))]
        large = extent * float(np.exp(rng.normal(0, 0.06) if twin else rng.uniform(-1.2, 0.9)))
        way, reach = rng.uniform(-np.pi, np.pi), (extent + large) / 2 * rng.uniform(0.5, 1.1)
        beside = (other[int(rng.integers(len(other)))], large, float(x + reach * np.cos(way)),
                  float(y + reach * np.sin(way)))  # fmt: skip
        if rng.random() < 0.5:
            chosen.append(beside)
        else:
            chosen.insert(0, beside)
            main += 1
    picture, placed = compose(chosen, (size, size), rng)
    one = placed[main]
    if heap:
        one = replace(one, name=len(sprites) - 1, shown=1.0 if sum(o.shown > 0.5 for o in placed) > 2 else 0.0)
    elif len(placed) > 1 and rng.random() < 0.6:
        picture[_beyond(one, size, rng)] = 0
    grown = CROP / size
    if size != CROP:
        picture = np.asarray(cv2.resize(picture, (CROP, CROP), interpolation=cv2.INTER_LINEAR), np.uint8)
    return picture, replace(one, x=one.x * grown, y=one.y * grown, wide=one.wide * grown, tall=one.tall * grown)


def _beyond(one: Placed, size: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """What of a crop is outside of a figure's box, as well as that is known."""
    rows, columns = np.mgrid[:size, :size]
    wide, tall = (0.56 * extent * np.exp(rng.normal(0, 0.08)) for extent in (one.wide, one.tall))
    x, y = one.x + rng.normal(0, 0.03) * one.wide, one.y + rng.normal(0, 0.03) * one.tall
    return (np.abs(columns - x) > wide) | (np.abs(rows - y) > tall)
