"""Journeys: the world goes by while somebody travels, and only then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.diorama.art.pack import asset
from engine.diorama.journey import embark
from engine.diorama.paint import Painter
from engine.diorama.paint.belt import endless
from engine.diorama.paint.motion import STRIDE, Course
from engine.diorama.paint.places import draw_place
from engine.diorama.scene import KEYS, Brief, Scene, Subject

WIDTH, HEIGHT = 180, 320


def there_and_back(*subjects: Subject, seconds: float = 4.0, **words: str) -> Scene:
    """A scene whose actors go to the right, turn in the middle of the clip and come back."""
    way = 1 - np.abs(np.linspace(-1, 1, KEYS))
    tracks = np.zeros((len(subjects), KEYS, 8), np.float32)
    tracks[:, :, 0] = 0.2 + 0.5 * way + 0.15 * np.arange(len(subjects))[:, None]
    tracks[:, :, 1] = 0.8
    tracks[:, :, (2, 6)] = 1
    tracks[:, :, 5] = np.where(np.arange(KEYS) < KEYS // 2, 1, -1)
    camera = np.zeros((KEYS, 4), np.float32)
    camera[:, :3] = (0.5, 0.5, 1.0)
    brief = Brief(words.pop("prompt", "a prompt"), "en", subjects, **words)  # pyright: ignore[reportArgumentType]
    return Scene(brief, seconds, 5, tracks, camera)


def one(art: str, *motions: str, **more: object) -> Subject:
    return Subject(art, art, asset(art).kind, 0.35, motions=motions or ("idle",), **more)  # pyright: ignore[reportArgumentType]


def test_a_runner_keeps_its_place_and_never_turns_while_the_world_goes_by() -> None:
    staged, journey = embark(there_and_back(one("fox", "run"), place="forest"))
    assert journey is not None
    assert np.ptp(staged.tracks[0, :, 0]) < 0.2
    assert (staged.tracks[0, :, 5] == 1).all()
    assert journey.gone(4.0) > 1.0
    assert journey.gone(2.0) == pytest.approx(journey.gone(4.0) / 2, rel=0.05)


def test_who_flies_alone_gets_ahead_in_the_picture_and_stays_in_it() -> None:
    staged, journey = embark(there_and_back(one("butterfly", "fly"), place="sky"))
    assert journey is not None
    x = staged.tracks[0, :, 0]
    assert journey.way * (x[-8:].mean() - x[:8].mean()) > 0.2
    assert ((x > 0.15) & (x < 0.85)).all()


@pytest.mark.parametrize(
    ("subjects", "words"),
    [
        ((one("fox"),), {}),
        ((one("fox", "run"), one("cat", "sleep")), {}),
        ((one("fox", "run"), one("cat", "walk", "idle")), {}),
        ((one("fox", "run"),), {"place": "kitchen"}),
        ((one("fox", "run"),), {"prompt": "a fox runs, static camera"}),
        ((one("fox", "run"),), {"prompt": "un renard court, caméra fixe"}),
    ],
)
def test_the_world_stands_still_for_who_stays_and_for_a_fixed_camera(
    subjects: tuple[Subject, ...], words: dict[str, str]
) -> None:
    what = there_and_back(*subjects, seconds=4.0, **words)
    staged, journey = embark(what)
    assert journey is None
    assert staged is what


def test_what_is_carried_chased_or_in_the_sky_comes_along() -> None:
    chase = there_and_back(one("t-rex", "chase", relation="chasing", target=1), one("taxi", "drive"), place="city")
    staged, journey = embark(chase)
    assert journey is not None
    assert (staged.tracks[1, :, 0] - staged.tracks[0, :, 0] > 0.1).all()  # never overtakes what flees
    rider = there_and_back(one("cat", "idle", relation="on", target=1), one("bicycle", "drive"))
    assert embark(rider)[1] is not None


def test_whoever_stops_comes_to_rest_with_the_world() -> None:
    staged, journey = embark(there_and_back(one("dog", "run", "sleep")))
    assert journey is not None
    assert journey.gone(4.0) == pytest.approx(journey.gone(2.6), abs=1e-6)
    assert np.ptp(staged.tracks[0, KEYS * 3 // 4 :, 0]) > 0.05  # there it moves as directed


def test_feet_do_not_skate() -> None:
    staged, journey = embark(there_and_back(one("fox", "walk")))
    assert journey is not None
    course = Course(staged, 0, aspect=WIDTH / HEIGHT, ground=0.8, journey=journey)
    steps = course.at(3.5).cycle - course.at(0.5).cycle
    gone = journey.gone(3.5) - journey.gone(0.5)
    assert steps * STRIDE["walk"] * 0.35 == pytest.approx(gone, rel=0.1)


@pytest.mark.parametrize("place", ["forest", "city", "road", "sea"])
def test_scenery_has_no_seams_and_no_end(place: str) -> None:
    wide = round(WIDTH * 1.5)
    belts = endless(draw_place(place, "day", "clear", "plain", WIDTH, HEIGHT), wide)
    nearest = belts.back[-1]
    for x in range(-3 * wide, 3 * wide, 37):
        frame = np.full((HEIGHT, WIDTH, 3), 0, np.uint8)
        nearest.draw(frame, x, -round(0.08 * HEIGHT))
        assert (frame[-20:].max(axis=2) > 0).all()


def test_the_picture_goes_the_other_way_than_the_runner() -> None:
    painter = Painter(there_and_back(one("fox", "run"), place="road"), None, width=WIDTH, height=HEIGHT, fps=24)
    before, after = (painter.still(t)[int(0.9 * HEIGHT) :].astype(np.int32) for t in (1.0, 1.1))
    assert painter.journey is not None
    shift = round((painter.journey.gone(1.1) - painter.journey.gone(1.0)) * WIDTH)
    assert shift > 3
    moved = np.abs(after[:, : WIDTH - shift] - before[:, shift:]).mean()
    assert moved < 0.5 * np.abs(after - before).mean()


def test_a_following_camera_looks_at_the_lead() -> None:
    what = there_and_back(one("automobile", "drive"), place="city", camera="follow")
    zoomed = replace(what, camera=np.tile(np.array([0.3, 0.5, 1.5, 0], np.float32), (KEYS, 1)))
    staged, _ = embark(zoomed)
    assert np.abs(staged.camera[:, 0] - staged.tracks[0, :, 0]).max() < 0.01
