"""How a doll holds its limbs in each gait: angles of torso, arms and legs at a phase of its cycle."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

Limb = tuple[float, float]
"""Angle from hanging straight down (radians, forward positive) and the bend of its elbow or knee."""


@dataclass(frozen=True)
class Posture:
    """A doll looking to the right; ``near`` limbs are on the viewer's side. Heights in units of the whole figure.

    ``hip`` is the height of the hip over the ground, ``sway`` its way to the side, ``lean`` the torso's angle
    (forward positive), ``nod`` the head's own.
    """

    near_arm: Limb = (-0.2, -0.12)
    far_arm: Limb = (0.2, 0.12)
    near_leg: Limb = (-0.05, 0.0)
    far_leg: Limb | None = (0.05, 0.0)
    hip: float = 0.265
    sway: float = 0.0
    lean: float = 0.0
    nod: float = 0.0


def _idle(turn: float) -> Posture:
    breath = math.sin(turn)
    return Posture((-0.24 - 0.05 * breath, -0.22), (0.24 + 0.05 * breath, 0.22), hip=0.265 + 0.004 * breath)


def _talk(turn: float) -> Posture:
    first, second = math.sin(turn), math.sin(turn * 2 + 1)
    return Posture((-0.5 - 0.2 * second, 1.0 + 0.4 * first), (0.55 + 0.25 * first, 1.35 + 0.45 * second))


def _stepping(turn: float, reach: float, knee: float, elbow: float) -> tuple[Limb, Limb, Limb, Limb]:
    swing = math.sin(turn)
    near, far = reach * swing, -reach * swing
    bends = knee * max(0.0, math.cos(turn)), knee * max(0.0, -math.cos(turn))
    # A leg that swings forward is folded, one that carries is straight.
    return (-0.85 * near - 0.06, elbow), (-0.85 * far + 0.06, elbow), (near, -bends[0]), (far, -bends[1])


def _walk(turn: float) -> Posture:
    return Posture(*_stepping(turn, 0.55, 0.75, 0.35), hip=0.258 + 0.012 * math.cos(2 * turn), lean=0.05)


def _run(turn: float) -> Posture:
    near_arm, far_arm, near_leg, far_leg = _stepping(turn, 0.95, 1.55, 1.35)
    hop = 0.022 * math.cos(2 * turn + 0.6)
    return Posture(near_arm, far_arm, near_leg, far_leg, hip=0.262 + hop, lean=0.24, nod=-0.1)


def _leap(_: float) -> Posture:
    return Posture((-2.25, -0.35), (2.5, 0.3), (0.95, -1.35), (-0.55, -0.75), hip=0.275, nod=-0.08)


def _wave(turn: float) -> Posture:
    return Posture(
        (-0.55, 1.25), (2.0, 0.3 + 0.55 * math.sin(turn * 2)), (-0.08, 0.0), (0.08, 0.0),
        hip=0.262, sway=0.012 * math.sin(turn * 2), nod=0.06,
    )  # fmt: skip


def _dance(turn: float) -> Posture:
    beat, hop = math.sin(turn), abs(math.sin(turn))
    return Posture(
        (-1.7 - 0.75 * beat, -0.9 + 0.5 * beat), (1.7 - 0.75 * beat, 0.9 + 0.5 * beat),
        (-0.3 + 0.45 * max(beat, 0.0), -0.9 * max(beat, 0.0)), (0.3 + 0.35 * min(beat, 0.0), -0.9 * max(-beat, 0.0)),
        hip=0.25 + 0.016 * hop, sway=0.045 * beat, lean=-0.12 * beat, nod=0.14 * beat,
    )  # fmt: skip


def _fly(turn: float) -> Posture:
    kick = 0.12 * math.sin(turn)
    return Posture(
        (0.1, 0.35), (2.9, 0.05), (-0.12 + kick, -0.16), (0.08 - kick, -0.1),
        hip=0.44 + 0.008 * math.sin(turn), lean=1.12, nod=-0.86,
    )  # fmt: skip


def _swim(turn: float) -> Posture:
    kick = 0.34 * math.sin(2 * turn)
    return Posture(
        (turn % (2 * math.pi), 0.25), ((turn + math.pi) % (2 * math.pi), 0.25), (kick, -0.25), (-kick, -0.25),
        hip=0.4, sway=0.0, lean=1.08, nod=-0.8 + 0.05 * math.sin(turn),
    )  # fmt: skip


def _float(turn: float) -> Posture:
    drift = math.sin(turn)
    return Posture(
        (-1.25 + 0.2 * drift, -0.35), (1.25 + 0.2 * drift, 0.35),
        (-0.28 + 0.1 * drift, -0.35), (0.3 + 0.1 * drift, -0.5),
        hip=0.285, nod=0.08 * drift,
    )  # fmt: skip


def _fall(turn: float) -> Posture:
    first, second = math.sin(turn * 2), math.sin(turn * 2 + 1.6)
    return Posture(
        (-2.2 + 0.5 * first, -0.4), (2.2 + 0.5 * second, 0.4), (-0.6 + 0.3 * second, -0.7), (0.7 + 0.3 * first, -0.9)
    )


def _climb(turn: float) -> Posture:
    reach = math.sin(turn)
    return Posture(
        (2.35 + 0.5 * reach, 0.35), (2.35 - 0.5 * reach, 0.35), (0.6 - 0.45 * reach, -1.1), (0.6 + 0.45 * reach, -1.1),
        hip=0.265, lean=0.12, nod=-0.22,
    )  # fmt: skip


def _glide(turn: float) -> Posture:
    balance = 0.12 * math.sin(turn)
    return Posture(
        (-1.25 + balance, -0.3), (1.2 + balance, 0.35), (-0.5, 0.35), (0.55, -0.75),
        hip=0.225, lean=0.12 + 0.3 * balance, nod=-0.08,
    )  # fmt: skip


def _whirl(turn: float) -> Posture:
    return Posture((-1.5, -0.1), (1.5, 0.1), (-0.05, 0.0), (0.5, -1.15), hip=0.268, nod=0.05 * math.sin(turn))


def _sleep(turn: float) -> Posture:
    breath = math.sin(turn)
    return Posture(
        (0.35, 0.75), (0.6, 0.6), (1.32, 0.1), (1.2, 0.18),
        hip=0.085, lean=0.1 + 0.02 * breath, nod=0.3 + 0.05 * breath,
    )  # fmt: skip


def _ride(turn: float) -> Posture:
    bounce = math.sin(turn * 2)
    return Posture(
        (0.75, 0.55), (0.95, 0.45), (0.62 + 0.06 * bounce, -0.75), None,
        hip=0.03 + 0.012 * bounce, lean=0.06, nod=-0.04,
    )  # fmt: skip


POSTURES: dict[str, Callable[[float], Posture]] = {
    "idle": _idle, "talk": _talk, "walk": _walk, "run": _run, "leap": _leap, "wave": _wave, "dance": _dance,
    "fly": _fly, "swim": _swim, "float": _float, "fall": _fall, "climb": _climb, "glide": _glide, "whirl": _whirl,
    "sleep": _sleep, "ride": _ride,
}  # fmt: skip

GAITS = {
    "walk": "walk", "run": "run", "chase": "run", "climb": "climb", "wave": "wave", "dance": "dance", "fly": "fly",
    "swim": "swim", "float": "float", "hover": "float", "orbit": "float", "fall": "fall", "spin": "whirl",
    "slide": "glide", "drive": "glide", "roll": "glide", "sleep": "sleep", "explode": "fall", "shake": "fall",
    "bounce": "idle", "grow": "float",
}  # fmt: skip
"""Which gait shows each of `scene.MOTIONS`; what is missing stands idle."""

TEMPO = {"wave": 1.1, "dance": 1.1, "fly": 0.9, "swim": 0.8, "fall": 1.1, "talk": 0.55, "sleep": 0.35, "whirl": 0.6}
"""Cycles a second of the gaits that keep their own time; others make 0.45."""


HOLDING = "-holding"
"""Ends the name of a gait whose far arm holds something out in front."""

GRIP = (0.3, 0.375)
"""Where that hand is: ahead of the middle and over the ground, in units of the figure."""


def posture(gait: str, phase: float) -> Posture:
    """The posture at ``phase`` (0 … 1) of a gait's cycle."""
    held = POSTURES[gait.removesuffix(HOLDING)](2 * math.pi * phase)
    return replace(held, far_arm=(0.95 + held.lean, 0.55)) if gait.endswith(HOLDING) else held
