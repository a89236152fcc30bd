"""What is measured in one picture of a recording: the face, how it is turned, lit and moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engine.identity.face import aligned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.identity.face import Faces, FoundFace, Mesh

LIKELY = 0.7
"""Detector score from which a second face counts: a pattern on a wall may reach less."""
NOTABLE = 0.3
"""A second face counts from this share of the first one's size: passers-by far behind do not."""
PRESENT = 0.5
"""Presence (see `Mesh`) below which what the detector found was no face."""

CHIP = 150

_EYES = ((33, 133), (362, 263))
"""Corners of the eyes, from left to right as seen."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One picture at ``seconds``. ``faces`` are counted; the rest is of the largest one and None where there is none.

    ``light`` is the face's mean brightness (0 … 255), ``glare`` the share of it that is burnt out, ``sharp`` how much
    fine detail it has for its contrast. ``eyes`` is how much white and dark alternate along them, ``mouth`` how far the
    lips are apart and ``grin`` how wide the mouth is, both for the face's length. ``cut`` says that the face leaves
    the picture.
    """

    seconds: float
    faces: int
    mesh: Mesh | None = None
    light: float = 0.0
    glare: float = 0.0
    sharp: float = 0.0
    eyes: float = 0.0
    mouth: float = 0.0
    grin: float = 0.0
    cut: bool = False


def look(seconds: float, bgr: NDArray[np.uint8], faces: Faces, *, last: Seen | None = None) -> Seen:
    """Measure one picture (H, W, 3) BGR.

    With ``last``, what was seen a moment ago, that face is followed and others are not looked for again, which takes
    half the time; where it is gone, all are looked for.
    """
    mesh = None if last is None or last.mesh is None else faces.follow(bgr, last.mesh)
    if last is not None and mesh is not None and mesh.presence >= PRESENT:
        count = last.faces
    else:
        found = faces.detect(bgr)
        mesh = faces.mesh(bgr, found[0]) if found else None
        if mesh is None or mesh.presence < PRESENT:
            return Seen(seconds, 0)
        count = _count(found)
    grey = np.asarray(cv2.cvtColor(aligned(bgr, mesh, CHIP), cv2.COLOR_BGR2GRAY), np.float32)
    points = mesh.points[:, :2]
    return Seen(
        seconds,
        count,
        mesh,
        light=float(grey.mean()),
        glare=float((grey > 250).mean()),
        sharp=_sharpness(grey),
        eyes=_openness(bgr, points),
        mouth=float(np.linalg.norm(points[13] - points[14]) / mesh.span),
        grin=float(np.linalg.norm(points[61] - points[291]) / mesh.span),
        cut=bool((points.min(axis=0) < 0).any() or (points.max(axis=0) > bgr.shape[1::-1]).any()),
    )


def _count(found: list[FoundFace]) -> int:
    others = (other for other in found[1:] if other.score >= LIKELY and other.size >= NOTABLE * found[0].size)
    return 1 + sum(1 for _ in others)


def _sharpness(grey: NDArray[np.float32]) -> float:
    """The share of detail two pixels wide in what is coarser; the finest is left out, since there the noise is."""
    fine, coarse = (np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.float32) for sigma in (1.0, 2.2))
    middle = slice(CHIP // 6, -CHIP // 6)
    return float((fine - coarse)[middle, middle].std() / max(1.0, float(coarse[middle, middle].std())))


def _openness(bgr: NDArray[np.uint8], points: NDArray[np.float64]) -> float:
    """Contrast along the eyes' most varied lines, the better seen eye's.

    White, iris and white lie side by side in an open eye; lashes and lids run along it. The mesh's own lids are no
    measure: seen on rendered faces, they stayed open over shut eyes.
    """
    most = 0.0
    for a, b in _EYES:
        left, right = points[a], points[b]
        below = (left + right) / 2 + np.array([left[1] - right[1], right[0] - left[0]]) / 2
        corners = np.array([left, right, below], np.float32)
        matrix = cv2.getAffineTransform(corners, np.array([[0, 16], [48, 16], [24, 40]], np.float32))
        eye = np.asarray(cv2.cvtColor(cv2.warpAffine(bgr, matrix, (48, 32)), cv2.COLOR_BGR2GRAY), np.float32)
        lines = np.asarray(cv2.GaussianBlur(eye, (0, 0), 1.0), np.float32)[:, 8:40].std(axis=1)
        most = max(most, float(np.sort(lines)[-6:].mean() / max(8.0, float(eye.mean()))))
    return most
