"""Which digits somebody read aloud, out of what a recogniser wrote: figures, words, numbers, English and French."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from engine.capture.spec import Language

SLIPS = 1
"""How many digits may be wrong, missing or too many: recognisers slip, and of 6,500 guesses one still fits."""

_UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "fr": "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
}
_TENS = {
    "en": "twenty 20 thirty 30 forty 40 fifty 50 sixty 60 seventy 70 eighty 80 ninety 90",
    "fr": "vingt 20 vingts 20 trente 30 quarante 40 cinquante 50 soixante 60 septante 70 huitante 80 octante 80 "
    "nonante 90",
}
_VALUES = {
    language: dict(zip(units.split(), range(20), strict=False))
    | dict(zip(_TENS[language].split()[::2], map(int, _TENS[language].split()[1::2]), strict=True))
    for language, units in _UNITS.items()
}
"""The number that a single word is, below 100."""
_HUNDRED = {"en": {"hundred"}, "fr": {"cent", "cents"}}
_ALIKE = {
    "en": {
        "oh": "zero", "o": "zero", "nought": "zero", "naught": "zero", "nil": "zero", "won": "one", "to": "two",
        "too": "two", "free": "three", "for": "four", "fore": "four", "fife": "five", "sex": "six", "sicks": "six",
        "ate": "eight", "niner": "nine", "nein": "nine",
    },
    "fr": {
        "une": "un", "en": "un", "hein": "un", "de": "deux", "d": "deux", "toi": "trois", "trop": "trois",
        "cat": "quatre", "quat": "quatre", "sein": "cinq", "sain": "cinq", "saint": "cinq", "sis": "six", "si": "six",
        "ci": "six",
        "cet": "sept", "cette": "sept", "set": "sept", "oui": "huit", "uit": "huit", "oeuf": "neuf", "neuve": "neuf",
    },
}  # fmt: skip
"""What a recogniser writes where a digit was said. They are ordinary words too, so both are tried."""
_LONGEST = 7
"""Words of the longest number below 1000: "quatre cent quatre-vingt-dix-sept"."""
_REPEATED = {"en": {"double": 2, "triple": 3}, "fr": {"double": 2, "triple": 3}}


def matches(text: str, wanted: str, language: Language) -> bool:
    """Whether ``text``, as a recogniser wrote it, says the digits ``wanted`` in order, but for `SLIPS`.

    What was said before is left out when the end fits: people begin again.
    """
    return closest(text, wanted, language)[1] <= SLIPS


def closest(text: str, wanted: str, language: Language) -> tuple[str, int]:
    """(the digits heard, how many slips they are away from ``wanted``), in the reading of ``text`` nearest to it.

    Text can often be read in several ways ("twenty-three" is 23 or 20 3, "to" is 2 or nothing): an edit distance is
    taken over all of them at once. A slip is a digit wrong, missing or too many.
    """
    words = _words(text)
    rows: list[list[_Reading] | None] = [None] * (len(words) + 1)
    rows[0] = [_Reading(count, "") for count in range(len(wanted) + 1)]
    for at in range(len(words)):
        row = rows[at]
        if row is None:
            continue
        for end, digits in _said(words, at, language):
            rows[end] = _better(rows[end], _read_on(row, digits, wanted))
    last = (rows[-1] or rows[0])[-1]
    return last.said, last.slips


def heard(text: str, language: Language) -> str:
    """All digits of ``text`` in its plainest reading, to be shown to whoever said them."""
    words, at, found = _words(text), 0, ""
    while at < len(words):
        at, digits = next(_said(words, at, language))
        found += digits
    return found


class _Reading(NamedTuple):
    """The best way so far to have said a beginning of what was wanted."""

    slips: int
    said: str


def _read_on(row: list[_Reading], digits: str, wanted: str) -> list[_Reading]:
    """``row`` after ``digits`` were said too: one more round of Levenshtein's for each."""
    for digit in digits:
        # Nothing is counted before the first wanted digit: whatever was said till then is a beginning given up.
        further = [_Reading(0, "")]
        for place, other in enumerate(wanted):
            further.append(
                min(
                    _Reading(row[place].slips + (digit != other), row[place].said + digit),
                    _Reading(row[place + 1].slips + 1, row[place + 1].said + digit),
                    _Reading(further[place].slips + 1, further[place].said),
                    key=_slips,
                )
            )
        row = further
    return row


def _better(known: list[_Reading] | None, other: list[_Reading]) -> list[_Reading]:
    return other if known is None else [min(pair, key=_slips) for pair in zip(known, other, strict=True)]


def _slips(reading: _Reading) -> int:
    return reading.slips


def _said(words: list[str], at: int, language: Language) -> Iterator[tuple[int, str]]:
    """Each way to go on reading at word ``at``: (the word after, the digits said)."""
    word = words[at]
    for end in range(min(len(words), at + _LONGEST), at, -1):
        number = _number(words[at:end], language)
        if number is not None:
            yield end, str(number)
    if word.isdecimal():
        yield at + 1, word
    elif word in _ALIKE[language]:
        yield at + 1, str(_VALUES[language][_ALIKE[language][word]])
    times = _REPEATED[language].get(word, 1)
    if times > 1 and at + 1 < len(words):
        digit = words[at + 1] if words[at + 1].isdecimal() else str(_VALUES[language].get(words[at + 1], ""))
        if len(digit) == 1:
            yield at + 2, digit * times
    if not word.isdecimal() and word not in _VALUES[language]:
        yield at + 1, ""  # a word that is no digit, or need not be one


def _words(text: str) -> list[str]:
    """Words and runs of figures, without case and accents."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    plain = "".join(each for each in folded if not unicodedata.combining(each))
    return re.findall(r"[0-9]+|[a-z]+", plain)


def _number(words: list[str], language: Language) -> int | None:
    """The one number below 1000 that all of ``words`` make, or None."""
    hundred = next((index for index, word in enumerate(words) if word in _HUNDRED[language]), None)
    if hundred is None:
        return _below_hundred(words, language)
    head = _below_hundred(words[:hundred], language) if hundred else (1 if language == "fr" else None)
    rest = words[hundred + 1 :]
    if language == "en" and rest[:1] == ["and"]:
        rest = rest[1:]
    tail = _below_hundred(rest, language) if rest else 0
    return head * 100 + tail if head is not None and 0 < head < 10 and tail is not None else None


def _below_hundred(words: list[str], language: Language) -> int | None:
    if language == "fr" and len(words) > 1 and words[0] == "quatre" and words[1] in ("vingt", "vingts"):
        return _after(80, words[2:], 20, language)
    if not words:
        return None
    first = _VALUES[language].get(words[0])
    if first is None:
        return None
    if first >= 20:
        # Sixty takes up to nineteen in French: soixante-quinze.
        return _after(first, words[1:], 20 if language == "fr" and first == 60 else 10, language)
    if first == 10 and language == "fr" and len(words) == 2 and words[1] in ("sept", "huit", "neuf"):
        return 10 + _VALUES[language][words[1]]
    return first if len(words) == 1 else None


def _after(tens: int, words: list[str], below: int, language: Language) -> int | None:
    """``tens`` and what follows it, which must be less than ``below``."""
    if not words:
        return tens
    if language == "fr" and words[0] == "et" and len(words) == 2 and words[1] in ("un", "onze"):
        words = words[1:]
    rest = _below_hundred(words, language)
    return tens + rest if rest is not None and 0 < rest < below else None
