"""A recording's fingerprint, which survives another encoding: one recording is good for one capture only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engine.capture.spec import CheckName, CheckResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

EVERY = 0.25
"""Seconds between the moments that are hashed."""
REPLAYED = 0.15
"""Distance up to which two recordings are one. docs/capture.md has what others were measured at."""

_VERSION = 1
_SIDE = 32
_SLACK, _LEAST = 16, 8
"""Moments by which one recording may start later than the other, and how many must be common to both."""
_WEIGHED = 0.35
"""Bits are compared at the moments that move: those with at least this share of the usual movement."""

# Signs of the coefficients (row, column) of a cosine transform, the constant one left out.
_PLACES = [(row, column) for row in range(9) for column in range(9) if 0 < row + column < 11][:64]
_MIRRORED = np.packbits([column % 2 == 1 for _, column in _PLACES])
"""The bits that change when a picture is seen in a mirror."""


def shrunk(bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The middle of a picture as (32, 32) greys: all that a fingerprint needs of it."""
    height, width = bgr.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    grey = cv2.cvtColor(bgr[top : top + side, left : left + side], cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float32)


def fingerprint(small: Sequence[NDArray[np.float32]]) -> bytes:
    """The fingerprint of pictures `shrunk` every `EVERY` seconds: a version, then 9 bytes for each.

    Every picture is hashed as it differs from the recording's mean, so that two recordings of one person in one room
    differ as their movements do; 64 signs of its cosine transform, and one byte for how much it moves.
    """
    if not small:
        return bytes([_VERSION])
    stack = np.stack(small)
    moved = stack - stack.mean(axis=0)
    strengths = moved.std(axis=(1, 2))
    usual = max(float(np.median(strengths)), 1e-3)
    rows = bytearray([_VERSION])
    for picture, strength in zip(moved, strengths, strict=True):
        spectrum = cv2.dct(np.ascontiguousarray(picture, np.float32))
        signs = [bool(spectrum[place] > 0) for place in _PLACES]
        rows += np.packbits(signs).tobytes() + bytes([min(255, round(float(strength) / usual * 64))])
    return bytes(rows)


def distance(one: bytes, other: bytes) -> float:
    """How far two recordings are apart: 0 the same, about 0.5 unrelated; 1.0 where either cannot be compared."""
    a, b = _read(one), _read(other)
    if a is None or b is None:
        return 1.0
    best = 1.0
    for mask in (np.zeros(8, np.uint8), _MIRRORED):
        for shift in range(-_SLACK, _SLACK + 1):
            best = min(best, _apart(a, b, shift, mask))
    return best


def not_replayed(print_: bytes, known: Iterable[bytes]) -> CheckResult:
    """Whether a recording is none of those kept before."""
    nearest = min((distance(print_, each) for each in known), default=1.0)
    if nearest <= REPLAYED:
        return CheckResult(
            name=CheckName.NOT_REPLAYED,
            passed=False,
            code="REPLAYED",
            message="This recording was used before. Record a new one that answers the task you see now.",
            detail={"distance": nearest},
        )
    return CheckResult(
        name=CheckName.NOT_REPLAYED, passed=True, code="OK", message="This is a new recording.",
        detail={"distance": nearest},
    )  # fmt: skip


def _read(print_: bytes) -> NDArray[np.uint8] | None:
    """(n, 9), or None for another version and for what is too short to tell."""
    if len(print_) < 1 + 9 * _LEAST or print_[0] != _VERSION or (len(print_) - 1) % 9:
        return None
    return np.frombuffer(print_, np.uint8, offset=1).reshape(-1, 9)


def _apart(a: NDArray[np.uint8], b: NDArray[np.uint8], shift: int, mask: NDArray[np.uint8]) -> float:
    """Share of different bits where both recordings move, ``b`` starting ``shift`` moments later."""
    first, second = max(0, shift), max(0, -shift)
    length = min(len(a) - first, len(b) - second)
    if length < max(_LEAST, 0.6 * min(len(a), len(b))):
        return 1.0
    x, y = a[first : first + length], b[second : second + length]
    weights = np.minimum(x[:, 8], y[:, 8]).astype(np.float64)
    weights[weights < 64 * _WEIGHED] = 0
    if np.count_nonzero(weights) < _LEAST // 2:
        return 1.0
    bits = np.unpackbits(x[:, :8] ^ y[:, :8] ^ mask, axis=1).mean(axis=1)
    return float(np.average(bits, weights=weights))
