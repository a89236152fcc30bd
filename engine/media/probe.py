"""What a finished file really holds, read from the file itself."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import av
import msgspec
from av.error import FFmpegError

from engine.errors import EngineError

if TYPE_CHECKING:
    from av.stream import Stream


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """A media file measured. ``seconds`` is the longer of its streams; codecs are FFmpeg's names, None where absent.

    ``frames`` counts video packets; ``fps`` is the average; ``sha256`` (hex) and ``bytes`` are of the whole file.
    """

    seconds: float
    video_seconds: float
    audio_seconds: float | None
    width: int
    height: int
    fps: float
    frames: int
    video_codec: str
    audio_codec: str | None
    audio_rate: int | None
    audio_channels: int | None
    video_streams: int
    audio_streams: int
    bytes: int
    sha256: str

    @property
    def has_audio(self) -> bool:
        """Whether there is a sound stream."""
        return self.audio_streams > 0


def probe(path: Path) -> Probe:
    """Measure ``path``. Raises `EngineError` when it is no media file or has no picture."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise EngineError("The file has no picture.")
            video = container.streams.video[0]
            audio = container.streams.audio[0] if container.streams.audio else None
            frames = sum(1 for packet in container.demux(video) if packet.size)
            video_seconds = _seconds(video)
            audio_seconds = _seconds(audio) if audio is not None else None
            context = video.codec_context
            return Probe(
                seconds=max(video_seconds, audio_seconds or 0.0),
                video_seconds=video_seconds,
                audio_seconds=audio_seconds,
                width=context.width,
                height=context.height,
                fps=float(video.average_rate or 0),
                frames=frames,
                video_codec=context.name,
                audio_codec=audio.codec_context.name if audio is not None else None,
                audio_rate=audio.codec_context.sample_rate if audio is not None else None,
                audio_channels=audio.codec_context.channels if audio is not None else None,
                video_streams=len(container.streams.video),
                audio_streams=len(container.streams.audio),
                bytes=path.stat().st_size,
                sha256=_digest(path),
            )
    except FFmpegError as error:
        raise EngineError(f"The file cannot be read as media: {error.strerror}.") from error


def _seconds(stream: Stream) -> float:
    if stream.duration is None or stream.time_base is None:
        raise EngineError("The file does not say how long it is.")
    return float(stream.duration * stream.time_base)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
