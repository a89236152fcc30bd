"""From art to puppet: recoloured, lit and styled once, given a body where the art is only a head, then posed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import cv2
import numpy as np

from engine.diorama.art.pack import Asset, asset
from engine.diorama.paint import body, raster, slumber
from engine.diorama.paint.biped import Biped
from engine.diorama.paint.clay import Worn
from engine.diorama.paint.film import Film
from engine.diorama.paint.light import Light, grade, rim_light
from engine.diorama.paint.postures import HOLDING
from engine.diorama.paint.raster import Picture
from engine.diorama.paint.recolour import recolour
from engine.diorama.paint.style import restyle_sprite
from engine.diorama.scene import Subject

MOUTHS = 8
"""How many openings of the mouth are drawn, from closed to wide."""

CYCLE = 16
"""Drawn phases of a walk or run cycle."""

LIMBER = frozenset({"animal", "person", "flyer"})


@dataclass(frozen=True)
class Drawn:
    """A posed puppet: its picture, the pixel where its feet touch the ground, its height and its mouth in pixels.

    ``lip`` is the width of the mouth, 0 where none can be drawn (things, faces in profile). ``facing`` is the way the
    picture looks, None where that is the puppet's own; ``strides`` says that it shows legs at work.
    """

    picture: Picture
    foot: tuple[float, float]
    tall: float
    mouth: tuple[float, float]
    lip: float
    facing: int | None = field(default=None, kw_only=True)
    strides: bool = field(default=False, kw_only=True)


class Puppet:
    """One subject at one size, ready to be posed. Pictures are premultiplied BGRA and must not be written to."""

    def __init__(self, subject: Subject, light: Light, style: str, pixels: int) -> None:
        """``pixels`` is the height at which the puppet will mostly be seen."""
        self.asset: Asset = asset(subject.art)
        self.pixels = int(min(max(pixels, 12), 640))
        self.pad = max(6, self.pixels // 8)
        self.light, self.style = light, style
        self.facing = self.asset.facing
        picture = self.asset.image
        if subject.colour is not None:
            picture = recolour(picture, self.asset.colours[0], subject.colour)
        self.rig: body.Rig | None = None
        if self.asset.head_only and self.asset.kind in LIMBER:
            self.rig = body.build(self.asset, picture, self.pixels, subject.colour)
            self.facing = 1
        else:
            self.still = raster.scaled(picture, self.pixels)
        self.colour = subject.colour
        # Frames of a film are posed once, like the phases of a walk: what an animation may take is bounded by `Film`.
        self.drawn = lru_cache(maxsize=96)(self._draw)
        self.lips = lru_cache(maxsize=MOUTHS)(self._lips)

    @property
    def limbs(self) -> bool:
        """Whether it has legs of its own to walk with."""
        return self.rig is not None

    @cached_property
    def films(self) -> Mapping[str, Film]:
        """Animations by what they show: "play" for its own, "idle" for the head of a built body, and motions."""
        art = self.asset
        if self.rig is not None:
            if art.reel is None:
                return {}
            flip, tall = self.rig.art.facing != art.facing, self.rig.face.shape[0]
            sheet = (round(0.8 * self.rig.size[0]), self.rig.size[1])  # the rest is trimmed off
            return {"idle": Film(art, art.reel, tall, self.colour, mirrored=flip, sheet=sheet)}
        films = {"play": Film(art, art.reel, self.pixels, self.colour)} if art.reel is not None else {}
        for motion, actor in art.acts.items():
            twin = asset(actor)
            if twin.reel is not None:
                films[motion] = Film(twin, twin.reel, round(self.pixels * twin.size / art.size), self.colour)
        return films

    def phases(self, gait: str) -> int:
        """How many pictures a gait has."""
        return self.films[gait].count if gait in self.films else CYCLE

    def _draw(self, gait: str, phase: int) -> Drawn:
        if self.rig is not None:
            return self._bodied(self.rig, gait, phase)
        film = self.films.get(gait)
        return self._still(gait, phase) if film is None else self._played(film, gait, phase)

    def _bodied(self, rig: body.Rig, gait: str, phase: int) -> Drawn:
        stance, gait = gait, gait.removesuffix(HOLDING)
        film = self.films.get(gait)
        # Without an animation of its own, a standing head blinks at the end of each breath.
        head = self._dozing if gait == "sleep" or (film is None and (gait, phase) == ("idle", CYCLE - 1)) else None
        if film is not None:
            shot = film.shot(phase)
            middle = (shot.picture.shape[1] / 2, shot.foot[1] - shot.tall / 2)
            own = rig.head.mouth[0] - rig.head.pivot[0], rig.head.mouth[1] - rig.head.pivot[1]
            head = Worn(shot.picture, middle, shot.mouth or (middle[0] + own[0], middle[1] + own[1]))
        picture, lips = body.posed(rig, stance, phase / self.phases(gait) * self._turns(gait), head)
        lip = 0.13 * rig.face_width if self.asset.facing == 0 and self.asset.mouth is not None else 0.0
        if gait == "sleep":
            return self._lying(picture, rig.foot[0], float(picture.shape[0]), lip, upright=isinstance(rig, Biped))
        used = np.flatnonzero(picture[:, :, 3].max(axis=0))
        left, right = int(used[0]), int(used[-1]) + 1
        foot, mouth = (rig.foot[0] - left, rig.foot[1]), (lips[0] - left, lips[1])
        shown = self._finished(np.ascontiguousarray(picture[:, left:right]))
        return Drawn(shown, self._in(foot), float(picture.shape[0]), self._in(mouth), lip)

    @cached_property
    def _dozing(self) -> Worn | None:
        """The head of a built body with its eyes shut."""
        if self.rig is None:
            return None
        flip = self.rig.art.facing != self.asset.facing
        eyes = [((1 - x) if flip else x, y, wide, tall) for x, y, wide, tall in self.asset.eyes]
        own = self.rig.head
        return Worn(slumber.shut(own.picture, eyes), own.pivot, own.mouth)

    def _lying(self, picture: Picture, foot: float, tall: float, lip: float, *, upright: bool) -> Drawn:
        """Somebody asleep on the ground; who stands ``upright`` awake lies on their back."""
        lain = slumber.on_back(picture) if upright else picture
        shown, left, _ = raster.trim(lain)
        middle = shown.shape[1] / 2 if upright else foot - left
        spot = self._in((middle, float(shown.shape[0])))
        mouth = self._in((middle, shown.shape[0] * 0.4))
        return Drawn(self._finished(shown), spot, tall, mouth, 0.0 if upright else lip)

    def _turns(self, gait: str) -> int:
        """Whole turns that the body makes while its phases run once: a long film holds several breaths."""
        film = self.films.get(gait)
        return 1 if film is None else max(1, round(film.reel.seconds / 2))

    def _still(self, gait: str, phase: int) -> Drawn:
        h, w = self.still.shape[:2]
        spot = self.asset.mouth or (0.5, 0.4)
        if gait == "sleep":
            resting, person = slumber.shut(self.still, self.asset.eyes), self.asset.kind == "person"
            if self.asset.kind == "animal" and self.asset.facing != 0:
                resting = slumber.on_belly(resting)
            return self._lying(resting, self.asset.foot * w, float(h), 0.0, upright=person and h > 1.1 * w)
        bent = (gait, phase / CYCLE) if gait in {"flap", "swim"} else None
        picture = self._finished(self.still, bent)
        return Drawn(
            picture,
            self._in((self.asset.foot * w, float(h))),
            float(h),
            self._in((spot[0] * w, spot[1] * h)),
            self._lip,
        )

    def _played(self, film: Film, gait: str, phase: int) -> Drawn:
        shot = film.shot(phase)
        spot = self.asset.mouth or (0.5, 0.4)
        mouth = shot.mouth or (spot[0] * shot.picture.shape[1], shot.foot[1] - shot.tall * (1 - spot[1]))
        return Drawn(
            self._finished(shot.picture),
            self._in(shot.foot),
            # An act is measured by the height of who stands, so that a crouching runner stays as big a person.
            shot.tall if gait == "play" else float(self.pixels),
            self._in(mouth),
            self._lip if film.facing == 0 else 0.0,
            facing=film.facing,
            strides=film.reel.strides > 0,
        )

    @property
    def _lip(self) -> float:
        # A muzzle in profile cannot open towards us: such an animal talks with its whole body instead.
        talks = self.asset.mouth is not None and self.asset.facing == 0
        return 0.15 * min(self.still.shape[:2]) if talks else 0.0

    def _in(self, spot: tuple[float, float]) -> tuple[float, float]:
        return spot[0] + self.pad, spot[1] + self.pad

    def _finished(self, picture: Picture, bent: tuple[str, float] | None = None) -> Picture:
        """``picture`` with a border, bent by a (gait, phase), lit and in style."""
        bordered = cv2.copyMakeBorder(picture, self.pad, self.pad, self.pad, self.pad, cv2.BORDER_CONSTANT)
        if bent is not None:
            bordered = ripple(bordered, bent[1], bent[0], self.asset.facing or 1)
        lit = grade(bordered, self.light.gain, self.light.lift)
        side = 1 if self.light.body_at[0] > 0.5 else -1
        lit = rim_light(lit, self.light.rim, 0.55 if self.light.dark else 0.42, side)
        return restyle_sprite(lit, self.style)

    def _lips(self, level: int, lip: float) -> Picture:
        """The mouth alone at opening ``level`` (1 … MOUTHS − 1), its corner of the lips in the middle."""
        return grade(open_mouth(lip, level / (MOUTHS - 1)), self.light.gain, self.light.lift)


@lru_cache(maxsize=12)
def puppet_for(subject: Subject, light: Light, style: str, pixels: int) -> Puppet:
    """A shared small puppet: a sampler asks for the same cast at every step."""
    return Puppet(subject, light, style, pixels)


def ripple(picture: Picture, phase: float, gait: str, facing: int) -> Picture:
    """Bend a picture with a travelling wave: a fish's tail swings, a bird's wings beat."""
    h, w = picture.shape[:2]
    along = np.linspace(-1, 1, w, dtype=np.float32)
    rear = np.clip(0.5 - along * facing * 0.5, 0, 1)
    turn = phase * 2 * math.pi
    if gait == "swim":
        shift = h * 0.05 * rear**1.5 * np.sin(turn + along * facing * 2.6)
    else:
        shift = h * 0.06 * (np.abs(along) ** 1.6) * math.sin(turn)
    columns = np.broadcast_to(np.arange(w, dtype=np.float32)[None, :], (h, w))
    rows = np.arange(h, dtype=np.float32)[:, None] + shift[None, :].astype(np.float32)
    return np.asarray(cv2.remap(picture, np.ascontiguousarray(columns), rows, cv2.INTER_LINEAR), np.uint8)


def open_mouth(width: float, opening: float) -> Picture:
    """An open mouth with teeth and tongue, ``width`` pixels wide; ``opening`` 0 … 1. Its upper lip is in the middle."""
    half = (width * (1.02 - 0.2 * opening), width * (0.22 + 0.72 * opening))
    middle = math.ceil(width * 2) + 4
    patch = np.zeros((2 * middle, 2 * middle, 4), np.uint8)

    def oval(dy: float, rx: float, ry: float, colour: tuple[int, int, int]) -> Picture:
        mask = np.zeros(patch.shape[:2], np.uint8)
        axes = (max(8, round(rx * 16)), max(8, round(ry * 16)))
        cv2.ellipse(mask, (middle * 16, round((middle + dy) * 16)), axes, 0, 0, 360, (255,), -1, cv2.LINE_AA, 4)
        layer = np.empty_like(patch)
        layer[:] = (*colour, 255)
        return np.asarray(cv2.multiply(layer, cv2.merge((mask, mask, mask, mask)), scale=1 / 255), np.uint8)

    drop = half[1] * 0.72
    raster.over(patch, oval(drop, half[0] + width * 0.09, half[1] + width * 0.09, (24, 16, 60)), 0, 0)
    inside = oval(drop, half[0], half[1], (34, 20, 92))
    raster.over(patch, inside, 0, 0)
    tongue = oval(drop + half[1] * 0.62, half[0] * 0.62, half[1] * 0.5, (118, 104, 238))
    teeth = oval(drop - half[1] * 0.95, half[0] * 0.66, half[1] * 0.42, (246, 250, 252))
    for part in (tongue, teeth):
        clipped = cv2.multiply(part, cv2.merge([inside[:, :, 3]] * 4), scale=1 / 255)
        raster.over(patch, np.asarray(clipped, np.uint8), 0, 0)
    return patch
