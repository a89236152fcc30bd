"""Remix in scene space: what a parent left behind, and how much of it a remix takes over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open

from engine.diorama.art import pack
from engine.diorama.model.condition import ACTOR_FEATURES, condition_of, features
from engine.diorama.model.direct import SourceLatent
from engine.diorama.model.latents import CHANNELS, LATENT_FORMAT
from engine.diorama.scene import (
    CAMERA_CHANNELS,
    CAMERAS,
    KEYS,
    KINDS,
    MOODS,
    MOTIONS,
    PLACES,
    RELATIONS,
    SLOTS,
    STYLES,
    TIMES,
    TRACK_CHANNELS,
    WEATHERS,
    Brief,
    Subject,
)
from engine.diorama.words import understand, without
from engine.diorama.words.revise import Revision, revise
from engine.errors import InvalidRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.spec import CastMember, Source

CUES = 3
"""Numbers stored for a subject's cue: whether it has one, its way and its spot."""

_LARGEST = 1e4
"""No number of a scene comes near it."""

_DAMAGED = "The scene to remix from is damaged."


@dataclass(frozen=True)
class Remix:
    """How a remix is directed: its brief and what it takes over, as `Director.direct` wants to be told.

    ``source`` has one row for each subject of the remix; those of newcomers are filled with nothing.
    """

    brief: Brief
    revision: Revision | None = None
    source: SourceLatent | None = None
    strength: float | None = None
    start: NDArray[np.float32] | None = None

    def direction(self) -> dict[str, Any]:
        """Keyword arguments of `Director.direct`."""
        if self.source is None or self.revision is None:
            return {}
        worded = self.strength is None
        return {
            "source": self.source,
            "strength": 1.0 if self.strength is None else self.strength,
            "keep": self.revision.kept if worded else frozenset(),
            "keep_camera": self.revision.keep_camera and worded,
            "start": self.start,
        }

    def without(self, negative_prompt: str) -> Remix:
        """The same, without what ``negative_prompt`` names; a source's rows go with the subjects that do."""
        brief = without(self.brief, negative_prompt)
        left = [k for k, one in enumerate(self.brief.subjects) if one.art in {each.art for each in brief.subjects}]
        if self.revision is None or len(left) == len(self.brief.subjects):
            return replace(self, brief=brief)
        slots = tuple(self.revision.slots[k] for k in left)
        kept = frozenset(new for new, old in enumerate(left) if old in self.revision.kept)
        revision = replace(self.revision, brief=brief, slots=slots, kept=kept)
        source = None if self.source is None else _picked(self.source, tuple(left))
        return replace(
            self, brief=brief, revision=revision, source=source, start=None if self.start is None else self.start[left]
        )

    def told(self, source: Source) -> dict[str, Any]:
        """What the recipe says of it: what was changed, from what, and whose movement stayed."""
        words = [one.word for one in self.brief.subjects]
        kept = self.direction().get("keep", frozenset())
        return {
            "strength": source.strength,
            "from": "prompt" if self.revision is None else "recipe" if self.source is None else "latent",
            "change": None if self.revision is None else self.revision.change.value,
            "kept": [words[k] for k in sorted(kept)],
        }


def plan(
    source: Source, prompt: str, *, style: str | None, cast: Sequence[CastMember] = (), seconds: float, aspect: float
) -> Remix:
    """What ``prompt`` makes of the parent behind ``source``, played by the remix's own ``cast``.

    A member of the parent's cast who is in the remix's as well keeps the part; who is not gives way to drawn art.

    A strength of None keeps what the words leave alone and directs the rest anew; a number starts all of it from the
    parent's latents noised so far (0: the parent again, 1: all new).
    Without a latent that this version reads the brief is still the parent's, revised. Raises `InvalidRequest` for a
    damaged latent.
    """
    parent = brief_of(source.recipe)
    if parent is None:
        return Remix(understand(prompt, style=style, cast=[one.name for one in cast]))
    parent = _played_by(parent, source.recipe, cast)
    revision = revise(parent, prompt, style=style, cast=[one.name for one in cast])
    latent = None if source.latent is None else read(Path(source.latent))
    if latent is None:
        return Remix(revision.brief, revision)
    if not _whole(latent.arrays, len(parent.subjects)):
        raise InvalidRequest(_DAMAGED, field="source")
    start = None
    if revision.continues and source.strength is None and "tracks" in latent.arrays:
        start = _rows(latent.arrays["tracks"], revision.slots)[:, -1]
    now = features(condition_of(revision.brief, seconds=seconds, aspect=aspect))["actors"]
    return Remix(revision.brief, revision, _arranged(latent, revision, now), source.strength, start)


def brief_of(recipe: dict[str, Any]) -> Brief | None:
    """What the parent showed: the brief in its recipe, else its prompt read again; None for another engine's."""
    try:
        brief = msgspec.convert(recipe.get("brief"), Brief)
    except msgspec.ValidationError:
        brief = None  # written in the words of another version; the prompt is still there
    if brief is not None and _known(brief):
        return brief
    spec = recipe.get("spec")
    prompt, style = (spec.get("prompt"), spec.get("style")) if isinstance(spec, dict) else (None, None)
    if not isinstance(prompt, str) or not prompt.strip():
        return None
    return understand(prompt, style=style if isinstance(style, str) else None)


def _known(brief: Brief) -> bool:
    """Whether all that ``brief`` names still exists: its art, its place and light, its motions, its own numbers."""
    count = len(brief.subjects)
    named = (brief.place in PLACES, brief.time in TIMES, brief.weather in WEATHERS, brief.camera in CAMERAS,
             brief.style in STYLES, brief.mood in MOODS, 0 < count <= SLOTS)  # fmt: skip
    return (
        all(named)
        and all(
            one.art in pack.index()
            and one.kind in KINDS
            and one.relation in RELATIONS
            and bool(one.motions)
            and set(one.motions) <= set(MOTIONS)
            and (one.target is None or 0 <= one.target < count)
            for one in brief.subjects
        )
        and all(line.speaker is None or 0 <= line.speaker < count for line in brief.lines)
    )


def _played_by(parent: Brief, recipe: dict[str, Any], cast: Sequence[CastMember]) -> Brief:
    """``parent`` with its members' parts numbered as the remix's cast has them."""
    before = [each.get("cameo") for each in recipe.get("cast", [])]
    now = {one.cameo_id: index for index, one in enumerate(cast)}

    def moved(subject: Subject) -> Subject:
        known = subject.cast is not None and subject.cast < len(before)
        return replace(subject, cast=now.get(before[subject.cast]) if known and subject.cast is not None else None)

    return replace(parent, subjects=tuple(moved(one) for one in parent.subjects))


def read(path: Path) -> SourceLatent | None:
    """The scene stored at ``path``, or None when it is of a kind that this version does not read.

    Raises `InvalidRequest` when the file cannot be read.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            kind = (file.metadata() or {}).get("format")
            if kind != LATENT_FORMAT:
                return None
            return SourceLatent({name: file.get_tensor(name) for name in file.keys()}, kind)  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError) as error:
        raise InvalidRequest(_DAMAGED, field="source") from error


def _whole(arrays: dict[str, NDArray[np.float32]], count: int) -> bool:
    """Whether ``arrays`` are what a scene of ``count`` subjects leaves, every number one that a scene can hold."""
    shapes = {
        "actors": (count, ACTOR_FEATURES),
        "scene": (count + 1, KEYS, CHANNELS),
        "tracks": (count, KEYS, len(TRACK_CHANNELS)),
        "camera": (KEYS, len(CAMERA_CHANNELS)),
        "cues": (count, CUES),
    }
    known = {name: arrays[name] for name in shapes if name in arrays}
    # Scenes stored before tracks and cues were kept have only the first two.
    return {"actors", "scene"} <= set(known) and all(
        array.shape == shapes[name] and bool((np.abs(array) <= _LARGEST).all()) for name, array in known.items()
    )


def _arranged(latent: SourceLatent, revision: Revision, now: NDArray[np.float32]) -> SourceLatent:
    """The parent's rows in the order of the remix's subjects.

    ``now`` (n, ACTOR_FEATURES) is what the subjects are told. Who keeps a part counts as unchanged, whatever it is
    that plays it; the rows of who was given another deed stay the parent's, so that the director sees the change.
    """
    arranged = _picked(latent, revision.slots)
    same = sorted(revision.kept)
    arranged.arrays["actors"][same] = now[same]
    return arranged


def _picked(latent: SourceLatent, slots: tuple[int | None, ...]) -> SourceLatent:
    """``latent`` with the rows ``slots`` of its actors and the camera's."""
    arrays = dict(latent.arrays)
    arrays["actors"] = _rows(arrays["actors"], slots)
    arrays["scene"] = np.concatenate([_rows(arrays["scene"][:-1], slots, 0.0), arrays["scene"][-1:]])
    if "tracks" in arrays:
        arrays["tracks"] = _rows(arrays["tracks"], slots, 0.0)
    return SourceLatent(arrays, latent.format)


def _rows(array: NDArray[np.float32], slots: tuple[int | None, ...], missing: float = np.nan) -> NDArray[np.float32]:
    """The rows ``slots`` of ``array``; rows of ``missing`` for None."""
    rows = np.full((len(slots), *array.shape[1:]), missing, np.float32)
    for k, slot in enumerate(slots):
        if slot is not None:
            rows[k] = array[slot]
    return rows
