"""Building blocks of synthesis on float32 arrays: noise, spectral filters, envelopes, tones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Wave: TypeAlias = NDArray[np.floating[Any]]
"""Samples, (n,) mono or (2, n) stereo: float32 wherever it is stored."""
TAU = np.float32(2 * np.pi)


def seconds(length: float, rate: int) -> Wave:
    """Times of the samples of ``length`` seconds, (n,) float32."""
    return np.arange(max(1, round(length * rate)), dtype=np.float32) / np.float32(rate)


def noise(samples: int, rng: np.random.Generator) -> Wave:
    """White noise, (samples,) float32 of unit power."""
    return rng.standard_normal(samples, dtype=np.float32)


def band(wave: Wave, rate: int, low: float, high: float, *, slope: float = 2.0) -> Wave:
    """``wave`` with what lies outside ``low`` … ``high`` Hz faded out (``slope`` poles a side), by its spectrum."""
    spectrum = np.fft.rfft(wave)
    hertz = np.fft.rfftfreq(wave.size, 1 / rate).astype(np.float32)
    gain = 1.0 / np.sqrt(1.0 + (hertz / np.float32(high)) ** (2 * slope))
    if low > 0:
        ratio = (hertz / np.float32(low)) ** slope
        gain *= ratio / np.sqrt(1.0 + ratio**2)
    return np.fft.irfft(spectrum * gain.astype(np.float32), wave.size).astype(np.float32)


def tilted_noise(samples: int, rate: int, rng: np.random.Generator, low: float, high: float, tilt: float = 0.0) -> Wave:
    """Noise of peak about 1 between ``low`` and ``high`` Hz, its spectrum falling ``tilt`` × 6 dB an octave."""
    hertz = np.fft.rfftfreq(samples, 1 / rate).astype(np.float32)
    gain = np.where((hertz > low) & (hertz < high), np.maximum(hertz, 20.0) ** np.float32(-tilt), 0.0).astype(
        np.float32
    )
    ramp = np.clip(np.minimum((hertz - low) / (0.3 * low + 10), (high - hertz) / (0.3 * high)), 0.0, 1.0)
    spectrum = np.fft.rfft(noise(samples, rng)) * (gain * ramp)
    return unit(np.fft.irfft(spectrum, samples).astype(np.float32))


def unit(wave: Wave) -> Wave:
    """``wave`` scaled to a peak of 1 (silence stays silence)."""
    peak = float(np.abs(wave).max(initial=0.0))
    return wave / np.float32(peak) if peak > 0 else wave


def decay(times: Wave, half: float, attack: float = 0.002) -> Wave:
    """A strike: rises within ``attack`` seconds, then halves every ``half`` seconds."""
    return np.minimum(times / np.float32(attack), 1.0) * np.exp2(-times / np.float32(half))


def swell(times: Wave, attack: float, release: float) -> Wave:
    """Rises over ``attack`` and falls over the last ``release`` seconds, smooth at both ends."""
    total = times[-1] if times.size else 0.0
    rise = np.clip(times / np.float32(max(attack, 1e-3)), 0.0, 1.0)
    fall = np.clip((total - times) / np.float32(max(release, 1e-3)), 0.0, 1.0)
    return np.sin(rise * fall * (TAU / 4)) ** 2


def glide(times: Wave, points: Sequence[tuple[float, float]], rate: int) -> Wave:
    """The phase (radians) of a tone whose pitch passes through ``points`` (second, hertz)."""
    at, hertz = zip(*points, strict=True)
    pitch = np.interp(times, at, hertz)
    return (np.cumsum(pitch) * (2 * np.pi / rate)).astype(np.float32)


def tone(phase: Wave, partials: Sequence[float]) -> Wave:
    """Sines at 1, 2, 3 … times ``phase`` with the amplitudes of ``partials``."""
    wave = np.zeros_like(phase)
    for number, amplitude in enumerate(partials, start=1):
        if amplitude:
            wave += np.float32(amplitude) * np.sin(phase * np.float32(number))
    return wave


def formant_tone(phase: Wave, pitch: float, formants: Sequence[tuple[float, float, float]], partials: int = 24) -> Wave:
    """A voiced sound: harmonics of ``phase`` weighted by ``formants`` (hertz, width, gain) at ``pitch`` Hz."""
    weights: list[float] = []
    for number in range(1, partials + 1):
        hertz = number * pitch
        weights.append(
            sum(gain / (1 + ((hertz - centre) / width) ** 2) for centre, width, gain in formants) / number**0.5
        )
    return unit(tone(phase, weights))


def add(bus: Wave, wave: Wave, start: int) -> None:
    """Add ``wave`` (…, m) into ``bus`` (…, n) from sample ``start``; what falls outside is cut."""
    skip = max(0, -start)
    room = bus.shape[-1] - max(0, start)
    part = wave[..., skip : skip + room] if room > 0 else wave[..., :0]
    if part.shape[-1] > 0:
        bus[..., max(0, start) : max(0, start) + part.shape[-1]] += part


def pan(wave: Wave, position: Wave | float) -> Wave:
    """Mono (n,) → stereo (2, n) at ``position`` 0 (left) … 1 (right), a number or one a sample, at constant power."""
    angle = np.clip(np.asarray(position, np.float32), 0.06, 0.94) * (TAU / 4)
    return np.stack((wave * np.cos(angle), wave * np.sin(angle))) * np.float32(np.sqrt(2.0))


def widen(wave: Wave, other: Wave, width: float = 0.5) -> Wave:
    """Two unlike mono takes of one sound as a stereo bed, ``width`` 0 (mono) … 1 (apart)."""
    return np.stack((wave + (1 - width) * other, other + (1 - width) * wave)).astype(np.float32) / np.float32(2 - width)
