"""Whole pictures to learn settings from: random subjects in random poses, painted by the painter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.art import pack
from engine.diorama.paint.painter import Painter
from engine.diorama.scene import (
    COLOURS,
    KEYS,
    MOTIONS,
    PLACES,
    STYLES,
    TIMES,
    WEATHERS,
    Brief,
    Line,
    Scene,
    Soundtrack,
    Speech,
    Subject,
)
from engine.evaluate.vocabulary import nouns

WIDTH, HEIGHT = 270, 480
STEP = 1 / 12
"""Seconds between a picture and the one before it, which shows what moves."""

_SPACING = 4.0
"""Seconds between two key poses: so far apart that each is a picture of its own, held almost still."""

_JOURNEYS, _WAYS = 0.3, ("walk", "run", "drive", "fly", "swim")
"""How often the world goes by, past the one view that stands still, and for whose sake."""

_TEXTS = (
    "Bonjour !",
    "Hello there!",
    "Quelle belle journée, mes amis.",
    "I would love a slice of pizza right now.",
    "Oui.",
)
_X, _Y, _SCALE, _ROTATION, _SQUASH, _FACING, _OPACITY = range(7)


@dataclass(frozen=True)
class Still:
    """A picture (HEIGHT, WIDTH, 3) uint8 BGR, the one `STEP` before it, and its setting."""

    picture: NDArray[np.uint8]
    before: NDArray[np.uint8]
    place: str
    time: str
    weather: str
    style: str


def stills(rng: np.random.Generator, *, each: int = 7) -> Iterator[Still]:
    """Endless pictures, ``each`` of every random scene (at most KEYS // 4, which keeps time short)."""
    while True:
        scene = _scene(rng)
        painter = Painter(scene, _words(scene, rng), width=WIDTH, height=HEIGHT, fps=12)
        for key in range(1, min(each, KEYS // 4) + 1):
            time = key * _SPACING
            picture, before = painter.still(time).copy(), painter.still(time - STEP).copy()
            brief = scene.brief
            yield Still(picture, before, brief.place, brief.time, brief.weather, brief.style)


def _scene(rng: np.random.Generator, count: int | None = None) -> Scene:
    count = count or int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.1, 0.15, 0.2, 0.2, 0.2, 0.15]))
    subjects = _subjects(rng, count)
    if rng.random() < _JOURNEYS:  # all alike, or else somebody would be left behind
        way = _WAYS[int(rng.integers(len(_WAYS)))]
        subjects = tuple(replace(one, motions=(way,)) for one in subjects)
    brief = Brief(
        "", "en", subjects,
        place=PLACES[int(rng.integers(len(PLACES)))], time=TIMES[int(rng.integers(len(TIMES)))],
        weather=WEATHERS[int(rng.integers(len(WEATHERS)))],
        style=STYLES[int(rng.integers(len(STYLES)))] if rng.random() < 0.25 else "plain",
    )  # fmt: skip
    tracks = np.zeros((count, KEYS, 8), np.float32)
    shape = (count, KEYS)
    tracks[..., _X] = rng.uniform(0.08, 0.92, shape)
    tracks[..., _Y] = np.where(rng.random(shape) < 0.6, rng.uniform(0.66, 0.86, shape), rng.uniform(0.25, 0.8, shape))
    tracks[..., _SCALE] = np.where(rng.random(shape) < 0.7, rng.uniform(0.8, 1.05, shape), rng.uniform(0.3, 1.5, shape))
    tracks[..., _ROTATION] = np.where(
        rng.random(shape) < 0.65, rng.normal(0, 0.14, shape), rng.uniform(-np.pi, np.pi, shape)
    )
    tracks[..., _SQUASH] = np.clip(rng.normal(0, 0.2, shape), -0.7, 0.6)
    tracks[..., _FACING] = rng.choice([-1.0, 1.0], shape)
    tracks[..., _OPACITY] = np.where(rng.random(shape) < 0.85, 1.0, rng.uniform(0.3, 1.0, shape))
    camera = np.tile(np.array([0.5, 0.5, 1, 0], np.float32), (KEYS, 1))
    if rng.random() < 0.4:
        camera[:, 0] += rng.uniform(-0.09, 0.09, KEYS)
        camera[:, 2] = rng.uniform(1, 1.34, KEYS)
    return Scene(brief, _SPACING * (KEYS - 1), int(rng.integers(2**31)), tracks, camera)


def _subjects(rng: np.random.Generator, count: int) -> tuple[Subject, ...]:
    known = [arts for noun in nouns().values() for arts in noun.arts]
    curated = [key for key in pack.ids() if pack.index()[key]["curated"]]
    chosen: list[Subject] = []
    for _ in range(count):
        again = bool(chosen) and rng.random() < 0.15  # twins, as counted subjects are
        arts = known if rng.random() < 0.84 else curated
        art = chosen[-1].art if again else arts[int(rng.integers(len(arts)))]
        entry = pack.index()[art]
        colour = COLOURS[int(rng.integers(len(COLOURS)))] if rng.random() < 0.4 else None
        size = 0.62 * (entry["size"] / 0.62) ** 0.6 * rng.uniform(0.75, 1.25)
        motions = tuple(MOTIONS[int(k)] for k in rng.integers(len(MOTIONS), size=3))
        chosen.append(Subject(art, art, entry["kind"], float(size), colour=colour, motions=motions))
    back = min(1.0, 1.7 / sum(one.size for one in chosen))
    return tuple(replace(one, size=float(np.clip(one.size * back, 0.06, 1.0))) for one in chosen)


def _words(scene: Scene, rng: np.random.Generator) -> Soundtrack:
    speeches: tuple[Speech, ...] = ()
    if rng.random() < 0.25:
        line = Line(_TEXTS[int(rng.integers(len(_TEXTS)))], "en", 0)
        mouth = (rng.random(round(scene.seconds * 6)) * 0.8).astype(np.float32)
        speeches = (Speech(line, 0.5, scene.seconds / 6, mouth),)
    return Soundtrack(np.zeros((2, 1), np.float32), 48_000, speeches, [])


def gray(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w) lightness of a BGR picture."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
