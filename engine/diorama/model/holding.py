"""What a new scene takes over from another: whole tracks, the camera, or the poses it begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.diorama.model.clock import JOIN
from engine.diorama.model.condition import Cue
from engine.diorama.model.latents import CHANNELS, FACING, IMPACT, LATENT_FORMAT, ROTATION, X, decode, encode
from engine.diorama.model.pipeline import Known
from engine.diorama.model.projection import project
from engine.diorama.scene import CAMERA_CHANNELS, KEYS, TRACK_CHANNELS
from engine.errors import InvalidRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.model.condition import Condition

FIRST = 2
"""Key poses held to those a scene starts from: two, so that it also starts at rest."""


DRIFT = 0.35
"""Share of the clip in which an actor gets from where it starts to where the new scene has it."""


@dataclass(frozen=True)
class SourceLatent:
    """What a parent left for its remixes: `Directed.latent` and its format.

    ``scene`` (n + 1, KEYS, CHANNELS) and ``actors`` (n, ACTOR_FEATURES); ``tracks`` (n, KEYS, 8) and ``camera``
    (KEYS, 4) as they were shown and ``cues`` (n, CUE_FEATURES), which scenes of the first days lack.
    """

    arrays: dict[str, NDArray[np.float32]]
    format: str = LATENT_FORMAT


@dataclass(frozen=True)
class Parent:
    """A source read and checked: its latents, what its actors were told, and its scene as it was shown."""

    scene: NDArray[np.float32]
    actors: NDArray[np.float32]
    tracks: NDArray[np.float32]
    camera: NDArray[np.float32]
    cues: tuple[Cue | None, ...]


@dataclass(frozen=True)
class Held:
    """What a scene must hold on to: ``tracks`` by slot, the ``camera``, and the poses (n, 8) at its ``start``.

    Rows of ``start`` that are NaN begin as the model likes.
    """

    tracks: dict[int, NDArray[np.float32]]
    camera: NDArray[np.float32] | None = None
    start: NDArray[np.float32] | None = None

    def known(self, actors: int) -> Known | None:
        """The same as the sampler's latents and mask for a scene of ``actors``; None when nothing is held."""
        if not self.tracks and self.camera is None and self.start is None:
            return None
        tracks = np.zeros((actors, KEYS, len(TRACK_CHANNELS)), np.float32)
        camera = np.zeros((KEYS, len(CAMERA_CHANNELS)), np.float32)
        mask = np.zeros((actors + 1, KEYS, 1), np.float32)
        if self.start is not None:
            begun = np.flatnonzero(np.isfinite(self.start).all(axis=1))
            tracks[begun, :FIRST] = self.start[begun, None]
            tracks[begun, :FIRST, IMPACT] = 0.0
            mask[begun, :FIRST] = 1.0
        for slot, track in self.tracks.items():
            tracks[slot], mask[slot] = track, 1.0
        if self.camera is not None:
            camera, mask[-1] = self.camera, 1.0
        latents = encode(tracks, camera)
        return Known(torch.from_numpy(latents), torch.from_numpy(np.repeat(mask, CHANNELS, axis=-1)))

    def finish(
        self, condition: Condition, latents: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The valid tracks and camera of ``latents``, in which everything held is exactly as it should be."""
        tracks, camera = project(condition, *decode(latents), held=self.tracks)
        if self.start is not None:
            for slot in range(len(tracks)):
                if slot not in self.tracks and np.isfinite(self.start[slot]).all():
                    tracks[slot] = _begin(tracks[slot], self.start[slot], condition.seconds)
        return tracks, camera if self.camera is None else self.camera.copy()


NOTHING = Held({})


def hold(
    parent: Parent | None, keep: frozenset[int], *, keep_camera: bool, start: NDArray[np.float32] | None, actors: int
) -> Held:
    """Gather what a scene of ``actors`` holds on to. Raises `InvalidRequest` for what the parent does not have."""
    if parent is None and (keep or keep_camera):
        raise InvalidRequest("There is no scene to keep anything of.", field="source")
    if parent is not None and any(not 0 <= slot < min(len(parent.tracks), actors) for slot in keep):
        raise InvalidRequest("The scene to keep from has fewer actors.", field="source")
    if start is not None and start.shape != (actors, len(TRACK_CHANNELS)):
        raise InvalidRequest("The poses to start from are not one for each actor.", field="source")
    if parent is None:
        return Held({}, None, start)
    return Held({s: parent.tracks[s] for s in sorted(keep)}, parent.camera if keep_camera else None, start)


def read_parent(source: SourceLatent, condition: Condition) -> Parent:
    """The parent behind ``source``. Raises `InvalidRequest` for an unknown format or damaged arrays.

    Scenes stored before tracks were kept are projected as ``condition`` would have them, if it has as many actors.
    """
    arrays = source.arrays
    scene, parts, tracks, camera = (arrays.get(name) for name in ("scene", "actors", "tracks", "camera"))
    if source.format != LATENT_FORMAT or scene is None or parts is None:
        raise InvalidRequest(f"Cannot remix from a latent of format {source.format!r}.", field="source")
    if scene.shape != (len(parts) + 1, KEYS, CHANNELS):
        raise InvalidRequest("The latent to remix from is damaged.", field="source")
    scene = scene.astype(np.float32)
    if tracks is None or camera is None:
        tracks, camera = decode(scene)
        if len(parts) == len(condition.actors):
            tracks, camera = project(condition, tracks, camera)
    if tracks.shape != (len(parts), KEYS, len(TRACK_CHANNELS)) or camera.shape != (KEYS, len(CAMERA_CHANNELS)):
        raise InvalidRequest("The latent to remix from is damaged.", field="source")
    told = arrays.get("cues", np.zeros((len(parts), 3), np.float32))
    cues = tuple(Cue(float(way), float(spot + 1) / 2) if known else None for known, way, spot in told)
    return Parent(scene, parts, tracks.astype(np.float32), camera.astype(np.float32), cues)


def inherit(
    cues: tuple[Cue, ...], parent: Parent | None, keep: frozenset[int], start: NDArray[np.float32] | None
) -> tuple[Cue | None, ...]:
    """``cues`` with those of the parent for the slots in ``keep``, and ones that suit the poses at the start."""
    found: list[Cue | None] = list(cues)
    for slot in range(len(found)):
        if parent is not None and slot in keep and slot < len(parent.cues):
            found[slot] = parent.cues[slot]
        elif start is not None and np.isfinite(start[slot]).all():
            x = float(start[slot, X])
            found[slot] = Cue(
                1.0 if x < 0.5 else -1.0, min(max(x, 0.0), 1.0)
            )  # whoever stands at one side has the other to go to
    return tuple(found)


def _begin(track: NDArray[np.float32], pose: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
    """``track`` starting exactly at ``pose`` (8,) and coming into its own as one motion takes over from another.

    Where it is to be may be far from there: it takes `DRIFT` of the clip to get to its place.
    """
    track = track.copy()
    track[:FIRST] = track[FIRST]  # the sampler held these keys, and may have left a leap after them
    offset = (pose - track[0]).astype(np.float32)
    offset[ROTATION] = np.angle(np.exp(1j * offset[ROTATION]))
    offset[[FACING, IMPACT]] = 0.0
    join = np.full(len(offset), max(JOIN / seconds * (KEYS - 1), 2.0))
    join[X] = max(DRIFT * KEYS, join[X])
    q = np.clip(np.arange(KEYS)[:, None] / join, 0, 1)
    begun = track + offset * (1 - q * q * (3 - 2 * q)).astype(np.float32)
    begun[:FIRST, FACING] = 1.0 if pose[FACING] >= 0 else -1.0
    return begun.astype(np.float32)
