"""The playlist of a clip that is still being made: an HLS EVENT list, which only ever grows."""

from __future__ import annotations

from collections.abc import Sequence

PLAYLIST_NAME = "live.m3u8"
INIT_NAME = "init.mp4"
FIRST_SECONDS = 0.5
"""The first segment is short, so that playing begins early."""
SEGMENT_SECONDS = 1.0


def segment_name(index: int) -> str:
    """The file of segment ``index`` (from 1)."""
    return f"{index:05d}.m4s"


def segment_starts(frame_count: int, fps: int) -> tuple[int, ...]:
    """The first frame of each segment: half a second, then a second each; the last takes a remainder below half one."""
    first, step = max(1, round(FIRST_SECONDS * fps)), max(1, round(SEGMENT_SECONDS * fps))
    starts = (0, *range(first, frame_count, step))
    too_short = len(starts) > 1 and frame_count - starts[-1] < first
    return starts[:-1] if too_short else starts


def playlist(seconds: Sequence[float], *, ended: bool) -> str:
    """An HLS media playlist of segments as long as ``seconds`` says, beside it under their `segment_name`.

    ``ended`` says that nothing will be added.
    """
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{round(SEGMENT_SECONDS)}",  # of lengths rounded; it must never change
        "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES",  # a player would else begin near the newest segment
        f'#EXT-X-MAP:URI="{INIT_NAME}"',
    ]
    for index, length in enumerate(seconds, start=1):
        lines += [f"#EXTINF:{length:.6f},", segment_name(index)]
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"
