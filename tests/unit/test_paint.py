"""The painter: what is asked for is seen, nothing is blank, and the same scene gives the same bytes."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.diorama.art.pack import asset
from engine.diorama.paint import Painter, bubble, preview
from engine.diorama.paint.light import LIGHTS
from engine.diorama.paint.motion import Course, smooth
from engine.diorama.paint.places import DRAWERS
from engine.diorama.paint.puppet import Drawn, Puppet
from engine.diorama.paint.recolour import TARGETS, recolour
from engine.diorama.scene import (
    COLOURS,
    KEYS,
    MOTIONS,
    PLACES,
    STYLES,
    TIMES,
    WEATHERS,
    Brief,
    Line,
    Scene,
    Soundtrack,
    Speech,
    Subject,
)

WIDTH, HEIGHT = 180, 320


def scene(*subjects: Subject, seconds: float = 2.0, seed: int = 5, **words: str) -> Scene:
    """A scene with its subjects standing side by side on the ground."""
    tracks = np.zeros((len(subjects), KEYS, 8), np.float32)
    tracks[:, :, 0] = ((np.arange(len(subjects)) + 0.5) / max(len(subjects), 1))[:, None]
    tracks[:, :, 1] = 0.8
    tracks[:, :, (2, 5, 6)] = 1
    camera = np.zeros((KEYS, 4), np.float32)
    camera[:, :3] = (0.5, 0.5, 1.0)
    return Scene(Brief("a prompt", "en", subjects, **words), seconds, seed, tracks, camera)  # pyright: ignore[reportArgumentType]


def subject(art: str, *, size: float = 0.4, **more: object) -> Subject:
    return Subject(art=art, word=art, kind=asset(art).kind, size=size, **more)  # pyright: ignore[reportArgumentType]


def still(what: Scene, time: float = 0.5, sound: Soundtrack | None = None) -> NDArray[np.int32]:
    return Painter(what, sound, width=WIDTH, height=HEIGHT, fps=24).still(time).astype(np.int32)


def spoken(
    text: str, *, speaker: int | None = 0, start: float = 0.2, seconds: float = 1.5, opening: float = 1.0
) -> Soundtrack:
    speech = Speech(Line(text, "en", speaker), start, seconds, np.full(int(seconds * 60), opening, np.float32))
    return Soundtrack(np.zeros((2, 8), np.float32), 48_000, (speech,), [])


def test_every_place_has_a_drawing() -> None:
    assert set(DRAWERS) == set(PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_no_place_is_blank_or_black_at_any_time(place: str) -> None:
    for time in TIMES:
        picture = still(scene(place=place, time=time))
        assert picture.std() > 12, (place, time)
        assert picture.mean() > 14, (place, time)
        assert np.median(picture.max(axis=2)) > 12, (place, time)


def test_places_differ_from_one_another() -> None:
    small = [
        cv2.resize(still(scene(place=p)).astype(np.float32), (18, 32), interpolation=cv2.INTER_AREA) for p in PLACES
    ]
    for first in range(len(PLACES)):
        for second in range(first + 1, len(PLACES)):
            assert np.abs(small[first] - small[second]).mean() > 6, (PLACES[first], PLACES[second])


def test_night_is_darker_and_bluer_than_day() -> None:
    day, night = still(scene(place="meadow", time="day")), still(scene(place="meadow", time="night"))
    assert night.mean() < 0.6 * day.mean()
    assert night[..., 0].mean() > 1.3 * night[..., 2].mean()


@pytest.mark.parametrize("weather", [w for w in WEATHERS if w != "clear"])
def test_weather_moves_and_is_seen(weather: str) -> None:
    what = scene(place="meadow", weather=weather, seconds=4.0)
    painter = Painter(what, None, width=WIDTH, height=HEIGHT, fps=24)
    now, later = painter.still(1.0).astype(np.int32), painter.still(2.5).astype(np.int32)
    assert np.abs(now - still(scene(place="meadow"), 1.0)).mean() > 1
    assert (np.abs(now - later).max(axis=2) > 8).mean() > 0.004


@pytest.mark.parametrize("time", ["day", "night"])
def test_wind_is_seen_in_any_light(time: str) -> None:
    windy = Painter(
        scene(place="beach", weather="wind", time=time, seconds=4.0), None, width=WIDTH, height=HEIGHT, fps=24
    )
    sheets, shares = windy.weather, list[float]()
    for moment in (0.5, 1.4, 2.6, 3.7):
        windy.weather = ()
        calm = windy.still(moment).astype(np.int32)
        windy.weather = sheets
        shares.append(float((np.abs(windy.still(moment) - calm).max(axis=2) > 24).mean()))
    assert min(shares) > 0.007
    assert np.mean(shares) > 0.01


def test_rain_stays_outside_the_window_of_a_room() -> None:
    painter = Painter(scene(place="room", weather="rain"), None, width=WIDTH, height=HEIGHT, fps=24)
    change = np.abs(painter.still(0.3).astype(np.int32) - painter.still(0.7).astype(np.int32)).max(axis=2) > 12
    assert painter.window is not None
    x, y, w, h = painter.window
    assert change[y : y + h, x : x + w].any()
    assert not change[int(HEIGHT * 0.7) :].any()


@pytest.mark.parametrize("style", STYLES)
def test_styles_change_the_whole_picture(style: str) -> None:
    fox = subject("fox")
    plain = still(scene(fox, place="beach", time="dusk"))
    styled = still(scene(fox, place="beach", time="dusk", style=style))
    assert styled.std() > 12
    if style != "plain":
        assert np.abs(plain - styled).mean() > 3


def test_noir_has_no_colour() -> None:
    picture = still(scene(subject("fox"), style="noir"))
    assert np.abs(picture[..., 0] - picture[..., 2]).max() <= 1


def test_frames_are_as_many_as_asked_in_order_and_like_stills() -> None:
    what = scene(subject("fox", motions=("walk",)), seconds=1.3)
    what.tracks[0, :, 0] = np.linspace(0.1, 0.9, KEYS)
    painter = Painter(what, None, width=WIDTH, height=HEIGHT, fps=24)
    frames = [frame.copy() for frame in painter.frames()]
    assert len(frames) == 31
    assert all(f.shape == (HEIGHT, WIDTH, 3) and f.dtype == np.uint8 and f.flags.c_contiguous for f in frames)
    for index in (0, 13, 30):
        assert np.array_equal(frames[index], painter.still(index / 24))


def test_held_styles_still_give_every_frame() -> None:
    painter = Painter(scene(seconds=1.04, style="paper"), None, width=WIDTH, height=HEIGHT, fps=24)
    assert sum(1 for _ in painter.frames()) == 25


def test_frames_can_be_abandoned_half_way() -> None:
    frames = Painter(scene(seconds=10.0), None, width=WIDTH, height=HEIGHT, fps=24).frames()
    next(frames)
    frames.close()


def test_the_same_scene_gives_the_same_bytes() -> None:
    def digest() -> str:
        what = scene(subject("fox", motions=("run",)), subject("rocket"), weather="storm", place="city", time="night")
        seen = hashlib.sha256()
        for frame in Painter(what, spoken("Hello!"), width=WIDTH, height=HEIGHT, fps=12).frames():
            seen.update(frame.tobytes())
        return seen.hexdigest()

    assert digest() == digest()


def test_an_actor_is_where_its_track_says() -> None:
    empty, there = still(scene(place="moon")), scene(subject("fox", size=0.3), place="moon")
    there.tracks[0, :, 0] = 0.75
    rows, columns = np.nonzero(np.abs(still(there) - empty).max(axis=2) > 40)
    assert abs(columns.mean() / WIDTH - 0.75) < 0.06
    assert abs(np.quantile(rows, 0.98) / HEIGHT - 0.8) < 0.03
    assert abs(np.ptp(rows) / WIDTH - 0.3) < 0.08


def test_an_invisible_actor_leaves_no_trace() -> None:
    hidden = scene(subject("fox"))
    hidden.tracks[0, :, 6] = 0
    assert np.array_equal(still(hidden), still(scene()))


def test_behind_and_in_front_decide_who_is_covered() -> None:
    def overlap(relation: str) -> NDArray[np.int32]:
        both = scene(subject("fox", relation=relation, target=1), subject("rock"), place="moon")
        both.tracks[:, :, 0] = 0.5
        return still(both)[int(HEIGHT * 0.72) : int(HEIGHT * 0.78), WIDTH // 2 - 12 : WIDTH // 2 + 12]

    def orange(part: NDArray[np.int32]) -> float:
        return float((part[..., 2] - part[..., 0]).mean())

    assert orange(overlap("in_front_of")) > orange(overlap("behind")) + 25


def test_the_camera_zooms_into_its_centre() -> None:
    near, far = scene(subject("rock", size=0.2), place="moon"), scene(subject("rock", size=0.2), place="moon")
    near.camera[:, 1:3] = (0.75, 2.0)

    def area(what: Scene) -> int:
        bare = replace(what, tracks=what.tracks * np.float32([1, 1, 1, 1, 1, 1, 0, 1]))
        return int((np.abs(still(what) - still(bare)).max(axis=2) > 30).sum())

    assert 2.8 < area(near) / area(far) < 5.5


@pytest.mark.parametrize("art", ["fox", "unicorn", "panda", "girl", "astronaut", "chicken"])
def test_head_only_art_gets_a_body_with_moving_legs(art: str) -> None:
    puppet = Puppet(subject(art), LIGHTS["day"], "plain", 160)
    stand, stride = puppet.drawn("run", 0), puppet.drawn("run", 5)
    h = stand.picture.shape[0]

    def legs(pose: Drawn) -> NDArray[np.int32]:
        sheet = np.zeros((h, 800, 4), np.int32)  # poses are trimmed: lay them foot on foot
        left = 400 - round(pose.foot[0])
        sheet[:, left : left + pose.picture.shape[1]] = pose.picture
        return sheet[int(h * 0.72) :, 250:550]

    assert puppet.limbs
    assert (legs(stand)[:, :, 3] > 128).sum() > 500
    assert np.abs(legs(stand) - legs(stride)).mean() > 1
    assert abs(stand.foot[1] - puppet.pad - stand.tall) < 6


def test_a_leap_tucks_the_legs_away() -> None:
    puppet = Puppet(subject("fox"), LIGHTS["day"], "plain", 160)

    def lowest(gait: str) -> int:
        return int(np.flatnonzero(puppet.drawn(gait, 0).picture[:, :, 3].max(axis=1) > 128)[-1])

    assert lowest("leap") < lowest("idle") - 5


@pytest.mark.parametrize("colour", COLOURS)
def test_recolouring_reaches_the_colour_and_keeps_the_shading(colour: str) -> None:
    art = asset("automobile")
    changed = recolour(art.image, art.colours[0], colour)
    solid = art.image[:, :, 3] > 250
    moved = solid & (np.abs(changed.astype(int) - art.image.astype(int)).max(axis=2) > 3)
    if colour == "red":
        return  # it is red already
    assert moved.sum() > 0.2 * solid.sum()
    code = TARGETS[colour]
    goal = np.array([code & 255, code >> 8 & 255, code >> 16 & 255])
    assert np.abs(np.median(changed[moved][:, :3], axis=0) - goal).max() < 75
    assert changed[moved][:, :3].std() > 4
    assert np.array_equal(changed[:, :, 3], art.image[:, :, 3])


def test_a_speaker_opens_its_mouth_and_its_words_are_shown() -> None:
    what = scene(subject("fox", size=0.5))
    silent, closed = still(what), still(what, sound=spoken("Bonjour à tous", opening=0.0))
    loud = still(what, sound=spoken("Bonjour à tous", opening=1.0))
    assert (np.abs(closed - silent).max(axis=2) > 60).sum() > 800  # the bubble
    assert 10 < (np.abs(loud - closed).max(axis=2) > 40).sum() < 2000  # the mouth


def test_words_vanish_after_the_speech() -> None:
    what = scene(subject("fox"), seconds=4.0)
    assert np.array_equal(still(what, 3.9), still(what, 3.9, spoken("Hi", start=0.2, seconds=1.0)))


@pytest.mark.parametrize("text", ["Oui", "Où êtes-vous, chère Élodie ?", "word " * 120, "x" * 300, "🙂🙂", "你好"])
@pytest.mark.parametrize("speaker", [0, None])
def test_any_text_fits_and_stays_clear_of_the_player_overlay(text: str, speaker: int | None) -> None:
    what = scene(subject("fox", size=0.3), place="moon", seconds=3.0)
    change = (
        np.abs(still(what, 0.9, spoken(text, speaker=speaker, seconds=2.5, opening=0.0)) - still(what, 0.9)).max(axis=2)
        > 60
    )
    rows, columns = np.nonzero(change)
    assert len(rows)
    assert rows.min() >= 0.09 * HEIGHT
    assert rows.max() <= 0.83 * HEIGHT
    assert columns.min() >= 0.02 * WIDTH
    assert columns.max() <= 0.98 * WIDTH


@pytest.mark.parametrize("speaker", [0, None])
def test_a_phrase_without_words_writes_nothing(speaker: int | None) -> None:
    what = scene(subject("fox", size=0.3), place="moon", seconds=3.0)
    assert np.array_equal(still(what, 0.9, spoken("", speaker=speaker, seconds=2.5, opening=0.0)), still(what, 0.9))


def test_every_word_of_a_long_speech_is_shown_on_some_page() -> None:
    text = " ".join(f"word{k}" for k in range(90))
    _, pages = bubble.paginate(text, 720, 400.0)
    assert len(pages) > 1
    assert " ".join(line for page in pages for line in page) == text


def test_a_bubble_does_not_cover_its_speaker() -> None:
    for height in (0.25, 0.4, 0.8):
        what = scene(subject("fox", size=0.3), place="moon")
        what.tracks[0, :, 1] = height
        painter = Painter(what, spoken("Good morning to you all"), width=720, height=1280, fps=24)
        page = painter.bubbles[0].page(0.5)
        assert page is not None
        tall = 0.3 * 720
        head = (360.0, height * 1280 - tall)
        x, y = painter.bubbles[0].spot(page, head, tall, [(260.0, head[1], 460.0, height * 1280)])
        assert abs(y - (head[1] + tall / 2)) > page.body[1] / 2 + 0.2 * tall or abs(x - 360) > page.body[0] / 2


def test_smooth_tracks_meet_their_keys_and_never_overshoot() -> None:
    keys = np.random.default_rng(1).random((KEYS, 3)).astype(np.float32)
    curve = smooth(keys)
    assert np.allclose(curve[::4], keys, atol=1e-6)
    assert curve.min() >= keys.min() - 1e-6
    assert curve.max() <= keys.max() + 1e-6


def test_a_landing_is_found_where_the_impact_is() -> None:
    what = scene(subject("fox", motions=("jump",)), seconds=4.0)
    what.tracks[0, 32, 7] = 1.0
    impacts = Course(what, 0, aspect=9 / 16, ground=0.8).impacts()
    assert len(impacts) == 1
    assert abs(impacts[0][0] - 32 / (KEYS - 1) * 4.0) < 0.05


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_motion_paints(motion: str) -> None:
    for art in ("fox", "automobile", "bird"):
        what = scene(subject(art, motions=(motion,)))
        what.tracks[0, :, 0] = np.linspace(0.3, 0.7, KEYS)
        what.tracks[0, :, 6] = np.linspace(1, 0, KEYS) if motion in {"explode", "vanish"} else 1
        assert np.abs(still(what, 0.7) - still(scene(), 0.7)).max() > 40


@pytest.mark.parametrize("aspect", [9 / 16, 16 / 9, 1.0])
def test_previews_are_small_rgb_pictures_of_the_scene(aspect: float) -> None:
    what = scene(subject("fox"), place="beach", time="dusk")
    picture = preview(what, long_side=200, aspect=aspect, time=0.5)
    assert picture.dtype == np.uint8
    assert max(picture.shape[:2]) == 200
    assert abs(picture.shape[1] / picture.shape[0] - aspect) < 0.02
    assert picture[..., 0].mean() > picture[..., 2].mean()  # a sunset is red: channels are R, G, B


def test_extreme_tracks_do_not_break_the_painter() -> None:
    what = scene(subject("fox"), subject("rocket"), place="forest")
    what.tracks[0, :, :5] = (5.0, -3.0, 40.0, 90.0, 9.0)
    what.tracks[1, :, :5] = (0.5, 0.5, 0.0, -4.0, -9.0)
    what.camera[:] = (9.0, -9.0, 0.2, 3.0)
    assert still(what).std() > 12
