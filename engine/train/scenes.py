"""Procedural training data: a random condition, and tracks and camera that an animator might draw for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.model.condition import Actor, Condition, cues_of, without_circles
from engine.diorama.scene import CAMERAS, KEYS, KINDS, MOODS, MOTIONS, RELATIONS, WEATHERS
from engine.train.acting import FACING, IMPACT, OPACITY, SCALE, SQUASH, Play, X, Y
from engine.train.staging import arrange, camera_path, follow, safe_box

if TYPE_CHECKING:
    from numpy.typing import NDArray

CROWD = (0.27, 0.42, 0.17, 0.07, 0.04, 0.03)
"""How often a training scene has one, two, … six actors."""
CLOSE = frozenset({"on", "under", "behind", "in_front_of"})
LOFTY = frozenset({"fly", "float", "hover", "orbit", "climb", "fall"})
"""Motions that would take an actor away from what it is close to."""
STEADY = frozenset({"on", "over", "under", "behind", "in_front_of"})
"""Relations to what is mostly a landmark: a log, a table, a house."""
ENDINGS = frozenset({"explode", "vanish"})


def choose(rng: np.random.Generator, *, count: int | None = None) -> Condition:
    """A random condition with ``count`` actors (None: as `CROWD` has it)."""
    n = count or int(rng.choice(len(CROWD), p=CROWD)) + 1
    actors = [_actor(rng, slot, n) for slot in range(n)]
    for actor in tuple(actors):
        if actor.relation in STEADY and actor.target is not None and rng.random() < 0.7:
            actors[actor.target] = replace(actors[actor.target], motions=("idle",))
    condition = Condition(
        tuple(actors),
        camera=CAMERAS[int(rng.integers(len(CAMERAS)))] if rng.random() < 0.6 else "static",
        weather=WEATHERS[int(rng.integers(len(WEATHERS)))],
        mood=MOODS[int(rng.integers(len(MOODS)))],
        floating=bool(rng.random() < 0.18),
        seconds=float(np.round(rng.uniform(1, 10), 2)),
        aspect=float(rng.choice([9 / 16, 16 / 9, 1.0], p=[0.48, 0.44, 0.08])),
        cues=cues_of(rng.random((n, 2), dtype=np.float32)),
    )
    return without_circles(condition)


def _actor(rng: np.random.Generator, slot: int, n: int) -> Actor:
    count = int(rng.choice([1, 2, 3], p=[0.62, 0.27, 0.11]))
    motions = [MOTIONS[int(rng.integers(len(MOTIONS)))] for _ in range(count)]
    motions = [m for m in motions[:-1] if m not in ENDINGS or rng.random() < 0.2] + motions[-1:]
    relation, target = "none", None
    if n > 1 and rng.random() < 0.68:
        relation = RELATIONS[int(rng.integers(len(RELATIONS)))]
        target = int((slot + rng.integers(1, n)) % n)
        if relation in CLOSE:
            motions = [m if m not in LOFTY else "idle" for m in motions]
        if relation == "over" and rng.random() < 0.6:
            motions[int(rng.integers(len(motions)))] = "jump"
        if relation == "none" and rng.random() < 0.7:
            motions[0] = str(rng.choice(["orbit", "chase"]))
    size = float(np.clip(rng.lognormal(np.log(0.4), 0.35), 0.12, 0.9))
    return Actor(tuple(motions), relation, target, KINDS[int(rng.integers(len(KINDS)))], size)


def held_out(condition: Condition) -> bool:
    """Whether the condition holds a combination never trained on (a tenth of motion pairs, of motion × relation)."""
    for slot, actor in enumerate(condition.actors):
        ids = [MOTIONS.index(m) for m in actor.motions]
        if any((17 * a + 5 * b) % 10 == 3 for a, b in pairwise(ids)):
            return True
        relation, target = condition.link(slot)
        if target is not None and relation in RELATIONS and (7 * ids[0] + 3 * RELATIONS.index(relation)) % 10 == 3:
            return True
    return False


def direct(condition: Condition, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw the condition: (n, KEYS, 8) tracks and (KEYS, 4) camera; cues it lacks are drawn too."""
    if not condition.cues:
        condition = replace(condition, cues=cues_of(rng.random((len(condition.actors), 2), dtype=np.float32)))
    camera = camera_path(condition, rng)
    box = safe_box(camera, follows=condition.camera == "follow")
    play = Play(condition, arrange(condition, box, rng), rng)
    tracks = np.stack([play.act(slot) for slot in range(len(condition.actors))])
    if condition.camera == "follow":
        follow(camera, tracks[0, :, X])
    _jolt(condition, tracks, camera)
    tracks[..., X] = np.clip(tracks[..., X], 0.02, 0.98)
    tracks[..., Y] = np.clip(tracks[..., Y], 0.12, 0.86)
    tracks[..., SCALE] = np.clip(tracks[..., SCALE], 0.05, 2.2)
    tracks[..., SQUASH] = np.clip(tracks[..., SQUASH], -0.7, 0.6)
    tracks[..., FACING] = np.where(tracks[..., FACING] >= 0, 1.0, -1.0)
    tracks[..., OPACITY] = np.clip(tracks[..., OPACITY], 0, 1)
    tracks[..., IMPACT] = np.clip(tracks[..., IMPACT], 0, 1)
    return tracks.astype(np.float32), camera.astype(np.float32)


def _jolt(condition: Condition, tracks: NDArray[np.float64], camera: NDArray[np.float64]) -> None:
    """The camera shudders after a blast or a hard fall."""
    for slot, actor in enumerate(condition.actors):
        if not {"explode", "fall"} & set(actor.motions):
            continue
        strength = 0.8 if "explode" in actor.motions else 0.4
        for key in np.flatnonzero(tracks[slot, :, IMPACT] > 0.9):
            fade = np.exp(-0.5 * np.maximum(np.arange(KEYS) - key, 0)) * (np.arange(KEYS) >= key)
            camera[:, 3] = np.maximum(camera[:, 3], strength * fade)
    camera[:, 3] = np.clip(camera[:, 3], 0, 1)
