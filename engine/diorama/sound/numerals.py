"""Digits as words, in English and French, so that speech can say them."""

# ruff: noqa: SIM905 -- word lists are easier to read and to mend as text

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_EN_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_EN_TENS = "_ ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_FR_UNITS = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf"
).split()
_FR_TENS = "_ dix vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt".split()
_EN_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_EN_SCALES = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred"))
_FR_SCALES = ((10**9, "milliard"), (10**6, "million"), (10**3, "mille"), (100, "cent"))
LARGEST = 10**12
"""Numbers from here on are read digit by digit."""


def english(number: int) -> str:
    """``number`` in English words ("twenty one"); digit by digit from `LARGEST` on."""
    if number >= LARGEST:
        return " ".join(_EN_UNITS[int(digit)] for digit in str(number))
    if number < 20:
        return _EN_UNITS[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _EN_TENS[tens] + (f" {_EN_UNITS[rest]}" if rest else "")
    scale, name = next((scale, name) for scale, name in _EN_SCALES if number >= scale)
    head, rest = divmod(number, scale)
    return f"{english(head)} {name}" + (f" {english(rest)}" if rest else "")


def english_year(number: int) -> str:
    """A year as it is read ("nineteen eighty four", "twenty twenty six")."""
    century, rest = divmod(number, 100)
    if not 1100 <= number <= 2099 or (century % 10 == 0 and rest < 10):
        return english(number)
    tail = "hundred" if rest == 0 else english(rest) if rest > 9 else f"oh {english(rest)}"
    return f"{english(century)} {tail}"


def english_ordinal(number: int) -> str:
    """``number`` as a rank ("twenty first")."""
    *head, last = english(number).split()
    last = _EN_ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return " ".join((*head, last))


def french(number: int) -> str:
    """``number`` in French words ("vingt et un", "quatre-vingt-dix"); digit by digit from `LARGEST` on."""
    if number >= LARGEST:
        return " ".join(_FR_UNITS[int(digit)] for digit in str(number))
    if number < 20:
        return _FR_UNITS[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        if tens in (7, 9):
            rest += 10
        if rest == 0:
            return _FR_TENS[tens]
        link = " et " if rest in (1, 11) and tens < 8 else "-"
        return f"{_FR_TENS[tens]}{link}{_FR_UNITS[rest]}"
    scale, name = next((scale, name) for scale, name in _FR_SCALES if number >= scale)
    head, rest = divmod(number, scale)
    start = name if head == 1 and scale <= 1000 else f"{french(head)} {name}"
    return start + (f" {french(rest)}" if rest else "")


def french_ordinal(number: int) -> str:
    """``number`` as a rank ("premier", "vingt et unième")."""
    if number == 1:
        return "premier"
    words = french(number)
    stem = words[:-1] if words.endswith("e") else words + "u" if words.endswith("cinq") else words
    return (stem[:-1] + "v" if stem.endswith("neuf") else stem) + "ième"


def spell_out_english(text: str) -> str:
    """Replace clock times, money, percents, ranks, years and numbers in ``text`` with English words."""
    text = re.sub(r"(?<![\d$€£.,])(1[1-9]\d\d|20\d\d)(?![\d,.]\d|\d|\s*%)", lambda m: english_year(int(m[1])), text)
    text = re.sub(r"(\d),(?=\d{3}\b)", r"\1", text)
    text = re.sub(r"([$€£])(\d+(?:\.\d+)?)", lambda m: f"{m[2]} {_money(m[1], m[2])}", text)
    text = re.sub(r"\b(\d{1,2}):(\d{2})\b", _english_clock, text)
    text = re.sub(r"(\d)\s*%", r"\1 percent", text)
    text = re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: english_ordinal(int(m[1])), text)
    text = re.sub(r"(\d+)\.(\d+)", lambda m: f"{english(int(m[1]))} point {_digits(m[2], _EN_UNITS)}", text)
    return re.sub(r"\d+", lambda m: f" {english(int(m[0]))} ", text)


def spell_out_french(text: str) -> str:
    """Replace clock times, money, percents, ranks and numbers in ``text`` with French words."""
    text = re.sub(r"(\d)[ \u00a0\u202f.](?=\d{3}\b)", r"\1", text)
    text = re.sub(r"\b(\d{1,2})\s?[h:](\d{2})\b", lambda m: f"{m[1]} heures {int(m[2]) or ''}", text)
    text = re.sub(r"\b(\d{1,2})h\b", r"\1 heures", text)
    text = re.sub(r"(\d)\s*%", r"\1 pour cent", text)
    text = re.sub(r"(\d)\s*€", r"\1 euros", text)
    text = re.sub(r"(\d)\s*\$", r"\1 dollars", text)
    text = re.sub(r"\b1(?:re|ère)\b", "première", text)
    text = re.sub(r"\b(\d+)(?:er|e|ème|nd|nde)\b", lambda m: french_ordinal(int(m[1])), text)
    text = re.sub(r"(\d+)[,.](\d+)", lambda m: f"{french(int(m[1]))} virgule {_digits(m[2], _FR_UNITS)}", text)
    text = re.sub(r"\b1 (heures?|minute|seconde|fois)\b", lambda m: f"une {m[1].removesuffix('s')}", text)
    return re.sub(r"\d+", lambda m: f" {french(int(m[0]))} ", text)


def _digits(digits: str, units: Sequence[str]) -> str:
    return " ".join(units[int(digit)] for digit in digits)


def _money(sign: str, amount: str) -> str:
    name = {"$": "dollar", "€": "euro", "£": "pound"}[sign]
    return name if amount == "1" else name + "s"


def _english_clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    tail = "o'clock" if minute == 0 else f"oh {english(minute)}" if minute < 10 else english(minute)
    return f"{english(hour)} {tail}"
