"""Turns a foreign recording into a clean MP4 and a WAV: nothing is decoded before its sizes are known to be small."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from engine.capture.sound import SOUND_RATE, SPARE_SECONDS, SoundTrack, save_wav, too_long
from engine.capture.spec import LONGEST_SECONDS, MOST_BYTES, CaptureRefused, Cleaned
from engine.identity.speech import resampled
from engine.media.encode import AUDIO_RATE

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container.input import InputContainer
    from av.container.output import OutputContainer
    from av.video.stream import VideoStream

SHORTEST_SECONDS = 1.0
LEAST_SIDE, MOST_SIDE, MOST_PIXELS = 160, 2560, 2560 * 1440
MOST_FRAMES = 1_000
"""Sixty pictures a second for the longest recording, and some."""
MOST_STREAMS = 8
"""Phones add streams of their own: how the phone was held, a second sound track."""
KEPT_SIDE, KEPT_FPS = 1280, 30
MISSING = 0.85
"""Less than this share of the pictures that the file promises: it was cut off."""

_VIDEO_CODECS = {"h264", "hevc", "vp8", "vp9", "av1"}
_AUDIO_CODECS = {"aac", "opus", "vorbis", "mp3", "pcm_s16le", "pcm_s16be", "flac", "alac"}
_DECODERS = {*_VIDEO_CODECS, *_AUDIO_CODECS, "libvpx", "libvpx-vp9", "libdav1d", "libopus", "mp3float"}
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm",
    "codec_whitelist": ",".join(sorted(_DECODERS)),
    "max_pixels": str(MOST_PIXELS),
    "max_streams": str(2 * MOST_STREAMS),
    "threads": "1",
}
_TURNED = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, -90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, -180: cv2.ROTATE_180}

_NOT_MEDIA = "This file is not a recording that Yume can read. Record an MP4 or WebM with your phone or browser."
_CUT_OFF = "The recording breaks off: the file is incomplete. Send it again, or record it again."


def frames(path: Path, *, every: float = 0.0) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """(seconds, (H, W, 3) uint8 BGR) of a clip of our own making, at most one in ``every`` seconds.

    Raises `CaptureRefused` when ``path`` is no such clip.
    """
    try:
        with av.open(str(path), format="mp4", options=_OPTIONS) as container:
            due = 0.0
            for frame in container.decode(video=0):
                seconds = frame.time or 0.0
                if seconds + 1e-6 >= due:
                    due = seconds + every
                    yield seconds, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    except (FFmpegError, OSError, IndexError) as error:
        raise CaptureRefused("NOT_A_VIDEO", _NOT_MEDIA) from error


def clean(source: Path, out_dir: Path) -> Cleaned:
    """Decode ``source`` and encode it anew: ``clip.mp4`` and, where it has sound, ``sound.wav`` in ``out_dir``.

    The clip is H.264 and AAC without metadata, upright, at most `KEPT_SIDE` pixels a side and `KEPT_FPS` pictures a
    second. Raises `CaptureRefused` with the reason for whatever is no whole recording within the limits.
    """
    form = _container_of(source)
    clip = out_dir / "clip.mp4"
    try:
        path = str(source.resolve())
        with av.open(path, format=form, options=_OPTIONS, metadata_errors="ignore") as container:
            picture, sound = _streams(container)
            recording = _Recording(container, picture, sound)
            cleaned = _encode(recording, clip)
    except CaptureRefused:
        clip.unlink(missing_ok=True)
        raise
    except (FFmpegError, OSError, ValueError, IndexError) as error:
        clip.unlink(missing_ok=True)
        raise CaptureRefused("BROKEN_FILE", _CUT_OFF) from error
    wav = None
    if recording.sound is not None and recording.sound.samples:
        wav = out_dir / "sound.wav"
        save_wav(wav, resampled(recording.sound.wave(), AUDIO_RATE, SOUND_RATE), SOUND_RATE)
    return Cleaned(clip=str(clip), sound=None if wav is None else str(wav), **cleaned)


def _container_of(source: Path) -> str:
    """FFmpeg's name of the container, by the file's own first bytes; its name and its sender's word count nothing."""
    if not source.is_file():  # a pipe would be waited for without end
        raise CaptureRefused("NO_FILE", "There is no recording here. Send it again.")
    size = source.stat().st_size
    if size == 0:
        raise CaptureRefused("EMPTY_FILE", "The file is empty. Record again and send the whole file.")
    if size > MOST_BYTES:
        raise CaptureRefused("TOO_LARGE", f"The recording is larger than {MOST_BYTES >> 20} MB. Record it shorter.")
    with source.open("rb") as file:
        head = file.read(16)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mp4"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    raise CaptureRefused("NOT_A_VIDEO", _NOT_MEDIA)


def _streams(container: InputContainer) -> tuple[VideoStream, AudioStream | None]:
    """The picture and the sound to use, checked by what the headers say."""
    if len(container.streams) > MOST_STREAMS:
        raise CaptureRefused("TOO_MANY_STREAMS", "The file holds more than one recording. Send one plain recording.")
    if not container.streams.video:
        raise CaptureRefused("NO_PICTURE", "The file has no picture. Record a video, not only sound.")
    picture = container.streams.video[0]
    if _codec(picture) not in _VIDEO_CODECS:
        raise CaptureRefused("UNKNOWN_CODEC", "The picture is in a form Yume does not read. Record MP4 or WebM.")
    _check_size(picture.width, picture.height)
    declared = max(float((container.duration or 0) / av.time_base), _length(picture))
    if declared > LONGEST_SECONDS + SPARE_SECONDS:
        raise too_long()
    if picture.frames > MOST_FRAMES:
        raise _too_many()
    picture.thread_type = "NONE"
    sound = next((each for each in container.streams.audio if _codec(each) in _AUDIO_CODECS), None)
    return picture, sound


def _codec(stream: VideoStream | AudioStream) -> str:
    context = cast("Any", stream.codec_context)
    return "" if context is None else str(context.codec.canonical_name)


def _length(stream: VideoStream) -> float:
    return float((stream.duration or 0) * (stream.time_base or 0))


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise CaptureRefused(
            "TOO_MANY_PIXELS",
            f"The picture is {width}×{height} pixels; at most {MOST_SIDE} a side are taken. Record at 1080p or 720p.",
        )
    if min(width, height) < LEAST_SIDE:
        raise CaptureRefused("TOO_FEW_PIXELS", "The picture is too small to see a face in. Record at 720p.")


def _too_many() -> CaptureRefused:
    return CaptureRefused("TOO_MANY_FRAMES", "The recording has too many pictures. Record at 30 a second.")


class _Recording:
    """A recording being read: its pictures as they come, its sound kept."""

    def __init__(self, container: InputContainer, picture: VideoStream, sound: AudioStream | None) -> None:
        self._container, self._picture, self._sound = container, picture, sound
        self.sound = SoundTrack() if sound is not None else None
        rate = float(picture.average_rate or KEPT_FPS)
        self.fps = min(KEPT_FPS, max(10, round(rate)))
        self.start: float | None = None
        self.frames = 0
        self.end = 0.0

    def pictures(self) -> Iterator[tuple[float, VideoFrame]]:
        """(seconds from the first picture, picture). Raises `CaptureRefused` past any limit, and when it is cut off."""
        wanted = [self._picture] if self._sound is None else [self._picture, self._sound]
        packets = 0
        for packet in self._container.demux(wanted):
            packets += packet.stream is self._picture and packet.size > 0
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    yield self._timed(frame)
                elif isinstance(frame, AudioFrame) and self.sound is not None:
                    self.sound.add(frame)
        if self.sound is not None:
            self.sound.add(None)
        promised = self._picture.frames
        if self.frames == 0 or self.frames < MISSING * max(promised, packets):
            raise CaptureRefused("BROKEN_FILE", _CUT_OFF)

    def _timed(self, frame: VideoFrame) -> tuple[float, VideoFrame]:
        self.frames += 1
        if self.frames > MOST_FRAMES:
            raise _too_many()
        _check_size(frame.width, frame.height)  # a stream may change its mind on the way
        time = cast("float | None", frame.time)  # typed as always there; a broken file's is not
        if self.start is None:
            self.start = time or 0.0
        seconds = self.end if time is None else max(self.end, time - self.start)
        if seconds > LONGEST_SECONDS + SPARE_SECONDS:
            raise too_long()
        self.end = seconds
        return seconds, frame


def _encode(recording: _Recording, clip: Path) -> dict[str, Any]:
    """Write ``clip``; returns its measures as `Cleaned` names them."""
    evenly = _evenly(recording.pictures(), recording.fps)
    first = next(evenly)
    sheet = _upright(first, recording.fps, 0)
    count = 0
    with av.open(str(clip), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as container:
        picture = _add_picture(container, sheet.width, sheet.height, recording.fps)
        # Added before the first packet: a stream cannot follow the header.
        voice = container.add_stream("aac", rate=AUDIO_RATE, layout="mono") if recording.sound is not None else None
        held, upright = first, sheet
        for index, frame in enumerate(itertools.chain([first], evenly)):
            if frame is not held:
                held, upright = frame, _upright(frame, recording.fps, index, like=sheet)
            upright.pts, count = index, index + 1
            container.mux(picture.encode(upright))
        container.mux(picture.encode(None))
        seconds = count / recording.fps
        if voice is not None and recording.sound is not None:
            container.mux(recording.sound.encoded(voice, recording.start or 0.0, seconds))
    if seconds < SHORTEST_SECONDS:
        raise CaptureRefused("TOO_SHORT", "The recording is too short to show anything. Follow the steps, then stop.")
    return {"seconds": seconds, "width": sheet.width, "height": sheet.height, "fps": recording.fps, "frames": count}


def _evenly(pictures: Iterable[tuple[float, VideoFrame]], fps: int) -> Iterator[VideoFrame]:
    """``fps`` pictures a second out of any rhythm: at each moment the last one begun."""
    index, held = 0, None
    for seconds, frame in pictures:
        while held is not None and index / fps < seconds - 1e-6:
            yield held
            index += 1
        held = frame
    if held is not None:
        yield held


def _upright(frame: VideoFrame, fps: int, index: int, like: VideoFrame | None = None) -> VideoFrame:
    """``frame`` as it is to be seen and encoded: turned as the phone was held, small enough, without its metadata."""
    turn = _TURNED.get(frame.rotation)
    width, height = _fitted(frame.width, frame.height)
    if turn is None:
        if like is not None:
            width, height = like.width, like.height
        image = np.asarray(frame.reformat(width, height, "yuv420p", None, Colorspace.ITU601, None, ColorRange.MPEG)
                           .to_ndarray(), np.uint8)  # fmt: skip
        clean_frame = VideoFrame.from_ndarray(image, format="yuv420p")
    else:
        sheet = np.asarray(frame.to_ndarray(width=width, height=height, format="bgr24"), np.uint8)
        turned = np.asarray(cv2.rotate(sheet, turn), np.uint8)
        if like is not None and turned.shape[:2] != (like.height, like.width):
            turned = np.asarray(cv2.resize(turned, (like.width, like.height)), np.uint8)
        planes = np.asarray(cv2.cvtColor(turned, cv2.COLOR_BGR2YUV_I420), np.uint8)
        clean_frame = VideoFrame.from_ndarray(planes, format="yuv420p")
    clean_frame.pts, clean_frame.time_base = index, Fraction(1, fps)
    return clean_frame


def _fitted(width: int, height: int) -> tuple[int, int]:
    """Even sides, the longer at most `KEPT_SIDE`."""
    factor = min(1.0, KEPT_SIDE / max(width, height))
    return tuple(max(2, round(side * factor / 2) * 2) for side in (width, height))  # type: ignore[return-value]


def _add_picture(container: OutputContainer, width: int, height: int, fps: int) -> VideoStream:
    stream = container.add_stream("libx264", rate=fps, options={"preset": "superfast", "crf": "20", "g": str(2 * fps)})
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.thread_count, context.time_base = 1, Fraction(1, fps)
    context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU601
    return stream
