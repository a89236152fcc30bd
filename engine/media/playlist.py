"""The playlist of a clip that is still being made: an HLS EVENT list, which only ever grows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

PLAYLIST_NAME = "live.m3u8"
INIT_NAME = "init.mp4"
FIRST_SECONDS = (0.5, 1.0)
"""The first segments are short, so that playing begins early."""
SEGMENT_SECONDS = 2.0
"""All others: what x264 was asked for anyway, because a keyframe is dear where little moves."""


def segment_name(index: int) -> str:
    """The file of segment ``index`` (from 1)."""
    return f"{index:05d}.m4s"


def segment_starts(frame_count: int, fps: int) -> tuple[int, ...]:
    """The first frame of each segment: two short ones, then two seconds each; a short rest joins the last."""
    starts = [0]
    for seconds in itertools.chain(FIRST_SECONDS, itertools.repeat(SEGMENT_SECONDS)):
        after = starts[-1] + max(1, round(seconds * fps))
        if frame_count - after < max(1, round(FIRST_SECONDS[0] * fps)):
            break
        starts.append(after)
    return tuple(starts)


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
