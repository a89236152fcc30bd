"""Journeys: whoever runs, walks, drives, flies or swims stays in view while the world goes by: a tracking shot."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.outline import breadth_of
from engine.diorama.scene import CAMERA_CHANNELS, KEYS, TRACK_CHANNELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.scene import Brief, Scene

STRIDE = {"run": 1.15, "chase": 1.15, "walk": 0.62}
"""Body heights travelled in one cycle of the legs."""

CADENCE = {"run": 1.9, "chase": 2.0, "walk": 1.15}
"""Cycles of the legs in a second on a journey."""

STEADY = {"drive": 0.85, "fly": 0.5, "swim": 0.3}
"""Shorter sides of the frame that those without legs travel in a second."""

GOING = frozenset((*CADENCE, *STEADY))
LEAPING = frozenset({"jump", "bounce"})
"""Motions that carry on with the pace of the motion before."""

SLOWEST, FASTEST = 0.12, 1.0
"""Bounds of a journey's pace, in shorter sides a second: faster ground cannot be followed by the eye."""

ENCLOSED = frozenset({"room", "kitchen", "stage", "school", "stadium"})
"""Places of one view, which do not go on to the left and to the right."""

CROWD, EDGE = 3, 0.015
"""From so many on a party is held in the frame throughout, and how far from its sides."""

LEAD, LEAST = 0.2, 0.04
"""How far from the middle of the frame somebody who flies alone begins and ends, and the least such way worth it."""

START = 0.3
"""Seconds that a journey takes to get going and to stop."""

_STANDING_CAMERA = re.compile(
    r"\b(?:static|fixed|still|locked) (?:camera|shot|frame)|\bcamera (?:is |stays )?(?:static|fixed|still)"
    r"|\bcaméra (?:est |reste )?(?:fixe|statique|immobile)|\bplan fixe|\bon the spot\b|\bsur place\b",
    re.IGNORECASE,
)
_X, _SCALE, _ROTATION, _FACING = (TRACK_CHANNELS.index(name) for name in ("x", "scale", "rotation", "facing"))
_CAMERA_X, _CAMERA_ZOOM = CAMERA_CHANNELS.index("x"), CAMERA_CHANNELS.index("zoom")


@dataclass(frozen=True)
class Journey:
    """Where a party goes: ``way`` −1 left or +1 right, and its pace at each of the KEYS, in shorter sides a second."""

    way: int
    pace: NDArray[np.float64]
    seconds: float
    members: frozenset[int]

    def gone(self, time: float) -> float:
        """How far to the right the party has come at ``time`` (s), in shorter sides of the frame."""
        step = self.seconds / (KEYS - 1)
        whole = np.concatenate(([0.0], np.cumsum((self.pace[1:] + self.pace[:-1]) / 2 * step)))
        return self.way * float(np.interp(time, np.linspace(0, self.seconds, KEYS), whole))


def embark(scene: Scene) -> tuple[Scene, Journey | None]:
    """``scene`` as a tracking shot, with its journey; the very scene and None where nobody goes anywhere.

    Somebody who stands still, a place of one view, or the wish for a fixed camera keep the world where it is. On a
    journey all look the same way and keep their places in the picture: the model's turns at the edges fall away.
    """
    brief = scene.brief
    party = _party(brief)
    if not party or brief.place in ENCLOSED or _STANDING_CAMERA.search(brief.prompt):
        return scene, None
    lead = party[0]
    going = _going(brief, lead)
    if any((_going(brief, k) != going).any() for k in party[1:]):
        return scene, None
    members = frozenset(range(len(brief.subjects))) - {k for k, s in enumerate(brief.subjects) if s.kind == "sky"}
    way = _way(scene, lead)
    share = _eased(going, scene.seconds)
    journey = Journey(way, _pace(scene, lead) * share, scene.seconds, members)
    tracks, camera = scene.tracks.copy(), scene.camera.copy()
    mirror = _mirror(scene.tracks[lead], going, way)
    tracks[lead, :, _X] = _kept_in_view(scene, lead, mirror, share, way)
    if len(members) == 1:
        tracks[lead, :, _X] += way * _overtaking(scene, lead, going)
    for k in sorted(members):
        tracks[k, :, _FACING] = np.where(going, way, scene.tracks[k, :, _FACING] * mirror)
        tracks[k, :, _ROTATION] = scene.tracks[k, :, _ROTATION] * mirror
        if k != lead:
            tracks[k, :, _X] = tracks[lead, :, _X] + _beside(scene, k, lead, mirror, going, way)
    _centre(brief, tracks, sorted(members), going, way)
    if len(members) >= CROWD:
        _keep_in_frame(brief, tracks, sorted(members))
    if brief.camera == "follow":
        reach = 0.5 * (1 - 1 / np.maximum(camera[:, _CAMERA_ZOOM], 1))
        camera[:, _CAMERA_X] = np.clip(tracks[lead, :, _X], 0.5 - reach, 0.5 + reach)
    return replace(scene, tracks=tracks, camera=camera), journey


def _party(brief: Brief) -> list[int]:
    """Those who go by themselves; nobody where anything else than a burden of theirs would be left behind."""
    goers = [k for k, subject in enumerate(brief.subjects) if GOING & set(subject.motions)]
    taken = set(goers)
    for _ in brief.subjects:
        for k, subject in enumerate(brief.subjects):
            if subject.relation in {"holding", "chasing"} and k in taken and subject.target is not None:
                taken.add(subject.target)
            if subject.relation == "on" and subject.target in taken:
                taken.add(k)
    left = [k for k, subject in enumerate(brief.subjects) if k not in taken and subject.kind != "sky"]
    return [] if left else goers


def _going(brief: Brief, index: int) -> NDArray[np.bool_]:
    """(KEYS,) whether the actor is under way at each key."""
    motions, under_way, parts = brief.subjects[index].motions, False, list[bool]()
    for motion in motions:
        under_way = motion in GOING or (under_way and motion in LEAPING)
        parts.append(under_way)
    return np.array(parts)[np.minimum(np.arange(KEYS) * len(parts) // KEYS, len(parts) - 1)]


def _way(scene: Scene, lead: int) -> int:
    subject, track = scene.brief.subjects[lead], scene.tracks[lead]
    if subject.relation == "chasing" and subject.target is not None and subject.target < len(scene.tracks):
        ahead = scene.tracks[subject.target, :, _X] - track[:, _X]
        return 1 if float(ahead[0]) >= 0 else -1
    return 1 if float(track[: KEYS // 3, _FACING].sum()) >= 0 else -1


def _eased(going: NDArray[np.bool_], seconds: float) -> NDArray[np.float64]:
    """(KEYS,) how much of the pace is reached; a clip that begins under way begins at full pace."""
    half = max(1, round(START / seconds * (KEYS - 1)))
    padded = np.pad(going.astype(np.float64), half, mode="edge")
    return np.convolve(padded, np.full(2 * half + 1, 1 / (2 * half + 1)), mode="valid")


def _pace(scene: Scene, lead: int) -> float:
    subject = scene.brief.subjects[lead]
    motion = next(one for one in subject.motions if one in GOING)
    tall = subject.size * float(np.median(scene.tracks[lead, :, _SCALE]))
    pace = STEADY[motion] if motion in STEADY else STRIDE[motion] * CADENCE[motion] * tall
    # No two clips go equally fast.
    return float(np.clip(pace * (0.9 + 0.2 * _whim(scene, 1)), SLOWEST, FASTEST))


def _whim(scene: Scene, which: int) -> float:
    return float(np.random.default_rng((scene.seed, which, 77)).random())


def _mirror(track: NDArray[np.float32], going: NDArray[np.bool_], way: int) -> NDArray[np.float32]:
    """(KEYS,) ±1 by which the lead's sideways movement is mirrored so that it looks one ``way`` while under way."""
    facing = np.where(track[:, _FACING] >= 0, 1.0, -1.0)
    mirror = np.where(going, way * facing, 0.0)
    known = np.flatnonzero(mirror)
    before = np.maximum.accumulate(np.where(mirror != 0, np.arange(KEYS), -1))
    return mirror[np.where(before < 0, known[0], before)].astype(np.float32)


def _kept_in_view(
    scene: Scene, lead: int, mirror: NDArray[np.float32], share: NDArray[np.float64], way: int
) -> NDArray[np.float32]:
    """(KEYS,) x of the lead: its own movement where it stays on the spot, else spurts and lags around its place."""
    steps = np.diff(scene.tracks[lead, :, _X], prepend=scene.tracks[lead, :1, _X]) * mirror * (1 - share)
    own = np.cumsum(steps)
    wide = float(np.ptp(own))
    if wide > 0.4:
        own *= 0.4 / wide
    time = np.linspace(0, scene.seconds, KEYS)
    first, second = _whim(scene, 2), _whim(scene, 3)
    surge = 0.05 * np.sin(time * (1.2 + 0.8 * first) + 6.3 * second) + 0.015 * np.sin(time * 3.1 + 6.3 * first)
    return (0.5 + own + way * surge * share).astype(np.float32)


def _overtaking(scene: Scene, lead: int, going: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(KEYS,) how far a flyer has got ahead of the picture's middle: over an empty sky nothing else shows that it goes.

    It comes in from behind and ends ahead, as far as its breadth and a camera that stays allow.
    """
    brief, ahead = scene.brief, np.zeros(KEYS, np.float32)
    subject = brief.subjects[lead]
    # Banking, a slim thing takes as much room as it is tall.
    half = 0.5 * subject.size * max(breadth_of(subject), 1.0) * float(scene.tracks[lead, :, _SCALE].max())
    room = min(LEAD, 0.5 - half - EDGE)
    if set(subject.motions) != {"fly"} or brief.camera == "follow" or room < LEAST:
        return ahead
    share = np.linspace(-1, 1, KEYS)
    return (room * share * going).astype(np.float32)


def _beside(
    scene: Scene, index: int, lead: int, mirror: NDArray[np.float32], going: NDArray[np.bool_], way: int
) -> NDArray[np.float32]:
    """(KEYS,) how far to the right of the lead somebody is, on the same side all along."""
    apart = (scene.tracks[index, :, _X] - scene.tracks[lead, :, _X]) * mirror
    if _carried(scene.brief, index, lead):
        return apart
    gap = np.abs(apart)
    side = 1.0 if float(np.median(apart[going])) >= 0 else -1.0
    if scene.brief.subjects[lead].relation == "chasing" and scene.brief.subjects[lead].target == index:
        side = way
    if scene.brief.subjects[index].relation in {"left_of", "right_of"}:
        side = 1.0 if float(np.median(scene.tracks[index, :, _X] - scene.tracks[lead, :, _X])) >= 0 else -1.0
    even = np.full(KEYS, float(np.median(gap)))
    slow = np.convolve(np.pad(gap, 6, mode="edge"), np.full(13, 1 / 13), mode="valid")
    return (side * np.maximum(0.5 * (even + slow), 0.85 * even)).astype(np.float32)


def _centre(brief: Brief, tracks: NDArray[np.float32], members: list[int], going: NDArray[np.bool_], way: int) -> None:
    """Move the party, as a whole, to the middle of the picture, with a little more room ahead than behind."""
    half = 0.5 * np.array([[brief.subjects[k].size] for k in members]) * tracks[members, :, _SCALE]
    x = tracks[members, :, _X]
    middle = ((x + half).max(axis=0) + (x - half).min(axis=0)) / 2
    tracks[members, :, _X] += np.float32(0.5 - 0.03 * way - float(np.mean(middle[going])))


def _keep_in_frame(brief: Brief, tracks: NDArray[np.float32], members: list[int]) -> None:
    """Shift the party, key by key, into the frame; one that is too wide has its middle in the frame's."""
    half = np.array([[0.5 * brief.subjects[k].size * breadth_of(brief.subjects[k])] for k in members])
    half = half * tracks[members, :, _SCALE]
    low = (tracks[members, :, _X] - half).min(axis=0) - EDGE
    high = (tracks[members, :, _X] + half).max(axis=0) - 1 + EDGE
    shift = np.where(high - low > 0, -(low + high) / 2, np.maximum(-low, 0) - np.maximum(high, 0))
    tracks[members, :, _X] += shift.astype(np.float32)


def _carried(brief: Brief, index: int, lead: int) -> bool:
    one, other = brief.subjects[index], brief.subjects[lead]
    return (one.relation == "on" and one.target == lead) or (
        (other.relation, other.target) in {("holding", index), ("on", index)}
    )
