"""Whose voice it is: a speaker embedding (GE2E, three LSTM layers) run by numpy alone."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from engine.errors import BackendUnavailable
from engine.identity.speech import RATE, measure, resampled, talk_of

WEIGHTS = Path(__file__).parent / "weights" / "voice.safetensors"
DIGEST = "9745f67cfd34e16dee8289a50a474300cd6c4d71659a0fa0ce317aa8f7c0437a"
VOICE_MODEL = f"ge2e-resemblyzer-0.1.4/{DIGEST[:12]}"
"""Stored beside every embedding: only embeddings of one model can be compared."""

SAME_VOICE, MAY_BE_SAME_VOICE = 0.83, 0.75
"""Scores: from the first on it is taken for the same voice (one false accept in 7,000 pairs), from the second on two
named voices are worth a person's ear (one in 100: too many to search a crowd with). See docs/likeness.md."""

LAYERS, UNITS, BANDS = 3, 256, 40
LEAST_SECONDS = 1.0
"""Seconds of talking below which an embedding says too little."""
_WINDOW, _STEP = 400, 160
_PARTIAL, _EVERY = 160, 80
"""Frames of 10 ms: the network hears 1.6 s at a time, every 0.8 s."""
_LOUDNESS = 10 ** (-30 / 20)

Wave = NDArray[np.float32]


class TooLittleSpeech(ValueError):
    """There is less than `LEAST_SECONDS` of talking."""


def embed(wave: Wave, rate: int) -> NDArray[np.float32]:
    """(256,) float32 of unit length for ``wave``, (n,) mono at ``rate``: compare two by `score`.

    Silence is left out, and loudness does not matter. Raises `TooLittleSpeech`; `BackendUnavailable` when the weights
    are missing.
    """
    mono = resampled(wave, rate, RATE)
    talk = talk_of(mono, measure(mono))
    if talk.size < LEAST_SECONDS * RATE:
        raise TooLittleSpeech(f"{talk.size / RATE:.1f} seconds of talking are too few to know a voice by")
    power = float(np.sqrt(np.mean(talk * talk)))
    parts = _parts(_mel(talk * (_LOUDNESS / max(power, 1e-6))))
    each = np.maximum(_last_state(parts) @ _tensor("linear.weight").T + _tensor("linear.bias"), 0.0)
    each /= np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-9)
    mean = each.mean(axis=0)
    return (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)


def score(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """How alike two voices are: the cosine of their embeddings, 0 … 1."""
    return float(np.dot(one, other))


def _parts(mel: Wave) -> Wave:
    """(parts, `_PARTIAL`, `BANDS`): overlapping pieces that together cover all of ``mel``."""
    if len(mel) < _PARTIAL:
        mel = np.pad(mel, ((0, _PARTIAL - len(mel)), (0, 0)), mode="wrap")
    last = len(mel) - _PARTIAL
    starts = sorted({*range(0, last + 1, _EVERY), last})
    return np.stack([mel[start : start + _PARTIAL] for start in starts])


def _last_state(parts: Wave) -> Wave:
    """What the last layer holds after the last frame, (parts, `UNITS`)."""
    sequence = parts
    for layer in range(LAYERS):
        driven = sequence @ _tensor(f"{layer}.input").T + _tensor(f"{layer}.bias")
        recurrent = np.ascontiguousarray(_tensor(f"{layer}.hidden").T)
        hidden = np.zeros((len(parts), UNITS), np.float32)
        cell, states = hidden, np.empty((*parts.shape[:2], UNITS), np.float32)
        for moment in range(parts.shape[1]):
            gates = driven[:, moment] + hidden @ recurrent
            write, forget, content, read = np.split(gates, 4, axis=1)
            cell = _sigmoid(forget) * cell + _sigmoid(write) * np.tanh(content)
            hidden = _sigmoid(read) * np.tanh(cell)
            states[:, moment] = hidden
        sequence = states
    return sequence[:, -1]


def _sigmoid(values: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    return np.float32(0.5) * (np.tanh(np.float32(0.5) * values) + np.float32(1.0))


def _mel(wave: Wave) -> Wave:
    """(frames, `BANDS`) power in mel bands, every 10 ms, as the network learnt it."""
    padded = np.pad(wave, _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STEP]
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)
    power = np.abs(np.fft.rfft(frames * hann)) ** 2
    return (power @ _filters().T).astype(np.float32)


@cache
def _filters() -> Wave:
    """(`BANDS`, bins) triangles of equal area on Slaney's mel scale: even up to 1 kHz, geometric above."""
    top = 15.0 + 27.0 * np.log(RATE / 2 / 1000.0) / np.log(6.4)
    mel = np.linspace(0.0, top, BANDS + 2)
    edges = np.where(mel < 15.0, mel * 200.0 / 3.0, 1000.0 * np.exp((mel - 15.0) * np.log(6.4) / 27.0))
    bins = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    area = 2.0 / (edges[2:] - edges[:-2])[:, None]
    return (np.clip(np.minimum(rise, fall), 0.0, None) * area).astype(np.float32)


def _tensor(name: str) -> NDArray[np.float32]:
    return _tensors()[name]


@cache
def _tensors() -> dict[str, NDArray[np.float32]]:
    try:
        data = WEIGHTS.read_bytes()
    except OSError as error:
        raise BackendUnavailable(f"{WEIGHTS.name} is missing from {WEIGHTS.parent}: install Yume again.") from error
    if hashlib.sha256(data).hexdigest() != DIGEST:
        raise BackendUnavailable(f"{WEIGHTS} is not the file that belongs to this version: install Yume again.")
    return {name: values.astype(np.float32) for name, values in load(data).items()}
