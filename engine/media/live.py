"""Cuts a clip into playable segments while it is encoded: fragmented MP4 from the very packets of the final file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from engine.media.playlist import INIT_NAME, PLAYLIST_NAME, playlist, segment_name, segment_starts

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container.output import OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

    from engine.media.encode import VideoSettings

# The header waits for the first fragment (delay_moov), because only then it can say where picture and sound begin:
# without that, reordered pictures would start 67 ms late.
_FLAGS = "frag_keyframe+empty_moov+default_base_moof+delay_moov+skip_trailer"
_BOX_HEAD = 8
_AVC_SPS = b"\x00\x00\x01\x67"


@dataclass(frozen=True)
class Segment:
    """A playable piece on disk: number ``index`` (from 1), ``seconds`` long, ``start`` seconds into the clip.

    It begins with a keyframe and needs only ``init`` (a path too) before it. ``codecs`` is RFC 6381 text for players,
    ``last`` says that none follows.
    """

    index: int
    path: Path
    init: Path
    start: float
    seconds: float
    codecs: str
    last: bool


class LiveSegments:
    """Takes every encoded packet and writes ``init.mp4``, ``00001.m4s`` … and ``live.m3u8`` into ``folder``.

    ``report`` gets each segment once its file is whole, in order, from the thread that encodes. Memory holds one
    segment. Calls in order: `open`, `write` for each packet as it leaves its encoder, `close` after the last.
    """

    def __init__(self, folder: Path, settings: VideoSettings, report: Callable[[Segment], None]) -> None:
        self._folder, self._fps, self._report = folder, settings.fps, report
        self._starts = segment_starts(settings.frame_count, settings.fps)
        self._ends = (*self._starts[1:], settings.frame_count)
        self._boxes = _Boxes()
        self._container: OutputContainer | None = None
        self._tracks: dict[int, Stream] = {}
        self._keyframes: deque[int] = deque()
        self._pending = bytearray()
        self._seconds: list[float] = []
        self._codecs = ""

    def starts_segment(self, index: int) -> bool:
        """Whether frame ``index`` is the first of a segment and must therefore be a keyframe."""
        return index in self._starts

    def open(self, picture: VideoStream, sound: AudioStream | None) -> None:
        """Begin with the tracks of the final file, whose encoders are open."""
        self._folder.mkdir(exist_ok=True)
        self._container = av.open(self._boxes, "w", format="mp4", options={"movflags": _FLAGS})
        for stream in (picture,) if sound is None else (picture, sound):
            self._tracks[stream.index] = self._container.add_stream_from_template(stream, opaque=True)
        self._codecs = _avc_name(picture.codec_context.extradata or b"") + ("" if sound is None else ",mp4a.40.2")

    def write(self, packet: Packet[Any]) -> None:
        """Take a packet that the final file has; afterwards it belongs to the live track."""
        if self._container is None or packet.pts is None:
            raise RuntimeError("a packet came before the tracks, or without its time")
        track = self._tracks[packet.stream_index]
        if track.type == "video" and packet.is_keyframe:
            self._keyframes.append(round(packet.pts * packet.time_base * self._fps))
        packet.stream = track
        self._container.mux_one(packet)
        self._cut()

    def close(self) -> None:
        """Write the last segment and end the playlist."""
        if self._container is not None:
            self._container.close()
            self._cut()

    def _cut(self) -> None:
        for kind, box in self._boxes.take():
            self._pending += box
            if kind == b"moov":
                (self._folder / INIT_NAME).write_bytes(self._pending)
                self._pending.clear()
            elif kind == b"mdat":
                # A fragment ends where the next keyframe begins, which a change of scene may bring inside a segment.
                self._keyframes.popleft()
                if not self._keyframes or self._keyframes[0] in self._starts:
                    self._finish_segment()

    def _finish_segment(self) -> None:
        number = len(self._seconds)
        start, end = self._starts[number], self._ends[number]
        path = self._folder / segment_name(number + 1)
        path.write_bytes(self._pending)
        self._pending.clear()
        self._seconds.append((end - start) / self._fps)
        last = number + 1 == len(self._starts)
        _replace(self._folder / PLAYLIST_NAME, playlist(self._seconds, ended=last))
        self._report(
            Segment(
                index=number + 1,
                path=path,
                init=self._folder / INIT_NAME,
                start=start / self._fps,
                seconds=self._seconds[-1],
                codecs=self._codecs,
                last=last,
            )
        )


class _Boxes:
    """What the muxer writes to; gives it back as whole boxes of ISO media."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        """Keep ``data``."""
        self._bytes += data
        return len(data)

    def take(self) -> Iterator[tuple[bytes, bytes]]:
        """Type and bytes of each box that is complete."""
        while len(self._bytes) >= _BOX_HEAD:
            length = int.from_bytes(self._bytes[:4], "big")
            if len(self._bytes) < length:
                return
            box = bytes(self._bytes[:length])
            del self._bytes[:length]
            yield box[4:8], box


def _avc_name(extradata: bytes) -> str:
    """RFC 6381 name of an H.264 stream whose ``extradata`` (Annex B) holds its parameters."""
    place = extradata.find(_AVC_SPS) + len(_AVC_SPS)
    return f"avc1.{extradata[place : place + 3].hex()}"


def _replace(path: Path, text: str) -> None:
    """Write ``text`` so that a reader finds the old or the new, never half."""
    draft = path.with_suffix(".tmp")
    draft.write_text(text)
    draft.replace(path)
