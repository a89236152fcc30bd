"""The sound of a recording: gathered while it is decoded, encoded anew, and kept as a WAV."""

from __future__ import annotations

import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from engine.capture.spec import LONGEST_SECONDS, CaptureRefused
from engine.identity.speech import audio_frame
from engine.media.encode import AUDIO_RATE

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.packet import Packet

SOUND_RATE = 24_000
"""Samples a second of the WAV: all that a voice needs."""
SPARE_SECONDS = 0.5
"""A recorder told to stop at `LONGEST_SECONDS` stops a little later."""


def too_long() -> CaptureRefused:
    """The refusal of a recording of more than `LONGEST_SECONDS`."""
    return CaptureRefused("TOO_LONG", f"The recording is longer than {LONGEST_SECONDS:.0f} seconds. Record it shorter.")


@dataclass
class SoundTrack:
    """The sound as it is decoded: mono float32 at `AUDIO_RATE`, its beginning laid under the first picture."""

    resampler: AudioResampler = field(
        default_factory=lambda: AudioResampler(format="fltp", layout="mono", rate=AUDIO_RATE)
    )
    blocks: list[NDArray[np.float32]] = field(default_factory=list[NDArray[np.float32]])
    samples: int = 0
    start: float | None = None

    def add(self, frame: AudioFrame | None) -> None:
        """Take the next decoded ``frame``; None is the end. Raises `CaptureRefused` past the longest recording."""
        if frame is not None and self.start is None:
            self.start = frame.time or 0.0
        for part in self.resampler.resample(frame):
            block = np.asarray(part.to_ndarray(), np.float32).ravel()
            self.blocks.append(block)
            self.samples += block.size
        if self.samples > (LONGEST_SECONDS + 2) * AUDIO_RATE:
            raise too_long()

    def wave(self) -> NDArray[np.float32]:
        """All of it, (n,) within ±1."""
        whole = np.nan_to_num(np.concatenate(self.blocks), posinf=0.0, neginf=0.0)
        return whole.clip(-1.0, 1.0).astype(np.float32, copy=False)

    def under(self, start: float, seconds: float) -> NDArray[np.float32]:
        """The sound from ``start`` (seconds of the recording's own clock) on, ``seconds`` long."""
        fitted = np.zeros(round(seconds * AUDIO_RATE), np.float32)
        late = round(((self.start or 0.0) - start) * AUDIO_RATE)
        sound = self.wave()[max(0, -late) :]
        place = fitted[max(0, late) :]
        kept = min(len(place), len(sound))
        place[:kept] = sound[:kept]
        return fitted

    def encoded(self, stream: AudioStream, start: float, seconds: float) -> list[Packet[Any]]:
        """The packets of ``stream`` that hold what `under` gives."""
        if not self.samples:
            return list(stream.encode(None))
        return [*stream.encode(audio_frame(self.under(start, seconds), AUDIO_RATE)), *stream.encode(None)]


def save_wav(path: Path, samples: NDArray[np.float32], rate: int) -> None:
    """Write (n,) float32 as a mono 16-bit WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples.clip(-1.0, 1.0) * 32767).astype("<i2").tobytes())


def load_wav(path: Path) -> NDArray[np.float32]:
    """(n,) float32 of a WAV that `save_wav` wrote."""
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / np.float32(32768)
