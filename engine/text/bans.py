"""Finds what was forbidden in words: as written, in any inflection, by a synonym in either language, or by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from engine.text import meaning
from engine.text.denial import denied
from engine.text.fold import Word, bases, excerpt, words
from engine.text.lexicon import Phrases, Term
from engine.text.passages import Passage
from engine.text.tables import table
from engine.text.wishes import Ban

WINDOW = 6
"""Words of one clause within which all words of a ban must stand: "a dog that is hot" breaks "no hot dogs" too."""


def stands_in(ban: Ban, passage: Passage) -> str | None:
    """The part of ``passage`` that shows or says what ``ban`` forbids; a denial excuses it, except in speech."""
    text = words(passage.text)
    denials: list[tuple[int, int]] = []
    for first, last in _places(ban, text):
        if passage.spoken or not denied(text, first):
            return excerpt(passage.text, text[first].start, text[last].end)
        denials.append((text[first].start, text[last].end))
    return None if passage.listed else meaning.near(ban.words, passage.text, without=denials)


def spoken_of(ban: Ban, passage: Passage) -> str | None:
    """The part of ``passage`` that talks about what ``ban`` forbids; merely showing it is no breach."""
    if passage.spoken:
        return stands_in(ban, passage)
    text = words(passage.text)
    speaking = {text[hit.first].clause for hit in _speech().find(text)}
    for first, last in _places(ban, text):
        if text[first].clause in speaking and not denied(text, first):
            return excerpt(passage.text, text[first].start, text[last].end)
    return None


def _places(ban: Ban, text: Sequence[Word]) -> list[tuple[int, int]]:
    """Where ``text`` names what ``ban`` forbids: first and last word of each place."""
    found = [(hit.first, min(hit.last, len(text) - 1)) for hit in _phrases(ban.alike).find(text)]
    if len(ban.words) > 1:
        found += _scattered(ban.words, text)
    return sorted(found)


def _scattered(wanted: tuple[str, ...], text: Sequence[Word]) -> list[tuple[int, int]]:
    """Where all ``wanted`` words stand close together, in any order."""
    forms = [bases(word) for word in wanted]
    hits = [
        (place, which)
        for place, word in enumerate(text)
        for which, wished in enumerate(forms)
        if any(bases(form) & wished for form in word.forms)
    ]
    found: list[tuple[int, int]] = []
    for at, (first, _) in enumerate(hits):
        near = [
            hit
            for hit in hits[at : at + WINDOW * 2]
            if hit[0] - first < WINDOW and text[hit[0]].clause == text[first].clause
        ]
        if len({which for _, which in near}) == len(wanted):
            found.append((first, max(place for place, _ in near)))
    return found


@lru_cache(maxsize=512)
def _phrases(alike: frozenset[tuple[str, ...]]) -> Phrases:
    return Phrases(Term(each, "") for each in sorted(alike))


@lru_cache(maxsize=1)
def _speech() -> Phrases:
    return Phrases(Term(tuple(word.plain for word in words(each)), "") for each in table("wishes")["speech"].split(","))
