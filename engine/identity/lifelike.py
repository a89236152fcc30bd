"""Whether a picture shows a human face photographed or drawn from life: such a picture is nobody's pet or toy."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load

from engine.identity.nets import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engine.identity.face import Faces

NOTICED = -1.5
"""Score from which a face counts as from life. Low, since a cartoon refused is mended and a person taken is not."""
SURE, PRESENT = 0.45, 0.5
"""The detector's and the mesh's scores from which something is looked at closer."""


def lifelike(embedding: NDArray[np.float32]) -> float:
    """How much a face looks as if from life: compare with `NOTICED`. docs/likeness.md says how often it errs."""
    plane, offset = _plane()
    return float(embedding @ plane + offset)


def most_lifelike(bgr: NDArray[np.uint8], faces: Faces) -> float:
    """The highest score of any face in a picture (H, W, 3) BGR, or minus infinity where there is no face at all.

    The picture is looked at in whole and in quarters, and each of them from all four sides: who wants to pass a
    portrait off as a drawing turns it on its head.
    """
    best = -np.inf
    for part in _parts(bgr):
        for quarter in range(4):
            turned = np.ascontiguousarray(np.rot90(part, quarter))
            for found in faces.detect(turned, sure=SURE):
                mesh = faces.mesh(turned, found)
                if mesh.presence >= PRESENT:
                    best = max(best, lifelike(faces.embed_mesh(turned, mesh)))
    return best


def _parts(bgr: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """The whole, then four overlapping quarters, in which small faces are large."""
    yield bgr
    height, width = bgr.shape[:2]
    h, w = round(height * 0.6), round(width * 0.6)
    if min(h, w) >= 96:
        for top in (0, height - h):
            for left in (0, width - w):
                yield bgr[top : top + h, left : left + w]


@cache
def _plane() -> tuple[NDArray[np.float32], float]:
    stored = load(read("face_lifelike.safetensors"))
    return stored["plane"], float(stored["offset"][0])
