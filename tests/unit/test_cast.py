"""The cast: crops are checked, whoever they show stays known, moves and speaks; without a face a drawn person plays."""

from __future__ import annotations

import os
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.diorama.art.pack import asset
from engine.diorama.cast import Likeness, load_cast
from engine.diorama.paint import Painter, headwear
from engine.diorama.paint.face import Head
from engine.diorama.paint.light import LIGHTS
from engine.diorama.paint.likeness import LikenessPuppet, in_hand
from engine.diorama.paint.postures import GAITS, POSTURES
from engine.diorama.scene import KEYS, MOTIONS, STYLES, TIMES, Brief, Line, Scene, Soundtrack, Speech, Subject
from engine.errors import InvalidRequest
from engine.spec import CastMember, FaceCrop
from engine.text.outfit import HATS, Outfit, outfit
from tests.faces import HAIR, SKIN, draw_face, member

WIDTH, HEIGHT = 180, 320


@pytest.fixture(scope="module")
def mira(tmp_path_factory: pytest.TempPathFactory) -> Likeness:
    return load_cast([member(tmp_path_factory.mktemp("mira"))])[0]


def scene(
    motion: str = "idle", *, cast: int | None = 0, seconds: float = 2.0, size: float = 0.6, **words: str
) -> Scene:
    """One person standing in the middle of the moon."""
    subject = Subject("person", "Mira", "person", size, motions=(motion,), cast=cast)
    tracks = np.zeros((1, KEYS, 8), np.float32)
    tracks[..., 0], tracks[..., 1] = 0.5, 0.8
    tracks[..., (2, 5, 6)] = 1
    camera = np.zeros((KEYS, 4), np.float32)
    camera[:, :3] = (0.5, 0.5, 1.0)
    brief = Brief("a prompt", "en", (subject,), **({"place": "moon"} | words))  # pyright: ignore[reportArgumentType]
    return Scene(brief, seconds, 5, tracks, camera)


def still(
    what: Scene, *cast: Likeness, time: float = 0.5, sound: Soundtrack | None = None, width: int = WIDTH
) -> NDArray[np.int32]:
    painter = Painter(what, sound, width=width, height=width * 16 // 9, fps=24, cast=cast)
    return painter.still(time).astype(np.int32)


def like(picture: NDArray[np.int32], rgb: tuple[int, int, int], reach: int = 46) -> NDArray[np.bool_]:
    """Where ``picture`` (BGR) is about the colour ``rgb``."""
    return np.abs(picture - np.array(rgb[::-1])).max(axis=2) < reach


def head_of(likeness: Likeness, style: str = "plain", worn: Outfit | None = None) -> Head:
    assert likeness.face is not None
    return Head(likeness.face, worn or Outfit(), LIGHTS["day"], style, 300)


def test_a_crop_is_trimmed_and_multiplied_and_its_skin_is_read(mira: Likeness) -> None:
    assert mira.face is not None
    (crop,) = mira.face.crops
    assert (crop.image[:, :, :3] <= crop.image[:, :, 3:]).all()
    assert crop.image[:, :, 3].max(axis=1).min() > 0
    assert np.abs(np.array(mira.face.skin) - SKIN[::-1]).max() < 12
    assert mira.voice is None
    x, y = crop.features.lower_lip
    assert crop.image[int(y) + 3, int(x), 2] > crop.image[int(y) + 3, int(x), 1] + 60, "the lips are where it says"


def too_many_pixels(path: Path) -> None:
    """A PNG whose header alone promises 30,000 × 30,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 6, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    body = b"IDAT" + zlib.compress(b"\0" * 64)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", len(body) - 4) + body + b"\0\0\0\0")


def half_a_picture(path: Path) -> None:
    draw_face(path)
    path.write_bytes(path.read_bytes()[:900])


def written(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def saved(picture: Image.Image, kind: str = "PNG") -> Callable[[Path], object]:
    return lambda path: picture.save(path, kind)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (Path.exists, "cannot be read"),
        (written(b"I am not a picture"), "cannot be read"),
        (Path.mkdir, "cannot be read"),
        (os.mkfifo, "cannot be read"),
        (half_a_picture, "cannot be read"),
        (saved(Image.new("RGB", (200, 200), "pink"), "JPEG"), "cannot be read"),
        (saved(Image.new("RGB", (200, 200), "pink")), "no transparency"),
        (saved(Image.new("RGBA", (200, 200))), "empty"),
        (saved(Image.new("RGBA", (63, 200), (9, 9, 9, 255))), "too small"),
        (too_many_pixels, "pixels"),
        (written(bytes(25 << 20)), "larger than 24 MB"),
    ],
)
def test_a_picture_that_cannot_be_a_head_is_refused_by_name(
    tmp_path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    path = tmp_path / "face.png"
    spoil(path)
    with pytest.raises(InvalidRequest, match=words) as caught:
        load_cast([CastMember(cameo_id="c", version=1, name="Ada", faces=(FaceCrop(path=str(path)),))])
    assert caught.value.field == "cast"
    assert "Ada" in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_a_huge_head_takes_little_memory_and_looks_as_it_does_when_sent_smaller(tmp_path: Path) -> None:
    points = draw_face(tmp_path / "small.png")
    with Image.open(tmp_path / "small.png") as picture:
        picture.resize((picture.width * 8, picture.height * 8)).save(tmp_path / "huge.png", compress_level=1)
        picture.resize((picture.width * 2, picture.height * 2)).save(tmp_path / "usual.png")
    faces = [FaceCrop(path=str(tmp_path / name), points=points) for name in ("huge.png", "usual.png")]
    tracemalloc.start()
    try:
        (huge,) = load_cast([CastMember(cameo_id="c", version=1, name="Ada", faces=(faces[0],))])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 120 << 20
    (usual,) = load_cast([CastMember(cameo_id="c", version=1, name="Ada", faces=(faces[1],))])
    assert huge.face is not None
    assert usual.face is not None
    ours, theirs = huge.face.crops[0], usual.face.crops[0]
    assert ours.image.shape == pytest.approx(theirs.image.shape, abs=3)
    assert ours.features.lower_lip == pytest.approx(theirs.features.lower_lip, abs=4)
    assert huge.face.skin == pytest.approx(usual.face.skin, abs=3)


def test_whose_voice_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "voice.wav").write_bytes(b"I am not a voice")
    with pytest.raises(InvalidRequest, match=r"^Ada: The voice sample cannot be read"):
        load_cast([CastMember(cameo_id="c", version=1, name="Ada", voice=str(tmp_path / "voice.wav"))])


def test_a_palette_picture_with_transparency_is_taken(tmp_path: Path) -> None:
    draw_face(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        picture.quantize(32, method=Image.Quantize.FASTOCTREE).save(tmp_path / "b.png")
    faces = (FaceCrop(path=str(tmp_path / "b.png")),)
    assert load_cast([CastMember(cameo_id="c", version=1, name="Ada", faces=faces)])[0].face is not None


def test_a_tilted_head_is_set_upright(tmp_path: Path) -> None:
    points = draw_face(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        turned, w, h = picture.rotate(20, expand=True), *picture.size
    middle, c, s = np.array([w, h]) / 2, np.cos(np.radians(-20)), np.sin(np.radians(-20))

    def carried(place: tuple[float, float]) -> tuple[float, float]:
        x, y = np.array(place) * (w, h) - middle
        return (c * x - s * y) / turned.width + 0.5, (s * x + c * y) / turned.height + 0.5

    turned.save(tmp_path / "b.png")
    tilted = type(points)(**{name: carried(getattr(points, name)) for name in points.__struct_fields__})
    faces = FaceCrop(path=str(tmp_path / "b.png"), points=tilted), FaceCrop(path=str(tmp_path / "a.png"), points=points)
    face = load_cast([CastMember(cameo_id="c", version=1, name="Ada", faces=faces)])[0].face
    assert face is not None
    level, straight = face.crops
    assert abs(level.features.roll) < 0.01
    assert level.image.shape[:2] == pytest.approx(straight.image.shape[:2], abs=8)
    assert level.features.chin == pytest.approx(straight.features.chin, abs=6)


def test_features_that_nobody_told_are_found_nearby(tmp_path: Path, mira: Likeness) -> None:
    guessed = load_cast([member(tmp_path, points=False)])[0]
    assert mira.face is not None
    assert guessed.face is not None
    told, found = mira.face.crops[0].features, guessed.face.crops[0].features
    assert not found.sure
    for name in ("left_eye", "right_eye", "upper_lip", "chin"):
        assert getattr(found, name) == pytest.approx(getattr(told, name), abs=0.07 * 350), name


@pytest.mark.parametrize(
    ("text", "worn"),
    [
        ("", Outfit()),
        ("always wears a fedora", Outfit(hat="fedora")),
        ("I wear glasses and a red hat", Outfit(hat="womans-hat", hat_colour="red", glasses="glasses")),
        ("top hat; green jumper", Outfit(hat="top-hat", clothes="green")),
        ("Porte toujours une casquette bleue, des lunettes de soleil et une chemise rose",
         Outfit(hat="billed-cap", hat_colour="blue", glasses="sunglasses", clothes="pink")),
        ("a long sword, purple", Outfit(clothes="purple", unsupported=("a long sword",))),
        ("brings a shred of doubt", Outfit(unsupported=("brings a shred of doubt",))),
        ("🎩" * 900, Outfit(unsupported=("🎩" * 60,))),
    ],
)  # fmt: skip
def test_preferences_are_worn_or_said_to_be_beyond_the_art(text: str, worn: Outfit) -> None:
    assert outfit(text) == worn


def test_every_hat_there_is_a_word_for_can_be_worn() -> None:
    assert set(HATS) == set(headwear.HATS)
    assert all(asset(hat.art).image.size for hat in headwear.HATS.values())


def test_the_head_of_the_capture_is_seen_and_the_hands_have_its_skin(mira: Likeness) -> None:
    seen, drawn = still(scene(), mira, width=270), still(scene(cast=None), mira, width=270)
    assert like(seen, HAIR).sum() > 500 + like(drawn, HAIR).sum()
    rows, _ = np.nonzero(like(seen, HAIR))
    hands = like(seen[int(rows.max()) + 40 :], SKIN)
    assert hands.sum() > 20, "hands below the head"


def test_who_brings_no_face_is_played_by_an_ordinary_drawn_person(mira: Likeness) -> None:
    faceless = Likeness("Mira", None, None, mira.outfit)
    assert np.array_equal(still(scene(), faceless), still(scene(cast=None)))
    assert np.array_equal(still(scene(cast=7), mira), still(scene(cast=None)))


@pytest.mark.parametrize("motion", MOTIONS)
def test_a_member_is_known_in_every_motion(motion: str, mira: Likeness) -> None:
    what = scene(motion, seconds=4.0)
    what.tracks[0, :, 0] = np.linspace(0.35, 0.65, KEYS)
    painter = Painter(what, None, width=WIDTH, height=HEIGHT, fps=24, cast=(mira,))
    for time in (0.4, 2.1):
        picture = painter.still(time).astype(np.int32)
        assert like(picture, HAIR).sum() > 120, time
        assert like(picture, SKIN).sum() > 120, time


def test_every_gait_has_a_posture() -> None:
    assert set(GAITS.values()) <= set(POSTURES)
    assert set(GAITS) <= set(MOTIONS)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("time", TIMES)
def test_a_face_stays_brighter_than_its_hair_in_every_light_and_style(style: str, time: str, mira: Likeness) -> None:
    head = Head(mira.face, Outfit(), LIGHTS[time], style, 240)  # pyright: ignore[reportArgumentType]
    shown = head.drawn(head.look(0.0, mouth=0, lids=0))
    features = head.based(0, False, 0).features
    x, y = features.between
    grey = cv2.cvtColor(np.ascontiguousarray(shown.picture[:, :, :3]), cv2.COLOR_BGR2GRAY).astype(float)
    cheek = grey[int(y + 0.35 * features.gauge) : int(y + 0.5 * features.gauge), int(x) - 14 : int(x) + 14].mean()
    crown = grey[int(y - 1.25 * features.gauge) : int(y - 1.1 * features.gauge), int(x) - 14 : int(x) + 14].mean()
    assert cheek > crown + 12
    assert cheek > 60


def spoken(mouth: NDArray[np.float32]) -> Soundtrack:
    speech = Speech(Line("Hello", "en", 0), 0.0, len(mouth) / 60, mouth)
    return Soundtrack(np.zeros((2, 8), np.float32), 48_000, (speech,), [])


@pytest.mark.parametrize("motion", ["idle", "run"])
def test_lips_move_with_the_speech(motion: str, mira: Likeness) -> None:
    mouth = np.clip(0.5 + 0.5 * np.sin(np.arange(240) / 9.0) * np.cos(np.arange(240) / 31.0), 0, 1).astype(np.float32)
    what = scene(motion, seconds=4.0)
    painter = Painter(what, spoken(mouth), width=360, height=640, fps=24, cast=(mira,))
    times, seen = np.arange(0.1, 3.8, 0.13), list[float]()
    for time in times:
        picture = painter.still(float(time)).astype(np.int32)
        _, _, boxes, _ = cv2.connectedComponentsWithStats(like(picture, HAIR).astype(np.uint8))
        left, top, wide, tall, _ = (int(v) for v in max(boxes[1:], key=lambda box: int(box[4])))
        strip = picture[top + tall : top + 3 * tall, left + wide // 2 - 2 : left + wide // 2 + 3]
        skin = like(strip, SKIN, 40).mean(axis=1) > 0.5
        lips = int(np.argmin(skin))  # under nose and upper lip, which are skin, the mouth is the first that is not
        chin = next(row for row in range(lips, len(skin)) if skin[row : row + 6].all())
        seen.append(float(chin - lips))
    heard = np.interp(times * 60, np.arange(240), mouth)
    assert np.corrcoef(seen, heard)[0, 1] >= 0.8


def test_a_mouth_stays_as_photographed_without_speech(mira: Likeness) -> None:
    head = head_of(mira)
    closed, wide = (head.drawn(head.look(0.0, mouth=level, lids=0)) for level in (0, 7))
    below = int(closed.mouth[1] + 2)
    assert wide.picture.shape == closed.picture.shape
    assert np.array_equal(wide.picture[: below - 12], closed.picture[: below - 12]), "nothing above the lips moves"
    alpha = [np.flatnonzero(each.picture[:, :, 3].max(axis=1) > 128).max() for each in (closed, wide)]
    assert alpha[1] > alpha[0] + 4, "the chin drops"
    assert alpha[1] < alpha[0] + 30, "and stays on the face"


def test_eyes_blink_now_and_then_and_stay_shut_in_sleep(mira: Likeness) -> None:
    head, whites = head_of(mira), list[int]()
    for lids in (0, 1, 2):
        picture = head.drawn(head.look(0.0, mouth=0, lids=lids)).picture[:, :, :3]
        row = int(head.based(0, False, 0).features.between[1])
        whites.append(int((picture[row - 8 : row + 8].min(axis=2) > 225).sum()))
    assert whites[0] > 2 * whites[2] + 20
    assert whites[0] > whites[1] > whites[2]
    what = scene(seconds=10.0)
    puppet = Painter(what, None, width=WIDTH, height=HEIGHT, fps=24, cast=(mira,)).puppets[0]
    assert isinstance(puppet, LikenessPuppet)
    assert 1 <= (puppet.blinks < 10).sum() <= 7


def test_the_crop_that_looks_the_way_of_the_motion_is_taken(tmp_path: Path) -> None:
    crops: list[FaceCrop] = []
    for yaw in (0.0, 40.0):
        points = draw_face(tmp_path / f"{yaw}.png", look=yaw / 40)
        crops.append(FaceCrop(path=str(tmp_path / f"{yaw}.png"), yaw=yaw, points=points))
    (ada,) = load_cast([CastMember(cameo_id="c", version=1, name="Ada", faces=tuple(crops))])
    head = head_of(ada)
    ahead, right, left = (head.look(yaw, mouth=0, lids=0) for yaw in (0.0, 34.0, -34.0))
    assert (ahead.crop, ahead.mirrored) == (0, False)
    assert (right.crop, right.mirrored) == (1, False)
    assert (left.crop, left.mirrored) == (1, True)


def test_a_single_crop_turns_a_little_and_is_never_mirrored(mira: Likeness) -> None:
    head = head_of(mira)
    left, ahead, right = (head.look(yaw, mouth=0, lids=0) for yaw in (-34.0, 0.0, 34.0))
    assert {left.mirrored, right.mirrored} == {False}
    places = [
        float(np.nonzero(like(head.drawn(look).picture[:, :, :3].astype(np.int32), (190, 70, 78)))[1].mean())
        for look in (left, ahead, right)
    ]
    assert places[0] + 3 < places[1] < places[2] - 3


def test_a_hat_and_glasses_are_worn(mira: Likeness) -> None:
    bare = head_of(mira)
    hatted, spectacled = head_of(mira, worn=Outfit(hat="fedora")), head_of(mira, worn=Outfit(glasses="glasses"))
    look = bare.look(0.0, mouth=0, lids=0)
    plain, hat, glasses = (head.drawn(look) for head in (bare, hatted, spectacled))
    assert hat.neck[1] > plain.neck[1] + 5 or hat.picture.shape[1] > plain.picture.shape[1] + 5
    assert glasses.picture.shape == plain.picture.shape
    changed = np.abs(glasses.picture.astype(int) - plain.picture.astype(int)).max(axis=2) > 40
    rows = np.nonzero(changed)[0]
    assert abs(float(rows.mean()) - bare.based(0, False, 0).features.between[1]) < 8


def test_clothes_follow_the_preference_then_the_prompt(tmp_path: Path) -> None:
    (green,) = load_cast([member(tmp_path, preferences="a green jumper")])
    painter = Painter(scene(), None, width=WIDTH, height=HEIGHT, fps=24, cast=(green,))
    assert isinstance(painter.puppets[0], LikenessPuppet)
    blue, lime, red = painter.puppets[0].doll.clothes.shirt
    assert lime > max(blue, red) + 60


def beside(what: Scene, art: str, relation: str) -> Scene:
    """``what`` with its member bound to a second subject on the same spot."""
    other = Subject(art, art, asset(art).kind, 0.3)
    first = replace(what.brief.subjects[0], relation=relation, target=1)
    brief = replace(what.brief, subjects=(first, other))
    return replace(what, brief=brief, tracks=np.repeat(what.tracks, 2, axis=0))


def test_what_a_member_holds_is_in_its_hand_and_seen(mira: Likeness) -> None:
    what = beside(scene(), "balloon", "holding")
    painter = Painter(what, None, width=WIDTH, height=HEIGHT, fps=24, cast=(mira,))
    holder, held = (course.at(0.5) for course in painter.courses)
    moved = in_hand(painter.puppets, what.brief.subjects, [holder, held], (WIDTH, HEIGHT))
    assert moved[0] == holder
    assert 0.12 < moved[1].x - holder.x < 0.3
    assert 0.08 < holder.y - moved[1].y < 0.2
    without = replace(what, tracks=what.tracks * np.array([[[1]], [[0]]], np.float32))
    assert (np.abs(still(what, mira) - still(without, mira)).max(axis=2) > 40).sum() > 150


@pytest.mark.parametrize(("art", "gait"), [("horse", "ride"), ("automobile", "ride"), ("rock", "idle")])
def test_a_member_sits_on_what_can_carry_it_and_stands_on_the_rest(art: str, gait: str, mira: Likeness) -> None:
    painter = Painter(beside(scene(), art, "on"), None, width=WIDTH, height=HEIGHT, fps=24, cast=(mira,))
    puppet = painter.puppets[0]
    assert isinstance(puppet, LikenessPuppet)
    assert puppet.gait(painter.courses[0].at(0.5), 0.5, talks=False)[0] == gait


def test_a_member_looks_the_same_in_every_painter(mira: Likeness) -> None:
    what = scene("dance", style="paper", time="dusk")
    assert np.array_equal(still(what, mira, time=1.3), still(what, mira, time=1.3))


def test_extreme_tracks_do_not_break_a_member(mira: Likeness) -> None:
    what = scene("jump")
    what.tracks[0, :, :6] = (0.5, 0.5, 40.0, 90.0, 9.0, 0.0)
    assert still(what, mira).std() > 12
    what.tracks[0, :, 2] = 0.0
    assert still(what, mira).std() > 12
