"""Loudness as ITU-R BS.1770-4 measures it (LUFS), true peaks, and the limiter that ends the mix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.sound.dsp import Wave

TARGET = -16.0
"""LUFS of every clip."""
CEILING = 10 ** (-1.5 / 20)
"""Highest true peak the limiter lets through: half a decibel of room below −1 dBFS for the lossy encoder."""
_BLOCK, _HOP = 0.4, 0.1


def integrated(wave: Wave, rate: int) -> float:
    """Gated loudness of ``wave`` (2, n) in LUFS; −inf for silence."""
    squared = np.sum(np.square(_k_weighted(wave, rate), dtype=np.float64), axis=0)
    total = np.concatenate(([0.0], np.cumsum(squared)))
    block = min(round(_BLOCK * rate), wave.shape[-1])
    starts = np.arange(0, wave.shape[-1] - block + 1, max(1, round(_HOP * rate)))
    power = (total[starts + block] - total[starts]) / block
    power = power[power > _power(-70.0)]
    if power.size == 0:
        return -np.inf
    return _loudness(power[power > 0.1 * power.mean()].mean())


def true_peak(wave: Wave) -> float:
    """The highest peak of ``wave`` (2, n) between the samples too (4 × oversampled), linear."""
    return float(_peaks(wave).max(initial=0.0))


def master(wave: Wave, rate: int) -> Wave:
    """``wave`` (2, n) brought to `TARGET`, its peaks held under `CEILING`."""
    loud = wave
    for _ in range(4):
        error = TARGET - integrated(loud, rate)
        if not np.isfinite(error):
            return loud
        # What the limiter takes away is given back by the next round.
        loud = limit(loud * np.float32(10 ** (error / 20)), rate)
        if abs(TARGET - integrated(loud, rate)) < 0.2:
            break
    return loud


def limit(wave: Wave, rate: int, *, ceiling: float = CEILING) -> Wave:
    """``wave`` (2, n) with its gain dipping smoothly, 4 ms ahead of each true peak above ``ceiling``."""
    step = 32
    peaks = _peaks(wave).max(axis=0)
    padded = np.pad(peaks, (0, -peaks.size % step)).reshape(-1, step).max(axis=1)
    if padded.max(initial=0.0) <= ceiling:
        return wave
    gain = np.minimum(1.0, ceiling / np.maximum(padded, 1e-9))
    reach = max(1, round(0.004 * rate / step))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(gain, 2 * reach, mode="edge"), 2 * reach + 1)
    kernel = np.hanning(2 * reach + 3)[1:-1]
    smooth = np.convolve(windows.min(axis=1), kernel / kernel.sum(), mode="valid")
    # Between block centres the gain is interpolated; a block must not rise above its own need at either end.
    low = np.minimum(smooth, np.minimum(np.roll(smooth, 1), np.roll(smooth, -1)))
    curve = np.interp(np.arange(wave.shape[-1]), np.arange(low.size) * step + step / 2, low)
    return wave * curve.astype(np.float32)


def _power(lufs: float) -> float:
    return 10 ** ((lufs + 0.691) / 10)


def _loudness(power: float) -> float:
    return float(-0.691 + 10 * np.log10(power))


def _k_weighted(wave: Wave, rate: int) -> Wave:
    """The standard's two filters (a shelf for the head, a high-pass), applied by spectrum."""
    hertz = np.fft.rfftfreq(wave.shape[-1], 1 / rate).astype(np.float64)
    shelf = _biquad(hertz, rate, 1681.974450955533, 0.7071752369554196, 3.999843853973347)
    high_pass = _biquad(hertz, rate, 38.13547087602444, 0.5003270373238773, None)
    return np.fft.irfft(np.fft.rfft(wave) * (shelf * high_pass).astype(np.complex64), wave.shape[-1])


def _biquad(
    hertz: NDArray[np.float64], rate: int, centre: float, q: float, gain: float | None
) -> NDArray[np.complex128]:
    """Frequency response of BS.1770's stage one (``gain`` dB) or stage two (None), redesigned for ``rate``."""
    k = np.tan(np.pi * centre / rate)
    a0 = 1.0 + k / q + k * k
    a = np.array([1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0])
    if gain is None:
        b = np.array([1.0, -2.0, 1.0])
    else:
        high = 10 ** (gain / 20)
        middle = high**0.4996667741545416
        b = np.array([high + middle * k / q + k * k, 2.0 * (k * k - high), high - middle * k / q + k * k]) / a0
    z = np.exp(-2j * np.pi * hertz / rate)
    return (b[0] + b[1] * z + b[2] * z * z) / (a[0] + a[1] * z + a[2] * z * z)


def _interpolators() -> list[Wave]:
    """Three windowed sincs of 16 taps for the points a quarter, a half and three quarters after each sample."""
    taps = np.arange(-8, 8)
    kernels: list[Wave] = []
    for fraction in (0.25, 0.5, 0.75):
        kernel = np.sinc(taps + fraction) * np.cos(np.pi * (taps + fraction) / 17) ** 2
        kernels.append((kernel / kernel.sum()).astype(np.float32))
    return kernels


_INTERPOLATORS = _interpolators()


def _peaks(wave: Wave) -> Wave:
    """The highest absolute value at and shortly after each sample, (channels, n)."""
    highest = np.abs(wave)
    for channel, row in enumerate(wave):
        for kernel in _INTERPOLATORS:
            between = np.abs(np.convolve(row, kernel, mode="same"))
            np.maximum(highest[channel], between, out=highest[channel])
    return highest
