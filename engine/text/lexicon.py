"""Finds the words and phrases of a table in a text, in any inflection, spelling or disguise that `fold` undoes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from engine.text.fold import Word, bases, words
from engine.text.restrictions import Topic
from engine.text.tables import table

SCENES = Path(__file__).parents[1] / "diorama"
"""Where the default engine keeps its tables: read as files, since its code is not for the API process."""

MOST_MASKED = 12
"""Words with asterisks ("g*n") that are compared with every term of a table."""


@dataclass(frozen=True)
class Term:
    """A word or phrase of a table: what it means, and the only language in which it does ("" for any)."""

    words: tuple[str, ...]
    means: str
    only: str = ""


@dataclass(frozen=True)
class Hit:
    """A term found: words ``first`` … ``last`` (inclusive) of a text."""

    term: Term
    first: int
    last: int


class Phrases:
    """Terms, findable by their first words."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._starts: dict[str, list[Term]] = {}
        for term in terms:
            if term.words:
                self._starts.setdefault(term.words[0], []).append(term)
            if len(term.words) == 2 and min(map(len, term.words)) > 2:
                # "Night club" is a nightclub.
                joined = "".join(term.words)
                self._starts.setdefault(joined, []).append(Term((joined,), term.means, term.only))
        self._single = [term for listed in self._starts.values() for term in listed if len(term.words) == 1]

    def find(self, text: Sequence[Word], *, language: str | None = None) -> list[Hit]:
        """Every term in ``text``, in order; terms of the other language than ``language`` alone are left out."""
        found: list[Hit] = []
        masked = 0
        for place, word in enumerate(text):
            for base in _bases(word):
                for term in self._starts.get(base, ()):
                    last = place + len(term.words) - 1
                    if _applies(term, language) and _follows(term, text, place):
                        found.append(Hit(term, place, last))
            found += [
                Hit(term, place, place + 1)
                for base in (bases(word.joined) if word.joined else ())
                for term in self._starts.get(base, ())
                if len(term.words) == 1 and _applies(term, language)
            ]
            if "*" in word.plain and sum(letter.isalpha() for letter in word.plain) > 1 and masked < MOST_MASKED:
                masked += 1
                found += [Hit(term, place, place) for term in self._unmasked(word.plain)]
        return found

    def _unmasked(self, masked: str) -> list[Term]:
        """Terms that ``masked`` ("g*n") may hide: one letter for each asterisk."""
        pattern = masked.replace("*", "?")
        return [
            term for term in self._single if len(term.words[0]) == len(pattern) and fnmatchcase(term.words[0], pattern)
        ]


def _bases(word: Word) -> set[str]:
    return {base for form in word.forms for base in bases(form)}


def _applies(term: Term, language: str | None) -> bool:
    return not term.only or language in {None, term.only}


def _follows(term: Term, text: Sequence[Word], place: int) -> bool:
    if place + len(term.words) > len(text):
        return False
    clause = text[place].clause
    return all(
        text[place + step].clause == clause and wanted in _bases(text[place + step])
        for step, wanted in enumerate(term.words[1:], 1)
    )


def terms(listed: str, means: str, language: str = "") -> list[Term]:
    """The terms of a comma-separated list; one with "!" counts only in ``language``."""
    found: list[Term] = []
    for entry in listed.split(","):
        name = entry.strip()
        only = language if name.endswith("!") else ""
        found.append(Term(tuple(word.plain for word in words(name.removesuffix("!"))), means, only))
    return found


@cache
def topic_words() -> Phrases:
    """The words of all topics; a term means the topic's name."""
    found: list[Term] = []
    for topic, entry in table("topics").items():
        found += terms(entry["en"], topic, "en") + terms(entry["fr"], topic, "fr")
        found += [Term((sign,), topic) for sign in entry.get("signs", "").replace("\ufe0f", "").split()]
    return Phrases(found)


@cache
def topic_excuses() -> Phrases:
    """Phrases that contain a word of a topic and mean something harmless; a term means the topic's name."""
    return Phrases(term for topic, entry in table("topics").items() for term in terms(entry.get("but", ""), topic))


@cache
def topic_names() -> Mapping[tuple[str, ...], Topic]:
    """What topics themselves are called."""
    return {
        term.words: Topic(topic) for topic, entry in table("topics").items() for term in terms(entry["name"], topic)
    }


@cache
def people_words() -> Phrases:
    """Words for other people."""
    return Phrases(term for key in ("en", "fr") for term in terms(table("people")[key], "people", key))


@cache
def self_words() -> frozenset[tuple[str, ...]]:
    """Words by which a prompt may mean the person shown."""
    return frozenset(term.words for term in terms(table("people")["self"], "people"))


@cache
def styles() -> Phrases:
    """Words for the default engine's styles; a term means the style's name."""
    return _scene_table("styles")


@cache
def places() -> Phrases:
    """Words for the default engine's places; a term means the place's name."""
    return _scene_table("places")


def _scene_table(name: str) -> Phrases:
    entries: dict[str, dict[str, Any]] = tomllib.loads((SCENES / f"words/lexicon/{name}.toml").read_text("utf-8"))
    return Phrases(
        term
        for value, entry in entries.items()
        for key, listed in entry.items()
        if isinstance(listed, str) and not key.startswith("near")
        for term in terms(listed, value, key[-2:])
    )


@cache
def groups() -> Mapping[tuple[str, ...], frozenset[tuple[str, ...]]]:
    """A word or phrase → all that mean nearly the same, in both languages: our groups, and the names of the art."""
    lines = [{term.words for term in terms(line, "")} for line in table("groups")["lines"]]
    found: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for names in lines + _art():
        for name in names:
            found.setdefault(name, set()).update(names)
    return {name: frozenset(alike) for name, alike in found.items()}


@cache
def narrower_words() -> Mapping[tuple[str, ...], frozenset[tuple[str, ...]]]:
    """A name of a picture → what the default engine shows with it for want of better: "dog" → "corgi", "husky" …"""
    shown: dict[str, set[tuple[str, ...]]] = {}
    for path in sorted((SCENES / "words/lexicon/kin").glob("*.toml")):
        for art, entry in tomllib.loads(path.read_text("utf-8")).items():
            for listed in entry.values():
                shown.setdefault(art, set()).update(term.words for term in terms(listed, ""))
    found: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for art, entry in _index().items():
        for name in _names(entry):
            found.setdefault(name, set()).update(shown.get(art, ()))
    return {name: frozenset(kin) for name, kin in found.items() if kin}


def art_names(art: str) -> list[str]:
    """What the picture ``art`` is first called in English and in French; nothing for one the pack does not have."""
    entry = _index().get(art)
    return [] if entry is None else [*entry["names_en"][:1], *entry["names_fr"][:1]]


@cache
def _index() -> dict[str, dict[str, Any]]:
    return json.loads((SCENES / "art/pack/index.json").read_text("utf-8"))


def _names(entry: Mapping[str, Any]) -> set[tuple[str, ...]]:
    return {tuple(word.plain for word in words(name)) for name in entry["names_en"] + entry["names_fr"]}


def _art() -> list[set[tuple[str, ...]]]:
    """The names of each picture in the default engine's art pack, in both languages."""
    return [_names(entry) for entry in _index().values()]
