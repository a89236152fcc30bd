"""Encodes frames and sound into one MP4 (H.264 + AAC, faststart) in flat memory, beside the thread that draws."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from engine.errors import EngineError

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container.output import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    from engine.media.live import LiveSegments

AUDIO_RATE = 48_000
QUEUE_FRAMES = 8
"""Pictures that may wait between drawing and encoding (1.4 MB each at 720 × 1280)."""


@dataclass(frozen=True, kw_only=True)
class VideoSettings:
    """Size in pixels (both even), frames per second and x264's own dials.

    ``comment`` is what the file says of itself to whoever opens it.
    ``threads`` is fixed rather than taken from the machine, because x264's bytes depend on it. ``tuning`` adds to the
    preset in x264's own notation: by default what `docs/speed.md` found worth its time on drawn pictures.
    """

    width: int
    height: int
    fps: int
    frame_count: int
    crf: int = 25
    preset: str = "ultrafast"
    tuning: str = "cabac=1:8x8dct=1:no-deblock=0:partitions=i8x8,i4x4:subme=1"
    threads: int = 4
    comment: str = ""


def fit_sound(waveform: NDArray[np.float32], sample_rate: int, settings: VideoSettings) -> NDArray[np.float32]:
    """``waveform`` (channels, n) float32 as (2, m) at 48 kHz, exactly as long as the picture.

    Mono is doubled; a few samples too many are cut, too few are silence.
    """
    stereo = np.ascontiguousarray(np.broadcast_to(waveform, (2, waveform.shape[1])), dtype=np.float32)
    if sample_rate != AUDIO_RATE:
        stereo = _resample(stereo, sample_rate)
    length = round(settings.frame_count * AUDIO_RATE / settings.fps)
    fitted = np.zeros((2, length), np.float32)
    kept = min(length, stereo.shape[1])
    np.clip(stereo[:, :kept], -1.0, 1.0, out=fitted[:, :kept])
    return fitted


def _resample(stereo: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    frame = av.AudioFrame.from_ndarray(stereo, format="fltp", layout="stereo")
    frame.sample_rate = sample_rate
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=AUDIO_RATE)
    parts = [part.to_ndarray() for part in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(parts, axis=1).astype(np.float32, copy=False)


class Mp4Writer:
    """A sink that encodes in its own thread. Use as a context manager: leaving by an exception deletes the file.

    ``sound`` is (2, n) float32 at 48 kHz as `fit_sound` makes it, or None. ``live`` is handed every packet too: what is
    played while the clip is made and the finished file are one encoding. Leaving normally waits for the last packet
    and raises what went wrong in the encoding thread.
    """

    def __init__(
        self,
        path: Path,
        settings: VideoSettings,
        sound: NDArray[np.float32] | None,
        live: LiveSegments | None = None,
    ) -> None:
        self._path, self._settings, self._sound, self._live = path, settings, sound, live
        self._queue: queue.Queue[NDArray[np.uint8] | None] = queue.Queue(QUEUE_FRAMES)
        self._free: queue.Queue[NDArray[np.uint8]] = queue.Queue()
        for _ in range(QUEUE_FRAMES + 2):  # and one being filled, one being encoded
            self._free.put(self._empty_planes())
        self._failure: BaseException | None = None
        self._abandoned = False
        self._thread = threading.Thread(target=self._encode, name="encode", daemon=True)

    def __enter__(self) -> Mp4Writer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandoned = error is not None
        self._queue.put(None)
        self._thread.join()
        if error is not None or self._failure is not None:
            self._path.unlink(missing_ok=True)
        if error is None and self._failure is not None:
            raise EngineError("The clip could not be encoded.") from self._failure

    def write(self, index: int, frame: NDArray[np.uint8]) -> None:  # noqa: ARG002 - frames come in order
        """Convert frame ``index`` (height, width, 3) BGR to YUV and queue it; waits while the queue is full."""
        if self._failure is not None:
            raise EngineError("The clip could not be encoded.") from self._failure
        planes = self._free.get()
        cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420, dst=planes)
        self._queue.put(planes)

    def _empty_planes(self) -> NDArray[np.uint8]:
        return np.empty((self._settings.height * 3 // 2, self._settings.width), np.uint8)

    def _encode(self) -> None:
        try:
            self._encode_all()
        except BaseException as error:  # noqa: BLE001 - crosses to the drawing thread, which raises it
            self._failure = error
            while self._queue.get() is not None:  # never leave the drawing thread waiting for a buffer
                self._free.put(self._empty_planes())

    def _encode_all(self) -> None:
        # The default clock of the header ticks in milliseconds and would cut the sound to them.
        options = {"movflags": "+faststart", "movie_timescale": str(AUDIO_RATE)}
        with av.open(str(self._path), "w", format="mp4", options=options) as container:
            if self._settings.comment:
                container.metadata["comment"] = self._settings.comment
            picture = _add_picture(container, self._settings)
            sound = _add_sound(container) if self._sound is not None else None
            if self._live is not None:
                picture.options = picture.options | {"forced-idr": "1"}
                container.start_encoding()
                self._live.open(picture, sound)
            index = 0
            while (planes := self._queue.get()) is not None:
                if not self._abandoned:
                    frame = _as_frame(planes, index, self._settings.fps)
                    if self._live is not None and self._live.starts_segment(index):
                        frame.pict_type = PictureType.I
                    self._mux(container, picture.encode(frame))
                    if sound is not None:
                        self._mux_sound(container, sound, index)
                self._free.put(planes)
                index += 1
            self._mux(container, picture.encode(None))
            if sound is not None:
                self._mux(container, sound.encode(None))
            if self._live is not None and not self._abandoned:
                self._live.close()

    def _mux(self, container: OutputContainer, packets: Iterable[Packet[Any]]) -> None:
        for packet in packets:
            container.mux_one(packet)
            if self._live is not None and not self._abandoned:
                self._live.write(packet)

    def _mux_sound(self, container: OutputContainer, stream: AudioStream, index: int) -> None:
        """Mux the sound that goes with frame ``index``, so that neither stream runs ahead in the muxer's memory."""
        if self._sound is None:
            return
        start, end = (round(at * AUDIO_RATE / self._settings.fps) for at in (index, index + 1))
        samples = np.ascontiguousarray(self._sound[:, start:end])
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, start, Fraction(1, AUDIO_RATE)
        self._mux(container, stream.encode(frame))


def _add_picture(container: OutputContainer, settings: VideoSettings) -> VideoStream:
    options = {
        "preset": settings.preset,
        "crf": str(settings.crf),
        "g": str(2 * settings.fps),
        "x264-params": settings.tuning,
    }
    stream = container.add_stream("libx264", rate=settings.fps, options=options)
    stream.width, stream.height, stream.pix_fmt = settings.width, settings.height, "yuv420p"
    stream.codec_context.thread_count = settings.threads
    stream.codec_context.time_base = Fraction(1, settings.fps)
    # What cv2 does to sRGB pictures: the matrix of BT.601 in studio range; primaries and transfer stay sRGB's.
    stream.codec_context.color_range = ColorRange.MPEG
    stream.codec_context.colorspace = Colorspace.ITU601
    stream.codec_context.color_primaries = ColorPrimaries.BT709
    stream.codec_context.color_trc = ColorTrc.IEC61966_2_1
    return stream


def _add_sound(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=AUDIO_RATE, layout="stereo")
    stream.bit_rate = 128_000
    return stream


def _as_frame(planes: NDArray[np.uint8], index: int, fps: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts, frame.time_base = index, Fraction(1, fps)
    return frame
