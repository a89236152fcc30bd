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
    """(h, w, 4) uint8: BGR, and the mask, of sprites (extent, x, y) from back to front; with what is to be seen."""
    width, height = size
    sheet = np.zeros((height, width, 4), np.float32)
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
        sheet = np.asarray(sheet * (1 - alpha) + shown, np.float32)
        owner[alpha[:, :, 0] > 0.5] = index
        area = max(int((whole > 127).sum()), 1)
        middle = (bx + bw / 2 - pad[0], by + bh / 2 - pad[1])
        placed.append((Placed(sprite.name, *middle, bw, bh, rotation, facing, 0.0), area))
    mask = sheet[:, :, 3] > rng.uniform(20, 120)
    _spoil(mask, rng)
    colours = _tinted(sheet[:, :, :3], rng) * mask[:, :, None]
    seen = [replace(one, shown=float(((owner == k) & mask).sum() / area))
            for k, (one, area) in enumerate(placed)]  # fmt: skip
    return np.dstack((np.clip(colours, 0, 255), mask * 255.0)).astype(np.uint8), seen


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
    """A half-size picture of one to six figures, some of them close together or in front of each other."""
    width, height = SMALL
    count = int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.12, 0.4, 0.14, 0.12, 0.1, 0.12]))
    twins = rng.random() < 0.4
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


def closeup(sprites: list[list[Sprite]], rng: np.random.Generator) -> tuple[NDArray[np.uint8], Placed]:
    """A (CROP, CROP, 4) crop of one figure, a little off; a third have another close by or in front."""
    extent = CROP / AROUND * float(np.exp(rng.normal(0, 0.12)))
    x, y = CROP / 2 + rng.normal(0, 0.06, 2) * extent
    name = int(rng.integers(len(sprites)))
    own = sprites[name]
    chosen = [(own[int(rng.integers(len(own)))], extent, float(x), float(y))]
    main = 0
    if rng.random() < 0.35:
        other = sprites[int(rng.integers(len(sprites)))]
        size = extent * float(np.exp(rng.uniform(-1.2, 0.9)))
        way, reach = rng.uniform(-np.pi, np.pi), (extent + size) / 2 * rng.uniform(0.45, 1.1)
        beside = (other[int(rng.integers(len(other)))], size, float(x + reach * np.cos(way)),
                  float(y + reach * np.sin(way)))  # fmt: skip
        main = int(rng.random() < 0.5)
        chosen.insert(1 - main, beside)
    picture, placed = compose(chosen, (CROP, CROP), rng)
    return picture, placed[main]
