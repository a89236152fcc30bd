"""What a face does in a recording: turns its head, blinks, smiles, and moves as a solid, living head does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engine.capture.spec import Challenge, CheckName, CheckResult, Gesture, Step, Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.capture.seen import Seen
    from engine.identity.face import Mesh

ASIDE, NODDED = 18.0, 12.0
"""Degrees from where somebody looks at rest: a turn to the side, a tip up or down."""
BEGUN = 0.4
"""The share of a turn that shows that somebody tried."""
NEAR = 6.0
"""Degrees within which somebody holds still."""
HELD = 2
"""Pictures in a row that must show a turn."""
SHUT, SMILED = 0.62, 1.13
"""Eyes open less than this share of usual are shut; a mouth wider than this share of usual smiles."""
SOLID = 0.018
"""How far a turned face must be from any flat picture of the straight one, in lengths of the face."""
SPOKEN = 0.025
"""How far apart the lips of somebody who speaks come, in lengths of the face, above their usual place."""

LIFELESS = 0.015
"""Eyes and lips whose `liveliness` is less are printed."""
SQUEEZED = 0.2
"""How much narrower a face may get for each whole turn of its mesh before it is called a picture."""

_RIGID = (1, 4, 5, 6, 10, 33, 93, 127, 133, 151, 168, 195, 197, 234, 263, 323, 356, 362, 454)
"""Mesh points that neither speech nor a smile moves: forehead, nose, corners of the eyes, temples."""

_WHERE = {
    Turn.LEFT: "to the left, until your nose points at your left shoulder",
    Turn.RIGHT: "to the right, until your nose points at your right shoulder",
    Turn.UP: "up, until you see the ceiling",
    Turn.DOWN: "down, until your chin nears your chest",
}


_FLAT = "This looks like a picture held to the camera. Sit before the camera yourself, and turn only your head."
_NOT_TURNED = "Turn your head as asked, and hold it: only then can you be told from a picture."
_STILL_MOUTH = "No lips moved. Read the digits aloud yourself, with your mouth in the picture."


@dataclass(frozen=True)
class Rest:
    """How somebody holds their head when they look at the camera, in degrees."""

    yaw: float
    pitch: float


def at_rest(seen: Sequence[Seen]) -> Rest:
    """Where a face looks most of the time: the middle of the poses that have the most others near them."""
    poses = np.array([(each.mesh.yaw, each.mesh.pitch) for each in seen if each.mesh is not None])
    if not len(poses):
        return Rest(0.0, 0.0)
    near = np.abs(poses[:, None] - poses[None]).max(axis=2) < NEAR
    crowd = poses[near[int(near.sum(axis=1).argmax())]]
    yaw, pitch = (float(value) for value in np.median(crowd, axis=0))
    return Rest(yaw, pitch)


def leaning(mesh: Mesh, rest: Rest) -> tuple[Turn, float]:
    """Where a head is turned and how far: 1 is a whole turn. LEFT is the person's own left, the picture's right."""
    yaw, pitch = (mesh.yaw - rest.yaw) / ASIDE, (mesh.pitch - rest.pitch) / NODDED
    if abs(yaw) >= abs(pitch):
        return (Turn.LEFT if yaw > 0 else Turn.RIGHT), abs(yaw)
    return (Turn.UP if pitch > 0 else Turn.DOWN), abs(pitch)


def turns_in(seen: Sequence[Seen], *, least: float = 1.0) -> list[Turn]:
    """The turns of at least ``least`` that a recording shows, in order, each once."""
    rest = at_rest(seen)
    made: list[Turn] = []
    run: list[Turn] = []
    back = True
    for mesh in (each.mesh for each in seen if each.mesh is not None):
        turn, far = leaning(mesh, rest)
        if far < 0.55 * least:
            back, run = True, []
        elif far >= least:
            run = [*run, turn] if run and run[-1] is turn else [turn]
            if len(run) >= HELD and (back or (made and made[-1] is not turn)):
                made.append(turn)
                back = False
    return made


def turned(challenge: Challenge, seen: Sequence[Seen]) -> CheckResult:
    """Whether the head turned as asked. One turn too many is forgiven: people nod."""
    asked, made = challenge.turns, turns_in(seen)
    if _contains(made, asked) and len(made) <= len(asked) + 1:
        return _passed(CheckName.TURNS, "We saw every turn.")
    swapped = {Turn.LEFT: Turn.RIGHT, Turn.RIGHT: Turn.LEFT}
    if _contains([swapped.get(turn, turn) for turn in made], asked):
        return _failed(
            CheckName.TURNS, "MIRRORED",
            "You turned the right way in a mirror. Left is towards your own left shoulder; if your camera saves "
            "mirrored recordings, switch that off.",
        )  # fmt: skip
    if len(made) >= len(asked):
        saw = ", ".join(turn.lower() for turn in made)
        wanted = ", ".join(turn.lower() for turn in asked)
        return _failed(
            CheckName.TURNS, "WRONG_TURNS", f"We saw you turn {saw}. Turn {wanted}, in this order, and no more."
        )
    missing = next((turn for index, turn in enumerate(asked) if made[index : index + 1] != [turn]), asked[-1])
    tried = missing in turns_in(seen, least=BEGUN)
    code = "TURN_TOO_SMALL" if tried else "TURN_MISSING"
    further = " further" if tried else ""
    return _failed(CheckName.TURNS, code, f"Turn your head{further} {_WHERE[missing]}, and hold it for a moment.")


def gestured(challenge: Challenge, seen: Sequence[Seen]) -> CheckResult:
    """Whether the face blinked and smiled in the order asked. More blinks than asked are only human."""
    made = gestures_in(seen)
    if _contains(made, challenge.gestures):
        return _passed(CheckName.GESTURES, "We saw every gesture.")
    missing = next((each for each in challenge.gestures if each not in made), None)
    if missing is Gesture.BLINK:
        return _failed(CheckName.GESTURES, "NO_BLINK", "Shut both eyes for a moment, then open them again.")
    if missing is Gesture.SMILE:
        return _failed(CheckName.GESTURES, "NO_SMILE", "Smile widely for a second while you look at the camera.")
    wanted = ", then ".join(each.lower() for each in challenge.gestures)
    return _failed(CheckName.GESTURES, "WRONG_GESTURES", f"Do this in order, with a short pause between: {wanted}.")


def gestures_in(seen: Sequence[Seen]) -> list[Gesture]:
    """Blinks and smiles in order. Only pictures that look about straight are read."""
    rest = at_rest(seen)
    looking = [each for each in seen if each.mesh is not None and leaning(each.mesh, rest)[1] < 0.8]
    if not looking:
        return []
    eyes, grin = (float(np.median([getattr(each, name) for each in looking])) for name in ("eyes", "grin"))
    made: list[Gesture] = []
    shut = smiling = 0
    for each in looking:
        shut = shut + 1 if each.eyes < SHUT * eyes else 0
        smiling = smiling + 1 if each.grin > SMILED * grin and each.mouth < 0.3 else 0
        if shut == 1:
            made.append(Gesture.BLINK)
        if smiling == 3:
            made.append(Gesture.SMILE)
    return made


def alive(challenge: Challenge, seen: Sequence[Seen]) -> CheckResult:
    """Whether this is a solid head that moves its face, not a picture held to the camera. Needs TURNS or SAY."""
    detail: dict[str, float] = {}
    code, message = "OK", "The face moves as a living face does."
    if Step.TURNS in challenge.steps:
        detail |= {"solidity": solidity(seen), "squeezed": squeezed(seen), "turned": farthest(seen)}
        if detail["solidity"] < SOLID:
            askew = detail["squeezed"] > SQUEEZED * max(detail["turned"], 0.2)
            flat = askew or liveliness(seen) < LIFELESS
            code, message = ("FLAT", _FLAT) if flat else ("NOT_TURNED", _NOT_TURNED)
    if code == "OK" and Step.SAY in challenge.steps:
        detail["speech"] = speech(seen)
        if detail["speech"] < SPOKEN:
            code, message = "STILL_MOUTH", _STILL_MOUTH
    return CheckResult(name=CheckName.LIVE, passed=code == "OK", code=code, message=message, detail=detail)


def farthest(seen: Sequence[Seen]) -> float:
    """How far the head turned to a side at most, by its mesh: 1 is a whole turn."""
    rest = at_rest(seen)
    return max((abs(each.mesh.yaw - rest.yaw) / ASIDE for each in seen if each.mesh is not None), default=0.0)


def squeezed(seen: Sequence[Seen]) -> float:
    """By how much a face got narrower for its length at most: a picture is squeezed when it is held askew."""
    widths = [_width(each.mesh) for each in seen if each.mesh is not None]
    return float(1 - np.quantile(widths, 0.05) / np.median(widths)) if widths else 0.0


def speech(seen: Sequence[Seen]) -> float:
    """How far the lips come apart, in lengths of the face, while the head looks about straight."""
    rest = at_rest(seen)
    mouths = [each.mouth for each in seen if each.mesh is not None and leaning(each.mesh, rest)[1] < 0.6]
    return float(np.quantile(mouths, 0.95) - np.quantile(mouths, 0.2)) if mouths else 0.0


def liveliness(seen: Sequence[Seen]) -> float:
    """How much eyes (a tenth of their measure) and lips move at all while the head looks about straight."""
    rest = at_rest(seen)
    looking = [each for each in seen if each.mesh is not None and leaning(each.mesh, rest)[1] < 0.6]
    if not looking:
        return 0.0
    return float(np.ptp([(each.eyes / 10, each.mouth) for each in looking], axis=0).max())


def _width(mesh: Mesh) -> float:
    return float(np.linalg.norm(mesh.points[33, :2] - mesh.points[263, :2]) / mesh.span)


def solidity(seen: Sequence[Seen]) -> float:
    """How far the most turned views are from every flat picture of the straightest one, in lengths of the face.

    A flat picture, however it is held, is seen through a homography; a nose that comes forward of the cheeks is not.
    The median of up to six views on each side counts, so that one bad mesh decides nothing.
    """
    rest = at_rest(seen)
    meshes = [each.mesh for each in seen if each.mesh is not None]
    sides = sorted(meshes, key=lambda mesh: mesh.yaw)
    if len(meshes) < 6:
        return 0.0
    straight = sorted(meshes, key=lambda mesh: abs(mesh.yaw - rest.yaw) + abs(mesh.pitch - rest.pitch))[:3]
    views = (sides[: min(6, len(sides) // 3)], sides[-min(6, len(sides) // 3) :])
    return min(float(np.median([_off(front, mesh) for front in straight for mesh in view])) for view in views)


def _off(front: Mesh, other: Mesh) -> float:
    """RMS distance of ``other``'s rigid points from the homography that carries ``front``'s nearest to them."""
    a, b = (mesh.points[list(_RIGID), :2].astype(np.float32) for mesh in (front, other))
    matrix = np.asarray(cv2.findHomography(a, b, 0)[0], np.float64)
    if matrix.shape != (3, 3):  # the points allow no homography at all
        return 0.0
    carried = np.asarray(cv2.perspectiveTransform(a[None], matrix))[0]
    return float(np.sqrt(((carried - b) ** 2).sum(axis=1).mean()) / other.span)


def _contains(made: Sequence[object], asked: Sequence[object]) -> bool:
    """Whether ``asked`` lies in ``made`` in order, with others between."""
    rest = iter(made)
    return all(any(each is wanted for each in rest) for wanted in asked)


def _passed(name: CheckName, message: str, detail: dict[str, float] | None = None) -> CheckResult:
    return CheckResult(name=name, passed=True, code="OK", message=message, detail=detail or {})


def _failed(name: CheckName, code: str, message: str, detail: dict[str, float] | None = None) -> CheckResult:
    return CheckResult(name=name, passed=False, code=code, message=message, detail=detail or {})
