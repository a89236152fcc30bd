"""The voice model: phonemes and a voice style in, a waveform out (Kokoro-82M int8 on onnxruntime)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from safetensors.numpy import load as load_tensors

from engine.diorama.sound.likeness import BANDS
from engine.diorama.sound.phonemes import PAUSES, tokens
from engine.diorama.sound.voice_model import pitched_model

if TYPE_CHECKING:
    from engine.diorama.sound.dsp import Wave

VOICE_RATE = 24_000
"""Samples a second that the model makes."""
MOST_TOKENS = 254
"""Longer lines are cut here; they would outlast any clip."""
_THREADS = 2
THROAT = 128
"""A style is two halves: how the throat sounds, then how its owner speaks (melody, rhythm)."""
_SHORT, _SLOWER = 5, 0.85
"""Utterances of so few symbols ("wow") are said at this pace: the model swallows them otherwise."""
_KEPT = 64
"""Utterances kept in memory, about 0.3 MB each: a remix mostly says again what its parent said."""

_lock = threading.Lock()


@dataclass(frozen=True)
class Voice:
    """How somebody sounds: a baked style, the accent its English has, and how the voice is shaped.

    ``shift`` > 1 raises pitch and formants together (a small speaker), < 1 lowers them; ``pitch`` is a further factor
    on the pitch alone; ``pace`` is how fast it talks. ``throats`` are (style, share): their timbres replace so much
    of this style's, while melody, rhythm and accent stay. ``tint`` is a tone control: dB at `likeness.BANDS`, or none.
    """

    style: str
    british: bool = False
    shift: float = 1.0
    pace: float = 1.0
    pitch: float = 1.0
    throats: tuple[tuple[str, float], ...] = ()
    tint: tuple[float, ...] = ()


@cache
def session() -> onnxruntime.InferenceSession:
    """The model in memory, loaded once a process (about a second). Raises `BackendUnavailable` without its packages."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.log_severity_level = 3
    # Waiting threads sleep: spinning is no faster here and takes the core that paints and encodes.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(pitched_model(), options, providers=["CPUExecutionProvider"])


@cache
def style(name: str) -> Wave:
    """The baked style of a voice, (256, 256) float32: one row per number of tokens; a mere throat is (256, 128)."""
    packed = (files("engine.diorama") / "voices" / f"{name}.safetensors").read_bytes()
    return load_tensors(packed)["style"].astype(np.float32)


@lru_cache(maxsize=_KEPT)
def speak(symbols: str, voice: Voice, *, speed: float = 1.0) -> Wave:
    """Say ``symbols``; returns (n,) float32 at `VOICE_RATE`, read-only, trimmed of silence at both ends.

    A shifted voice is spoken slower or faster by the same factor, then resampled, so that its length stays.
    """
    # Without a stop at its end the model breaks off the last sound.
    numbers = tokens(symbols if symbols[-1] in PAUSES else f"{symbols}.")[:MOST_TOKENS]
    pace = speed * voice.pace * (_SLOWER if len(symbols) <= _SHORT else 1.0)
    inputs = {
        "tokens": np.array([[0, *numbers, 0]], np.int64),
        "style": _row(voice, len(numbers)),
        "speed": np.array([pace / voice.shift], np.float32),
        "pitch": np.array([voice.pitch], np.float32),
    }
    # onnxruntime sessions are safe to share, but two at once would fight over the same two cores.
    with _lock:
        spoken = np.asarray(session().run(None, inputs)[0], np.float32).ravel()
    wave = _tinted(trim(resample(spoken, 1.0 / voice.shift)), voice.tint)
    wave.flags.writeable = False
    return wave


def _row(voice: Voice, length: int) -> Wave:
    """The style of ``voice`` for an utterance of ``length`` tokens, (1, 256)."""
    row = style(voice.style)[min(length, len(style(voice.style)) - 1)].copy()
    own = row[:THROAT].copy()
    for name, share in voice.throats:
        other = style(name)[min(length, len(style(name)) - 1), :THROAT]
        row[:THROAT] += np.float32(share) * (other - own)
    return row[None]


def _tinted(wave: Wave, tint: tuple[float, ...]) -> Wave:
    """``wave`` with its spectrum raised and lowered by ``tint``."""
    if not tint:
        return wave
    hertz = np.fft.rfftfreq(wave.size, 1 / VOICE_RATE)
    gain = 10 ** (np.interp(np.log(np.maximum(hertz, 1.0)), np.log(BANDS), tint) / 20)
    return np.fft.irfft(np.fft.rfft(wave) * gain, wave.size).astype(np.float32)


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
