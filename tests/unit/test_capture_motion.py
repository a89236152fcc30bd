"""Turns, gestures and solidity are read from meshes alone: a head is drawn here as the average face's 468 points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from engine.capture.motion import SOLID, alive, at_rest, gestured, solidity, turned, turns_in
from engine.capture.seen import Seen
from engine.capture.spec import CameoKind, Challenge, Gesture, Step, Turn
from engine.identity.face import Mesh
from engine.identity.nets import canonical_face

AIMS = {Turn.LEFT: (30.0, 0.0), Turn.RIGHT: (-30.0, 0.0), Turn.UP: (0.0, 20.0), Turn.DOWN: (0.0, -20.0)}
ASKED = (Turn.LEFT, Turn.UP, Turn.RIGHT)


def turn(yaw: float, pitch: float) -> np.ndarray:
    about_y = cv2.Rodrigues(np.array([0, math.radians(yaw), 0]))[0]
    return about_y @ cv2.Rodrigues(np.array([math.radians(-pitch), 0, 0]))[0]


def head(yaw: float = 0.0, pitch: float = 0.0) -> Mesh:
    """A head in front of a camera, 60 cm away."""
    x, y, z = (canonical_face() @ turn(yaw, pitch).T).T
    return Mesh(np.column_stack([x, -y, -z]) / (60 - z)[:, None] * 900 + [300, 300, 0], yaw, pitch, 0.0, 1.0)


def print_(yaw: float = 0.0, pitch: float = 0.0) -> Mesh:
    """A photo of a straight face, turned: what the mesh network sees in it looks almost straight."""
    flat = head().points - [300, 300, 0]
    flat[:, 2] = 0
    x, y, z = (flat @ turn(yaw, -pitch).T).T
    return Mesh(np.column_stack([x, y, -z]) / (600 - z)[:, None] * 600 + [300, 300, 0], yaw / 9, pitch / 9, 0.0, 1.0)


def clip(meshes: Sequence[Mesh], *, mouth: float = 0.0, blink: bool = True) -> list[Seen]:
    return [
        Seen(k / 10, 1, mesh, eyes=0.15 if blink and k == 4 else 0.5, mouth=mouth * (k % 3) / 2, grin=0.3)
        for k, mesh in enumerate(meshes)
    ]


def poses(turns: Sequence[Turn], *, far: float = 1.0, rest: tuple[float, float] = (0, 0)) -> list[tuple[float, float]]:
    """Yaw and pitch, ten a second: a second of rest, then there, held, and back for each turn."""
    made = [rest] * 10
    for each in turns:
        reached = AIMS[each]
        for share in (0.4, 0.8, 1, 1, 1, 1, 0.8, 0.4, 0, 0):
            made.append((rest[0] + share * far * reached[0], rest[1] + share * far * reached[1]))
    return made


def asked(*steps: Step, turns: Sequence[Turn] = ASKED, gestures: Sequence[Gesture] = ()) -> Challenge:
    return Challenge(
        kind=CameoKind.PERSON, language="fr", steps=steps or (Step.LOOK, Step.TURNS), turns=tuple(turns),
        gestures=tuple(gestures),
    )  # fmt: skip


@pytest.mark.parametrize("turns", [ASKED, (Turn.DOWN, Turn.RIGHT, Turn.LEFT), (Turn.LEFT, Turn.RIGHT, Turn.LEFT)])
@pytest.mark.parametrize("rest", [(0.0, 0.0), (6.0, -14.0), (-8.0, 11.0)])
def test_turns_are_read_wherever_the_camera_stands(turns: tuple[Turn, ...], rest: tuple[float, float]) -> None:
    seen = clip([head(*pose) for pose in poses(turns, rest=rest)])
    assert turns_in(seen) == list(turns)
    assert turned(asked(turns=turns), seen).passed
    assert at_rest(seen).pitch == pytest.approx(rest[1], abs=1)


@pytest.mark.parametrize(
    ("made", "far", "code", "words"),
    [
        ((Turn.RIGHT, Turn.UP, Turn.LEFT), 1.0, "MIRRORED", "own left shoulder"),
        ((Turn.UP, Turn.LEFT, Turn.DOWN), 1.0, "WRONG_TURNS", "Turn left, up, right, in this order"),
        ((Turn.LEFT, Turn.DOWN, Turn.UP, Turn.DOWN, Turn.RIGHT), 1.0, "WRONG_TURNS", "and no more"),
        (ASKED, 0.45, "TURN_TOO_SMALL", "further to the left, until your nose points at your left shoulder"),
        ((Turn.LEFT, Turn.UP), 1.0, "TURN_MISSING", "Turn your head to the right"),
        ((), 1.0, "TURN_MISSING", "Turn your head to the left"),
    ],
)
def test_other_turns_are_told_what_is_missing(made: tuple[Turn, ...], far: float, code: str, words: str) -> None:
    result = turned(asked(), clip([head(*pose) for pose in poses(made, far=far)]))
    assert (result.passed, result.code) == (False, code)
    assert words in result.message


def test_one_nod_too_many_is_human() -> None:
    made = (Turn.LEFT, Turn.DOWN, Turn.UP, Turn.RIGHT)
    assert turned(asked(), clip([head(*pose) for pose in poses(made)])).passed


def test_a_twitch_is_no_turn() -> None:
    still = [head()] * 12
    assert turns_in(clip([*still, head(30), *still])) == []


def test_a_head_is_solid_and_a_print_is_not() -> None:
    path = poses(ASKED)
    assert solidity(clip([head(*pose) for pose in path])) > 2 * SOLID
    assert solidity(clip([print_(*pose) for pose in path])) < SOLID / 2


def test_a_print_that_is_turned_or_lies_still_is_called_a_picture() -> None:
    for meshes in ([print_(*pose) for pose in poses(ASKED)], [print_()] * 40):
        result = alive(asked(), clip(meshes, blink=False))
        assert (result.passed, result.code) == (False, "FLAT")
        assert "picture held to the camera" in result.message


def test_a_living_face_that_does_not_turn_is_asked_to() -> None:
    result = alive(asked(), clip([head()] * 40))
    assert (result.passed, result.code) == (False, "NOT_TURNED")


@pytest.mark.parametrize(("mouth", "code"), [(0.1, "OK"), (0.004, "STILL_MOUTH")])
def test_lips_must_move_where_something_is_read_aloud(mouth: float, code: str) -> None:
    seen = clip([head(*pose) for pose in poses(ASKED)], mouth=mouth)
    assert alive(asked(Step.LOOK, Step.TURNS, Step.SAY), seen).code == code


def gestures(*made: Gesture) -> list[Seen]:
    seen = [Seen(0, 1, head(), eyes=0.5, grin=0.3)] * 8
    for each in made:
        blink = each is Gesture.BLINK
        seen += [Seen(0, 1, head(), eyes=0.15 if blink else 0.45, grin=0.3 if blink else 0.38)] * 4
        seen += [Seen(0, 1, head(), eyes=0.5, grin=0.3)] * 4
    return seen


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ((Gesture.BLINK, Gesture.SMILE, Gesture.BLINK), "OK"),
        ((Gesture.BLINK, Gesture.BLINK, Gesture.SMILE, Gesture.BLINK), "OK"),
        ((Gesture.BLINK, Gesture.BLINK), "NO_SMILE"),
        ((Gesture.SMILE, Gesture.SMILE), "NO_BLINK"),
        ((Gesture.SMILE, Gesture.BLINK), "WRONG_GESTURES"),
        ((), "NO_BLINK"),
    ],
)
def test_gestures_count_in_order(made: tuple[Gesture, ...], code: str) -> None:
    wanted = asked(Step.LOOK, turns=(), gestures=(Gesture.BLINK, Gesture.SMILE, Gesture.BLINK))
    assert gestured(wanted, gestures(*made)).code == code
