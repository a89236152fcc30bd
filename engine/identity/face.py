"""Faces in pictures: where they are, how they are turned, and whose they are as numbers that can be compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnxruntime as ort

from engine.identity.face_cut import CHIN, LEFT_EYE, RIGHT_EYE, cut_out
from engine.identity.nets import DIGESTS, canonical_face, read, tflite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.spec import FacePoints

FACE_MODEL = f"dlib-resnet-v1/{DIGESTS['face_recognition.onnx'][:12]}"
"""Stored beside every embedding: two are comparable only when this is equal."""

SAME_FACE = 0.94
"""Cosine from which two embeddings are taken for one person. docs/likeness.md says what that costs."""

MAY_BE_SAME = 0.92
"""Cosine from which a person should look: between this and `SAME_FACE` the network does not know."""

SURE = 0.6
"""Score from which something is reported as a face."""

STRAIGHT = 15.0
"""Degrees up to which a head fits the detector's box."""
_SIDE, _STRIDE, _APART = 192, 4, 0.3
"""The detector's input, its grid, and the overlap from which two boxes are one face."""
_MESH_SIDE, _MESH_REACH = 192, 1.5
_CHIP, _CHIP_PADDING = 150, 0.25
_CHIP_POINTS = (263, 362, 33, 133, 2)
_CHIP_PLACES = np.array(
    [[0.8595674596, 0.2134981538], [0.6460604764, 0.2289674388], [0.1205750621, 0.2137274527],
     [0.3340850614, 0.2290642403], [0.4901123136, 0.6277975316]], np.float64,
)  # fmt: skip
"""Corners of the eyes and the root of the nose, where dlib's network learnt to see them (dlib, 5-point chip)."""


@dataclass(frozen=True, eq=False)
class FoundFace:
    """One face: ``box`` (x0, y0, x1, y1) from brow to chin and ``points`` (6, 2) in pixels, ``score`` 0 … 1.

    The points: left eye, right eye (as seen), tip of the nose, middle of the mouth, left ear, right ear.
    """

    box: tuple[float, float, float, float]
    score: float
    points: NDArray[np.float64]

    @property
    def size(self) -> float:
        """The box's longer side in pixels."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])


@dataclass(frozen=True, eq=False)
class Mesh:
    """``points`` (468, 3): x and y in pixels of the picture, z in the same unit, smaller is nearer.

    Degrees: ``yaw`` is positive when the face looks to the picture's right, ``pitch`` when it looks up, ``roll`` when
    it leans clockwise. ``presence`` (0 … 1) is how sure the network is that this is a face at all.
    """

    points: NDArray[np.float64]
    yaw: float
    pitch: float
    roll: float
    presence: float

    def moved(self, dx: float, dy: float) -> Mesh:
        """The same mesh in a picture whose corner lies elsewhere."""
        return replace(self, points=self.points + np.array([dx, dy, 0.0]))

    @property
    def span(self) -> float:
        """Pixels from brow to chin along the face: a measure that turning sideways does not change."""
        return float(np.linalg.norm(self.points[10] - self.points[CHIN]))


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The cosine of two embeddings of unit length: compare with `SAME_FACE` and `MAY_BE_SAME`."""
    return float(np.dot(one, other))


def mean_embedding(several: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """One embedding of unit length for several pictures of a person."""
    total = np.sum(several, axis=0)
    return (total / np.linalg.norm(total)).astype(np.float32)


class Faces:
    """The detector, the mesh and the recognition network. One thread at a time; loading takes about 0.2 s.

    Pictures are (H, W, 3) uint8 BGR.
    """

    @cached_property
    def _detector(self) -> cv2.dnn.Net:
        return tflite("face_detection_full_range.tflite")

    @cached_property
    def _mesher(self) -> cv2.dnn.Net:
        return tflite("face_landmark.tflite")

    @cached_property
    def _segmenter(self) -> cv2.dnn.Net:
        return tflite("selfie_segmentation.tflite")

    @cached_property
    def _recogniser(self) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return ort.InferenceSession(read("face_recognition.onnx"), options, providers=["CPUExecutionProvider"])

    @cached_property
    def _canonical(self) -> NDArray[np.float64]:
        return canonical_face()

    def load(self) -> None:
        """Read every network now: a process that is shut in later cannot."""
        _ = self._detector, self._mesher, self._segmenter, self._recogniser, self._canonical

    def detect(self, bgr: NDArray[np.uint8], *, sure: float = SURE) -> list[FoundFace]:
        """Every face of at least about a twentieth of the picture's longer side, the largest first."""
        height, width = bgr.shape[:2]
        scale = _SIDE / max(height, width)
        sheet = np.zeros((_SIDE, _SIDE, 3), np.uint8)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        sheet[: size[1], : size[0]] = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
        blob = cv2.dnn.blobFromImage(sheet, 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True)
        self._detector.setInput(blob)
        regressed, scored = self._detector.forward(["reshaped_regressor_face_4", "reshaped_classifier_face_4"])
        scores = 1 / (1 + np.exp(-np.clip(np.ravel(scored), -60, 60)))
        boxes: list[FoundFace] = []
        for index in np.flatnonzero(scores >= sure)[np.argsort(-scores[scores >= sure])]:
            found = _decoded(np.asarray(regressed)[0, index], int(index), float(scores[index]), scale)
            if all(_overlap(found, other) < _APART for other in boxes):
                boxes.append(found)
        return sorted(boxes, key=lambda face: -face.size)

    def mesh(self, bgr: NDArray[np.uint8], face: FoundFace) -> Mesh:
        """The 468 points of ``face`` and how it is turned."""
        first = self._mesh_in(bgr, *_place(face.points[0], face.points[1], np.array(face.box).reshape(2, 2)))
        if abs(first.yaw) < STRAIGHT and abs(first.pitch) < STRAIGHT:
            return first
        # A second look, framed by the first one's points: a head turned far lies askew in the detector's box.
        return self.follow(bgr, first)

    def follow(self, bgr: NDArray[np.uint8], last: Mesh) -> Mesh:
        """The mesh of the face that was at ``last`` a moment ago: see its `Mesh.presence` whether it still is."""
        return self._mesh_in(bgr, *_place(_middle(last, LEFT_EYE), _middle(last, RIGHT_EYE), last.points[:, :2]))

    def embed(self, bgr: NDArray[np.uint8], face: FoundFace, mesh: Mesh | None = None) -> NDArray[np.float32]:
        """(128,) of unit length: whose face this is. Give ``mesh`` when it is known already."""
        return self.embed_mesh(bgr, mesh or self.mesh(bgr, face))

    def embed_mesh(self, bgr: NDArray[np.uint8], mesh: Mesh) -> NDArray[np.float32]:
        """As `embed`, for a face whose mesh is known."""
        chip = cv2.cvtColor(aligned(bgr, mesh), cv2.COLOR_BGR2RGB).astype(np.float32)
        made = np.asarray(self._recogniser.run(None, {"rgb": chip[None]})[0], np.float32)[0]
        return made / np.linalg.norm(made)

    def cut_out(self, bgr: NDArray[np.uint8], mesh: Mesh) -> tuple[NDArray[np.uint8], FacePoints]:
        """The head with its hair as (h, w, 4) uint8 **RGBA**, not premultiplied, and where its features are in it."""
        return cut_out(bgr, mesh, self._segmenter)

    def _mesh_in(self, bgr: NDArray[np.uint8], centre: NDArray[np.float64], side: float, angle: float) -> Mesh:
        """The mesh of what a square shows: its ``centre``, ``side`` in pixels and ``angle`` (radians, clockwise)."""
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        out = turn * side / _MESH_SIDE  # from the network's pixels to the picture's
        start = centre - out @ np.full(2, _MESH_SIDE / 2)
        inverse = np.linalg.inv(out)
        matrix = np.hstack([inverse, (-inverse @ start)[:, None]])
        chip = cv2.warpAffine(bgr, matrix, (_MESH_SIDE, _MESH_SIDE), flags=cv2.INTER_LINEAR)
        self._mesher.setInput(cv2.dnn.blobFromImage(chip, 1 / 255, swapRB=True))
        regressed, presence = self._mesher.forward(["conv2d_20", "conv2d_30"])
        local = np.asarray(regressed, np.float64).reshape(468, 3)
        points = np.column_stack([local[:, :2] @ out.T + start, local[:, 2] * side / _MESH_SIDE])
        yaw, pitch, roll = _pose(points, self._canonical)
        sure = 1 / (1 + np.exp(-np.clip(float(np.ravel(presence)[0]), -60, 60)))
        return Mesh(points, yaw, pitch, roll, float(sure))


def aligned(bgr: NDArray[np.uint8], mesh: Mesh, side: int = _CHIP) -> NDArray[np.uint8]:
    """The face upright in a square of ``side`` pixels, its eyes and nose where dlib's network expects them."""
    places = (_CHIP_PADDING + _CHIP_PLACES) / (2 * _CHIP_PADDING + 1) * side
    matrix = _similarity(mesh.points[list(_CHIP_POINTS), :2], places)
    return np.asarray(cv2.warpAffine(bgr, matrix, (side, side), flags=cv2.INTER_AREA), np.uint8)


def _decoded(values: NDArray[np.float32], index: int, score: float, scale: float) -> FoundFace:
    """One of the detector's 48 × 48 answers in pixels of the picture."""
    across = _SIDE // _STRIDE
    anchor = np.array([index % across + 0.5, index // across + 0.5]) * _STRIDE
    (x, y), (w, h) = (values[:2] + anchor) / scale, values[2:4] / scale
    points = (values[4:16].reshape(6, 2).astype(np.float64) + anchor) / scale
    return FoundFace((float(x - w / 2), float(y - h / 2), float(x + w / 2), float(y + h / 2)), score, points)


def _overlap(one: FoundFace, other: FoundFace) -> float:
    """Intersection over union."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = one.box, other.box
    shared = max(0.0, min(ax1, bx1) - max(ax0, bx0)) * max(0.0, min(ay1, by1) - max(ay0, by0))
    return shared / ((ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - shared + 1e-9)


def _middle(mesh: Mesh, pair: tuple[int, int]) -> NDArray[np.float64]:
    return mesh.points[list(pair), :2].mean(axis=0)


def _place(
    left: NDArray[np.float64], right: NDArray[np.float64], around: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, float]:
    """The square, level with the eyes, in which the mesh network wants to see what ``around`` (n, 2) encloses."""
    angle = float(np.arctan2(right[1] - left[1], right[0] - left[0]))
    low, high = around.min(axis=0), around.max(axis=0)
    return (low + high) / 2, float((high - low).max()) * _MESH_REACH, angle


def _similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (2, 3) turn, scale and shift that brings ``source`` nearest to ``target``."""
    rotation, scale, shift = _umeyama(source, target)
    return np.hstack([scale * rotation, shift[:, None]])


def _umeyama(
    source: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Least-squares rotation, scale and shift between two sets of points (n, d) (Umeyama 1991)."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    u, strengths, v = np.linalg.svd(b.T @ a)
    mirror = np.ones(source.shape[1])
    mirror[-1] = np.sign(np.linalg.det(u @ v))
    rotation = u @ np.diag(mirror) @ v
    scale = float((strengths * mirror).sum() / (a**2).sum())
    return rotation, scale, target.mean(axis=0) - scale * rotation @ source.mean(axis=0)


def _pose(points: NDArray[np.float64], canonical: NDArray[np.float64]) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees, from how the average face must be turned to lie on these points."""
    rotation, _, _ = _umeyama(canonical, points * [1, -1, -1])
    ahead = rotation[:, 2]
    yaw, pitch = np.arctan2(ahead[0], ahead[2]), np.arcsin(np.clip(ahead[1], -1, 1))
    # What is left once the look is undone is a lean about it.
    across = np.array([np.cos(yaw), 0, -np.sin(yaw)])
    up = np.cross(ahead, across)
    roll = np.arctan2(-rotation[:, 0] @ up, rotation[:, 0] @ across)
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))
