"""Where things go that belong to somebody: into the hand or the mouth, onto the head, and riders into the saddle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from engine.diorama.art.pack import Asset, asset
from engine.diorama.paint.biped import Biped
from engine.diorama.paint.likeness import MOUNTS, LikenessPuppet
from engine.diorama.paint.motion import Pose
from engine.diorama.paint.puppet import Drawn, Puppet
from engine.diorama.paint.raster import Matrix
from engine.diorama.scene import Subject

HEADWEAR = frozenset({
    "billed-cap", "crown", "graduation-cap", "military-helmet", "rescue-workers-helmet", "top-hat", "womans-hat",
})  # fmt: skip
EYEWEAR = frozenset({"glasses", "goggles", "sunglasses"})
RAISED = frozenset({
    "balloon", "black-flag", "chequered-flag", "kite", "pirate-flag", "rainbow-flag", "red-paper-lantern",
    "triangular-flag", "umbrella", "umbrella-with-rain-drops", "white-flag",
})  # fmt: skip
"""Held by their lower end, and up."""

CANOPIES = frozenset({"umbrella", "umbrella-with-rain-drops"})
"""Held above the head."""

OPEN_HULLS = frozenset({"canoe", "sailboat", "speedboat", "motor-boat", "ferry", "ship", "passenger-ship"})

SIZES = {
    "head": (0.2, 0.34), "eyes": (0.08, 0.15), "raised": (0.62, 0.9), "above": (0.95, 1.1), "hand": (0.3, 0.48),
    "mouth": (0.24, 0.42),
}  # fmt: skip
"""Least and greatest height of what is held, in heights of its holder."""

SUNK, ON_ALL_FOURS = 0.3, 0.1
"""Share of a rider that its mount hides: the legs of a person; an animal stands on a back or a roof."""


@dataclass(frozen=True)
class Bond:
    """Somebody's ``carrier`` (an index into the subjects) and where on it: a key of `SIZES`, or "seat".

    ``sunk`` is the share of a rider that its seat hides.
    """

    carrier: int
    where: str
    sunk: float = SUNK


@dataclass(frozen=True)
class Put:
    """A carrier as it was drawn: its puppet, its picture, the affine to the frame, its height in pixels.

    ``way`` is the side to which it looks.
    """

    puppet: Puppet
    drawn: Drawn
    matrix: Matrix
    tall: float
    way: float
    opacity: float


def bonds_of(subjects: tuple[Subject, ...], puppets: list[Puppet]) -> dict[int, Bond]:
    """Who or what is carried, by its index. Cast members see to their own hands and seats."""
    bonds: dict[int, Bond] = {}
    for k, subject in enumerate(subjects):
        other = subject.target
        if other is None or not 0 <= other < len(subjects) or other == k or isinstance(puppets[k], LikenessPuppet):
            continue
        if subject.relation == "holding" and other not in bonds and subjects[other].relation != "holding":
            bonds[other] = Bond(k, _grip(subject, subjects[other]))
        elif subject.relation == "on" and subjects[other].kind in MOUNTS and subject.kind in {"animal", "person"}:
            bonds[k] = Bond(other, "seat", SUNK if subject.kind == "person" else ON_ALL_FOURS)
    return bonds


def _grip(holder: Subject, thing: Subject) -> str:
    if thing.art in HEADWEAR:
        return "head"
    if thing.art in EYEWEAR:
        return "eyes"
    if thing.art in RAISED:
        return "above" if thing.art in CANOPIES else "raised"
    return "hand" if holder.kind == "person" else "mouth"


def fastened(bond: Bond, own: Puppet, pose: Pose, size: float, put: Put, frame: tuple[int, int, int]) -> Pose:
    """``pose`` of something ``size`` shorter sides tall at scale 1, moved to where ``bond`` fastens it.

    ``frame`` is the world's width, height and shorter side in pixels, in which ``put`` was drawn.
    """
    width, height, unit = frame
    tall = size * pose.scale * unit
    if bond.where in SIZES:
        least, most = SIZES[bond.where]
        tall = float(np.clip(tall, least * put.tall, most * put.tall))
    elif put.puppet.asset.id in OPEN_HULLS:
        tall = min(tall, 0.8 * put.tall)
    x, y = _foot(bond, own, put, tall)
    # Looking at us, a thing keeps to the side on which it is drawn.
    return replace(
        pose, x=x / width, y=y / height, scale=tall / (size * unit), air=0.0, squash=0.0,
        rotation=0.0 if bond.where != "seat" else pose.rotation, facing=put.way if own.facing else pose.facing,
        opacity=min(pose.opacity, put.opacity),
    )  # fmt: skip


def _foot(bond: Bond, own: Puppet, put: Put, tall: float) -> tuple[float, float]:
    """The point (frame pixels) at which the lower edge of what is ``tall`` pixels high is put."""
    drawn, up = put.drawn, put.tall
    if bond.where == "seat":
        x, y = _seen(put, _seat(put.puppet.asset, drawn, put.puppet.pad))
        behind = up * (1 - _saddle(put.puppet.asset.id)[1])
        return x, y + min(bond.sunk * tall, 0.9 * behind)
    if bond.where in {"head", "eyes"}:
        return _worn(bond, put, tall)
    if bond.where in {"hand", "raised", "above"} and isinstance(put.puppet.rig, Biped):
        x, y = _seen(put, _hand(put.puppet.rig, drawn))
        if bond.where == "hand":  # nearer to the body than the hand: it is held before it
            return x - put.way * 0.08 * up, y + 0.45 * tall
        return x + put.way * (0.02 if bond.where == "raised" else -0.12) * up, y + 0.04 * up
    return _at_the_head(bond, own, put, tall)


def _at_the_head(bond: Bond, own: Puppet, put: Put, tall: float) -> tuple[float, float]:
    """As `_foot`, for who has no hands: over the head, beside it, or in the mouth."""
    up, mouth = put.tall, _seen(put, put.drawn.mouth)
    wide = tall * own.asset.image.shape[1] / own.asset.image.shape[0]
    if bond.where == "above":
        return mouth[0] + put.way * 0.24 * up, _seen(put, _crown(put))[1] + 0.5 * tall
    if bond.where == "raised":
        return mouth[0] + put.way * (0.3 * up + 0.45 * wide), mouth[1] + 0.3 * up
    if put.puppet.asset.facing != 0 and put.puppet.rig is None:  # in the muzzle
        return mouth[0] + put.way * 0.4 * wide, mouth[1] + 0.62 * tall
    return mouth[0] + put.way * 0.12 * up, mouth[1] + 0.05 * up + tall


def _worn(bond: Bond, put: Put, tall: float) -> tuple[float, float]:
    if bond.where == "head":
        x, y = _seen(put, _crown(put))
        return x, y + 0.16 * tall
    x, y = _seen(put, put.drawn.mouth)
    in_profile = put.puppet.asset.facing != 0
    return x - put.way * 0.05 * put.tall * in_profile, y - 0.07 * put.tall


def _seen(put: Put, spot: tuple[float, float]) -> tuple[float, float]:
    x, y = put.matrix @ (spot[0], spot[1], 1.0)
    return float(x), float(y)


def _hand(rig: Biped, drawn: Drawn) -> tuple[float, float]:
    """The hand held out in front, in pixels of the picture."""
    x, y = rig.hold
    return x - rig.foot[0] + drawn.foot[0], y - rig.foot[1] + drawn.foot[1]


def _crown(put: Put) -> tuple[float, float]:
    """The top of the head, in pixels of the picture: where the figure begins above the eyes."""
    picture, mouth = put.drawn.picture, put.drawn.mouth
    facing = put.puppet.asset.facing if put.puppet.rig is None else 0
    if put.drawn.facing is not None:
        facing = put.drawn.facing
    middle = mouth[0] - facing * 0.13 * put.drawn.tall
    reach = max(2, round(0.05 * put.drawn.tall))
    band = picture[:, max(0, round(middle) - reach) : max(1, round(middle) + reach), 3]
    solid = np.flatnonzero((band > 128).mean(axis=1) > 0.5) if band.size else np.array([], int)
    return middle, float(solid[0]) if len(solid) else mouth[1] - 0.3 * put.drawn.tall


@lru_cache(maxsize=32)
def _saddle(art: str) -> tuple[float, float]:
    """(x, y) in fractions of a mount's art where somebody sits: on its back, its roof, its bench."""
    alpha = asset(art).image[:, :, 3] > 128
    wide, facing = alpha.shape[1], asset(art).facing
    if art in OPEN_HULLS:
        broad = np.flatnonzero(alpha.mean(axis=1) > 0.8)
        # Aft of the mast.
        return 0.5 - 0.22 * (facing or -1), float(broad[0]) / alpha.shape[0] if len(broad) else 0.6
    x = 0.5 - 0.12 * facing
    columns = alpha[:, round((x - 0.06) * wide) : round((x + 0.06) * wide)]
    rows = np.flatnonzero(columns.mean(axis=1) > 0.5)
    return x, float(rows[0]) / alpha.shape[0] if len(rows) else 0.4


def _seat(art: Asset, drawn: Drawn, pad: int) -> tuple[float, float]:
    x, y = _saddle(art.id)
    wide = drawn.picture.shape[1] - 2 * pad
    return pad + x * wide, drawn.foot[1] - drawn.tall * (1 - y)
