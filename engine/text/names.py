"""Finds people's names in a prompt, however they are written: for those who asked not to be shown, and for handles."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain, groupby, islice, permutations, product

import msgspec

from engine.text.fold import LONGEST, Word, excerpt, fold, words

MOST_PARTS = 8
PERMUTED = 4
"""Names of at most so many parts are found in any order; longer ones forwards and surname first."""

BETWEEN = frozenset(["and", "et", "or", "ou", "with", "avec", "und", "y", "e", "a", "vs", "contre", "sans", "without"])
"""Words that part two people: never taken for a nickname inside one name."""

PARTICLES = frozenset("de la le du des d van von der den di da dos del el al bin ben ibn st saint mac".split(" "))  # noqa: SIM905
INSIDE = 2
"""Words that may stand inside a name: a nickname, a middle name."""

MOST_SPELLINGS = 8
MOST_MENTIONS = 400
GAP = 5
STOPS = ".!?;"
UNSPACED = 0x2E80
"""From this character on scripts mostly write without spaces: such names are looked for letter by letter."""


class Certainty(StrEnum):
    """How a name was met: all of it (in any order, maybe without middle names), or its surname with initials."""

    FULL = "FULL"
    INITIALS = "INITIALS"


class Mention(msgspec.Struct, frozen=True):
    """A ``name`` (as it was entered) found at ``start`` … ``end`` of a prompt."""

    name: str
    excerpt: str
    start: int
    end: int
    certainty: Certainty


def normalise_name(name: str) -> str:
    """``name`` as names are compared and stored: no case, accents, punctuation or doubled letters; parts in order.

    Empty for what has no letters: such a name is never found, and must not be taken.
    """
    return " ".join(_squeezed(part) for part in _parts(name))


class Names:
    """Names to look for, indexed once: looking through a prompt does not depend on how many there are."""

    def __init__(self, names: Iterable[str]) -> None:
        self._keys: dict[str, dict[str, Certainty]] = {}
        self._forwards: dict[str, dict[str, Certainty]] = {}
        self._unspaced: list[tuple[str, str]] = []
        self._widest = 1
        for name in dict.fromkeys(names):
            parts = _parts(name)
            if parts and any(ord(letter) >= UNSPACED for letter in name):
                self._unspaced.append(("".join(parts), name))
            for key, certainty in _keys(parts):
                self._keys.setdefault(key, {}).setdefault(name, certainty)
            for key in _forwards(parts):
                self._forwards.setdefault(key, {})[name] = Certainty.FULL
                self._keys.setdefault(key, {})[name] = Certainty.FULL
            self._widest = max(self._widest, len(parts) + INSIDE)

    def mentions(self, prompt: str) -> list[Mention]:
        """Every name in ``prompt``, each place once, in order; at most `MOST_MENTIONS`. Linear in the prompt."""
        text = words(prompt)
        found: dict[tuple[str, int], Mention] = {}
        for first in range(len(text)):
            for window in _windows(text, first, self._widest, prompt):
                for name, certainty in self._named(window):
                    place = found.get((name, first))
                    if place is None or place.end < window[-1].end:
                        found[name, first] = _mention(prompt, name, window[0].start, window[-1].end, certainty)
        spread = chain(found.values(), self._written_together(prompt))
        return sorted(_apart(islice(spread, MOST_MENTIONS)), key=lambda one: (one.start, one.name))

    def _named(self, window: Sequence[Word]) -> Iterator[tuple[str, Certainty]]:
        """The names that ``window`` spells, as it is or without a word or two inside ("Jean 'le fou' Dupont")."""
        for key in _spelt(window):
            # One word's name is one word: "Ann a dancer" names no Anna.
            if len(window) == 1:
                yield from self._keys.get(f"={key}", {}).items()
            yield from self._keys.get(key, {}).items()
        for left_out in range(1, INSIDE + 1):
            for at in range(1, len(window) - left_out):
                if not any(word.plain in BETWEEN for word in window[at : at + left_out]):
                    for key in _spelt([*window[:at], *window[at + left_out :]]):
                        yield from self._forwards.get(key, {}).items()

    def _written_together(self, prompt: str) -> Iterator[Mention]:
        """Names of scripts without spaces, wherever their letters follow each other."""
        if not self._unspaced:
            return
        letters = [
            (folded, at) for at, letter in enumerate(prompt[:LONGEST]) for folded in fold(letter) if folded.isalnum()
        ]
        run = "".join(letter for letter, _ in letters)
        for wanted, name in self._unspaced:
            at = run.find(wanted)
            while at >= 0:
                yield _mention(prompt, name, letters[at][1], letters[at + len(wanted) - 1][1] + 1, Certainty.FULL)
                at = run.find(wanted, at + len(wanted))


def mentions(prompt: str, names: Iterable[str]) -> list[Mention]:
    """Where ``prompt`` names any of ``names``.

    Case, accents, punctuation, spaces, look-alike letters, l33t, doubled letters, the order of the parts, a nickname
    between them, "@first_last", a possessive and left-out middle names make no difference. A surname alone is nobody:
    only with the first name or its initial ("J. Dupont") does it count. A name of one part counts wherever it stands
    as a word.
    """
    return Names(names).mentions(prompt)


def handles_in(prompt: str) -> list[str]:
    """The handles that ``prompt`` mentions ("@mira"), in lower case without the sign, each once; never part of an
    e-mail address.
    """
    found: list[str] = []
    text = unicodedata.normalize("NFKC", prompt[:LONGEST])
    for place, letter in enumerate(text):
        if letter != "@" or (place and (text[place - 1].isalnum() or text[place - 1] in "_.@")):
            continue
        end = place + 1
        while end < len(text) and end - place <= 64 and (text[end].isalnum() or text[end] == "_"):
            end += 1
        if end > place + 1:
            found.append(text[place + 1 : end].casefold())
    return list(dict.fromkeys(found))


def _parts(name: str) -> list[str]:
    return [word.plain for word in words(name)][:MOST_PARTS]


def _squeezed(letters: str) -> str:
    """``letters`` with doubled ones single: "Phillipe" and "Philippe" are one name."""
    return "".join(letter for letter, _ in groupby(letters))


def _keys(parts: Sequence[str]) -> Iterator[tuple[str, Certainty]]:
    """What a name may be spelt as, all together. "=" marks keys that only a single word may match."""
    if len(parts) < 2:
        yield from ((f"={_squeezed(part)}", Certainty.FULL) for part in parts if len(part) > 1)
        return
    orders = permutations(parts) if len(parts) <= PERMUTED else iter([tuple(parts), (parts[-1], *parts[:-1])])
    yield from ((_squeezed("".join(order)), Certainty.FULL) for order in orders)
    given, family = _split(parts)
    for each in (family + given[0], family + "".join(given)):
        yield _squeezed(each), Certainty.FULL
    for surname in (each for each in {family, parts[-1]} if len(each) > 2):
        for initials in {given[0][0], "".join(part[0] for part in given)}:
            yield from ((_squeezed(each), Certainty.INITIALS) for each in (initials + surname, surname + initials))


def _forwards(parts: Sequence[str]) -> set[str]:
    """A name of several parts in its own order, whole and without what stands between the first and the last."""
    return {_squeezed(each) for each in ("".join(parts), parts[0] + parts[-1])} if len(parts) > 1 else set()


def _spelt(window: Sequence[Word]) -> Iterator[str]:
    """What the words of ``window`` may spell together, as keys."""
    for spelling in islice(product(*(word.forms for word in window)), MOST_SPELLINGS):
        yield _squeezed("".join(spelling))


def _split(parts: Sequence[str]) -> tuple[Sequence[str], str]:
    """First names, and the family name written together: from its particle on ("de la tour"), else the last part."""
    at = next((index for index, part in enumerate(parts) if index and part in PARTICLES), len(parts) - 1)
    return parts[:at], "".join(parts[at:])


def _windows(text: Sequence[Word], first: int, widest: int, prompt: str) -> Iterator[Sequence[Word]]:
    """The runs of words from ``first`` on that may be one name: nothing but small gaps between them."""
    for last in range(first, min(first + widest, len(text))):
        if last > first and not _same_name(text[last - 1], text[last], prompt):
            return
        yield text[first : last + 1]


def _same_name(one: Word, other: Word, prompt: str) -> bool:
    """May the two words be parts of one name? Not across the end of a sentence, unless after an initial."""
    gap = prompt[one.end : other.start]
    ends = any(letter in STOPS for letter in gap) and gap[-1:].isspace() and len(one.plain) > 1
    return len(gap) <= GAP and not ends


def _mention(prompt: str, name: str, start: int, end: int, certainty: Certainty) -> Mention:
    return Mention(name, excerpt(prompt, start, end), start, end, certainty)


def _apart(found: Iterable[Mention]) -> list[Mention]:
    """Of overlapping mentions of one name the surest, then the longest."""
    kept: list[Mention] = []
    for one in sorted(
        found, key=lambda each: (each.certainty is not Certainty.FULL, each.start - each.end, each.start)
    ):
        if not any(one.name == other.name and one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return kept
