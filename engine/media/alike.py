"""How alike two clips are by their prints, and keys that prints of one clip in two encodings share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PLACES = [(row, column) for row in range(9) for column in range(9) if 0 < row + column < 12][:64]
"""Coefficients (row, column) of a picture's cosine transform whose signs are kept."""
VIEWS = (1.0, 0.9)
"""Each picture is kept whole, and its middle: a copy may be cut out of it."""

PICTURES_LISTED, MOMENTS_LISTED = 2, 3
"""Every so many of a clip's pictures and moments are in the index; all of those asked about are looked up there."""

_SIGNS = len(PLACES) // 8
_MIRROR = np.packbits([column % 2 == 1 for _, column in PLACES])
_MOMENT = 4
_LEAST_PICTURES, _LEAST_MOMENTS = 6, 20
_OVERLAP = 0.6
"""Share of the shorter clip that must lie over the other one."""


def mirrored(pictures: bytes) -> bytes:
    """The signs of the same pictures seen in a mirror."""
    signs = _read(pictures, _SIGNS)
    turned = signs ^ _MIRROR
    turned[~signs.any(axis=1)] = 0
    return turned.tobytes()


def picture_keys(pictures: bytes, *, every: int = 1) -> list[int]:
    """What pictures are looked up by: each 16 signs of ``every`` other picture (2: half of them), with their place."""
    views = _read(pictures, _SIGNS * len(VIEWS))[::every]
    return _keys(views.reshape(-1, _SIGNS))


def sound_keys(sound: bytes, *, every: int = 1) -> list[int]:
    """What a sound is looked up by: each 16 signs of ``every`` other moment, with their place."""
    return _keys(_read(sound, _MOMENT)[::every])


def pictures_alike(one: bytes, other: bytes) -> float:
    """1 for the same pictures, about 0 for unrelated ones, whichever clip starts later, in a mirror or not."""
    best = 0.0
    for asked in (one, mirrored(one)):
        a, b = _read(asked, _SIGNS)[0 :: len(VIEWS)], _read(other, _SIGNS)[0 :: len(VIEWS)]
        inner_a, inner_b = _read(asked, _SIGNS)[1 :: len(VIEWS)], _read(other, _SIGNS)[1 :: len(VIEWS)]
        best = max(best, *(_alike(x, y, _LEAST_PICTURES) for x, y in ((a, b), (inner_a, b), (a, inner_b))))
    return best


def sounds_alike(one: bytes, other: bytes) -> float:
    """As `pictures_alike`, for the sound. 0 where either is silent."""
    return _alike(_read(one, _MOMENT), _read(other, _MOMENT), _LEAST_MOMENTS)


def _keys(signs: NDArray[np.uint8]) -> list[int]:
    rows = np.ascontiguousarray(signs[signs.any(axis=1)])
    bands = rows.view(">u2").astype(np.int64)
    return sorted({int(key) for key in (bands + (np.arange(bands.shape[1]) << 16)).ravel()})


def _alike(a: NDArray[np.uint8], b: NDArray[np.uint8], least: int) -> float:
    """1 − twice the share of different bits, at the shift where that is greatest; rows of zeros are not compared."""
    told_a: NDArray[np.bool_] = np.any(a, axis=1)
    told_b: NDArray[np.bool_] = np.any(b, axis=1)
    wanted = max(least, round(_OVERLAP * min(len(a), len(b))))
    best = 0.0
    for shift in range(wanted - len(b), len(a) - wanted + 1):
        first, second = max(0, shift), max(0, -shift)
        length = min(len(a) - first, len(b) - second)
        both = told_a[first : first + length] & told_b[second : second + length]
        if np.count_nonzero(both) >= wanted:
            apart = (a[first : first + length] ^ b[second : second + length])[both]
            best = max(best, 1.0 - 2.0 * float(np.bitwise_count(apart).mean()) / 8.0)
    return best


def _read(signs: bytes, width: int) -> NDArray[np.uint8]:
    """(n, width); what is cut off in the middle of a row is left out."""
    return np.frombuffer(signs, np.uint8, count=len(signs) // width * width).reshape(-1, width)
