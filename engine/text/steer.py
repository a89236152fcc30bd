"""Reads what somebody would like to meet in a feed, in their words: "more nature, no politics, slower"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.text.fold import Word, words
from engine.text.languages import named
from engine.text.lexicon import Hit, Phrases, terms, topic_names
from engine.text.meaning import meaning
from engine.text.tables import table

MOST_WISHES = 12
MOST_TOPICS = 4
"""Topics of one sentence that are read: each costs tens of milliseconds the first time it is said."""
LONGEST_TOPIC = 80
"""Characters of one topic that are read."""

_HANDLE = re.compile(r"@([A-Za-z0-9_]{1,40})")


class Kind(StrEnum):
    """What a wish is about."""

    TOPIC = "TOPIC"
    AUTHOR = "AUTHOR"
    LANGUAGE = "LANGUAGE"
    STYLE = "STYLE"
    PACE = "PACE"
    LENGTH = "LENGTH"
    SOUND = "SOUND"
    FRESHNESS = "FRESHNESS"
    QUALITY = "QUALITY"
    EXPLORATION = "EXPLORATION"


class Direction(StrEnum):
    """More of it, less of it, none of it, or nothing else."""

    MORE = "MORE"
    LESS = "LESS"
    NEVER = "NEVER"
    ONLY = "ONLY"


@dataclass(frozen=True)
class Wish:
    """One wish: ``words`` as they were said, ``value`` what they name.

    By kind: a topic's name in the table or its own words, a handle (FOLLOWED: all whom one follows), a language's code,
    a style, or the name of the entry (CALM, SHORT, SILENT, NEW, LIKED, UNKNOWN).
    """

    words: str
    kind: Kind
    direction: Direction
    value: str


@dataclass(frozen=True)
class Steering:
    """What a sentence asks for, and the words that were not understood."""

    wishes: tuple[Wish, ...] = ()
    not_understood: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def steering(text: str) -> Steering:
    """What ``text`` asks for. Never raises; linear in its length."""
    wishes: list[Wish] = []
    lost: list[str] = []
    direction = Direction.MORE
    for _, clause in groupby(words(text), key=lambda word: word.clause):
        reader = _Clause(text, list(clause), direction)
        found = reader.read()
        direction = reader.direction
        lost += reader.lost
        for wish in found:
            full = len(wishes) >= MOST_WISHES or (
                wish.kind is Kind.TOPIC and sum(each.kind is Kind.TOPIC for each in wishes) >= MOST_TOPICS
            )
            if full:
                lost.append(wish.words)
            else:
                wishes.append(wish)
    return Steering(tuple(dict.fromkeys(wishes)), tuple(dict.fromkeys(lost)))


def topic_meaning(value: str) -> NDArray[np.float32]:
    """The unit vector (384,) of a TOPIC wish's value. Tens of milliseconds for each that is not remembered."""
    known = _topics().get(value)
    said = known if known is not None else (value[:LONGEST_TOPIC],)
    total = np.sum([meaning(each) for each in said], axis=0)
    return (total / max(float(np.linalg.norm(total)), 1e-6)).astype(np.float32)


def is_known(value: str) -> bool:
    """Is this topic one of the table's, rather than somebody's own words?"""
    return value in _topics()


def forbidden_topic(value: str) -> str | None:
    """The topic by which `engine.text.meaning.topics` marks videos about this, where there is one."""
    found = topic_names().get(tuple(word.plain for word in words(value)))
    return None if found is None else found.value


_MANNER = {Kind.PACE, Kind.LENGTH, Kind.SOUND, Kind.FRESHNESS, Kind.QUALITY, Kind.EXPLORATION}
"""What says by itself which way it goes: a list goes on with its direction ("no politics, ads"), "slower" does not."""


class _Clause:
    """One clause, read from left to right. What it says of the direction holds for the topics after it."""

    def __init__(self, text: str, clause: Sequence[Word], direction: Direction) -> None:
        self.text, self.clause, self.direction = text, clause, direction
        self.lost: list[str] = []
        self._wishes: list[Wish] = []
        self._content: list[Word] = []
        self._waiting: Word | None = None
        """Where a direction was said of which nothing has been named yet."""
        self._said_first = False

    def read(self) -> list[Wish]:
        """Its wishes in order."""
        hits = _longest([*_directions().find(self.clause), *_entries().find(self.clause)])
        place = 0
        while place < len(self.clause):
            word, hit = self.clause[place], hits.get(place)
            step = 1
            if (handle := self._handle(word)) is not None:
                step = sum(each.start < word.start + len(handle) for each in self.clause[place:])
                self._wish(Kind.AUTHOR, handle, f"@{handle}")
            elif hit is not None:
                step = hit.last - hit.first + 1
                self._entry(hit)
            elif word.plain in _small()["joins"]:
                self._topic()
            elif word.plain in named() and self._alone(place, hits):
                self._wish(Kind.LANGUAGE, named()[word.plain], self._said(word, word))
            elif word.plain not in _small()["filler"]:
                self._content.append(word)
            place += step
        self._topic()
        if self._waiting is not None and self._wishes and not self._said_first:
            # "Cats more, @bob less": it was said after what it is about.
            self._wishes[-1] = replace(self._wishes[-1], direction=self.direction)
        elif self._waiting is not None:
            self.lost.append(self._said(self._waiting, self.clause[-1]))
        return self._wishes

    def _handle(self, word: Word) -> str | None:
        if word.start == 0 or self.text[word.start - 1] != "@":
            return None
        found = _HANDLE.match(self.text, word.start - 1)
        return None if found is None else found[1].lower()

    def _entry(self, hit: Hit) -> None:
        first, last = self.clause[hit.first], self.clause[hit.last]
        kind, _, value = hit.term.means.partition(":")
        if kind == "direction":
            self._topic()
            self.direction = Direction(value)
            self._waiting = first
        elif kind == "topic":
            # "space cats" is about neither alone: a name beside other words is read with them.
            self._content += self.clause[hit.first : hit.last + 1]
        elif self._content:
            self._content += self.clause[hit.first : hit.last + 1]
        else:
            self._wish(Kind(kind), value, self._said(first, last))

    def _alone(self, place: int, hits: Mapping[int, Hit]) -> bool:
        """Is the word at ``place`` not said of a word after it, as in "French food"?"""
        if self._content:
            return False
        if place + 1 == len(self.clause):
            return True
        after, hit = self.clause[place + 1].plain, hits.get(place + 1)
        named_next = hit is not None and not hit.term.means.startswith("topic:")
        return named_next or after in _small()["joins"] | _small()["filler"]

    def _topic(self) -> None:
        """What was said since the last wish, as a topic."""
        content, self._content = self._content, []
        if not content:
            return
        said = self._said(content[0], content[-1])
        plain = " ".join(word.plain for word in content)
        if len(plain) < 2 and plain.isascii():
            self.lost.append(said)
            return
        self._wish(Kind.TOPIC, _names().get(plain, said), said)

    def _wish(self, kind: Kind, value: str, said: str) -> None:
        if kind is not Kind.TOPIC:
            self._topic()
        if kind in _MANNER and self._waiting is None:
            self.direction = Direction.MORE
        self._said_first = self._waiting is not None
        self._waiting = None
        self._wishes.append(Wish(said, kind, self.direction, value))

    def _said(self, first: Word, last: Word) -> str:
        return " ".join(self.text[first.start : last.end].split())


def _longest(hits: Sequence[Hit]) -> dict[int, Hit]:
    """Where a hit starts that no longer one, or one before it, covers."""
    taken: dict[int, Hit] = {}
    end = -1
    for hit in sorted(hits, key=lambda one: (one.first, -one.last)):
        if hit.first > end:
            taken[hit.first] = hit
            end = hit.last
    return taken


@cache
def _table() -> Mapping[str, Any]:
    return table("steer")


@cache
def _small() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(listed.split()) for name, listed in _table()["small"].items()}


@cache
def _directions() -> Phrases:
    return Phrases(
        term for name, listed in _table()["direction"].items() for term in terms(listed, f"direction:{name}")
    )


@cache
def _entries() -> Phrases:
    kinds = [kind for kind in Kind if kind.value in _table()]
    listed = [
        term for kind in kinds for name, said in _table()[kind.value].items() for term in terms(said, f"{kind}:{name}")
    ]
    return Phrases(
        [
            *listed,
            *(term for name, entry in _table()["topic"].items() for term in terms(entry["name"], f"topic:{name}")),
        ]
    )


@cache
def _topics() -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(entry["like"]) for name, entry in _table()["topic"].items()}


@cache
def _names() -> Mapping[str, str]:
    """Folded names → topics of the table."""
    return {
        " ".join(term.words): name for name, entry in _table()["topic"].items() for term in terms(entry["name"], name)
    }
