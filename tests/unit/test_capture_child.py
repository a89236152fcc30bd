"""Recordings in the process that opens them: what is refused, in which words, and what is kept."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine.capture import decode, photo, runner
from engine.capture.protocol import CheckDone, Report
from engine.capture.sound import load_wav
from engine.capture.spec import (
    CameoKind,
    CaptureRefused,
    CaptureReport,
    CaptureRequest,
    Challenge,
    CheckName,
    CheckResult,
    Step,
    Turn,
)
from tests import captures
from tests.voices import say_digits

LOOK = Challenge(kind=CameoKind.PERSON, language="en", steps=(Step.LOOK,))
ALL = Challenge(
    kind=CameoKind.PERSON,
    language="en",
    steps=(Step.LOOK, Step.TURNS, Step.SAY),
    digits="482915",
    turns=(Turn.RIGHT, Turn.LEFT),
)


def shapes(
    path: Path, *, size: tuple[int, int] = (320, 240), seconds: float = 2, fps: int = 10, faststart: bool = False
) -> Path:
    """A small recording of colours moving about, with a tone, and words about its maker."""
    width, height = size
    base = np.random.default_rng(3).integers(0, 255, (height // 16, width // 16, 3), np.uint8)
    base = base.repeat(16, 0).repeat(16, 1)
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as container:
        video = container.add_stream("libvpx" if path.suffix == ".webm" else "libx264", rate=fps)
        video.width, video.height, video.pix_fmt = base.shape[1], base.shape[0], "yuv420p"
        audio = container.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=48_000, layout="mono")
        for index in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(np.roll(base, index * 4, 1), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        tone = 0.2 * np.sin(np.arange(round(seconds * 48_000)) * 2 * np.pi * 330 / 48_000)
        sound = av.AudioFrame.from_ndarray(tone.astype(np.float32)[None], format="fltp", layout="mono")
        sound.sample_rate = 48_000
        for part in (*(resampler := av.AudioResampler("fltp" if path.suffix != ".webm" else "s16", "mono", 48_000))
                     .resample(sound), *resampler.resample(None)):  # fmt: skip
            container.mux(audio.encode(part))
        container.mux(audio.encode(None))
        container.metadata["location"] = "+48.85+002.35/"
        container.metadata["artist"] = "Somebody"
    return path


def request(path: Path, out_dir: Path, challenge: Challenge = LOOK, **more: object) -> CaptureRequest:
    out_dir.mkdir(exist_ok=True)
    plain = CaptureRequest(path=str(path), challenge=challenge, out_dir=str(out_dir))
    return msgspec.structs.replace(plain, **more)


async def check(wish: CaptureRequest) -> tuple[list[CheckResult], CaptureReport]:
    """The results as they came, and the report."""
    said = [answer async for answer in runner.check_capture(wish, timeout=90)]
    last = said[-1]
    assert isinstance(last, Report)
    results = [answer.result for answer in said[:-1] if isinstance(answer, CheckDone)]
    assert tuple(results) == last.report.checks
    return results, last.report


def failures(results: list[CheckResult]) -> dict[CheckName, str]:
    return {result.name: result.code for result in results if not result.passed}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good recording of a person who does not exist, and what else many tests need."""
    folder = tmp_path_factory.mktemp("recordings")
    captures.record(folder / "good.mp4", 1, turns=ALL.turns, wav=say_digits("482915", "en", 0))
    shapes(folder / "shapes.mp4", faststart=True)
    return folder


# What is no recording


def text(folder: Path) -> Path:
    (folder / "notes.mp4").write_text("Dear diary, this is not a film. " * 40)
    return folder / "notes.mp4"


def playlist(folder: Path) -> Path:
    (folder / "list.mp4").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n")
    return folder / "list.mp4"


def empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def cut_short(folder: Path) -> Path:
    data = (folder / "shapes.mp4").read_bytes()
    (folder / "half.mp4").write_bytes(data[: len(data) // 2])
    return folder / "half.mp4"


def headless(folder: Path) -> Path:
    """Its index is at the end, as phones write it, and the end is missing."""
    data = shapes(folder / "phone.mp4").read_bytes()
    (folder / "headless.mp4").write_bytes(data[: len(data) - 900])
    return folder / "headless.mp4"


def too_long(folder: Path) -> Path:
    return shapes(folder / "long.mp4", seconds=17, fps=4)


def too_short(folder: Path) -> Path:
    return shapes(folder / "short.mp4", seconds=0.4)


def bomb(folder: Path) -> Path:
    """Few bytes, many pixels."""
    return shapes(folder / "bomb.mp4", size=(4096, 2304), seconds=0.1)


def tiny(folder: Path) -> Path:
    return shapes(folder / "tiny.mp4", size=(96, 96))


def only_sound(folder: Path) -> Path:
    path = folder / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def too_large(folder: Path) -> Path:
    """Sparse: it only says that it is large."""
    with (folder / "large.mp4").open("wb") as file:
        file.write((folder / "shapes.mp4").read_bytes())
        file.truncate(4 << 30)
    return folder / "large.mp4"


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (text, "NOT_A_VIDEO", "Record an MP4 or WebM"),
        (playlist, "NOT_A_VIDEO", "Record an MP4 or WebM"),
        (empty, "EMPTY_FILE", "empty"),
        (cut_short, "BROKEN_FILE", "incomplete"),
        (headless, "BROKEN_FILE", "incomplete"),
        (too_long, "TOO_LONG", "15 seconds"),
        (too_short, "TOO_SHORT", "too short"),
        (bomb, "TOO_MANY_PIXELS", "4096×2304"),
        (tiny, "TOO_FEW_PIXELS", "720p"),
        (only_sound, "NO_PICTURE", "not only sound"),
        (too_large, "TOO_LARGE", "50 MB"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_what_is_no_recording_is_refused_in_words_and_nothing_is_kept(
    recordings: Path, tmp_path: Path, make: object, code: str, words: str
) -> None:
    path = make(recordings)  # type: ignore[operator]
    with pytest.raises(CaptureRefused) as refused:
        await check(request(path, tmp_path / "out"))
    assert (refused.value.code, words in refused.value.message) == (code, True)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_damaged_recording_is_read_or_refused_and_nothing_else(recordings: Path, tmp_path: Path) -> None:
    whole = (recordings / "shapes.mp4").read_bytes()
    draw = random.Random(5)
    for round_ in range(25):
        data = bytearray(whole)
        for _ in range(draw.choice((1, 8, 60))):
            data[draw.randrange(32, len(data))] = draw.randrange(256)
        damaged = tmp_path / f"{round_}.mp4"
        damaged.write_bytes(data[: draw.randrange(64, len(data))] if round_ % 3 == 0 else data)
        try:
            assert decode.clean(damaged, tmp_path).frames > 0
        except CaptureRefused:
            assert not (tmp_path / "clip.mp4").exists()


# What is made of a recording


@pytest.mark.parametrize("name", ["shapes.mp4", "shapes.webm"])
def test_a_recording_is_encoded_anew_without_a_word_about_its_maker(name: str, tmp_path: Path) -> None:
    cleaned = decode.clean(shapes(tmp_path / name), tmp_path)
    assert cleaned.clip is not None
    assert cleaned.sound is not None
    with av.open(cleaned.clip) as container:
        kinds = {stream.type: stream.codec_context.name for stream in container.streams}
        assert kinds == {"video": "h264", "audio": "aac"}
        assert not {"location", "artist", "encoder", "creation_time"} & set(container.metadata)
        assert sum(1 for _ in container.decode(video=0)) == cleaned.frames
    assert b"Somebody" not in Path(cleaned.clip).read_bytes()
    assert (cleaned.width, cleaned.height, cleaned.fps) == (320, 240, 10)
    assert cleaned.seconds == pytest.approx(2, abs=0.15)
    assert load_wav(Path(cleaned.sound)).size == pytest.approx(48_000, rel=0.05)


def test_a_phone_held_upright_gives_an_upright_picture(tmp_path: Path) -> None:
    path = shapes(tmp_path / "held.mp4", size=(320, 160))
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version, flags, times, track, duration, layer, volume, then the matrix
    quarter = (0, 1 << 16, 0, -(1 << 16) & 0xFFFFFFFF, 0, 0, 0, 0, 1 << 30)
    data[at : at + 36] = b"".join(value.to_bytes(4, "big") for value in quarter)
    path.write_bytes(data)
    with av.open(str(path)) as container:
        lying = next(container.decode(video=0)).to_ndarray(format="bgr24").astype(int)
    cleaned = decode.clean(path, tmp_path)
    assert (cleaned.width, cleaned.height) == (160, 320)
    _, upright = next(decode.frames(Path(cleaned.clip or "")))
    assert np.abs(np.rot90(lying, -1) - upright).mean() < 8


def test_a_large_recording_is_kept_smaller(tmp_path: Path) -> None:
    cleaned = decode.clean(shapes(tmp_path / "wide.mp4", size=(1920, 1088), seconds=1), tmp_path)
    assert max(cleaned.width, cleaned.height) == decode.KEPT_SIDE
    moments = [seconds for seconds, _ in decode.frames(Path(cleaned.clip or ""), every=0.3)]
    assert moments == pytest.approx([0, 0.3, 0.6, 0.9])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_made_anew_upright_and_without_its_place(form: str, tmp_path: Path) -> None:
    sheet = Image.new("RGB", (300, 200), (200, 40, 40))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "At home"  # turned by a quarter; a description
    source = tmp_path / "photo"
    sheet.save(source, form, exif=exif)
    assert photo.is_picture(source)
    cleaned = photo.clean_photo(source, tmp_path)
    with Image.open(cleaned.still or "") as image:
        assert (image.size, image.mode, dict(image.getexif()), image.info) == ((200, 300), "RGB", {}, {})


# From beginning to end


async def test_a_good_recording_passes_every_check(recordings: Path, tmp_path: Path) -> None:
    results, report = await check(request(recordings / "good.mp4", tmp_path / "out", ALL))
    assert [result.name for result in results] == [
        CheckName.FILE, CheckName.NOT_REPLAYED, CheckName.ONE_FACE, CheckName.SHARP, CheckName.LIT,
        CheckName.SAME_FACE, CheckName.LIVE, CheckName.TURNS, CheckName.VOICE, CheckName.DIGITS,
    ]  # fmt: skip
    assert failures(results) == {}
    assert report.passed
    assert len(report.voice_embedding or ()) == 256
    assert report.face_embedding
    assert 3 <= len(report.crops) <= 8
    named = [report.clip, report.thumbnail, report.voice_sample, *(crop.path for crop in report.crops)]
    assert {Path(each or "") for each in named} == set((tmp_path / "out").iterdir())
    assert 1.5 < load_wav(Path(report.voice_sample or "")).size / 24_000 < 10
    # Once more, as other bytes: a recording is good for one capture.
    again, replay = await check(
        request(Path(report.clip or ""), tmp_path / "again", known_fingerprints=(report.fingerprint,))
    )
    assert failures(again) == {CheckName.NOT_REPLAYED: "REPLAYED"}
    assert (replay.face_embedding, replay.voice_embedding, replay.crops) == (None, None, ())


async def test_the_digits_of_another_challenge_fail_and_no_voice_is_kept(recordings: Path, tmp_path: Path) -> None:
    other = msgspec.structs.replace(ALL, digits="730664", steps=(Step.SAY,))
    results, report = await check(request(recordings / "good.mp4", tmp_path / "out", other))
    assert failures(results) == {CheckName.DIGITS: "WRONG_DIGITS"}
    assert (report.voice_embedding, report.voice_sample) == (None, None)
    assert not list((tmp_path / "out").glob("*.wav"))


@pytest.mark.parametrize(
    ("variant", "failed", "code"),
    [("no_face", CheckName.ONE_FACE, "NO_FACE"), ("two_faces", CheckName.ONE_FACE, "SEVERAL_FACES")],
)
async def test_no_face_or_two_are_refused_and_no_embedding_leaves(
    variant: str, failed: CheckName, code: str, tmp_path: Path
) -> None:
    path = captures.record(tmp_path / "take.mp4", 1, variant=variant, say=0.5)
    results, report = await check(request(path, tmp_path / "out"))
    assert failures(results)[failed] == code
    assert (report.face_embedding, report.crops, report.face_model) == (None, (), "")


async def test_a_photo_held_up_is_not_alive(tmp_path: Path) -> None:
    path = captures.record(tmp_path / "take.mp4", 1, turns=ALL.turns, variant="photo", say=0.5)
    turning = msgspec.structs.replace(ALL, steps=(Step.LOOK, Step.TURNS))
    results, report = await check(request(path, tmp_path / "out", turning))
    assert CheckName.LIVE in failures(results)
    assert report.face_embedding is None


async def test_a_silent_clip_fails_at_the_voice_alone(tmp_path: Path) -> None:
    path = captures.record(tmp_path / "take.mp4", 1, say=1.5)
    saying = msgspec.structs.replace(ALL, steps=(Step.SAY,))
    results, report = await check(request(path, tmp_path / "out", saying))
    assert failures(results) == {CheckName.VOICE: "NO_SOUND"}
    assert report.face_embedding is not None
    assert report.voice_embedding is None


async def test_a_drawing_becomes_a_cameo_and_only_its_cut_out_is_kept(tmp_path: Path) -> None:
    sheet = Image.new("RGBA", (400, 400))
    pen = ImageDraw.Draw(sheet)
    pen.ellipse((80, 80, 320, 330), fill=(210, 130, 40, 255))
    for x in range(100, 300, 20):
        pen.line((x, 120, x + 20, 300), fill=(120, 60, 20, 255), width=3)
    sheet.save(tmp_path / "pumpkin.png")
    drawn = Challenge(kind=CameoKind.DRAWN, language="en", steps=(Step.LOOK,))
    results, report = await check(request(tmp_path / "pumpkin.png", tmp_path / "out", drawn))
    assert failures(results) == {}
    assert CheckName.NO_HUMAN_FACE in {result.name for result in results}
    assert (report.clip, report.face_embedding, report.voice_embedding) == (None, None, None)
    kept = {Path(report.crops[0].path), Path(report.thumbnail or "")}
    assert kept == set((tmp_path / "out").iterdir())
    person = msgspec.structs.replace(drawn, kind=CameoKind.PERSON)
    with pytest.raises(CaptureRefused, match="not a recording"):
        await check(request(tmp_path / "pumpkin.png", tmp_path / "again", person))


async def test_faces_are_found_in_clips_and_pictures(recordings: Path, tmp_path: Path) -> None:
    (face,) = await runner.faces_in([recordings / "good.mp4"], every=1.0, timeout=60)
    picture = tmp_path / "photo.jpg"
    _, shot = next(decode.frames(recordings / "good.mp4"))
    Image.fromarray(shot[:, :, ::-1]).save(picture)
    (scratch := tmp_path / "scratch").mkdir()
    report = await runner.examine_picture(picture, scratch, timeout=60)
    assert report.faces == 1
    assert float(np.dot(face, report.embedding or ())) > 0.93
    assert list(scratch.iterdir()) == []
    with pytest.raises(CaptureRefused, match="Send a photo"):
        await runner.examine_picture(recordings / "shapes.mp4", scratch, timeout=60)
    assert list(scratch.iterdir()) == []
