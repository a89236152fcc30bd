"""What somebody searches for, read out of whatever they typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from models.errors import Invalid

LONGEST = 200
"""Characters; what is longer is no search but a document."""

_UNSEEN = {"Cf", "Cs", "Co", "Cn"}
_LAST = re.compile(r"(?:(?P<head>.*)\s)?(?P<last>\w{2,})", re.DOTALL)
_OPERATORS = re.compile(r'"|(?:^|\s)-')


@dataclass(frozen=True)
class Asked:
    """``head`` is read by Postgres's own rules for searches ("", or, -); ``last`` is a word that may not be whole yet.

    ``exact``: whoever wrote operators wants those words, not what is like them.
    """

    text: str
    head: str
    last: str
    exact: bool


def read_search(text: str) -> Asked:
    """What ``text`` asks for. Raises `Invalid` when that is too long, or nothing."""
    if len(text) > LONGEST:
        raise Invalid(f"Search for at most {LONGEST} characters.", field="text")
    plain = " ".join("".join(map(_legible, unicodedata.normalize("NFKC", text))).split())[:LONGEST]
    if not any(unicodedata.category(letter)[0] in "LNS" for letter in plain):
        raise Invalid("Write a word to search for.", field="text")
    exact = _OPERATORS.search(plain) is not None
    found = None if exact else _LAST.fullmatch(plain)
    if found is None or re.search(r"(?i)\bor$", found["head"] or ""):
        return Asked(plain, plain, "", exact)
    return Asked(plain, found["head"] or "", found["last"], exact)


def read_name(text: str) -> str:
    """As `read_search`, for the name of a member or a cameo: with or without @."""
    name = read_search(text).text.removeprefix("@").strip()
    if not any(letter.isalnum() for letter in name):
        raise Invalid("Write the start of a name.", field="text")
    return name


def _legible(letter: str) -> str:
    """Control characters part words; what cannot be seen is left out."""
    kind = unicodedata.category(letter)
    return " " if kind == "Cc" else "" if kind in _UNSEEN else letter
