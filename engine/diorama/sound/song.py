"""A singing voice made by code: la-la on the notes of a tune, and how far the mouth opens for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.scene import MOUTH_RATE
from engine.diorama.sound.dsp import band, noise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.diorama.sound.dsp import Wave
    from engine.diorama.sound.music import Tone

_CENTRE = 66.0
"""MIDI note round which a woman sings."""
_CONTROL = 200
"""Moments a second at which pitch and throat are set."""
_TONGUE, _GLIDE, _BREATH = 0.09, 0.05, 0.22
"""Seconds: how long an L lasts, how long a voice slides between notes, and from which gap on it breathes."""
_LA = ((760.0, 90.0, 0.0), (1180.0, 110.0, -5.0), (2750.0, 170.0, -13.0), (3300.0, 220.0, -15.0))
_ELL = ((360.0, 80.0, -6.0), (1150.0, 140.0, -16.0), (2700.0, 220.0, -24.0), (3300.0, 250.0, -28.0))
_HUM = ((260.0, 70.0, -3.0), (1050.0, 200.0, -30.0), (2300.0, 300.0, -36.0), (3000.0, 300.0, -40.0))
"""Resonances of a throat: (Hz, width, dB). The third and fourth lie close together, as singers hold them."""
_MOST_HERTZ = 6000.0


def in_range(melody: Sequence[Tone], lift: float) -> int:
    """By how many semitones (whole octaves) ``melody`` is moved for a voice ``lift`` times as high as a woman's."""
    if not melody:
        return 0
    middle = float(np.median([tone.midi for tone in melody]))
    return 12 * round((_CENTRE + 12 * float(np.log2(lift)) - middle) / 12)


def sung(
    melody: Sequence[Tone], length: float, rate: int, rng: np.random.Generator, *, lift: float, hummed: bool = False
) -> tuple[Wave, Wave]:
    """``melody`` sung in ``length`` seconds: ((n,) float32 at ``rate``, peak at most 1; mouth (m,) at `MOUTH_RATE`)."""
    at = np.arange(round(length * _CONTROL) + 1) / _CONTROL
    pitch, voiced, tongue = _line(melody, at, in_range(melody, lift))
    t = np.arange(round(length * rate)) / rate
    sway = np.clip(_since_onset(melody, at) / 0.5, 0.0, 1.0)
    drift = np.convolve(rng.normal(0, 1, at.size), np.hanning(41) / np.hanning(41).sum(), mode="same")
    pitch = pitch + 0.32 * sway * np.sin(2 * np.pi * 5.6 * at) + 0.25 * drift
    hertz = np.asarray(440.0 * 2 ** ((pitch - 69) / 12), np.float64)
    phase = np.cumsum(np.interp(t, at, hertz)) * (2 * np.pi / rate)
    throat = lift**0.35
    wave = np.zeros(t.size, np.float32)
    for number in range(1, int(_MOST_HERTZ / hertz.min()) + 1):
        strength = _resonance(hertz * number, _HUM if hummed else _LA, throat)
        if not hummed:
            strength = strength * (1 - tongue) + _resonance(hertz * number, _ELL, throat) * tongue
        # A glottis gives 12 dB an octave less, the lips 6 dB more: together one over the number.
        gain = strength / number**0.8 * voiced * (hertz * number < min(_MOST_HERTZ, 0.42 * rate))
        if gain.max() > 1e-4:
            wave += (np.interp(t, at, gain) * np.sin(number * phase)).astype(np.float32)
    air = band(noise(t.size, rng), rate, 1500, 6000) * np.interp(t, at, 0.004 * voiced).astype(np.float32)
    wave += air * np.float32(np.abs(wave).max(initial=1e-6))
    frames = np.arange(max(1, round(length * MOUTH_RATE))) / MOUTH_RATE
    opened = np.interp(frames, at, voiced * (0.12 if hummed else 1.0) * (1 - 0.75 * tongue))
    return wave / np.float32(max(1e-6, float(np.abs(wave).max(initial=0.0)))), opened.astype(np.float32)


def _line(melody: Sequence[Tone], at: Wave, moved: int) -> tuple[Wave, Wave, Wave]:
    """(pitch in MIDI numbers, loudness 0 … 1, tongue at the teeth 0 … 1) at the moments ``at``."""
    pitch, voiced, tongue = np.full(at.size, _CENTRE), np.zeros(at.size), np.zeros(at.size)
    for number, tone in enumerate(melody):
        following = melody[number + 1].start if number + 1 < len(melody) else tone.start + tone.seconds
        gap = following - tone.start - tone.seconds
        end = following if gap < _BREATH else tone.start + tone.seconds
        until = following if number + 1 < len(melody) else at[-1] + 1
        pitch[(at >= tone.start) & (at < until)] = tone.midi + moved
        rise = np.clip((at - tone.start) / 0.04, 0, 1) * np.clip((end - at) / 0.07, 0, 1)
        voiced = np.maximum(voiced, (0.75 + 0.25 * tone.level) * rise)
        tongue = np.maximum(tongue, np.clip(1 - np.abs(at - tone.start - 0.3 * _TONGUE) / _TONGUE, 0, 1))
    if melody:
        pitch[at < melody[0].start] = melody[0].midi + moved
    width = round(_GLIDE * _CONTROL) | 1
    smooth = np.hanning(width + 2)[1:-1]
    pitch = np.convolve(np.pad(pitch, width // 2, mode="edge"), smooth / smooth.sum(), mode="valid")
    return pitch, voiced, tongue


def _since_onset(melody: Sequence[Tone], at: Wave) -> Wave:
    """Seconds since the note that sounds at each moment of ``at`` began."""
    starts = np.array([tone.start for tone in melody] or [0.0])
    return at - starts[np.clip(np.searchsorted(starts, at, side="right") - 1, 0, starts.size - 1)]


def _resonance(hertz: Wave, throat: tuple[tuple[float, float, float], ...], ratio: float) -> Wave:
    """How strongly a ``throat`` made ``1 / ratio`` as long answers at ``hertz``."""
    answer = np.full(hertz.shape, 0.004)
    for centre, width, level in throat:
        answer += 10 ** (level / 20) / (1 + ((hertz / ratio - centre) / width) ** 2)
    return answer


def phrases(melody: Sequence[Tone], length: float) -> list[tuple[float, float]]:
    """(start, end) seconds of what is sung in one breath or two, about three seconds each, within ``length``."""
    ends: list[tuple[float, float]] = []
    start = melody[0].start if melody else 0.0
    for number, tone in enumerate(melody):
        end = min(length, tone.start + tone.seconds)
        last = number + 1 == len(melody)
        if end - start >= 3.0 or last:
            ends.append((start, end))
            start = end if last else melody[number + 1].start
    return [(first, last) for first, last in ends if last - first > 0.2]
