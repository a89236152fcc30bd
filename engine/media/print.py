"""By what a clip is known again in another encoding: signs of its pictures and of its sound, and keys to look them up.

Pictures: four a second, as 64 signs of a cosine transform of each and of its middle (Zauner, "Implementation and
benchmarking of perceptual image hash functions", 2010). Sound: for each twentieth of a second 32 signs of how its
energy changes along time and pitch (Haitsma and Kalker, "A highly robust audio fingerprinting system", 2002). Neither
shows what is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from engine.media.alike import PLACES, VIEWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

PICTURES_A_SECOND = 4
SOUND_RATE = 8_000
"""Samples a second that are listened to: what is above is lost first in another encoding."""

_SIDE = 32
_FLAT = 4.0
"""Standard deviation (of 255) below which a picture has too little in it to be known by."""
_WINDOW, _HOP = 2_048, 400
_BANDS = 33
_LOWEST, _HIGHEST = 200.0, 3_200.0
_SILENT = 1e-7
"""Mean energy of a window below which it is silence."""


@dataclass(frozen=True)
class Print:
    """``pictures`` holds 16 bytes a picture, ``sound`` 4 bytes a moment (zeros: nothing to hear)."""

    pictures: bytes
    sound: bytes


class PrintSink:
    """Samples a clip's pictures as they are encoded."""

    def __init__(self, fps: int) -> None:
        self._every = max(1, round(fps / PICTURES_A_SECOND))
        self._signs = bytearray()

    def write(self, index: int, frame: NDArray[np.uint8]) -> None:
        """Take frame ``index`` (from 0), (height, width, 3) BGR."""
        if index % self._every == self._every // 2:
            self._signs += picture_signs(frame)

    @property
    def signs(self) -> bytes:
        """What was taken so far, as `Print.pictures`."""
        return bytes(self._signs)


def picture_signs(bgr: NDArray[np.uint8]) -> bytes:
    """8 bytes for a picture of any size and 8 for its middle; zeros where there is nothing to see."""
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    return b"".join(_signs(_middle(grey, share)) for share in VIEWS)


def _middle(grey: NDArray[Any], share: float) -> NDArray[Any]:
    top, left = (round(side * (1.0 - share) / 2) for side in grey.shape)
    return grey[top : grey.shape[0] - top, left : grey.shape[1] - left]


def _signs(grey: NDArray[Any]) -> bytes:
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    if float(small.std()) < _FLAT:
        return bytes(len(PLACES) // 8)
    spectrum = cv2.dct(small)
    return np.packbits([bool(spectrum[place] > 0) for place in PLACES]).tobytes()


def sound_signs(waveform: NDArray[np.float32] | None, sample_rate: int) -> bytes:
    """4 bytes for each 50 ms of ``waveform`` (channels, n) in −1 … 1; empty without sound."""
    if waveform is None or waveform.shape[1] == 0:
        return b""
    mono = _resampled(np.asarray(waveform, np.float32).mean(axis=0), sample_rate)
    if len(mono) < _WINDOW + _HOP:
        return b""
    frames = np.lib.stride_tricks.sliding_window_view(mono, _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32), axis=1)) ** 2  # (n, 1025)
    edges = np.geomspace(_LOWEST, _HIGHEST, _BANDS + 1) * _WINDOW / SOUND_RATE
    starts = np.round(edges).astype(int)
    bands = np.add.reduceat(power, starts, axis=1)[:, :_BANDS]  # (n, 33)
    tilt = bands[:, :-1] - bands[:, 1:]  # (n, 32)
    signs = np.packbits(tilt[1:] - tilt[:-1] > 0, axis=1)
    signs[np.mean(frames[1:] ** 2, axis=1) < _SILENT] = 0
    return signs.tobytes()


def _resampled(mono: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """``mono`` at `SOUND_RATE`, what is too high for it filtered out."""
    spectrum = np.fft.rfft(mono)
    length = round(len(mono) * SOUND_RATE / sample_rate)
    kept = length // 2 + 1
    cut = np.zeros(kept, spectrum.dtype)
    cut[: min(kept, len(spectrum))] = spectrum[:kept]
    return (np.fft.irfft(cut, length) * (length / len(mono))).astype(np.float32)
