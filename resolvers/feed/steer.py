"""What a viewer's sentence does to their feed: read, shown back, and turned into weights, filters and points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from engine.text.pool import in_pool
from engine.text.steer import Direction, Kind, Wish, forbidden_topic, is_known, steering, topic_meaning
from models.errors import Invalid
from resolvers.feed.steer_words import effect
from resolvers.feed.why import Feature

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST_STEER = 300
STRANGE, NEAR = 0.08, 0.38
"""Cosines of a video with a topic at which a wish for it counts nothing, and all it can."""
ABOUT_KNOWN, ABOUT_SAID = 0.3, 0.22
"""Cosines above which a video is about a topic of the table, or about what somebody said in words of their own."""
SOON_DAYS = 7
"""A feed of new videos alone has none older."""
USUAL_SECONDS = 5.0
_PACES = {
    "idle": 0.0, "sleep": 0.0, "float": 0.1, "hover": 0.1, "appear": 0.2, "vanish": 0.2, "grow": 0.2, "shrink": 0.2,
    "wave": 0.3, "walk": 0.3, "swim": 0.3, "climb": 0.4, "orbit": 0.4, "slide": 0.5, "fly": 0.5, "roll": 0.6,
    "fall": 0.6, "drive": 0.7, "dance": 0.7, "bounce": 0.7, "spin": 0.7, "jump": 0.8, "run": 0.9, "shake": 0.9,
    "chase": 1.0, "explode": 1.0,
}  # fmt: skip
_MOODS = {
    "calm": 0.1,
    "sad": 0.2,
    "romantic": 0.2,
    "spooky": 0.5,
    "happy": 0.5,
    "funny": 0.6,
    "epic": 0.8,
    "tense": 0.8,
}
_SIGNS = {Direction.MORE: 1.0, Direction.ONLY: 1.0, Direction.LESS: -1.0, Direction.NEVER: -1.0}
_REFUSING = {Direction.NEVER, Direction.ONLY}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a video that a sentence may speak of. ``pace`` 0 (still) … 1 (wild); None: the engine told none.

    ``topics`` and ``languages`` may be incomplete, never wrong on purpose; ``style`` is "" where none is known.
    """

    author_id: UUID
    follows: bool
    hours: float
    seconds: float
    has_audio: bool
    meaning: NDArray[np.float32] | None = None
    topics: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    style: str = ""
    pace: float | None = None


@dataclass(frozen=True)
class SteerPart:
    """One wish as it was read. ``effect`` says in words what it does, also where that is nothing."""

    words: str
    kind: str
    direction: str
    value: str
    effect: str


@dataclass(frozen=True)
class SteerReading:
    """A sentence as it was read, for the viewer to see."""

    text: str
    parts: tuple[SteerPart, ...] = ()
    not_understood: tuple[str, ...] = ()


@dataclass(frozen=True)
class Steer:
    """A sentence ready for use. ``authors``: handles that it names → accounts, None where the viewer can see none."""

    text: str = ""
    wishes: tuple[Wish, ...] = ()
    not_understood: tuple[str, ...] = ()
    authors: Mapping[str, UUID | None] = field(default_factory=dict[str, UUID | None])
    meanings: Mapping[str, NDArray[np.float32]] = field(default_factory=dict[str, "NDArray[np.float32]"])

    @property
    def reading(self) -> SteerReading | None:
        """What the viewer is shown; None where nothing was asked."""
        if not self.text:
            return None
        parts = [
            SteerPart(each.words, each.kind.value, each.direction.value, each.value, effect(each, self.authors))
            for each in self.wishes
        ]
        return SteerReading(self.text, tuple(parts), self.not_understood)

    @property
    def sought(self) -> list[NDArray[np.float32]]:
        """Meanings that videos are wanted near to."""
        topics = (each for each in self.wishes if each.kind is Kind.TOPIC)
        return [self.meanings[each.value] for each in topics if _SIGNS[each.direction] > 0]

    @property
    def sought_authors(self) -> list[UUID]:
        """Authors whose videos are wanted."""
        named = (
            self.authors.get(each.value)
            for each in self.wishes
            if each.kind is Kind.AUTHOR and _SIGNS[each.direction] > 0
        )
        return [account_id for account_id in named if account_id is not None]

    def weights(self, usual: Mapping[Feature, float]) -> dict[Feature, float]:
        """The weights that hold while this is said."""
        found = dict(usual)
        for wish in self.wishes:
            up = _SIGNS[wish.direction] > 0
            if wish.kind is Kind.FRESHNESS:
                found[Feature.FRESHNESS] = 3.0 if up == (wish.value == "NEW") else 0.0
            elif wish.kind is Kind.QUALITY:
                found[Feature.QUALITY] = 3.0 if up else 0.0
            elif wish.kind is Kind.EXPLORATION:
                found[Feature.EXPLORATION] = 0.4 if up else 0.0
        return found

    def judge(self, facts: Facts) -> float | None:
        """What this makes of a video, -1 … 1; None where it wants none like it."""
        total = 0.0
        for wish in self.wishes:
            value, refused = _JUDGES[wish.kind](self, wish, facts)
            if refused:
                return None
            total += value
        return max(-1.0, min(1.0, total))


Verdict = tuple[float, bool]
"""What one wish makes of a video, -1 … 1, and whether it wants none like it."""


def check_steer(text: str) -> str:
    """``text`` as it is read: spaces evened out. Raises `Invalid` for one that is too long or holds a NUL."""
    if len(text) > LONGEST_STEER:
        raise Invalid(f"Steer with at most {LONGEST_STEER} characters; these are {len(text)}.", field="steer")
    if "\0" in text:
        raise Invalid("A sentence cannot contain NUL characters.", field="steer")
    return " ".join(text.split())


async def make_steer(text: str, authors: Mapping[str, UUID | None]) -> Steer:
    """A sentence ready for use; the meanings of its topics are worked out away from the loop."""
    read = steering(text)
    meanings: dict[str, NDArray[np.float32]] = {}
    for wish in read.wishes:
        if wish.kind is Kind.TOPIC:
            meanings[wish.value] = await in_pool(topic_meaning, wish.value)
    return Steer(text, read.wishes, read.not_understood, authors, meanings)


def pace_of(motions: Sequence[str], mood: str, camera: str) -> float | None:
    """How lively a clip is, 0 … 1, from what its recipe says that it shows; None where that is nothing."""
    known = [_PACES[each] for each in motions if each in _PACES]
    if not known:
        return None
    shaken = 0.2 * (camera in {"shake", "follow"})
    return min(1.0, 0.7 * max(known) + 0.3 * _MOODS.get(mood, 0.4) + shaken)


def _topic(steer: Steer, wish: Wish, facts: Facts) -> Verdict:
    near = 0.0 if facts.meaning is None else float(facts.meaning @ steer.meanings[wish.value])
    strength = max(0.0, min(1.0, (near - STRANGE) / (NEAR - STRANGE)))
    # What a worker marked is read out of private prompts too: it keeps a video away, and never brings one forward,
    # nor is it among the figures that a viewer reads.
    about = forbidden_topic(wish.value) in facts.topics or near >= (ABOUT_KNOWN if is_known(wish.value) else ABOUT_SAID)
    refused = about if wish.direction is Direction.NEVER else (wish.direction is Direction.ONLY and not strength)
    return _SIGNS[wish.direction] * strength, refused


def _author(steer: Steer, wish: Wish, facts: Facts) -> Verdict:
    if wish.value == "FOLLOWED":
        return _has(wish, facts.follows)
    account_id = steer.authors.get(wish.value)
    return (0.0, False) if account_id is None else _has(wish, facts.author_id == account_id)


def _language(_: Steer, wish: Wish, facts: Facts) -> Verdict:
    if not facts.languages:
        return 0.0, False
    return _has(wish, wish.value in facts.languages)


def _style(_: Steer, wish: Wish, facts: Facts) -> Verdict:
    return _has(wish, facts.style == wish.value) if facts.style else (0.0, False)


def _pace(_: Steer, wish: Wish, facts: Facts) -> Verdict:
    if facts.pace is None:
        return 0.0, False
    calm = 1.0 - 2.0 * facts.pace
    return _SIGNS[wish.direction] * (calm if wish.value == "CALM" else -calm), False


def _length(_: Steer, wish: Wish, facts: Facts) -> Verdict:
    short = max(-1.0, min(1.0, (USUAL_SECONDS - facts.seconds) / USUAL_SECONDS))
    return _SIGNS[wish.direction] * (short if wish.value == "SHORT" else -short), False


def _sound(_: Steer, wish: Wish, facts: Facts) -> Verdict:
    return _has(wish, facts.has_audio == (wish.value == "SOUND"))


def _freshness(_: Steer, wish: Wish, facts: Facts) -> Verdict:
    soon = facts.hours <= 24 * SOON_DAYS
    return 0.0, wish.direction in _REFUSING and soon != ((wish.direction is Direction.ONLY) == (wish.value == "NEW"))


def _weight(_: Steer, wish: Wish, facts: Facts) -> Verdict:
    del wish, facts  # it turns a weight, and says nothing of one video
    return 0.0, False


def _has(wish: Wish, has: bool) -> Verdict:  # noqa: FBT001 - a fact
    """A fact that holds or does not: points for it, or against it, or a filter."""
    refused = has if wish.direction is Direction.NEVER else (wish.direction is Direction.ONLY and not has)
    return (_SIGNS[wish.direction] if has else 0.0), refused


_JUDGES: dict[Kind, Callable[[Steer, Wish, Facts], Verdict]] = {
    Kind.TOPIC: _topic, Kind.AUTHOR: _author, Kind.LANGUAGE: _language, Kind.STYLE: _style, Kind.PACE: _pace,
    Kind.LENGTH: _length, Kind.SOUND: _sound, Kind.FRESHNESS: _freshness, Kind.QUALITY: _weight,
    Kind.EXPLORATION: _weight,
}  # fmt: skip
