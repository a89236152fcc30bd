"""Segments of a clip that is still being made: whole, in order, and the same pictures and sound as the final file."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.media.encode import AUDIO_RATE, Mp4Writer, VideoSettings
from engine.media.live import LiveSegments, Segment
from engine.media.playlist import playlist, segment_starts
from engine.media.pump import pump

WIDTH, HEIGHT = 144, 256
AAC_FRAME = 1024 / AUDIO_RATE


def settings(frames: int, fps: int = 30) -> VideoSettings:
    return VideoSettings(width=WIDTH, height=HEIGHT, fps=fps, frame_count=frames)


def pictures(frames: int, *, cut_at: int | None = None) -> Iterator[NDArray[np.uint8]]:
    """A smooth pattern that scrolls; from ``cut_at`` on another one."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    for index in range(frames):
        scale = 9 if cut_at is not None and index >= cut_at else 30
        wave = 127 + 120 * np.sin((rows + columns + 3 * index) / scale)
        yield np.repeat(wave.astype(np.uint8)[..., None], 3, axis=2)


def sweep(seconds: float) -> NDArray[np.float32]:
    """A rising tone, so that no two moments sound alike."""
    time = np.arange(round(seconds * AUDIO_RATE)) / AUDIO_RATE
    return (0.5 * np.sin(2 * np.pi * (200 + 150 * time) * time)).astype(np.float32)[None].repeat(2, 0)


def make(folder: Path, frames: int, fps: int = 30, *, sound: bool = True, cut_at: int | None = None) -> list[Segment]:
    """Encode a clip into ``folder``; the segments as they were reported, each of them readable at that moment."""
    how, found = settings(frames, fps), list[Segment]()

    def report(segment: Segment) -> None:
        assert segment.path.stat().st_size > 0
        assert segment.path.name in (folder / "live" / "live.m3u8").read_text()
        found.append(segment)

    live = LiveSegments(folder / "live", how, report)
    with Mp4Writer(folder / "clip.mp4", how, sweep(frames / fps) if sound else None, live) as video:
        pump(pictures(frames, cut_at=cut_at), (video,), frame_count=frames, shape=(HEIGHT, WIDTH))
    return found


def joined(segments: list[Segment]) -> io.BytesIO:
    """What a player has in its buffer."""
    return io.BytesIO(segments[0].init.read_bytes() + b"".join(segment.path.read_bytes() for segment in segments))


def seen(file: str | io.BytesIO) -> list[tuple[float, str]]:
    with av.open(file) as container:
        return [
            (float(frame.pts * frame.time_base), hashlib.sha256(frame.to_ndarray()).hexdigest())
            for frame in container.decode(video=0)
        ]


def heard(file: str | io.BytesIO) -> tuple[float, NDArray[np.float32]]:
    with av.open(file) as container:
        frames = list(container.decode(audio=0))
    return float(frames[0].pts * frames[0].time_base), np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


@pytest.mark.parametrize(("frames", "fps", "cut_at"), [(95, 30, 30), (49, 24, None), (7, 30, None), (1, 24, None)])
def test_what_is_played_live_is_the_final_file_to_the_pixel_and_the_sample(
    tmp_path: Path, frames: int, fps: int, cut_at: int | None
) -> None:
    segments = make(tmp_path, frames, fps, cut_at=cut_at)
    final = str(tmp_path / "clip.mp4")
    live_pictures = seen(joined(segments))
    assert live_pictures == seen(final)
    assert [at for at, _ in live_pictures] == pytest.approx([index / fps for index in range(frames)], abs=1e-4)

    (live_at, live_sound), (final_at, final_sound) = heard(joined(segments)), heard(final)
    assert live_at == pytest.approx(final_at, abs=1e-4)
    shared = min(live_sound.shape[1], final_sound.shape[1])
    assert abs(live_sound.shape[1] - final_sound.shape[1]) <= 1024
    assert np.array_equal(live_sound[:, :shared], final_sound[:, :shared])


def test_segments_follow_each_other_and_each_can_be_played_from_its_start(tmp_path: Path) -> None:
    segments = make(tmp_path, 125, cut_at=60)
    assert [segment.index for segment in segments] == [1, 2, 3, 4]
    assert [segment.start for segment in segments] == [0.0, 0.5, 1.5, 3.5]
    assert [segment.seconds for segment in segments] == pytest.approx([0.5, 1.0, 2.0, 125 / 30 - 3.5])
    for segment in segments:
        alone = seen(io.BytesIO(segment.init.read_bytes() + segment.path.read_bytes()))
        assert len(alone) == round(segment.seconds * 30)
        assert alone[0][0] == pytest.approx(segment.start, abs=1e-4)
        with av.open(io.BytesIO(segment.init.read_bytes() + segment.path.read_bytes())) as container:
            assert next(container.demux(video=0)).is_keyframe
            sound = [frame.pts * frame.time_base for frame in container.decode(audio=0)]
        # Pictures are coded up to two frames ahead of when they are shown, and sound comes in AAC frames.
        assert float(min(sound, default=segment.start)) == pytest.approx(segment.start, abs=2 / 30 + 2 * AAC_FRAME)


def test_the_first_segment_is_out_long_before_the_last_picture_is_drawn(tmp_path: Path) -> None:
    how, drawn, drawn_at = settings(150), 0, list[int]()
    live = LiveSegments(tmp_path / "live", how, lambda _: drawn_at.append(drawn))

    def counted() -> Iterator[NDArray[np.uint8]]:
        nonlocal drawn
        for picture in pictures(150):
            drawn += 1
            yield picture

    with Mp4Writer(tmp_path / "clip.mp4", how, sweep(5.0), live) as video:
        pump(counted(), (video,), frame_count=150, shape=(HEIGHT, WIDTH))
    assert drawn_at[0] < 75
    assert drawn_at == sorted(drawn_at)
    assert len(drawn_at) == 4


def test_a_clip_without_sound_streams_too_and_says_so(tmp_path: Path) -> None:
    segments = make(tmp_path, 31, sound=False)
    assert seen(joined(segments)) == seen(str(tmp_path / "clip.mp4"))
    with av.open(joined(segments)) as container:
        assert not container.streams.audio
    assert {segment.codecs for segment in segments} == {segments[0].codecs}
    assert segments[0].codecs.startswith("avc1.64")
    assert "," not in segments[0].codecs


def test_codecs_are_named_as_players_want_them(tmp_path: Path) -> None:
    name, sound = make(tmp_path, 20)[0].codecs.split(",")
    assert sound == "mp4a.40.2"
    with av.open(str(tmp_path / "clip.mp4")) as container:
        header = container.streams.video[0].codec_context.extradata or b""
    assert name == f"avc1.{header[1:4].hex()}"


def test_the_playlist_lists_every_segment_and_ends_with_the_last(tmp_path: Path) -> None:
    make(tmp_path, 59)
    text = (tmp_path / "live" / "live.m3u8").read_text()
    assert text == playlist([0.5, 44 / 30], ended=True)
    assert text.endswith("#EXTINF:1.466667,\n00002.m4s\n#EXT-X-ENDLIST\n")
    assert "ENDLIST" not in playlist([0.5], ended=False)
    with av.open(str(tmp_path / "live" / "live.m3u8"), options={"allowed_extensions": "ALL"}) as container:
        assert sum(1 for _ in container.decode(video=0)) == 59


@pytest.mark.parametrize("fps", [24, 30])
def test_no_segment_rounds_to_more_than_the_target_duration(fps: int) -> None:
    assert "#EXT-X-TARGETDURATION:2\n" in playlist([0.5], ended=False)
    for frames in range(1, 100):
        starts = (*segment_starts(frames, fps), frames)
        assert all((after - before) / fps < 2.5 for before, after in itertools.pairwise(starts))


@pytest.mark.parametrize(
    ("frames", "fps", "starts"),
    [
        (300, 30, (0, 15, 45, 105, 165, 225, 285)),
        (44, 30, (0, 15)),
        (14, 30, (0,)),
        (1, 24, (0,)),
        (9, 1, (0, 1, 2, 4, 6, 8)),
    ],
)
def test_segments_are_short_first_and_leave_no_sliver(frames: int, fps: int, starts: tuple[int, ...]) -> None:
    assert segment_starts(frames, fps) == starts


def test_a_clip_that_fails_leaves_no_segment_after_the_failure(tmp_path: Path) -> None:
    how, found = settings(90), list[Segment]()
    live = LiveSegments(tmp_path / "live", how, found.append)

    def breaking() -> Iterator[NDArray[np.uint8]]:
        yield from pictures(60)
        raise RuntimeError

    with pytest.raises(RuntimeError), Mp4Writer(tmp_path / "clip.mp4", how, None, live) as video:
        pump(breaking(), (video,), frame_count=90, shape=(HEIGHT, WIDTH))
    assert len(found) < 3
    assert not (tmp_path / "clip.mp4").exists()
