"""What comes out of the encoder: length, sync, colour, bounds, and no more memory for a longer clip."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.errors import EngineError, InvalidRequest
from engine.media import encode
from engine.media.encode import AUDIO_RATE, Mp4Writer, VideoSettings, fit_sound
from engine.media.filters import VISIBLE_MARK, VisibleMark, build_filters, frame_filter
from engine.media.probe import probe
from engine.media.pump import pump
from engine.media.stills import AnimatedPreviewSink, PosterSink, encode_preview
from engine.media.waveform import peaks
from engine.spec import GenerationSpec

WIDTH, HEIGHT = 144, 256
COLOURS = {"red": (0, 0, 255), "green": (0, 200, 0), "blue": (255, 0, 0), "skin": (140, 180, 230)}


def settings(frames: int, fps: int = 30) -> VideoSettings:
    return VideoSettings(width=WIDTH, height=HEIGHT, fps=fps, frame_count=frames)


def plain(frames: int, colour: tuple[int, int, int] = (60, 120, 200)) -> Iterator[NDArray[np.uint8]]:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for _ in range(frames):
        picture[:] = colour
        yield picture


def tone(seconds: float, rate: int) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)[None]


def write(
    path: Path, pictures: Iterator[NDArray[np.uint8]], how: VideoSettings, sound: NDArray[np.float32] | None
) -> None:
    with Mp4Writer(path, how, sound) as video:
        pump(pictures, (video,), frame_count=how.frame_count, shape=(HEIGHT, WIDTH))


@pytest.mark.parametrize(
    ("frames", "fps", "rate"), [(30, 30, 48_000), (25, 24, 24_000), (47, 30, 44_100), (1, 24, 22_050)]
)
def test_file_has_every_frame_and_sound_as_long_as_the_picture(
    tmp_path: Path, frames: int, fps: int, rate: int
) -> None:
    how = settings(frames, fps)
    path = tmp_path / "clip.mp4"
    write(path, plain(frames), how, fit_sound(tone(frames / fps, rate), rate, how))
    found = probe(path)
    assert (found.frames, found.fps, found.width, found.height) == (frames, fps, WIDTH, HEIGHT)
    assert (found.video_codec, found.audio_codec, found.audio_rate, found.audio_channels) == ("h264", "aac", 48_000, 2)
    assert (found.video_streams, found.audio_streams) == (1, 1)
    assert found.video_seconds == pytest.approx(frames / fps, abs=1e-4)
    assert found.audio_seconds == pytest.approx(frames / fps, abs=1e-4)
    assert found.bytes == path.stat().st_size
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == frames


def test_header_comes_first_so_that_playing_starts_before_the_file_has_arrived(tmp_path: Path) -> None:
    write(tmp_path / "clip.mp4", plain(5), settings(5), None)
    data = (tmp_path / "clip.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_flash_and_beep_stay_together(tmp_path: Path) -> None:
    def flash() -> Iterator[NDArray[np.uint8]]:
        for index in range(60):
            yield np.full((HEIGHT, WIDTH, 3), 255 if index == 45 else 0, np.uint8)

    beep = np.zeros((2, 2 * AUDIO_RATE), np.float32)
    beep[:, round(1.5 * AUDIO_RATE) :][:, :1600] = tone(1600 / AUDIO_RATE, AUDIO_RATE)
    path = tmp_path / "clip.mp4"
    write(path, flash(), settings(60), beep)
    with av.open(str(path)) as container:
        bright = max(container.decode(video=0), key=lambda frame: frame.to_ndarray(format="gray").mean())
    with av.open(str(path)) as container:
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    onset = int(np.argmax(np.abs(sound[0]) > 0.1)) / AUDIO_RATE
    assert bright.time == pytest.approx(1.5, abs=1e-6)
    assert onset == pytest.approx(1.5, abs=0.02)


@pytest.mark.parametrize("name", sorted(COLOURS))
def test_colours_come_back_as_drawn_by_a_player_that_trusts_the_tags(tmp_path: Path, name: str) -> None:
    path = tmp_path / "clip.mp4"
    write(path, plain(8, COLOURS[name]), settings(8), None)
    with av.open(str(path)) as container:
        frame = list(container.decode(video=0))[-1]
        context = container.streams.video[0].codec_context
        assert (context.color_range, context.colorspace) == (1, 5)
        assert frame.to_ndarray(format="bgr24")[HEIGHT // 2, WIDTH // 2] == pytest.approx(COLOURS[name], abs=5)


def test_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    how = settings(12)
    for name in ("a", "b"):
        write(tmp_path / name, plain(12), how, fit_sound(tone(0.4, 24_000), 24_000, how))
    assert probe(tmp_path / "a").sha256 == probe(tmp_path / "b").sha256


def test_a_backend_that_stops_early_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="drew 3 of the 9"):
        write(tmp_path / "clip.mp4", plain(3), settings(9), None)
    assert not (tmp_path / "clip.mp4").exists()


def test_wrong_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="more than the 2"):
        write(tmp_path / "clip.mp4", plain(3), settings(2), None)
    with pytest.raises(EngineError, match="shape"):
        write(tmp_path / "clip.mp4", iter([np.zeros((4, 4, 3), np.uint8)]), settings(1), None)


def test_a_broken_encoder_raises_instead_of_hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(encode, "_as_frame", fail)
    with pytest.raises(EngineError, match="could not be encoded"):
        write(tmp_path / "clip.mp4", plain(90), settings(90), None)
    assert not (tmp_path / "clip.mp4").exists()


def test_drawing_waits_for_a_slow_encoder_instead_of_piling_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = threading.Event()
    as_frame = encode._as_frame

    def slow(*arguments: Any) -> Any:
        started.wait(10)
        return as_frame(*arguments)

    monkeypatch.setattr(encode, "_as_frame", slow)
    drawn = 0

    def pictures() -> Iterator[NDArray[np.uint8]]:
        nonlocal drawn
        for picture in plain(60):
            drawn += 1
            yield picture

    writer = threading.Thread(target=write, args=(tmp_path / "clip.mp4", pictures(), settings(60), None))
    writer.start()
    time.sleep(0.5)
    waiting = drawn
    started.set()
    writer.join()
    assert waiting <= encode.QUEUE_FRAMES + 3
    assert drawn == 60


def test_sound_is_cut_or_filled_to_the_picture_and_mono_is_doubled() -> None:
    how = settings(30)
    for seconds in (0.5, 1.0, 1.7):
        fitted = fit_sound(tone(seconds, 24_000), 24_000, how)
        assert fitted.shape == (2, AUDIO_RATE)
        assert np.array_equal(fitted[0], fitted[1])
    assert np.abs(fit_sound(tone(0.5, 24_000), 24_000, how)[:, AUDIO_RATE * 6 // 10 :]).max() == 0.0
    assert np.abs(fit_sound(tone(1.0, AUDIO_RATE) * 9, AUDIO_RATE, how)).max() == 1.0


def test_probe_refuses_what_is_no_clip(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(EngineError, match="cannot be read"):
        probe(tmp_path / "text")


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)


@pytest.mark.parametrize("bound", [1_000, 8_000, 24_000])
def test_preview_of_the_worst_picture_stays_within_its_bytes(bound: int) -> None:
    assert len(encode_preview(noise(1280, 720), long_side=320, max_bytes=bound)) <= bound


def test_animated_preview_is_two_seconds_and_bounded_even_for_noise(tmp_path: Path) -> None:
    sink = AnimatedPreviewSink(tmp_path / "preview.webp", frame_count=90, fps=30)
    picture = noise(1280, 720)
    for index in range(90):
        sink.write(index, np.roll(picture, index * 7, axis=0))
    sink.close()
    assert (tmp_path / "preview.webp").stat().st_size <= AnimatedPreviewSink.MAX_BYTES
    total = 0
    with Image.open(tmp_path / "preview.webp") as moving:
        for frame in range(moving.n_frames):  # type: ignore[attr-defined]
            moving.seek(frame)
            moving.load()
            total += moving.info["duration"]
    assert total == pytest.approx(2000, abs=20)


def test_poster_is_a_frame_from_inside_the_clip_in_its_colours(tmp_path: Path) -> None:
    sink = PosterSink(tmp_path / "poster.webp", 10)
    for index in range(10):
        sink.write(index, np.full((HEIGHT, WIDTH, 3), (200, 100, index * 20), np.uint8))
    with Image.open(tmp_path / "poster.webp") as poster:
        assert poster.convert("RGB").getpixel((9, 9)) == pytest.approx((80, 100, 200), abs=6)


def test_peaks_follow_loudness() -> None:
    sound = np.zeros((2, 1000), np.float32)
    sound[1, 500] = -0.8
    found = peaks(sound)
    assert len(found) == 100
    assert found[50] == pytest.approx(0.8)
    assert sum(found) == pytest.approx(0.8)
    assert peaks(None) == (0.0,) * 100
    assert len(peaks(sound[:, :7])) == 100


SPEC = GenerationSpec(prompt="x", seconds=10, width=720, height=1280, fps=30, seed=0, filters=(VISIBLE_MARK,))


def test_visible_mark_shows_on_every_background_and_moves() -> None:
    (mark,) = build_filters(SPEC)
    assert isinstance(mark, VisibleMark)
    for shade in (0, 128, 255):
        frame = np.full((1280, 720, 3), shade, np.uint8)
        mark(0, frame)
        assert np.abs(frame.astype(int) - shade).max() > 60
    places = [mark.position(index) for index in range(300)]
    steps = [abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in itertools.pairwise(places)]
    assert max(steps) <= 16
    assert max(x for x, _ in places) - min(x for x, _ in places) > 200
    assert all(y >= 128 and x >= 0 for x, y in places)


def test_filters_never_draw_into_the_backends_own_buffer(tmp_path: Path) -> None:
    own = np.full((1280, 720, 3), 90, np.uint8)
    poster = PosterSink(tmp_path / "poster.webp", 2)
    pump(iter([own, own]), (poster,), frame_count=2, shape=(1280, 720), filters=build_filters(SPEC))
    assert (own == 90).all()
    assert cv2.imread(str(tmp_path / "poster.webp")).std() > 1.0


def test_unknown_and_repeated_filter_names_are_errors() -> None:
    with pytest.raises(InvalidRequest, match="no frame filter called 'sepia'"):
        build_filters(GenerationSpec(prompt="x", seconds=1, width=2, height=2, fps=1, seed=0, filters=("sepia",)))
    with pytest.raises(RuntimeError, match="two frame filters"):
        frame_filter(VISIBLE_MARK)(VisibleMark)
