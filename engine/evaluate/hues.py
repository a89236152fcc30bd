"""Which colour a thing was painted in: its pixels beside those of the same drawing in every colour, in that light."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.diorama.paint.light import Light
from engine.diorama.paint.puppet import Puppet
from engine.diorama.paint.raster import bgr
from engine.diorama.scene import Subject
from engine.evaluate.vocabulary import nouns, words

_PIXELS = 64
_STEPS = (8, 14, 14)
"""Cells of lightness, green–red and blue–yellow."""


VEILS = (0.15, 0.3, 0.45, 0.6)
"""How much of a thing mist may hide."""


def likeliest(pixels: NDArray[np.uint8], noun: str, light: Light, *, mist: bool = False) -> str:
    """The colour in which ``noun`` looks most like (n, 3) uint8 BGR ``pixels``; "" for none at all.

    In a ``mist`` it is compared behind thin and thick ones.
    """
    if not len(pixels):
        return ""
    own = histogram(pixels)

    def alike(known: Mapping[str, NDArray[np.float64]], colour: str) -> float:
        return float(np.minimum(own, known[colour]).sum())

    ways = [painted(noun, light, veil) for veil in (VEILS if mist else (0.0,))]
    return max(ways[0], key=lambda colour: max(alike(known, colour) for known in ways))


@lru_cache(maxsize=64)
def painted(noun: str, light: Light, veil: float = 0.0) -> Mapping[str, NDArray[np.float64]]:
    """The histogram of ``noun`` in each of SceneEval's colours; ``veil`` is the share of it that mist hides."""
    art = nouns()[noun]
    found: dict[str, NDArray[np.float64]] = {}
    for colour in words()["colours"]:
        drawn = Puppet(Subject(art.arts[0], noun, art.kind, 0.4, colour), light, "plain", _PIXELS).drawn("idle", 0)
        picture = drawn.picture
        seen = picture[picture[:, :, 3] > 250][:, :3]
        if veil:  # mist is nowhere of one thickness
            tone = (bgr(light.haze) + bgr(light.sky[-1])) / 2
            seen = np.concatenate([seen * (1 - share) + tone * share for share in (veil - 0.06, veil, veil + 0.06)])
        found[colour] = histogram(np.asarray(seen, np.uint8))
    return found


def histogram(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Shares of CIELAB cells, softened: a slightly other light is no other colour."""
    lab = cv2.cvtColor(pixels.reshape(1, -1, 3).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)[0]
    low, high = np.array([0, -75, -75]), np.array([100, 80, 80])
    cells, _ = np.histogramdd(np.clip(lab, low + 0.1, high - 0.1), bins=_STEPS, range=list(zip(low, high, strict=True)))
    for axis in range(3):
        padded = np.pad(cells, [(1, 1) if a == axis else (0, 0) for a in range(3)])
        take = [np.take(padded, range(k, k + cells.shape[axis]), axis=axis) for k in range(3)]
        cells = 0.25 * take[0] + 0.5 * take[1] + 0.25 * take[2]
    return cells / max(cells.sum(), 1e-9)
