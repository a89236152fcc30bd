"""What the person shown forbids: topics, places, styles, company, languages and free words; how rules add up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import reduce
from typing import Any

import msgspec

from engine.errors import InvalidRequest
from engine.text.fold import fold

LONGEST_TEXT = 500
LONGEST_NAME = 60
MOST_ENTRIES = 30
SILENCE = "zxx"
"""ISO 639's "no linguistic content": what is left when two rules allow no language in common, and nobody may speak."""

_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Topic(StrEnum):
    """Subjects that can be forbidden as a whole; `tables/topics.toml` has the words of each."""

    POLITICS = "POLITICS"
    RELIGION = "RELIGION"
    VIOLENCE = "VIOLENCE"
    WEAPONS = "WEAPONS"
    SEXUAL = "SEXUAL"
    NUDITY = "NUDITY"
    DRUGS = "DRUGS"
    ALCOHOL = "ALCOHOL"
    TOBACCO = "TOBACCO"
    GAMBLING = "GAMBLING"
    ADVERTISING = "ADVERTISING"
    HATE = "HATE"
    SELF_HARM = "SELF_HARM"
    MEDICAL = "MEDICAL"
    MILITARY = "MILITARY"
    HORROR = "HORROR"
    CRIME = "CRIME"
    MONEY = "MONEY"


class OtherPeople(StrEnum):
    """Who may be shown beside the person; a later member is stricter."""

    ANYONE = "ANYONE"
    NO_STRANGERS = "NO_STRANGERS"
    """Other cast members only when they are mutuals of the person shown."""

    NOBODY = "NOBODY"
    """Nobody else: no other cast member, and no drawn person."""


_STRICTNESS = tuple(OtherPeople)


class Restrictions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a use of a likeness may not contain. The default forbids nothing.

    ``topics``, ``places`` and ``styles`` are bans; ``languages`` are the only ones that may be spoken (ISO 639 codes;
    none named: all; `SILENCE`: nothing may be said). ``text`` is free: English or French, one or more lines, each
    read by itself (`engine.text.wishes`).
    """

    topics: tuple[Topic, ...] = ()
    places: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    other_people: OtherPeople = OtherPeople.ANYONE
    languages: tuple[str, ...] = ()
    text: str = ""

    def __bool__(self) -> bool:
        """Whether anything is forbidden."""
        return canonical(self) != Restrictions()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a JSON column; `restrictions_of` reads them back."""
        return msgspec.to_builtins(self)

    def validate(self, *, styles: Iterable[str] | None = None) -> None:
        """Raise `InvalidRequest` with its field for an input nobody could mean.

        ``styles`` are the names the installation's engines know; None skips that check.
        """
        if len(self.text) > LONGEST_TEXT:
            raise InvalidRequest(
                f"Restrictions in words have at most {LONGEST_TEXT} characters; yours have {len(self.text)}.",
                field="restrictions.text",
            )
        for field, entries in (("places", self.places), ("styles", self.styles), ("languages", self.languages)):
            if len(entries) > MOST_ENTRIES:
                raise InvalidRequest(f"List at most {MOST_ENTRIES} {field}.", field=f"restrictions.{field}")
            for entry in entries:
                if not entry.strip() or len(entry) > LONGEST_NAME:
                    raise InvalidRequest(
                        f"Each of the {field} has 1 to {LONGEST_NAME} characters.", field=f"restrictions.{field}"
                    )
        for place in self.places:
            if not any(letter.isalnum() for letter in fold(place)):
                raise InvalidRequest(f"“{place}” names no place: use words.", field="restrictions.places")
        known = None if styles is None else set(styles)
        for style in self.styles:
            if known is not None and style not in known:
                raise InvalidRequest(
                    f"Unknown style “{style}”. Choose from: {', '.join(sorted(known)) or 'none'}.",
                    field="restrictions.styles",
                )
        for language in self.languages:
            if not _LANGUAGE.fullmatch(language):
                raise InvalidRequest(
                    f"“{language}” is no language code: use two or three small letters, such as en or fr.",
                    field="restrictions.languages",
                )


def restrictions_of(stored: Mapping[str, Any] | str | bytes | None) -> Restrictions:
    """Restrictions as stored: a JSON text, its values, or nothing. Raises `InvalidRequest` where they make no sense."""
    if stored is None:
        return Restrictions()
    try:
        if isinstance(stored, (str, bytes)):
            return msgspec.json.decode(stored, type=Restrictions)
        return msgspec.convert(dict(stored), Restrictions)
    except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
        raise InvalidRequest(f"These restrictions cannot be read: {wrong}.", field="restrictions") from wrong


def canonical(one: Restrictions) -> Restrictions:
    """The same restrictions, each list sorted and without repeats, so that equal rules are equal values."""
    return Restrictions(
        topics=tuple(topic for topic in Topic if topic in one.topics),
        places=_distinct(one.places),
        styles=tuple(sorted(set(one.styles))),
        other_people=one.other_people,
        languages=_spoken(set(one.languages)) if one.languages else (),
        text="\n".join(_lines(one.text)),
    )


def add(*restrictions: Restrictions) -> Restrictions:
    """All of them together: bans unite, allowed languages intersect, the strictest company holds.

    Commutative, associative and idempotent; what the sum allows, each of its parts allows.
    """
    return reduce(_both, (canonical(one) for one in restrictions), Restrictions())


def narrower(old: Restrictions, new: Restrictions) -> bool:
    """Does ``new`` forbid anything that ``old`` allowed? Then the grant is superseded and running jobs stop.

    Free words count line by line: a line that was not there tightens.
    """
    return add(old, new) != canonical(old)


def _both(one: Restrictions, other: Restrictions) -> Restrictions:
    languages = one.languages or other.languages
    if one.languages and other.languages:
        languages = _spoken(set(one.languages) & set(other.languages))
    return canonical(
        Restrictions(
            topics=one.topics + other.topics,
            places=one.places + other.places,
            styles=one.styles + other.styles,
            other_people=max(one.other_people, other.other_people, key=_STRICTNESS.index),
            languages=languages,
            text=f"{one.text}\n{other.text}",
        )
    )


def _spoken(languages: set[str]) -> tuple[str, ...]:
    """Silence is always allowed, so it is named only where nothing else is."""
    return tuple(sorted(languages - {SILENCE})) or (SILENCE,)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """One spelling (the first in order) of each name, sorted."""
    found: dict[str, str] = {}
    for name in sorted(" ".join(name.split()) for name in names):
        found.setdefault(fold(name), name)
    return tuple(found[key] for key in sorted(found))


def _lines(text: str) -> list[str]:
    return sorted({" ".join(line.split()) for line in text.splitlines()} - {""})
