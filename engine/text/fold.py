"""Makes spellings comparable: case, accents, look-alike letters, invisible characters, l33t, spaced-out w o r d s."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, pairwise

LONGEST = 20_000
"""Characters read of any text: prompts have 2,000, a transcript a little more. Everything here is linear in them."""

_LOOKALIKES = str.maketrans(
    {
        "а": "a", "в": "b", "с": "c", "е": "e", "ԁ": "d", "һ": "h", "і": "i", "ј": "j", "ӏ": "l", "к": "k", "м": "m",
        "н": "h", "о": "o", "р": "p", "ԛ": "q", "ѕ": "s", "т": "t", "у": "y", "ѵ": "v", "ԝ": "w", "х": "x", "ь": "b",
        "г": "r", "п": "n", "ц": "u", "з": "3", "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i", "κ": "k", "μ": "u",
        "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "γ": "y", "ɑ": "a", "ɡ": "g", "ı": "i",
        "ɩ": "i", "ʏ": "y", "ᴀ": "a", "ᴇ": "e", "ᴏ": "o", "ᴜ": "u", "ɴ": "n", "ɢ": "g", "ѐ": "e", "ս": "u", "օ": "o",
    }
)  # fmt: skip
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "’": "'", "ʼ": "'"})
_LEET = (str.maketrans("013457@$!", "oieastasi"), str.maketrans("013457@$!", "oleastasi"))
_INSIDE = "@$*!"
_ALONE = "aiyldo"
_HYPHENS = "-‐‑–_·~+="
_BREAKS = '.,;:!?…()[]{}"«»“”|/¡¿。、'
_FLAG_A = 0x1F1E6


@dataclass(frozen=True)
class Word:
    """One word of a text: ``forms`` are the spellings it may stand for, the plainest first; ``start`` and ``end`` are
    its place in the text as written; ``clause`` counts up at every stop, so that nothing is read across one.
    ``joined`` is what it spells with the next word, where only a hyphen or the like parts them ("pis-tol").
    """

    forms: tuple[str, ...]
    start: int
    end: int
    clause: int
    joined: str = ""

    @property
    def plain(self) -> str:
        """Its folded spelling, nothing else undone."""
        return self.forms[0]


def fold(text: str) -> str:
    """``text`` without case, accents, invisible characters and typographic variants, spaces evened out."""
    return " ".join("".join(_folded(letter) for letter in text[:LONGEST]).split())


@lru_cache(maxsize=4_096)
def _folded(letter: str) -> str:
    """What one character is compared as: "" for what cannot be seen."""
    if letter.isspace():
        return " "
    if 0 <= ord(letter) - _FLAG_A < 26:
        return chr(ord("a") + ord(letter) - _FLAG_A)
    plain = unicodedata.normalize("NFKD", letter)
    seen = "".join(each for each in plain if unicodedata.category(each) not in {"Mn", "Me", "Cf", "Cc"})
    return seen.casefold().translate(_LETTERS)


@lru_cache(maxsize=64)
def words(text: str) -> tuple[Word, ...]:
    """The words and pictographs of ``text`` in order. Linear in its length, whatever it is."""
    found: list[Word] = []
    clause, start, letters = 0, 0, ""
    text = text[:LONGEST]
    for place, letter in enumerate(text):
        folded = _folded(letter)
        if folded and (folded[0].isalnum() or (letters and folded in _INSIDE)):
            start = place if not letters else start
            letters += folded
            continue
        if not folded:
            continue
        if folded == "$" and text[place + 1 : place + 2].isalpha():
            start, letters = (place, "$") if not letters else (start, f"{letters}$")
            continue
        if letters:
            found += _split(letters, start, place, clause, text)
            clause += letters.endswith("!")
            letters = ""
        if folded[0] in _BREAKS or letter == "\n":
            clause += 1
        elif unicodedata.category(letter) in {"So", "Sk"}:
            found.append(Word((letter,), place, place + 1, clause))
    if letters:
        found += _split(letters, start, len(text), clause, text)
    return tuple(_hyphenated(_joined(found, text), text))


def _split(letters: str, start: int, end: int, clause: int, text: str) -> list[Word]:
    """The word ``letters``, and what a sign inside parts it into: "p!stol" is one word, "gun!home" may be two."""
    bare = letters.rstrip(_INSIDE) or letters
    end -= len(letters) - len(bare)
    found = [Word(_forms(bare), start, end, clause)]
    if not any(sign in bare[1:] for sign in _INSIDE):
        return found
    at = start
    for place in range(start, end + 1):
        if place < end and (_folded(text[place]) or "a") not in _INSIDE:
            continue
        part = fold(text[at:place])
        if len(part) > 1:
            found.append(Word(_forms(part), at, place, clause))
        at = place + 1
    return found


@lru_cache(maxsize=8_192)
def _forms(letters: str) -> tuple[str, ...]:
    """The spellings that ``letters`` may stand for."""
    forms = [letters]
    latin = letters.translate(_LOOKALIKES)
    if latin != letters and latin.isascii():
        forms.append(latin)
    if any(letter.isalpha() for letter in latin) and any(letter in "013457@$!" for letter in latin):
        forms += [latin.translate(table) for table in _LEET]
    for form in tuple(forms):
        calm = _calmed(form)
        forms += [calm, _calmed(form, 1)] if calm != form else []
    return tuple(dict.fromkeys(forms))


def _calmed(form: str, most: int = 2) -> str:
    """``form`` with letters drawn out three times and more cut to ``most``."""
    runs = ((letter, len(list(group))) for letter, group in groupby(form))
    return "".join(letter * (count if count < 3 else most) for letter, count in runs)


def _joined(found: list[Word], text: str) -> list[Word]:
    """``found`` with runs of single letters ("g u n", "g.u.n") read as one word besides."""
    result: list[Word] = []
    run: list[Word] = []
    for word in [*found, None]:
        if word is not None and len(word.plain) == 1 and word.plain.isalnum() and _near(run, word, text):
            run.append(word)
            continue
        result += _spelt(run)
        single = word is not None and len(word.plain) == 1 and word.plain.isalnum()
        run = [word] if word is not None and single else []
        if word is not None and not single:
            result.append(word)
    return result


def _hyphenated(found: list[Word], text: str) -> list[Word]:
    for index, (word, after) in enumerate(pairwise(found)):
        if after.start - word.end == 1 and text[word.end] in _HYPHENS:
            found[index] = replace(word, joined=word.plain + after.plain)
    return found


def _near(run: list[Word], word: Word, text: str) -> bool:
    return not run or (word.start - run[-1].end <= 3 and "\n" not in text[run[-1].end : word.start])


def _spelt(run: list[Word]) -> list[Word]:
    """Three single letters or more in a row are one spelt word; fewer stay as they are."""
    if len(run) < 3:
        return run
    letters = "".join(word.plain for word in run)
    # The first letter may be a word of its own: "a g u n".
    forms = _forms(letters) + (_forms(letters[1:]) if letters[0] in _ALONE else ())
    return [Word(forms, run[0].start, run[-1].end, run[0].clause)]


@lru_cache(maxsize=16_384)
def bases(form: str) -> frozenset[str]:
    """``form`` and the dictionary forms it may be an inflection of, in English or in French."""
    found = {form}
    if len(form) < 4:
        if len(form) == 3:
            found |= {form.removesuffix("s"), f"{form}r" if form[-1] == "e" != form[-2] else form}
        return frozenset(found)
    if form.endswith(("s", "x")) and not form.endswith("ss"):
        found.add(form[:-1])
    if form.endswith("ies"):
        found.add(f"{form[:-3]}y")
    if form.endswith("aux"):
        found.add(f"{form[:-3]}al")
    if form.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        found.add(form[:-2])
    for suffix in ("ing", "ed"):
        stem = form.removesuffix(suffix)
        if stem != form and len(stem) > 2:
            found |= {stem, f"{stem}e"} | ({stem[:-1]} if stem[-1] == stem[-2] else set())
            found |= {f"{stem[:-1]}y"} if stem.endswith("i") else set()
    for suffix in _CONJUGATED:
        stem = form.removesuffix(suffix)
        if stem != form and len(stem) > 1:
            found |= {f"{stem}er", f"{stem}e"}
    return frozenset(found)


_CONJUGATED = ("e", "es", "ent", "ez", "ons", "er", "ee", "ees", "ant", "ait", "aient", "era", "eront")


def excerpt(text: str, start: int, end: int, *, around: int = 24) -> str:
    """The words at ``start`` … ``end`` of ``text`` with a little of what surrounds them, for a message or a log."""
    first, last = max(0, start - around), min(len(text), end + around)
    while first > 0 and first < start and not text[first - 1].isspace():
        first += 1
    while last < len(text) and last > end and not text[last].isspace():
        last -= 1
    told = " ".join(text[first:last].split())
    return f"{'…' if first else ''}{told}{'…' if last < len(text) else ''}"
