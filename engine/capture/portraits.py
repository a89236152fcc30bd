"""Keeps the best views of a head while a recording goes by, and writes them: crops from several sides, a thumbnail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from engine.capture.motion import Rest
from engine.capture.spec import MOST_CROPS
from engine.identity.face_cut import window
from engine.spec import FaceCrop

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.capture.seen import Seen
    from engine.identity.face import Faces, Mesh

SIDES = (0.0, -15.0, 15.0, -30.0, 30.0, -45.0, 45.0)
"""Yaws in degrees of which one crop each is kept."""
REACH = 8.0
"""Degrees by which a view may differ from its side; it is called by its own yaw."""
LEVEL = 14.0
"""Degrees of pitch, from rest, past which a view is kept by nobody."""
TALLEST = 640
"""Pixels a crop is high at most: the engine draws no head taller."""
THUMBNAIL = 256


@dataclass(frozen=True, eq=False)
class View:
    """One view of the head: ``picture`` (h, w, 3) BGR is the part of the frame around it, ``mesh`` is in its pixels."""

    picture: NDArray[np.uint8]
    mesh: Mesh
    score: float


class Portraits:
    """The sharpest view for each of `SIDES`, from pictures that come one by one; memory stays flat."""

    def __init__(self) -> None:
        self._best: dict[float, View] = {}

    def offer(self, bgr: NDArray[np.uint8], seen: Seen) -> None:
        """Keep this view if it is the best of its side so far."""
        mesh = seen.mesh
        if mesh is None or seen.cut or seen.faces != 1 or abs(mesh.pitch) > LEVEL + 8:
            return
        side = min(SIDES, key=lambda each: abs(each - mesh.yaw))
        if abs(side - mesh.yaw) > REACH:
            return
        score = _score(seen, mesh, side)
        held = self._best.get(side)
        if held is None or score > held.score:
            self._best[side] = _view(bgr, mesh, score)

    def straightest(self) -> View | None:
        """The best view from the front."""
        return self._best[min(self._best, key=abs)] if self._best else None

    def write(self, out_dir: Path, faces: Faces, rest: Rest) -> tuple[FaceCrop, ...]:
        """Cut the heads out and save them as RGBA PNGs, the straightest first. ``rest`` is the yaw that counts as 0."""
        crops: list[FaceCrop] = []
        for index, side in enumerate(sorted(self._best, key=abs)[:MOST_CROPS]):
            view = self._best[side]
            picture, points = faces.cut_out(view.picture, view.mesh)
            image = Image.fromarray(picture, "RGBA")
            image.thumbnail((TALLEST, TALLEST), Image.Resampling.LANCZOS)
            path = out_dir / f"face-{index}.png"
            image.save(path, compress_level=3)
            yaw = float(np.clip(view.mesh.yaw - rest.yaw, -90, 90))
            crops.append(FaceCrop(path=str(path), yaw=round(yaw, 1), points=points))
        return tuple(crops)


def thumbnail(view: View, path: Path) -> None:
    """Save the head in its surroundings as a WebP of 256 × 256 pixels."""
    height, width = view.picture.shape[:2]
    side = min(height, width)
    x, y = view.mesh.points[:, :2].mean(axis=0)
    left = int(np.clip(x - side / 2, 0, width - side))
    top = int(np.clip(y - side * 0.55, 0, height - side))
    save_thumbnail(view.picture[top : top + side, left : left + side], path)


def save_thumbnail(square: NDArray[np.uint8], path: Path) -> None:
    """Save a square part of a picture, BGR, as a WebP of 256 × 256 pixels."""
    small = cv2.resize(square, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    Image.fromarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB)).save(path, "WEBP", quality=82)


def _score(seen: Seen, mesh: Mesh, side: float) -> float:
    """Sharp, level, near its side, with eyes open and lips closed."""
    return (
        min(seen.sharp, 0.3) * 6
        - abs(mesh.pitch) / 30
        - abs(mesh.yaw - side) / 20
        - 2.0 * min(seen.mouth, 0.2) / 0.2
        + min(seen.eyes, 0.5) * 2
    )


def _view(bgr: NDArray[np.uint8], mesh: Mesh, score: float) -> View:
    x0, y0, x1, y1 = window(bgr.shape, mesh)
    return View(np.ascontiguousarray(bgr[y0:y1, x0:x1]).copy(), mesh.moved(-x0, -y0), score)
