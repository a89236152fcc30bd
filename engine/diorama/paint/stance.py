"""How a puppet is held at one moment: which drawn pose, and the affine that puts it on the frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.diorama.paint.likeness import LikenessPuppet
from engine.diorama.paint.motion import SCALE, Course, Pose
from engine.diorama.paint.puppet import CYCLE, Drawn, Puppet
from engine.diorama.paint.raster import Matrix

STEPPING = frozenset({"walk", "run", "chase", "climb"})
SWIMMING, DRIFTING = 1.6, 0.45
"""Strokes a second of who swims, and of who only keeps afloat."""
HANGING = frozenset({"fly", "float", "hover", "orbit", "swim", "fall"})


def bulk(course: Course) -> float:
    """The scale at which most of the actor's clip is seen."""
    return float(np.quantile(course.dense[:, SCALE], 0.8))


def gait_of(puppet: Puppet, pose: Pose, time: float, *, talks: bool = False, lag: float = 0.0) -> tuple[str, int]:
    """The name of the drawn pose and its phase (0 … `Puppet.phases` − 1).

    ``lag`` (0 … 1) is how far into its loop an animation begins, so that two of a kind are out of step.
    """
    if isinstance(puppet, LikenessPuppet):
        return puppet.gait(pose, time, talks=talks)
    gait, turns = _limbed(pose, time) if puppet.limbs else _whole(puppet.asset.kind, pose, time)
    shown = _filmed(puppet, gait, pose)
    film = puppet.films.get(shown)
    if film is None:
        return shown, int(turns * CYCLE) % CYCLE
    if film.reel.strides and pose.motion in STEPPING:
        turns = pose.cycle / film.reel.strides
    else:
        turns = film.position(time, lag)
    return shown, int(turns * film.count) % film.count


def _filmed(puppet: Puppet, gait: str, pose: Pose) -> str:
    """Which of the puppet's animations shows ``gait``; the gait itself where none does."""
    if puppet.limbs:
        return gait
    if pose.motion == "sleep":
        return "sleep"
    act = {"climb": "walk", "chase": "run"}.get(pose.motion, pose.motion)
    if act in puppet.films:
        return act
    if act == "float" and puppet.asset.kind == "swimmer":
        return gait  # its own animation leaps or swims
    own = puppet.films.get("play")
    return gait if own is not None and own.reel.rests and gait != "idle" else "play"


def _limbed(pose: Pose, time: float) -> tuple[str, float]:
    motion = pose.motion
    if pose.air > 0.018 and motion not in HANGING:
        return "leap", 0.0
    if motion in STEPPING:
        return "walk" if motion in {"walk", "climb"} else "run", pose.cycle
    if motion in {"fly", "swim"}:
        return "run", time * 0.9
    if motion in {"wave", "dance"}:
        return motion, time * 1.1
    return "sleep" if motion == "sleep" else "idle", time * 0.5


def _whole(kind: str, pose: Pose, time: float) -> tuple[str, float]:
    if kind == "swimmer" or pose.motion == "swim":
        return "swim", time * (DRIFTING if pose.motion == "float" else SWIMMING)
    if kind == "flyer" and (pose.air > 0.01 or pose.motion in HANGING):
        return "flap", time * 2.6
    return "idle", 0.0


@dataclass
class _Life:
    """A puppet's small movements of its own: ``hop`` in its pixels, ``tilt`` in radians, the rest as factors."""

    stretch: float
    tilt: float = 0.0
    shear: float = 0.0
    hop: float = 0.0


def _life(puppet: Puppet, drawn: Drawn, pose: Pose, time: float, opening: float) -> _Life:
    kind, motion = puppet.asset.kind, pose.motion
    life = _Life(1 + 0.34 * pose.squash)
    turn = 2 * math.pi * pose.cycle
    if not puppet.limbs and not drawn.strides and motion in STEPPING and kind not in {"vehicle", "swimmer", "sky"}:
        life.tilt = (0.075 if motion == "walk" else 0.1) * math.sin(turn)
        life.hop = (0.03 if motion == "walk" else 0.07) * abs(math.sin(turn)) * drawn.tall
        life.stretch *= 1 + 0.035 * math.cos(2 * turn)
    elif kind == "vehicle" and abs(pose.speed) > 0.02:
        life.hop = 0.008 * drawn.tall * math.sin(time * 34)
        life.tilt = 0.012 * math.sin(time * 19)
    elif kind == "plant":
        life.shear = 0.045 * math.sin(time * 1.5 + pose.x * 9)
    elif motion == "dance":
        life.shear = 0.14 * math.sin(time * 6.6)
        life.stretch *= 1 + 0.05 * math.cos(time * 13.2)
    else:
        depth = 0.03 if motion == "sleep" else 0.012
        life.stretch *= 1 + depth * math.sin(time * 2.6 + pose.x * 11)
    if opening:
        life.hop += 0.012 * drawn.tall * opening
        if not drawn.lip:  # no mouth to open: the whole thing talks
            life.stretch *= 1 + 0.09 * opening
    return life


def _turned(angle: float) -> Matrix:
    c, n = math.cos(angle), math.sin(angle)
    return np.array([[c, -n], [n, c]])


def stance(
    puppet: Puppet, drawn: Drawn, pose: Pose, scale: float, foot: tuple[float, float], time: float, opening: float
) -> Matrix:
    """(2, 3) affine from the drawn puppet to the frame: squash about the foot, turn about the middle."""
    life = _life(puppet, drawn, pose, time, opening)
    wide = 1 / math.sqrt(max(life.stretch, 0.3))
    flip = 1.0
    looks = puppet.facing if drawn.facing is None else drawn.facing
    if looks:
        sign = 1.0 if pose.facing >= 0 else -1.0
        flip = sign * looks * max(0.25, min(1.0, abs(pose.facing) * 1.6 + 0.25))
    shape = np.array([[scale * wide * flip, -life.shear * scale * life.stretch], [0, scale * life.stretch]])
    shape = _turned(life.tilt) @ shape
    spin = _turned(pose.rotation)
    # Everything hangs on the foot point; a turn goes about the middle of the body.
    middle = shape @ np.array([0.0, -drawn.tall / 2])
    linear = spin @ shape
    at = np.array(foot) + middle - spin @ middle - (0, life.hop * scale)
    matrix = np.zeros((2, 3))
    matrix[:, :2] = linear
    matrix[:, 2] = at - linear @ np.array(drawn.foot)
    return matrix
