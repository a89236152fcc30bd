"""What a voice is like, measured from a sample, so that a voice of ours can be chosen and shaped close to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from numpy.typing import NDArray

from engine.diorama.sound.throats import nearness
from engine.errors import InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path

    from av.audio.frame import AudioFrame

    from engine.diorama.sound.dsp import Wave

RATE = 16_000
"""Samples a second at which voices are measured."""
SHORTEST, LONGEST = 1.0, 30.0
"""Seconds: a sample below the first says too little, what comes after the second is left out."""
_FORMATS = "wav,flac,ogg,mov,matroska,mp3,aac,aiff,caf,w64"
"""Containers of one sound. Playlists would open further files, on behalf of whoever sent the sample."""
LOWEST_PITCH, HIGHEST_PITCH = 60.0, 500.0
BANDS = np.geomspace(180.0, 6500.0, 48)
"""Hz, evenly spaced to the ear: moving along them by one is a vocal tract 7.9 % shorter or longer."""
_FRAME, _HOP, _FFT = 640, 160, 2048
_LEAST_VOICED = 0.3
_SMOOTH = 0.0018
"""Seconds: the cepstrum up to here is the throat, beyond it the pitch."""

Values = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class VoicePrint:
    """A few plain measures of a voice: enough to come near it, too few to know somebody by.

    ``pitch`` is the median in Hz, ``spread`` how far the melody goes (semitones from its 10th to its 90th hundredth),
    ``rate`` syllables a second, ``envelope`` the mean resonance of the throat in dB at `BANDS`, without its level.
    ``near`` says how alike it and each of our throats are (`throats.nearness`); empty where nobody compared them.
    """

    pitch: float
    spread: float
    rate: float
    envelope: tuple[float, ...]
    near: tuple[tuple[str, float], ...] = ()


def voiceprint(path: Path) -> VoicePrint:
    """Measure the sample at ``path``: WAV, FLAC, AAC, Opus … in one of the usual containers.

    Raises `InvalidRequest` (field "cast") when it cannot be read, is shorter than `SHORTEST` or holds no voice.
    """
    wave = _decoded(path)
    if wave.size < SHORTEST * RATE:
        raise InvalidRequest("The voice sample is too short: record at least one second of speech.", field="cast")
    return replace(measure(wave), near=nearness(wave, RATE))


def measure(wave: Wave) -> VoicePrint:
    """The print of ``wave``, (n,) at `RATE`. Raises `InvalidRequest` (field "cast") when nobody speaks in it."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(wave, (0, _FRAME)), _FRAME)[::_HOP].astype(np.float64)
    power = np.mean(frames * frames, axis=1)
    pitch, clearness = _pitches(frames)
    voiced = (clearness > 0.6) & (power > 0.02 * np.quantile(power, 0.95)) & (power > 1e-7)
    if np.count_nonzero(voiced) * _HOP < _LEAST_VOICED * RATE:
        raise InvalidRequest("Nobody is heard in the voice sample: record some speech in a quiet place.", field="cast")
    low, middle, high = np.quantile(pitch[voiced], (0.1, 0.5, 0.9))
    return VoicePrint(
        pitch=float(middle),
        spread=float(12 * np.log2(high / low)),
        rate=_rate(power, voiced),
        envelope=tuple(float(value) for value in np.round(_envelope(frames[voiced]), 2)),
    )


def throat_ratio(sample: VoicePrint, ours: VoicePrint, *, most: float = 1.2, cost: float = 2.0) -> tuple[float, float]:
    """(ratio, distance in dB): the shift of formants that brings ``ours`` nearest to ``sample``, and what remains.

    Along an axis that is even to the ear a shorter vocal tract moves the whole envelope upwards, so the ratio is
    where the two envelopes lie best on one another, at most ``most`` up or down. ``cost`` (dB for an e-fold) holds it
    back: shaping costs naturalness, so of two as good the smaller shift wins.
    """
    place = np.log(BANDS)
    wanted, given = np.array(sample.envelope), np.array(ours.envelope)
    best, least = 1.0, np.inf
    for ratio in np.exp(np.linspace(-np.log(most), np.log(most), 33)):
        moved = np.interp(place - np.log(ratio), place, given)
        inner = (place - np.log(ratio) >= place[0]) & (place - np.log(ratio) <= place[-1])
        error = (wanted - moved)[inner]
        distance = float(np.std(error)) + cost * abs(float(np.log(ratio)))
        if distance < least:
            best, least = float(ratio), distance
    return best, least


def _decoded(path: Path) -> Wave:
    """The first `LONGEST` seconds of ``path``, mono at `RATE`."""
    blocks: list[Values] = []
    try:
        if not path.is_file():  # a pipe would be waited for without end
            raise FileNotFoundError(path)
        with av.open(str(path), options={"format_whitelist": _FORMATS}) as container:
            resampler = AudioResampler(format="fltp", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                blocks += _samples(resampler, frame)
                if sum(block.size for block in blocks) >= LONGEST * RATE:
                    break
            else:
                blocks += _samples(resampler, None)
    except (OSError, ValueError, IndexError, FFmpegError) as error:
        raise InvalidRequest("The voice sample cannot be read: use WAV, FLAC, AAC or Opus.", field="cast") from error
    wave = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    return np.nan_to_num(wave[: round(LONGEST * RATE)]).astype(np.float32)


def _samples(resampler: AudioResampler, frame: AudioFrame | None) -> list[Values]:
    return [cast("Values", each.to_ndarray()).ravel() for each in resampler.resample(frame)]


def _pitches(frames: Values) -> tuple[Values, Values]:
    """(pitch in Hz, clearness 0 … 1) of each of ``frames`` (n, `_FRAME`), by autocorrelation (Boersma 1993)."""
    window = np.hanning(_FRAME)
    centred = (frames - frames.mean(axis=1, keepdims=True)) * window
    own = np.fft.irfft(np.abs(np.fft.rfft(centred, _FFT)) ** 2)[:, : _FRAME // 2 + 1]
    shape = np.fft.irfft(np.abs(np.fft.rfft(window, _FFT)) ** 2)[: _FRAME // 2 + 1]
    first, last = int(RATE / HIGHEST_PITCH), min(_FRAME // 2, int(RATE / LOWEST_PITCH))
    lags = np.arange(first, last)
    likeness = own[:, first:last] / np.maximum(own[:, :1], 1e-12) / (shape[first:last] / shape[0])
    # Every multiple of a period fits as well as the period itself: the shortest is favoured a little.
    best = np.argmax(likeness - 0.05 * np.log2(lags / first), axis=1)
    rows = np.arange(len(frames))
    return RATE / lags[best].astype(np.float64), np.clip(likeness[rows, best], 0.0, 1.0)


def _envelope(frames: Values) -> Values:
    """Mean resonance in dB at `BANDS` of voiced ``frames``, its mean taken off: cepstrally smoothed spectra."""
    spectrum = np.log(np.abs(np.fft.rfft(frames * np.hanning(_FRAME), _FFT)) + 1e-7)
    cepstrum = np.fft.irfft(spectrum)
    kept = round(_SMOOTH * RATE)
    lifter = np.zeros(_FFT)
    lifter[:kept] = np.cos(np.linspace(0, np.pi / 2, kept, endpoint=False)) ** 2
    lifter[-kept + 1 :] = lifter[1:kept][::-1]
    smooth = np.fft.rfft(cepstrum * lifter).real
    mean = np.interp(BANDS, np.fft.rfftfreq(_FFT, 1 / RATE), smooth.mean(axis=0)) * (20 / np.log(10))
    return mean - mean.mean()


def _rate(power: Values, voiced: NDArray[np.bool_]) -> float:
    """Syllables a second: peaks of the level in what is voiced, over the time somebody talks."""
    level = np.convolve(np.sqrt(power), np.hanning(13)[1:-1] / np.hanning(13).sum(), mode="same")
    inner = (level[1:-1] > level[:-2]) & (level[1:-1] >= level[2:]) & (level[1:-1] > 0.25 * np.quantile(level, 0.95))
    talking = np.convolve(voiced, np.ones(31), mode="same") > 0
    return float(np.count_nonzero(inner & voiced[1:-1]) / max(np.count_nonzero(talking) * _HOP / RATE, 0.5))
