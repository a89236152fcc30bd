"""A cast member as a puppet: a photographed head, carried with a will of its own, on a clothed clay doll."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from engine.diorama.cast import Face, Likeness
from engine.diorama.paint import raster
from engine.diorama.paint.doll import Clothes, Doll
from engine.diorama.paint.face import LIDS, MOUTHS, Head
from engine.diorama.paint.light import Light, grade, rim_light
from engine.diorama.paint.motion import Course, Pose
from engine.diorama.paint.postures import GAITS, GRIP, HOLDING, TEMPO
from engine.diorama.paint.puppet import CYCLE, Drawn, Puppet
from engine.diorama.paint.raster import Matrix
from engine.diorama.paint.style import restyle_sprite
from engine.diorama.scene import Scene, Subject

LAG = 0.1
"""Seconds by which a head follows its body."""

BLINK = 0.15
"""Seconds that a blink takes."""

MOUNTS = frozenset({"animal", "vehicle", "flyer", "swimmer"})
STRIDING = frozenset({"walk", "run", "climb"})
TRAVELLING = frozenset({"walk", "run", "fly", "swim", "glide"})


@dataclass(frozen=True)
class Bodied(Drawn):
    """A posed doll without its head: where that sits, and how far it nods (radians, forward positive)."""

    neck: tuple[float, float] = (0.0, 0.0)
    nod: float = 0.0


@dataclass(frozen=True)
class Part:
    """What a member plays: the subject, whether it sits on something that moves, whether it holds something."""

    subject: Subject
    rides: bool = False
    holds: bool = False

    @classmethod
    def of(cls, subject: Subject, scene: Scene) -> Part:
        """Read off the relation to another subject of ``scene``."""
        known = subject.target is not None and 0 <= subject.target < len(scene.brief.subjects)
        if not known or subject.target is None:
            return cls(subject)
        mount = scene.brief.subjects[subject.target].kind in MOUNTS
        return cls(subject, subject.relation == "on" and mount, subject.relation == "holding")


class LikenessPuppet(Puppet):
    """One cast member at one size."""

    def __init__(
        self, part: Part, likeness: Likeness, face: Face, light: Light, style: str, pixels: int, seed: int
    ) -> None:
        """``pixels`` is the height at which it will mostly be seen; ``seed`` picks clothes and the times of blinks."""
        subject = part.subject
        super().__init__(subject, light, style, pixels)
        self.part = part
        own = (seed ^ zlib.crc32(likeness.name.encode())) & 0x7FFFFFFF
        colour = likeness.outfit.clothes or subject.colour
        self.doll = Doll(Clothes.picked(face.skin, colour, own), self.pixels)
        self.head = Head(face, likeness.outfit, light, style, self.pixels)
        self.blinks = _blinks(np.random.default_rng(own))
        self.facing = 1
        self.figures = lru_cache(maxsize=64)(self._figure)

    @property
    def limbs(self) -> bool:
        """A doll always has legs."""
        return True

    def _draw(self, gait: str, phase: int) -> Bodied:
        return self.figures(gait, phase)

    def _figure(self, gait: str, phase: int) -> Bodied:
        figure = self.doll.posed(gait, phase / CYCLE)
        picture, left, top = raster.trim(figure.picture)
        pad = self.pad
        bordered = cv2.copyMakeBorder(picture, pad, pad, pad, pad, cv2.BORDER_CONSTANT)
        lit = grade(np.asarray(bordered, np.uint8), self.light.gain, self.light.lift)
        side = 1 if self.light.body_at[0] > 0.5 else -1
        lit = rim_light(lit, self.light.rim, 0.55 if self.light.dark else 0.42, side)
        lit = restyle_sprite(lit, self.style)
        dx, dy = pad - left, pad - top
        foot, neck = (
            (figure.foot[0] + dx, figure.foot[1] + dy),
            (figure.neck[0] + dx, figure.neck[1] + dy),
        )
        # Its lips are the head's own affair; a width says that it has some.
        return Bodied(lit, foot, self.doll.u, neck, 0.1 * self.doll.u, neck, figure.nod)

    def gait(self, pose: Pose, time: float, *, talks: bool) -> tuple[str, int]:
        """The name of the drawn pose and its phase (0 … CYCLE − 1)."""
        name = GAITS.get(pose.motion, "idle")
        if self.part.rides and name not in {"sleep", "wave", "dance"}:
            name = "ride"
        elif pose.air > 0.018 and name in {"idle", "walk", "run"}:
            name = "leap"
        elif name == "idle" and talks:
            name = "talk"
        turns = pose.cycle if name in STRIDING else time * TEMPO.get(name, 0.45)
        holds = self.part.holds and name not in {"leap", "ride", "sleep"}
        return name + HOLDING * holds, int(turns * CYCLE) % CYCLE

    def put_head(
        self, frame: raster.Picture, body: Bodied, matrix: Matrix, course: Course, time: float, opening: float
    ) -> tuple[float, float]:
        """Draw the head on the body that ``matrix`` puts on ``frame``; returns where its mouth is in the frame."""
        pose, before = course.at(time), course.at(max(0.0, time - LAG))
        look = self.head.look(self._yaw(pose), mouth=round(opening * (MOUTHS - 1)), lids=self._lids(pose, time))
        shown = self.head.drawn(look)
        up = matrix[:, :2] @ np.array([0.0, -1.0])
        mirrored = float(np.linalg.det(matrix[:, :2])) < 0
        scale = float(np.hypot(*up))  # a squashed body squeezes its head's size, never its features
        way = -1.0 if mirrored else 1.0
        tall = max(course.subject.size * pose.scale, 0.05)
        jolt = float(np.clip((pose.speed - before.speed) / tall, -3, 3))
        drop = float(np.clip((pose.rise - before.rise) / tall, -4, 4))
        angle = math.atan2(float(up[0]), -float(up[1])) + way * body.nod - 0.07 * jolt
        # A head looks where it is going: up in a leap, down in a fall.
        angle -= way * 0.16 * float(np.clip(pose.rise / tall / 2, -1, 1))
        angle += 0.03 * math.sin(time * 1.7 + self.blinks[0]) + 0.05 * opening * math.sin(time * 6.1)
        neck = matrix[:, :2] @ np.array(body.neck) + matrix[:, 2]
        neck[1] += 0.012 * drop * body.tall * scale - 0.012 * opening * body.tall * scale
        c, n = math.cos(angle) * scale, math.sin(angle) * scale
        placed = np.zeros((2, 3))
        thin = self._thin(pose)
        placed[:, :2] = ((c * thin, -n), (n * thin, c))
        placed[:, 2] = neck - placed[:, :2] @ np.array(shown.neck)
        raster.warp_over(frame, shown.picture, placed, pose.opacity)
        mouth = placed @ (*shown.mouth, 1.0)
        return float(mouth[0]), float(mouth[1])

    def _yaw(self, pose: Pose) -> float:
        """Degrees to the right of us that the head looks: along its way when it travels, else nearly at us."""
        return float(np.clip(pose.facing, -1, 1)) * (34.0 if GAITS.get(pose.motion) in TRAVELLING else 9.0)

    def _thin(self, pose: Pose) -> float:
        """How wide the head is seen: one that shows another side goes over its edge, as a paper puppet's does."""
        there, back = (self.head.look(self._yaw(replace(pose, facing=way)), mouth=0, lids=0) for way in (-1.0, 1.0))
        if (there.crop, there.mirrored) == (back.crop, back.mirrored):
            return 1.0
        return max(0.25, min(1.0, abs(pose.facing) * 1.6 + 0.25))

    def _lids(self, pose: Pose, time: float) -> int:
        if pose.motion == "sleep":
            return LIDS
        nearest = float(np.abs(self.blinks - time).min())
        return LIDS if nearest < BLINK / 4 else LIDS - 1 if nearest < BLINK / 2 else 0


def _blinks(rng: np.random.Generator) -> np.ndarray:
    """Times (s) of the blinks of a minute, unevenly spaced as people's are."""
    return np.cumsum(rng.uniform(1.6, 4.4, 30))


def cast_puppet(
    subject: Subject, cast: tuple[Likeness, ...], light: Light, scene: Scene, pixels: int
) -> LikenessPuppet | None:
    """The puppet of the member who plays ``subject``; None where nobody does, or only with a voice."""
    if subject.cast is None or subject.cast >= len(cast):
        return None
    likeness = cast[subject.cast]
    if likeness.face is None:
        return None
    part = Part.of(subject, scene)
    return LikenessPuppet(part, likeness, likeness.face, light, scene.brief.style, pixels, scene.seed)


def in_hand(
    puppets: list[Puppet], subjects: tuple[Subject, ...], poses: list[Pose], size: tuple[int, int]
) -> list[Pose]:
    """``poses`` with what members hold brought to their hands; ``size`` is the frame's in pixels."""
    moved = list(poses)
    for puppet, pose in zip(puppets, poses, strict=True):
        if not isinstance(puppet, LikenessPuppet) or not puppet.part.holds:
            continue
        index = puppet.part.subject.target
        if index is None or puppets[index] is puppet:
            continue
        thing, tall = subjects[index], puppet.part.subject.size * pose.scale * min(size)
        way = float(np.clip(pose.facing, -1, 1))
        reach = GRIP[0] * tall + 0.06 * thing.size * moved[index].scale * min(size)
        x, y = pose.x + way * reach / size[0], pose.y - GRIP[1] * tall / size[1]
        moved[index] = replace(moved[index], x=x, y=y)
    return moved
