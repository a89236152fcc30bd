"""Words mistyped by a letter or two: the known word that was most likely meant."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, lru_cache

from engine.diorama.words.lexicon import Meaning, lexicon, read
from engine.diorama.words.reading import Token

SHORTEST = 5
"""Letters below which nothing is corrected: too many short words are one letter apart."""

LONG = 8
"""Letters from which two mistakes are forgiven instead of one."""

SHORTEST_ELIDED = 3
"""Letters that a word must have for its article to be told from it."""

_ELIDING = frozenset("ldjnmtsc")
_ORDINAL = re.compile(r"\d+(st|nd|rd|th|e|er|ere|eme|ieme)")
"""A birthday's "30th": a number that counts nothing that is seen."""

THINGS = frozenset({"subject", "motion", "action", "place"})
CIRCUMSTANCES = frozenset({"season", "time", "weather", "mood", "count", "colour", "style"})


@cache
def _by_initial(language: str, roles: frozenset[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, meanings in lexicon().table.items():
        if len(key) == 1 and any(one.language == language and one.role in roles for one in meanings):
            found.setdefault(key[0][:1], []).append(key[0])
    return found


@cache
def _shorthand(language: str) -> dict[str, list[str]]:
    return {short: whole.split() for short, whole in read("shorthand")[language].items()}


def mended(tokens: list[Token], language: str) -> list[Token]:
    """``tokens`` with what people type in haste written out ("thru", "pr") and misspelt circumstances put right.

    Whether an unknown word is a mistyped thing or a rare one is told later, by its meaning; "haloween" can only be a
    mistyped season.
    """
    book, short = lexicon(), _shorthand(language)
    found: list[Token] = []
    for token in tokens:
        if token.form in short:
            found += [Token(word, word) for word in short[token.form]]
            continue
        if _ORDINAL.fullmatch(token.form):
            continue
        elided = _elided(token.form) if language == "fr" else None
        if elided is not None:
            found += elided
            continue
        strange = (token.form,) not in book.table and not any(token.form in words for words in book.stops.values())
        meant = corrected(token.form, language, CIRCUMSTANCES) if strange and not _starts(token.form) else None
        found.append(replace(token, form=meant) if meant else token)
    return found


def _elided(form: str) -> list[Token] | None:
    """What was typed without its apostrophe: "lair" is "l'" and "air" where only the second is a word."""
    rest = form[1:]
    book = lexicon()
    if form[:1] not in _ELIDING or len(rest) < SHORTEST_ELIDED or rest[0] not in "aeiouh" or _known(form):
        return None
    if not any(one.language == "fr" for one in book.table.get((rest,), [])):
        return None
    return [Token(f"{form[0]}'", f"{form[0]}'"), Token(rest, rest)]


def _known(form: str) -> bool:
    book = lexicon()
    return (form,) in book.table or form in book.longest or any(form in words for words in book.stops.values())


def _starts(form: str) -> bool:
    """Whether a known phrase begins with ``form``."""
    return form in lexicon().longest


@lru_cache(maxsize=2_048)
def corrected(form: str, language: str, roles: frozenset[str] = THINGS) -> str | None:
    """The known word of ``language`` nearest to the folded ``form`` by edits, or None where none is near or two are.

    Only words that can play one of ``roles`` are thought of.
    """
    if len(form) < SHORTEST or not form.isalpha():
        return None
    allowed = 2 if len(form) >= LONG else 1
    found: dict[int, list[str]] = {}
    for known in _by_initial(language, roles).get(form[0], ()):
        if abs(len(known) - len(form)) <= allowed:
            found.setdefault(edits(form, known, allowed), []).append(known)
    for distance in range(1, allowed + 1):
        if distance in found:
            return found[distance][0] if len({_sense(one, language, roles) for one in found[distance]}) == 1 else None
    return None


def meanings(form: str, language: str) -> list[Meaning]:
    """What the known word ``form`` means in ``language``."""
    return [one for one in lexicon().table.get((form,), []) if one.language == language]


def _sense(form: str, language: str, roles: frozenset[str]) -> tuple[str, str]:
    first = next(one for one in meanings(form, language) if one.role in roles)
    return first.role, first.value


def edits(one: str, other: str, most: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words; ``most`` + 1 where there are more.

    The optimal string alignment distance, row by row, given up once a row exceeds ``most``.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        older, before, row = before, row, [at]
        for place, known in enumerate(other, 1):
            best = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != known))
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == known:
                best = min(best, older[place - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
