"""Chooses a body for art that is only a head or a bust, so that nobody hops about as a head alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.diorama.art.pack import Asset
from engine.diorama.paint.biped import Biped
from engine.diorama.paint.clay import Worn
from engine.diorama.paint.postures import HOLDING
from engine.diorama.paint.quadruped import Quadruped
from engine.diorama.paint.raster import Picture

BIRDS = frozenset({"chicken"})

Rig = Biped | Quadruped


def build(art: Asset, head: Picture, pixels: int, colour: str | None) -> Rig:
    """A body ``pixels`` tall under ``head``: four-legged for animals, two-legged for people and birds."""
    if art.facing < 0 or art.id in BIRDS:  # rigs look to the right
        head = np.ascontiguousarray(head[:, ::-1])
        mouth = None if art.mouth is None else (1 - art.mouth[0], art.mouth[1])
        art = replace(art, facing=1, mouth=mouth)
    if art.kind == "animal" and art.id not in BIRDS:
        return Quadruped(art, head, pixels, colour)
    return Biped(art, head, pixels, colour)


def posed(rig: Rig, gait: str, phase: float, head: Worn | None = None) -> tuple[Picture, tuple[float, float]]:
    """The body at ``phase`` (0 … 1) of a gait, with ``head`` instead of its own, and the pixel of its mouth."""
    sheet = np.zeros((rig.size[1], rig.size[0], 4), np.uint8)
    held = gait if isinstance(rig, Biped) else gait.removesuffix(HOLDING)  # four legs have no hand to spare
    return sheet, rig.draw(sheet, held, phase, head)
