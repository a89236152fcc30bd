"""Animated subjects: they play in step with time or with their legs, never with their twins, and are posed once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.diorama.art.pack import asset
from engine.diorama.paint import Painter
from engine.diorama.paint.film import BUDGET, Film
from engine.diorama.paint.light import LIGHTS
from engine.diorama.paint.motion import Course
from engine.diorama.paint.puppet import Drawn, Puppet
from engine.diorama.paint.slumber import shut
from engine.diorama.paint.stance import gait_of
from engine.diorama.scene import KEYS, Brief, Scene, Subject

SIZE = 180


def scene(*arts: str, motion: str = "idle", colour: str | None = None, seed: int = 5) -> Scene:
    """Subjects side by side for 4 s; who walks crosses the picture."""
    subjects = tuple(
        Subject(art=art, word=art, kind=asset(art).kind, size=0.4, motions=(motion,), colour=colour) for art in arts
    )
    tracks = np.zeros((len(arts), KEYS, 8), np.float32)
    tracks[:, :, 0] = ((np.arange(len(arts)) + 0.5) / len(arts))[:, None]
    if motion in {"walk", "run"}:
        tracks[:, :, 0] = np.linspace(0.1, 0.9, KEYS)
    tracks[:, :, 1] = 0.8
    tracks[:, :, (2, 5, 6)] = 1
    camera = np.zeros((KEYS, 4), np.float32)
    camera[:, :3] = (0.5, 0.5, 1.0)
    return Scene(Brief("a prompt", "en", subjects), 4.0, seed, tracks, camera)


def painter(what: Scene) -> Painter:
    return Painter(what, None, width=SIZE, height=SIZE, fps=24)


def shown(what: Scene, index: int = 0) -> list[tuple[str, int]]:
    """The pose of an actor in each of the 96 frames."""
    paints = painter(what)
    course = Course(what, index, aspect=1.0, ground=0.8)
    times = (k / 24 for k in range(96))
    return [gait_of(paints.puppets[index], course.at(time), time, lag=paints.lags[index]) for time in times]


@pytest.mark.parametrize("art", ["cat", "fire", "grinning-face", "lion", "man-standing"])
def test_an_idle_animated_subject_moves_by_itself(art: str) -> None:
    paints = painter(scene(art))
    early, late = (paints.puppets[0].drawn(*pose).picture for pose in (shown(scene(art))[3], shown(scene(art))[40]))
    assert early.shape != late.shape or np.abs(early.astype(int) - late.astype(int)).mean() > 0.3


def test_a_dolphin_that_floats_neither_leaps_nor_swims() -> None:
    afloat, under_way = ([pose for pose, _ in shown(scene("dolphin", motion=motion))] for motion in ("float", "swim"))
    assert set(afloat) == {"swim"}
    assert "play" in under_way


def test_two_of_a_kind_are_out_of_step() -> None:
    twins = scene("cat", "cat", "cat")
    poses = [shown(twins, index)[30][1] for index in range(3)]
    assert len(set(poses)) == 3
    assert shown(scene("cat", seed=1))[0] != shown(scene("cat", seed=2))[0]


def test_every_frame_of_an_animation_is_posed_only_once() -> None:
    paints = painter(scene("cat", colour="blue"))
    for _ in range(2):
        for k in range(96):
            paints.still(k / 24)
    seen = paints.puppets[0].drawn.cache_info()
    assert seen.misses <= paints.puppets[0].phases("play") + 1  # and once at rest, for the shadow
    assert seen.hits > 150


def test_large_animations_leave_frames_out_rather_than_fill_the_memory() -> None:
    art = asset("man-standing")
    assert art.reel is not None
    small, large = (Film(art, art.reel, pixels, None) for pixels in (150, 640))
    assert small.count == art.reel.count
    assert large.count < art.reel.count
    puppet = Puppet(scene("man-standing").brief.subjects[0], LIGHTS["day"], "plain", 640)
    assert sum(puppet.drawn("play", k).picture.nbytes for k in range(puppet.phases("play"))) < 1.1 * BUDGET


def test_who_walks_steps_with_the_ground() -> None:
    walking = shown(scene("man-standing", motion="walk"))
    assert {gait for gait, _ in walking} == {"walk"}
    standing = scene("man-standing", motion="walk")
    standing.tracks[0, :, 0] = np.linspace(0.1, 2.4, KEYS)  # three times as fast

    whole = painter(standing).puppets[0].phases("walk")

    def steps(poses: list[tuple[str, int]]) -> int:
        return sum((after[1] - before[1]) % whole for before, after in pairwise(poses))

    assert steps(shown(standing)) > 1.5 * steps(walking)


def test_a_walker_looks_where_it_goes_and_a_stander_at_us() -> None:
    puppet = painter(scene("man-standing")).puppets[0]
    assert puppet.drawn("walk", 0).facing == -1
    assert puppet.drawn("play", 0).facing == 0


def test_a_bird_at_rest_plays_and_in_flight_beats_its_wings() -> None:
    flying = scene("bird", motion="fly")
    flying.tracks[0, :, 1] = 0.4
    assert {gait for gait, _ in shown(flying)} == {"flap"}
    assert {gait for gait, _ in shown(scene("bird"))} == {"play"}


def test_sleepers_keep_still() -> None:
    assert len(set(shown(scene("cat", motion="sleep")))) == 1


@pytest.mark.parametrize("art", ["cat", "horse", "fox", "man-standing"])
def test_sleepers_lie_on_the_ground(art: str) -> None:
    puppet = painter(scene(art, motion="sleep")).puppets[0]
    awake, asleep = puppet.drawn("idle", 0), puppet.drawn("sleep", 0)

    def height(pose: Drawn) -> float:
        return float((pose.picture[:, :, 3].max(axis=1) > 128).sum()) / pose.tall

    assert height(asleep) < 0.85 * height(awake)
    lowest = int(np.flatnonzero(asleep.picture[:, :, 3].max(axis=1) > 128)[-1])
    assert abs(lowest - asleep.foot[1]) < 4


def test_shut_eyes_are_lids_with_a_lash_and_nothing_else_changes() -> None:
    art = asset("panda")
    asleep = shut(art.image, art.eyes)
    changed = np.abs(asleep.astype(int) - art.image.astype(int)).max(axis=2) > 8
    h, w = changed.shape
    assert len(art.eyes) == 2
    for x, y, _, tall in art.eyes:
        middle = asleep[round((y - 0.6 * tall) * h), round(x * w), :3]
        assert int(middle.max()) > int(art.image[round((y - 0.6 * tall) * h), round(x * w), :3].max()) + 15
        changed[round((y - 0.1) * h) : round((y + 0.1) * h), round((x - 0.12) * w) : round((x + 0.12) * w)] = False
    assert not changed.any()
    assert np.array_equal(asleep[:, :, 3], art.image[:, :, 3])


def test_recolouring_reaches_every_frame() -> None:
    def blueness(colour: str | None) -> NDArray[np.float64]:
        puppet = painter(scene("cat", colour=colour)).puppets[0]
        pictures = [puppet.drawn("play", k).picture.astype(float) for k in range(puppet.phases("play"))]
        return np.array([(one[..., 0] - one[..., 2]).sum() / one[..., 3].sum() for one in pictures])

    assert (blueness("blue") > 0.2).all()
    assert (blueness(None) < 0).all()


def test_an_animated_scene_gives_the_same_bytes_again() -> None:
    first, second = (painter(scene("cat", "lion", "man-standing", motion="dance")) for _ in range(2))
    for time in (0.0, 0.7, 2.3):
        assert np.array_equal(first.still(time), second.still(time))
