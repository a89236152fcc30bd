"""The peaks a player draws as a clip's sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PEAKS = 100


def peaks(waveform: NDArray[np.float32] | None, count: int = PEAKS) -> tuple[float, ...]:
    """``count`` values 0 … 1 (three decimals): the loudest moment of each equal part of ``waveform`` (channels, n).

    Silence, and no sound at all, give zeros.
    """
    if waveform is None or waveform.shape[1] == 0:
        return (0.0,) * count
    loudness = np.abs(waveform).max(axis=0)
    edges = np.linspace(0, loudness.size, count + 1)
    starts, ends = np.floor(edges[:-1]).astype(int), np.ceil(edges[1:]).astype(int)
    return tuple(round(min(1.0, float(loudness[start:end].max())), 3) for start, end in zip(starts, ends, strict=True))
