"""Where in a sound somebody talks, and how well it was recorded: levels and periods, no model."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

RATE = 16_000
"""Samples a second of everything here."""
HOP, FRAME = 160, 640
"""Samples: a moment every 10 ms, heard for 40 ms."""
_FFT = 2048
_LOWEST, _HIGHEST = 60.0, 450.0
"""Hz: the pitches of voices."""
_CLEAR = 0.45
"""Autocorrelation from which a moment is voiced: vowels reach 0.9, noise stays below 0.3."""
_SPAN, _SHARE = 30.0, 0.4
"""dB below the loudest speech, and the share of the way up from the noise, where talking begins."""
_BRIDGE = 15
"""Moments: pauses up to 0.15 s belong to the talking around them."""
_QUIET = -70.0
_FULL = 0.985

Values = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Speech:
    """One sound measured. ``talking`` and ``voiced`` are (moments,) bool, every `HOP` samples.

    ``level`` is the loudness of the talking in dB of full scale, ``over_noise`` how many dB it lies above the quietest
    tenth, ``clipped`` the share of samples at full scale.
    """

    talking: NDArray[np.bool_]
    voiced: NDArray[np.bool_]
    level: float
    over_noise: float
    clipped: float

    @property
    def seconds(self) -> float:
        """How long somebody talks."""
        return float(np.count_nonzero(self.talking)) * HOP / RATE

    @property
    def voiced_share(self) -> float:
        """How much of the talking has a pitch: about half in speech, little in noise."""
        return float(np.count_nonzero(self.voiced & self.talking)) / max(int(np.count_nonzero(self.talking)), 1)


def measure(wave: NDArray[np.float32]) -> Speech:
    """Measure ``wave``, (n,) at `RATE`."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(wave, (FRAME // 2, FRAME)), FRAME)[::HOP]
    frames = frames[: max(1, wave.size // HOP)].astype(np.float64)
    level = 10 * np.log10(np.mean(frames * frames, axis=1) + 1e-10)
    floor, peak = float(np.quantile(level, 0.1)), float(np.quantile(level, 0.95))
    loud = level > max(peak - _SPAN, floor + _SHARE * (peak - floor), _QUIET)
    talking = _bridged(loud)
    return Speech(
        talking=talking,
        voiced=_voiced(frames) & loud,
        level=float(np.mean(level[loud])) if loud.any() else float(level.max()),
        over_noise=peak - floor,
        clipped=float(np.mean(np.abs(wave) >= _FULL)) if wave.size else 0.0,
    )


def talk_of(wave: NDArray[np.float32], speech: Speech) -> NDArray[np.float32]:
    """``wave`` (at `RATE`) without what lies between the talking."""
    kept = np.repeat(speech.talking, HOP)[: wave.size]
    return wave[: kept.size][kept]


def resampled(samples: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """(n,) ``samples`` of ``rate`` a second at ``wanted`` a second, band-limited."""
    if rate == wanted:
        return samples
    resampler = AudioResampler(format="fltp", layout="mono", rate=wanted)
    parts = [*resampler.resample(audio_frame(samples, rate)), *resampler.resample(None)]
    return np.concatenate([np.asarray(part.to_ndarray(), np.float32).ravel() for part in parts])


def audio_frame(samples: NDArray[np.float32], rate: int) -> AudioFrame:
    """(n,) mono ``samples`` as one frame for FFmpeg, from time 0."""
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return frame


def _bridged(loud: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``loud`` with its short pauses filled (a morphological closing) and its single clicks gone."""
    grown = _around(loud, _BRIDGE) > 0
    closed = _around(~grown, _BRIDGE) == 0
    return closed & (_around(loud, 2 * _BRIDGE + 1) >= 4)


def _around(mask: NDArray[np.bool_], width: int) -> NDArray[np.int64]:
    """How many moments are set among the ``width`` (odd) around each."""
    half = width // 2
    total = np.concatenate(([0], np.cumsum(np.pad(mask, half).astype(np.int64))))
    return total[width:] - total[:-width]


def _voiced(frames: Values) -> NDArray[np.bool_]:
    """Which of ``frames`` (n, `FRAME`) repeat themselves at a voice's pitch (Boersma 1993)."""
    window = np.hanning(FRAME)
    centred = (frames - frames.mean(axis=1, keepdims=True)) * window
    own = np.fft.irfft(np.abs(np.fft.rfft(centred, _FFT)) ** 2)[:, : FRAME // 2 + 1]
    shape = np.fft.irfft(np.abs(np.fft.rfft(window, _FFT)) ** 2)[: FRAME // 2 + 1]
    lags = slice(int(RATE / _HIGHEST), min(FRAME // 2, int(RATE / _LOWEST)))
    likeness = own[:, lags] / np.maximum(own[:, :1], 1e-12) / (shape[lags] / shape[0])
    return np.asarray(likeness.max(axis=1) > _CLEAR)
