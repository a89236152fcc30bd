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

_EYES = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380))
"""Corner, two on the upper lid, corner, two on the lower lid."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One picture at ``seconds``. ``faces`` are counted; the rest is of the largest one and None where there is none.

    ``light`` is the face's mean brightness (0 … 255), ``glare`` the share of it that is burnt out, ``sharp`` how much
    fine detail it has for its contrast. ``eyes`` is how far they are open for their width; ``mouth`` how far the lips
    are apart and ``grin`` how wide the mouth is, both for the face's length. ``cut`` says that the face leaves the
    picture.
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


def look(seconds: float, bgr: NDArray[np.uint8], faces: Faces) -> Seen:
    """Measure one picture (H, W, 3) BGR."""
    found = faces.detect(bgr)
    if not found:
        return Seen(seconds, 0)
    mesh = faces.mesh(bgr, found[0])
    if mesh.presence < PRESENT:
        return Seen(seconds, 0)
    grey = np.asarray(cv2.cvtColor(aligned(bgr, mesh, CHIP), cv2.COLOR_BGR2GRAY), np.float32)
    points = mesh.points[:, :2]
    return Seen(
        seconds,
        _count(found),
        mesh,
        light=float(grey.mean()),
        glare=float((grey > 250).mean()),
        sharp=_sharpness(grey),
        eyes=_openness(points),
        mouth=float(np.linalg.norm(points[13] - points[14]) / mesh.span),
        grin=float(np.linalg.norm(points[61] - points[291]) / mesh.span),
        cut=bool((points.min(axis=0) < 0).any() or (points.max(axis=0) > bgr.shape[1::-1]).any()),
    )


def _count(found: list[FoundFace]) -> int:
    others = (other for other in found[1:] if other.score >= LIKELY and other.size >= NOTABLE * found[0].size)
    return 1 + sum(1 for _ in others)


def _sharpness(grey: NDArray[np.float32]) -> float:
    """Energy of what a small blur takes away, for the energy that stays: light and skin matter little."""
    part = grey[CHIP // 6 : -CHIP // 6, CHIP // 6 : -CHIP // 6]
    fine = part - np.asarray(cv2.GaussianBlur(part, (0, 0), 1.2), np.float32)
    coarse = np.asarray(cv2.GaussianBlur(part, (0, 0), 1.2), np.float32)
    return float(fine.std() / max(1.0, float(coarse.std())))


def _openness(points: NDArray[np.float64]) -> float:
    """The eye aspect ratio (Soukupová and Čech 2016), the wider open eye's: the other may be hidden by the nose."""

    def ratio(eye: tuple[int, ...]) -> float:
        a, b, c, d, e, f = (points[index] for index in eye)
        across = float(np.linalg.norm(a - d))
        return float(np.linalg.norm(b - f) + np.linalg.norm(c - e)) / (2 * max(across, 1e-6))

    return max(ratio(eye) for eye in _EYES)
