"""Faces are found, measured, told apart and cut out; the networks are the ones we know."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.diorama.cast import load_cast
from engine.errors import BackendUnavailable
from engine.identity import nets
from engine.identity.face import MAY_BE_SAME, SAME_FACE, Faces, likeness, mean_embedding
from engine.identity.lifelike import NOTICED, most_lifelike
from engine.spec import CastMember, FaceCrop
from tests.captures import PEOPLE, TALL, WIDE, Picture, Pose, Scene, person, picture

ART = Path(__file__).parents[2] / "engine" / "diorama" / "art" / "pack"
STRAIGHT = Pose()
EVENING = Scene(light=0.7, side=-0.7, warmth=0.5, room=4)


@pytest.fixture(scope="module")
def faces() -> Faces:
    cv2.setNumThreads(1)
    return Faces()


def shot(number: int = 1, pose: Pose = STRAIGHT, scene: Scene | None = None) -> Picture:
    return picture(person(number), pose) if scene is None else picture(person(number), pose, scene)


def embedded(faces: Faces, bgr: Picture) -> NDArray[np.float32]:
    (found,) = faces.detect(bgr)
    return faces.embed(bgr, found)


def art(name: str) -> Picture:
    with Image.open(ART / f"{name}.webp") as image:
        cut = image.convert("RGBA")
    sheet = Image.new("RGBA", (cut.width + 60, cut.height + 60), (210, 205, 200, 255))
    sheet.alpha_composite(cut, (30, 30))
    return np.asarray(cv2.cvtColor(np.asarray(sheet), cv2.COLOR_RGBA2BGR), np.uint8)


def test_one_face_is_found_where_it_is(faces: Faces) -> None:
    (found,) = faces.detect(shot())
    x0, y0, x1, y1 = found.box
    assert x0 < WIDE / 2 < x1
    assert y0 < TALL / 2 < y1
    left_eye, right_eye, nose, mouth = found.points[:4]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_eye[1] < nose[1] < mouth[1]


def test_a_room_has_no_face_and_two_people_have_two(faces: Faces) -> None:
    room = shot()
    room[:] = cv2.GaussianBlur(room[:40, :40], (0, 0), 9).mean(axis=(0, 1))
    assert faces.detect(room) == []
    both = faces.detect(picture([person(1), person(2)], STRAIGHT))
    assert len(both) == 2
    assert both[0].size >= both[1].size


@pytest.mark.parametrize("degrees", [-35, -20, 20, 35])
def test_a_turned_head_is_measured(faces: Faces, degrees: float) -> None:
    bgr = shot(1, Pose(yaw=degrees))
    mesh = faces.mesh(bgr, faces.detect(bgr)[0])
    assert mesh.yaw == pytest.approx(degrees, abs=9)
    assert abs(mesh.roll) < 8


@pytest.mark.parametrize(("pose", "measure"), [(Pose(pitch=20), "pitch"), (Pose(roll=14), "roll")])
def test_a_tipped_and_a_leaning_head_are_measured(faces: Faces, pose: Pose, measure: str) -> None:
    def measured(bgr: Picture) -> float:
        return getattr(faces.mesh(bgr, faces.detect(bgr)[0]), measure)

    there, straight = measured(shot(3, pose)), measured(shot(3))
    back = measured(shot(3, Pose(pitch=-pose.pitch, roll=-pose.roll)))
    assert there - straight > 9
    assert straight - back > 9


def test_the_same_person_is_known_in_another_light_and_pose(faces: Faces) -> None:
    for number in (1, 4):
        first = embedded(faces, shot(number))
        assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
        other = embedded(faces, shot(number, Pose(yaw=15, mouth=0.3, smile=0.3), EVENING))
        assert likeness(first, other) > SAME_FACE


def test_different_people_are_told_apart(faces: Faces) -> None:
    people = [embedded(faces, shot(number)) for number in range(1, len(PEOPLE) + 1)]
    for one, other in itertools.combinations(people, 2):
        assert likeness(one, other) < MAY_BE_SAME
    assert np.linalg.norm(mean_embedding(people)) == pytest.approx(1, abs=1e-5)


def test_a_head_is_cut_out_and_can_play(faces: Faces, tmp_path: Path) -> None:
    bgr = shot(5, scene=EVENING)
    mesh = faces.mesh(bgr, faces.detect(bgr)[0])
    head, points = faces.cut_out(bgr, mesh)
    height, width = head.shape[:2]
    alpha = head[:, :, 3]
    assert head.dtype == np.uint8
    assert head.shape[2] == 4
    for place in (points.left_eye, points.right_eye, points.mouth_left, points.mouth_right):
        assert alpha[round(place[1] * height), round(place[0] * width)] > 250
    assert points.left_eye[0] < points.right_eye[0]
    assert points.left_eye[1] < points.upper_lip[1] <= points.lower_lip[1] < points.chin[1]
    assert alpha[0].max() < 30  # the wall above
    assert alpha[-1].max() < 30  # the pullover below
    hair = round((points.left_eye[1] - 0.7 * (points.chin[1] - points.left_eye[1])) * height)
    assert alpha[max(hair, 0), width // 2] > 200
    path = tmp_path / "head.png"
    Image.fromarray(head, "RGBA").save(path)
    crop = FaceCrop(path=str(path), yaw=0.0, points=points)
    (likeness_,) = load_cast([CastMember(cameo_id="c", version=1, name="Ada", faces=(crop,))])
    assert likeness_.face is not None


def test_a_network_that_was_changed_or_lost_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nets, "WEIGHTS", tmp_path)
    with pytest.raises(BackendUnavailable, match="missing"):
        nets.read("face_landmark.tflite")
    (tmp_path / "face_landmark.tflite").write_bytes(b"another network")
    with pytest.raises(BackendUnavailable, match="not the file"):
        nets.tflite("face_landmark.tflite")


def test_every_network_is_listed_with_its_origin() -> None:
    read_me = (nets.WEIGHTS / "README.md").read_text()
    listed = set(re.findall(r"^\| `([^`]+)`", read_me, re.MULTILINE))
    files = {path.name for path in nets.WEIGHTS.iterdir()} - {"README.md"}
    assert set(nets.DIGESTS) <= files
    assert set(nets.DIGESTS) <= listed
    for name in nets.DIGESTS:
        assert nets.read(name)


def test_a_person_photographed_or_drawn_from_life_is_noticed(faces: Faces) -> None:
    photo = shot(3)
    grey = np.asarray(cv2.cvtColor(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    poster = np.full((900, 900, 3), 120, np.uint8)
    poster[550:890, 640:895] = cv2.resize(photo, (255, 340))
    for shown in (photo, grey, np.ascontiguousarray(np.rot90(photo, 2)), poster):
        assert most_lifelike(shown, faces) > NOTICED


@pytest.mark.parametrize("name", ["boy", "woman", "teddy-bear", "cat-face", "robot", "baby"])
def test_cartoons_pass(faces: Faces, name: str) -> None:
    assert most_lifelike(art(name), faces) <= NOTICED
