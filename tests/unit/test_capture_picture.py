"""A recording's pictures are judged as they deserve; a thing may be a cameo, but never with a person's face."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from engine.capture.fingerprint import EVERY, REPLAYED, distance, fingerprint, not_replayed, shrunk
from engine.capture.spec import CameoKind, Challenge, CheckName, Gesture, Step, Turn, step_of
from engine.capture.still import examine_clip, examine_still
from engine.capture.watch import Watched, watch
from engine.identity.face import FACE_MODEL, SAME_FACE, Faces, likeness
from engine.spec import FaceCrop
from tests.captures import FPS, LIVING_ROOM, Picture, Pose, Scene, person, picture, record, shots, track

ART = Path(__file__).parents[2] / "engine" / "diorama" / "art" / "pack"
TURNS = (Turn.LEFT, Turn.UP, Turn.RIGHT)
Examine = Callable[..., Watched]


@pytest.fixture(scope="module")
def faces() -> Faces:
    cv2.setNumThreads(1)
    return Faces()


@pytest.fixture
def seen(faces: Faces, tmp_path: Path) -> Examine:
    """``seen(pictures, challenge, …)``: what watching a recording gives, written to the test's folder."""

    def run(pictures: Iterable[Picture], asked: Challenge, *, earlier: tuple[float, ...] | None = None) -> Watched:
        return watch(timed(pictures), asked, out_dir=tmp_path, faces=faces, earlier_face=earlier)

    return run


def timed(pictures: Iterable[Picture]) -> Iterator[tuple[float, Picture]]:
    return ((index / FPS, bgr) for index, bgr in enumerate(pictures))


def challenge(*steps: Step, turns: tuple[Turn, ...] = TURNS, gestures: tuple[Gesture, ...] = ()) -> Challenge:
    steps = steps or (Step.LOOK, Step.TURNS, Step.SAY)
    return Challenge(
        kind=CameoKind.PERSON, language="en", steps=steps, digits="482915" if Step.SAY in steps else None,
        turns=turns if Step.TURNS in steps else (), gestures=gestures,
    )  # fmt: skip


def failures(watched: Watched) -> dict[CheckName, str]:
    return {check.name: check.code for check in watched.checks if not check.passed}


def test_a_good_recording_passes_and_gives_what_a_cameo_needs(seen: Examine, tmp_path: Path) -> None:
    watched = seen(shots(1, track(TURNS)), challenge())
    assert [check.name for check in watched.checks] == [
        CheckName.ONE_FACE, CheckName.SHARP, CheckName.LIT, CheckName.SAME_FACE, CheckName.LIVE, CheckName.TURNS,
    ]  # fmt: skip
    assert failures(watched) == {}
    assert watched.face_model == FACE_MODEL
    assert np.linalg.norm(watched.embedding or ()) == pytest.approx(1, abs=1e-5)
    yaws = [crop.yaw for crop in watched.crops]
    assert abs(yaws[0]) < 6
    assert min(yaws) < -12
    assert max(yaws) > 12
    for crop in watched.crops:
        with Image.open(crop.path) as image:
            assert image.mode == "RGBA"
            assert max(image.size) <= 640
        assert crop.points is not None
    with Image.open(watched.thumbnail or "") as image:
        assert (image.format, image.size) == ("WEBP", (256, 256))
    assert {path.name for path in tmp_path.iterdir()} == {
        "thumbnail.webp", *(Path(crop.path).name for crop in watched.crops)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variant", "check", "code", "words"),
    [
        ("no_face", CheckName.ONE_FACE, "NO_FACE", "no face"),
        ("two_faces", CheckName.ONE_FACE, "SEVERAL_FACES", "more than one face"),
        ("photo", CheckName.LIVE, "FLAT", "picture held to the camera"),
    ],
)
def test_what_is_not_one_living_face_gives_nothing(
    seen: Examine, tmp_path: Path, variant: str, check: CheckName, code: str, words: str
) -> None:
    watched = seen(shots(1, track(TURNS), variant=variant), challenge())
    assert failures(watched)[check] == code
    assert words in next(each.message for each in watched.checks if each.name is check)
    assert (watched.crops, watched.embedding, watched.thumbnail) == ((), None, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variant", "check", "code"),
    [("dark", CheckName.LIT, "TOO_DARK"), ("blurred", CheckName.SHARP, "BLURRED")],
)
def test_a_bad_picture_repeats_the_look_alone(seen: Examine, variant: str, check: CheckName, code: str) -> None:
    watched = seen(shots(1, track(TURNS), variant=variant), challenge())
    assert failures(watched) == {check: code}
    assert step_of(check) is Step.LOOK


def test_turns_the_wrong_way_round_are_told_apart(seen: Examine) -> None:
    mirrored = track((Turn.RIGHT, Turn.UP, Turn.LEFT), say=0)
    watched = seen(shots(1, mirrored), challenge(Step.LOOK, Step.TURNS))
    assert failures(watched) == {CheckName.TURNS: "MIRRORED"}
    assert watched.crops  # the look is kept: only the turns are made again


def test_a_photo_held_still_is_refused_too(seen: Examine) -> None:
    still = shots(1, [Pose()] * 40, variant="photo")
    assert failures(seen(still, challenge()))[CheckName.LIVE] == "FLAT"


def test_a_voice_without_moving_lips_is_refused(seen: Examine) -> None:
    silent = [replace(pose, mouth=0.0) for pose in track(TURNS)]
    assert failures(seen(shots(1, silent), challenge())) == {CheckName.LIVE: "STILL_MOUTH"}


def test_somebody_else_may_not_take_over(seen: Examine) -> None:
    poses = track(())
    both = [*shots(1, poses), *shots(2, poses)]
    assert failures(seen(both, challenge(Step.LOOK)))[CheckName.SAME_FACE] == "FACE_CHANGED"


def test_a_repeated_step_must_show_the_same_person(seen: Examine) -> None:
    look = challenge(Step.LOOK)
    first = seen(shots(1, track(())), look).embedding
    evening = Scene(light=0.75, side=-0.6, room=3)
    again = seen(shots(1, track(()), evening), look, earlier=first)
    assert failures(again) == {}
    assert likeness(np.float32(again.embedding), np.float32(first)) > SAME_FACE
    other = seen(shots(2, track(())), look, earlier=first)
    assert failures(other) == {CheckName.SAME_FACE: "OTHER_FACE"}
    assert other.embedding is None


def test_a_face_that_leaves_or_is_far_away_is_told_so(seen: Examine) -> None:
    look = challenge(Step.LOOK)
    poses = track(())
    away = [*shots(1, poses), *shots(1, poses[:14], variant="no_face"), *shots(1, poses)]
    assert failures(seen(away, look)) == {CheckName.ONE_FACE: "FACE_LOST"}
    assert failures(seen(shots(1, poses, Scene(size=0.45)), look)) == {CheckName.ONE_FACE: "FACE_TOO_SMALL"}


def test_who_cannot_turn_blinks_and_smiles(seen: Examine) -> None:
    asked = (Gesture.BLINK, Gesture.SMILE, Gesture.BLINK)
    look = challenge(Step.LOOK, gestures=asked)
    assert failures(seen(shots(1, track((), gestures=asked, say=0)), look)) == {}


def printed(pictures: Iterable[Picture]) -> bytes:
    return fingerprint([shrunk(bgr) for index, bgr in enumerate(pictures) if index % round(EVERY * FPS) == 0])


def encoded(path: Path, pictures: list[Picture]) -> list[Picture]:
    """Half the size, and as bad as a messenger makes it."""
    height, width = pictures[0].shape[0] // 2, pictures[0].shape[1] // 2
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "36", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for bgr in pictures:
            small = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(small, format="bgr24")))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def test_a_recording_is_known_again_however_it_was_copied(tmp_path: Path) -> None:
    first = list(shots(1, track(TURNS)))
    print_ = printed(first)
    copies = {
        "encoded anew": encoded(tmp_path / "copy.mp4", first),
        "mirrored": [np.ascontiguousarray(bgr[:, ::-1]) for bgr in first],
        "brighter": [np.asarray((bgr * 1.25 + 15.0).clip(0, 255), np.uint8) for bgr in first],
        "cut at both ends": first[9:-6],
        "with a logo": [cv2.rectangle(bgr.copy(), (0, 0), (110, 60), (255, 255, 255), -1) for bgr in first],
    }
    for how, copy in copies.items():
        result = not_replayed(printed(copy), [printed(first[:20]), print_])
        assert (result.passed, result.code) == (False, "REPLAYED"), how
    assert step_of(CheckName.NOT_REPLAYED) is None


def test_another_recording_of_the_same_person_in_the_same_room_is_new() -> None:
    first = printed(shots(1, track(TURNS)))
    others = [
        shots(1, track((Turn.DOWN, Turn.LEFT, Turn.RIGHT))),
        shots(1, track((Turn.RIGHT, Turn.DOWN, Turn.LEFT))),
        shots(2, track(TURNS)),
    ]
    for other in others:
        assert not_replayed(printed(other), [first]).passed
    assert not_replayed(first, []).passed


@pytest.mark.parametrize("junk", [b"", b"\x01", b"\x02" + bytes(90), bytes(91), b"\x01" + bytes(95)])
def test_what_is_no_fingerprint_matches_nothing(junk: bytes) -> None:
    whole = printed(shots(1, track(())))
    assert distance(whole, junk) == distance(junk, whole) == 1.0
    assert distance(whole, whole) < REPLAYED


def thing(name: str, *, background: tuple[int, int, int] | None) -> Image.Image:
    """A piece of the art on a wall with grain, or cut out."""
    with Image.open(ART / f"{name}.webp") as image:
        cut = image.convert("RGBA").resize((300, 300))
    if background is None:
        return cut
    grain = np.random.default_rng(0).normal(0, 5, (480, 480, 1))
    wall = Image.fromarray(np.asarray((np.array(background) + grain).clip(0, 255), np.uint8)).convert("RGBA")
    wall.alpha_composite(cut, (90, 90))
    return wall.convert("RGB")


def examined(image: Image.Image, faces: Faces, folder: Path) -> Watched:
    path = folder / "still.png"
    image.save(path)
    return examine_still(path, out_dir=folder, faces=faces)


@pytest.mark.parametrize("background", [(150, 180, 160), None])
def test_a_toy_becomes_a_cameo_cut_out_of_its_wall(
    faces: Faces, tmp_path: Path, background: tuple[int, int, int] | None
) -> None:
    watched = examined(thing("teddy-bear", background=background), faces, tmp_path)
    assert failures(watched) == {}
    assert watched.embedding is None
    (crop,) = watched.crops
    assert crop == FaceCrop(path=str(tmp_path / "face-0.png"))
    with Image.open(crop.path) as image:
        alpha = np.asarray(image.getchannel("A"))
    solid = np.asarray(thing("teddy-bear", background=None).getchannel("A")) > 128
    assert alpha.max() == 255
    assert (alpha > 128).sum() == pytest.approx(solid.sum(), rel=0.04)
    with Image.open(watched.thumbnail or "") as image:
        assert image.size == (256, 256)


def portrait(number: int = 3) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(picture(person(number), Pose())[:, :, ::-1]))


def hidden_portrait() -> Image.Image:
    """A portrait whose every pixel is transparent, but for a corner."""
    image = portrait().convert("RGBA")
    alpha = np.zeros((image.height, image.width), np.uint8)
    alpha[-160:, -160:] = 255
    image.putalpha(Image.fromarray(alpha))
    return image


def small_portrait() -> Image.Image:
    """A framed portrait in the corner of a picture of a toy."""
    image = thing("teddy-bear", background=(150, 180, 160)).resize((960, 960))
    image.paste(portrait().resize((270, 360)), (680, 590))
    return image


@pytest.mark.parametrize(
    "shown",
    [portrait, lambda: portrait().rotate(180), lambda: portrait().convert("L").convert("RGB"), hidden_portrait,
     small_portrait],
    ids=["portrait", "upside down", "grey", "under transparency", "small in a corner"],
)  # fmt: skip
def test_a_persons_face_is_nobodys_toy(faces: Faces, tmp_path: Path, shown: Callable[[], Image.Image]) -> None:
    watched = examined(shown(), faces, tmp_path)
    assert failures(watched) == {CheckName.NO_HUMAN_FACE: "HUMAN_FACE"}
    assert (watched.crops, watched.thumbnail) == ((), None)
    assert {path.name for path in tmp_path.iterdir()} == {"still.png"}


def test_what_does_not_stand_out_is_told_how_to(faces: Faces, tmp_path: Path) -> None:
    wall = Image.fromarray(np.random.default_rng(1).integers(90, 140, (320, 320, 3)).astype(np.uint8))
    watched = examined(wall, faces, tmp_path)
    assert failures(watched)[CheckName.OUTLINE] == "NO_OUTLINE"
    assert "plain wall" in watched.checks[-1].message
    assert watched.crops == ()


def test_a_clip_of_a_thing_is_searched_for_faces_all_along(faces: Faces, tmp_path: Path) -> None:
    def clip(*, face_at: int | None) -> Iterator[tuple[float, Picture]]:
        for index in range(30):
            wall = np.full((480, 480, 3), (160, 180, 150), np.uint8)
            toy = np.asarray(thing("robot", background=None).resize((260, 260)))
            x = 60 + 4 * index
            wall[110:370, x : x + 260] = np.where(toy[:, :, 3:] > 128, toy[:, :, 2::-1], wall[110:370, x : x + 260])
            if index == face_at:
                wall = cv2.resize(picture(person(3), Pose(), LIVING_ROOM), (480, 480))
            yield index / 10, wall

    watched = examine_clip(clip(face_at=None), out_dir=tmp_path, faces=faces)
    assert failures(watched) == {}
    assert len(watched.crops) == 1
    assert len(watched.fingerprint) > 9
    (tmp_path / "face-0.png").unlink()
    (tmp_path / "thumbnail.webp").unlink()
    refused = examine_clip(clip(face_at=10), out_dir=tmp_path, faces=faces)
    assert failures(refused) == {CheckName.NO_HUMAN_FACE: "HUMAN_FACE"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["recording.mp4", "recording.webm"])
def test_the_tests_own_recordings_can_be_played(tmp_path: Path, name: str) -> None:
    path = record(tmp_path / name, 1, say=0.5)
    with av.open(str(path)) as container:
        times = [frame.time or 0.0 for frame in container.decode(video=0)]
    assert len(times) == len(track((), say=0.5))
    assert all(one < other for one, other in pairwise(times))
