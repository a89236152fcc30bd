"""Which digits somebody read aloud, out of what a recogniser wrote: figures, words, numbers, English and French."""

from __future__ import annotations

import itertools
import re
import unicodedata

from engine.capture.spec import Language

SLIPS = 1
"""How many digits may be wrong, missing or too many: recognisers slip, and one in 10,000 guesses is still far away."""

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
        "une": "un", "hein": "un", "de": "deux", "d": "deux", "toi": "trois", "trop": "trois", "cat": "quatre",
        "quat": "quatre", "sein": "cinq", "sain": "cinq", "saint": "cinq", "sis": "six", "si": "six", "ci": "six",
        "cet": "sept", "cette": "sept", "set": "sept", "oui": "huit", "uit": "huit", "oeuf": "neuf", "neuve": "neuf",
    },
}  # fmt: skip
"""What a recogniser writes where a digit was said. Ordinary words, so both readings are tried."""
_REPEATED = {"en": {"double": 2, "triple": 3}, "fr": {"double": 2, "triple": 3}}


def matches(text: str, wanted: str, language: Language) -> bool:
    """Whether ``text``, as a recogniser wrote it, says the digits ``wanted`` in order, but for `SLIPS`.

    What was said before is left out when the end fits: people begin again.
    """
    return closest(text, wanted, language)[1] <= SLIPS


def closest(text: str, wanted: str, language: Language) -> tuple[str, int]:
    """(the digits heard, how many slips they are away from ``wanted``), in the reading of ``text`` nearest to it."""
    best = ("", len(wanted))
    for said in dict.fromkeys(readings(text, language)):
        away = slips(said, wanted)
        if away < best[1] or (not best[0] and said):
            best = (said, min(away, best[1]))
    return best


def readings(text: str, language: Language) -> list[str]:
    """The digits of ``text`` in each way it can be read, strictest first.

    "twenty-three" is 23 or 203, "quatre-vingt-deux" 82 or 4202 or 422; "to" is a two or no digit at all.
    """
    words = _words(text)
    found: list[str] = []
    for alike in (False, True):
        meant = [_ALIKE[language].get(word, word) if alike else word for word in words]
        found += ["".join(_composed(meant, language)), "".join(_one_by_one(meant, language))]
        if language == "fr":
            found.append("".join(_composed(_score_apart(meant), language)))
    return found


def slips(said: str, wanted: str) -> int:
    """Edits that turn ``said``, or any ending of it, into ``wanted``."""
    row = list(range(len(wanted) + 1))
    for digit in said:
        # The first column stays 0: whatever was said before counts nothing.
        before, row[0] = row[0], 0
        for j, other in enumerate(wanted, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (digit != other))
    return row[-1]


def _words(text: str) -> list[str]:
    """Words and runs of figures, without case and accents."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    plain = "".join(each for each in folded if not unicodedata.combining(each))
    return re.findall(r"[0-9]+|[a-z]+", plain)


def _one_by_one(words: list[str], language: Language) -> list[str]:
    """The digits of each word for itself."""
    found: list[str] = []
    times = 1
    for word in words:
        if word in _REPEATED[language]:
            times = _REPEATED[language][word]
            continue
        value = _VALUES[language].get(word)
        if word.isdecimal():
            found += [word[0]] * (times - 1) + [word]
        elif value is not None:
            found += [str(value)] * times
        times = 1
    return found


def _composed(words: list[str], language: Language) -> list[str]:
    """The digits of the longest numbers below 1000 that the words make ("cent vingt et un" is 121)."""
    found: list[str] = []
    at = 0
    while at < len(words):
        for end in range(min(len(words), at + 7), at, -1):
            number = _number(words[at:end], language)
            if number is not None:
                found.append(str(number))
                at = end
                break
        else:
            # Nothing composes here: a lone word, perhaps figures or "double".
            step = 2 if words[at] in _REPEATED[language] else 1
            found += _one_by_one(words[at : at + step], language)
            at += step
    return found


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


def _score_apart(words: list[str]) -> list[str]:
    """``words`` with a stop before each "vingt" that follows "quatre": 4 20 2 and not 82."""
    apart: list[str] = []
    for before, word in itertools.pairwise(["", *words]):
        apart += ["|", word] if before == "quatre" and word.startswith("vingt") else [word]
    return apart
