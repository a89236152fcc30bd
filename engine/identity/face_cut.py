"""A head with its hair, cut out of a picture along the person's outline and under the jaw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engine.spec import FacePoints

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.identity.face import Mesh

SIDE = 256
"""The segmentation network's input."""

ABOVE, ASIDE, BELOW = 0.72, 0.66, 0.2
"""How far a crop reaches past the face's outline, in lengths of the face from brow to chin."""

JAW = (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356)
"""Mesh points along the jaw, from the left temple under the chin to the right one, as seen."""

UNDER_CHIN = 0.045
"""How much is kept under the jaw's points, which lie a little inside its edge."""

LEFT_EYE, RIGHT_EYE, MOUTH_LEFT, MOUTH_RIGHT = (33, 133), (362, 263), 61, 291
UPPER_LIP, LOWER_LIP, CHIN = 13, 14, 152
"""Mesh points, left and right as seen in the picture."""


def window(shape: tuple[int, ...], mesh: Mesh) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1) of the head with its hair, inside a picture of ``shape``."""
    low, high = mesh.points[:, :2].min(axis=0), mesh.points[:, :2].max(axis=0)
    reach = mesh.span
    x0, y0 = low - np.array([ASIDE * reach, ABOVE * reach])
    x1, y1 = high + np.array([ASIDE * reach, BELOW * reach])
    return max(0, int(x0)), max(0, int(y0)), min(shape[1], int(x1)), min(shape[0], int(y1))


def person(bgr: NDArray[np.uint8], segmenter: cv2.dnn.Net) -> NDArray[np.float32]:
    """(H, W) float32, 0 … 1: how surely each pixel belongs to a person."""
    segmenter.setInput(cv2.dnn.blobFromImage(bgr, 1 / 255, (SIDE, SIDE), swapRB=True))
    mask = np.asarray(segmenter.forward(), np.float32).reshape(SIDE, SIDE)
    return np.asarray(cv2.resize(mask, bgr.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def cut_out(bgr: NDArray[np.uint8], mesh: Mesh, segmenter: cv2.dnn.Net) -> tuple[NDArray[np.uint8], FacePoints]:
    """The head as (h, w, 4) uint8 **RGBA**, not premultiplied, and its points in fractions of that picture."""
    x0, y0, x1, y1 = window(bgr.shape, mesh)
    part = np.ascontiguousarray(bgr[y0:y1, x0:x1])
    points = mesh.points[:, :2] - (x0, y0)
    sure = np.clip((person(part, segmenter) - 0.35) / 0.4, 0, 1) * _above_jaw(part.shape, points, mesh)
    face = np.zeros(part.shape[:2], np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(points.astype(np.int32)), 255)
    # The network may miss a cheek in hard light; inside the mesh there is nothing but face.
    alpha = np.maximum(sure * 255, cv2.GaussianBlur(face, (0, 0), max(1.0, mesh.span / 150)))
    alpha = np.asarray(alpha * _joined(alpha > 96, points), np.uint8)
    picture = np.dstack((cv2.cvtColor(part, cv2.COLOR_BGR2RGB), alpha))
    return np.asarray(picture, np.uint8), _face_points(points, part.shape)


def _above_jaw(shape: tuple[int, ...], points: NDArray[np.float64], mesh: Mesh) -> NDArray[np.float32]:
    """1 above the jaw and beside the head down to the chin, 0 on neck and shoulders, soft between."""
    height, width = shape[:2]
    lean = np.radians(mesh.roll)
    down = np.array([-np.sin(lean), np.cos(lean)])
    jaw = points[list(JAW)] + down * UNDER_CHIN * mesh.span
    chin = float((jaw @ down).max())
    far = 4.0 * max(width, height)
    across = np.array([down[1], -down[0]])
    left, right = jaw[0], jaw[-1]
    if (right - left) @ across < 0:  # turned so far that the temples changed places
        left, right = right, left
    # Hair beside the face is kept down to the chin: the outline leaves the jaw level with the mouth's corners.
    mouth = float(points[[MOUTH_LEFT, MOUTH_RIGHT]].mean(axis=0) @ down) + 0.1 * mesh.span
    low = jaw[(jaw @ down) >= mouth]
    low = low[np.argsort(low @ across)]
    outer = [low[0] + across * (-far), *low, low[-1] + across * far]
    for end, behind in ((0, mesh.yaw), (-1, -mesh.yaw)):
        # Behind a turned head is its neck, beside a straight one only hair.
        hanging = 0.55 * (1 - min(1.0, max(0.0, behind) / 20))
        outer[end] = outer[end] + down * (chin - float(low[end] @ down)) * hanging
    shape_of = np.array([*outer, outer[-1] - down * far, outer[0] - down * far])
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.clip(shape_of, -30_000, 30_000).astype(np.int32)], 255)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), max(0.8, mesh.span / 120)), np.float32)
    return soft / np.float32(255)


def _joined(solid: NDArray[np.bool_], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The one piece that holds the nose, with a rim for its soft edge: somebody behind is another piece."""
    count, labels = cv2.connectedComponents(solid.astype(np.uint8))
    x, y = (round(float(value)) for value in points[1])
    inside = 0 <= y < labels.shape[0] and 0 <= x < labels.shape[1] and count > 1
    label = int(labels[y, x]) if inside else 0
    if not label:
        return np.ones(solid.shape, np.bool_)
    return cv2.dilate((labels == label).astype(np.uint8), np.ones((5, 5), np.uint8), iterations=2) > 0


def _face_points(points: NDArray[np.float64], shape: tuple[int, ...]) -> FacePoints:
    def place(*indices: int) -> tuple[float, float]:
        x, y = np.clip(points[list(indices)].mean(axis=0) / (shape[1], shape[0]), 0, 1)
        return round(float(x), 5), round(float(y), 5)

    return FacePoints(
        left_eye=place(*LEFT_EYE),
        right_eye=place(*RIGHT_EYE),
        mouth_left=place(MOUTH_LEFT),
        mouth_right=place(MOUTH_RIGHT),
        upper_lip=place(UPPER_LIP),
        lower_lip=place(LOWER_LIP),
        chin=place(CHIN),
    )
