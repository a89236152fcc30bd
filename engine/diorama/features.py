"""Where a face's eyes, lips and chin are, as told by whoever cut it out or as a head usually has them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.spec import FacePoints

Point = tuple[float, float]


@dataclass(frozen=True)
class Features:
    """Points in pixels of a picture; left and right as seen in it. ``sure`` is False where they were only guessed."""

    left_eye: Point
    right_eye: Point
    mouth_left: Point
    mouth_right: Point
    upper_lip: Point
    lower_lip: Point
    chin: Point
    sure: bool = field(default=True, kw_only=True)

    @property
    def between(self) -> Point:
        """The middle of the eyes."""
        return (self.left_eye[0] + self.right_eye[0]) / 2, (self.left_eye[1] + self.right_eye[1]) / 2

    @property
    def roll(self) -> float:
        """How far the head leans, in radians clockwise."""
        return math.atan2(self.right_eye[1] - self.left_eye[1], max(self.right_eye[0] - self.left_eye[0], 1e-6))

    @property
    def gauge(self) -> float:
        """The distance from the line of the eyes to the lips: the measure of a face that turning does not change."""
        return max(4.0, (self.upper_lip[1] + self.lower_lip[1]) / 2 - self.between[1])

    @property
    def cheeks(self) -> tuple[float, float, float, float]:
        """The box (x0, y0, x1, y1) of cheeks and nose."""
        (x, y), span = self.between, max(abs(self.right_eye[0] - self.left_eye[0]), 0.4 * self.gauge)
        return x - 0.5 * span, y + 0.32 * self.gauge, x + 0.5 * span, y + 0.72 * self.gauge

    def carried(self, matrix: NDArray[np.float64]) -> Features:
        """The same points after a (2, 3) affine."""
        points = np.array([getattr(self, name) for name in NAMES], np.float64)
        moved = points @ matrix[:, :2].T + matrix[:, 2]
        return replace(self, **{name: (float(x), float(y)) for name, (x, y) in zip(NAMES, moved, strict=True)})

    def moved(self, dx: float, dy: float) -> Features:
        """The same points in a picture whose corner lies elsewhere."""
        return self.carried(np.array([[1, 0, dx], [0, 1, dy]], np.float64))

    def scaled(self, factor: float) -> Features:
        """The same points in a picture of another size."""
        return self.carried(np.array([[factor, 0, 0], [0, factor, 0]], np.float64))

    def mirrored(self, width: float) -> Features:
        """The same points in the picture seen in a mirror; left and right change places."""
        swapped = replace(
            self,
            left_eye=self.right_eye,
            right_eye=self.left_eye,
            mouth_left=self.mouth_right,
            mouth_right=self.mouth_left,
        )
        return swapped.carried(np.array([[-1, 0, width], [0, 1, 0]], np.float64))


NAMES = tuple(each.name for each in fields(Features) if each.name != "sure")


def found(points: FacePoints, width: int, height: int) -> Features:
    """``points`` (fractions of a picture ``width`` × ``height``) in pixels."""
    places: list[Point] = [(x * width, y * height) for x, y in (getattr(points, name) for name in NAMES)]
    return Features(*places)


def looked_for(picture: NDArray[np.uint8]) -> Features:
    """Points of a head in a trimmed BGRA cut-out that came without any.

    Starts from usual proportions (the eyes at half height, the lips at three quarters) and moves the lips to the
    reddest line nearby, the eyes to the darkest.
    """
    h, w = picture.shape[:2]
    solid = picture[:, :, 3] > 128
    lab = cv2.cvtColor(np.ascontiguousarray(picture[:, :, :3]), cv2.COLOR_BGR2LAB).astype(np.float64)
    rows, weight = np.arange(h), solid[:, int(w * 0.34) : int(w * 0.66)].astype(np.float64)
    middle = float(np.average(np.arange(w), weights=solid[int(h * 0.7) : int(h * 0.95)].sum(axis=0) + 1e-6))

    def strongest(channel: NDArray[np.float64], usual: float, reach: float) -> float:
        part = channel[:, int(w * 0.34) : int(w * 0.66)] * weight
        profile = part.sum(axis=1) / np.maximum(weight.sum(axis=1), 1)
        profile = cv2.GaussianBlur(profile.reshape(-1, 1), (0, 0), sigmaX=max(h / 60, 1.0)).ravel()
        near = np.exp(-0.5 * ((rows / h - usual) / reach) ** 2)
        spread = float(profile[near > 0.1].std()) or 1.0
        return float(rows[np.argmax(near * (2 + (profile - profile[near > 0.1].mean()) / spread))])

    eyes = strongest(255 - lab[:, :, 0], 0.53, 0.05)
    lips = strongest(lab[:, :, 1] - 0.4 * lab[:, :, 0], 0.79, 0.04)
    apart, wide = 0.15 * w, 0.12 * w
    return Features(
        left_eye=(middle - apart, eyes),
        right_eye=(middle + apart, eyes),
        mouth_left=(middle - wide, lips),
        mouth_right=(middle + wide, lips),
        upper_lip=(middle, lips),
        lower_lip=(middle, lips),
        chin=(middle, 0.985 * h),
        sure=False,
    )
