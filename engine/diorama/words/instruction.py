"""Tells what kind of change the words of a remix ask for: "replace the fox with a cat", "ensuite il s'envole"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """What a remix does to its parent."""

    REPLACE = "replace"
    REMOVE = "remove"
    ADD = "add"
    CONTINUE = "continue"
    ADJUST = "adjust"
    """The same again, but for what is named."""
    RETELL = "retell"
    """A whole prompt of its own, which inherits what it does not name."""


@dataclass(frozen=True)
class Instruction:
    """One change. ``old`` is the noun phrase that gives way (empty: whoever comes first), ``new`` what is asked for."""

    change: Change
    new: str
    old: str = ""


_IT = "it|him|her|them|this|that|le|la|les|l'|ça|cela"
_THE = "the|le|la|les|l'"
_A = "an?|some|two|three|four|une?|des|deux|trois|quatre"
_AFTER = (
    "then|next|after that|afterwards|suddenly|later|continue(?: with)?|what happens next|the story goes on"
    "|to be continued"
    "|puis|ensuite|après(?: cela| ça)?|soudain|tout à coup|plus tard|la suite|continuez?|que se passe-t-il ensuite"
)
_SAME = (
    "(?:la |le |the )?(?:same|même|identical|identique|pareil(?:le)?|idem)"
    "(?: (?:thing|video|clip|scene|chose|vidéo|scène))?|like this|comme ça"
)
_BUT = "but|only|mais|sauf que|seulement"
_REMOVE = (
    "remove|delete|drop|take away|get rid of|lose|without"
    "|enlève[rz]?|enlever|retire[rz]?|supprime[rz]?|efface[rz]?|sans"
)
_OLD, _NEW = "(?P<old>.+?)", "(?P<new>.+?)"
_PATTERNS: tuple[tuple[Change, str], ...] = (
    (Change.REPLACE, rf"(?:replace|swap|exchange|switch)(?: out)? {_OLD} (?:with|by|for|to) {_NEW}"),
    (Change.REPLACE, rf"(?:change|turn|transform) {_OLD} (?:in)?to {_NEW}"),
    (Change.REPLACE, rf"(?:remplace[rz]?|échange[rz]?) {_OLD} (?:par|contre|avec) {_NEW}"),
    (Change.REPLACE, rf"(?:change[rz]?|transforme[rz]?) {_OLD} en {_NEW}"),
    (Change.REPLACE, rf"(?:(?:with|put|use) )?{_NEW} (?:instead|in place) of {_OLD}"),
    (Change.REPLACE, rf"(?:with|put|use) {_NEW} instead"),
    (Change.REPLACE, rf"(?:(?:avec|mets|mettez) )?{_NEW} (?:à la place|au lieu) d(?:e |es |u |'){_OLD}"),
    (Change.REPLACE, rf"(?:avec|mets|mettez) {_NEW} à la place"),
    (Change.REMOVE, rf"(?:{_REMOVE}) {_OLD}"),
    (Change.ADD, rf"(?:(?:also )?add|ajoute[rz]?) {_NEW}"),
    (Change.ADD, rf"(?:with|avec) {_NEW} (?:too|as well|also|aussi|en plus)"),
    (Change.CONTINUE, rf"(?:and |et )?(?:{_AFTER})\b[ ,:?…]*(?P<new>.*)"),
    (Change.ADJUST, rf"(?:exactly |almost )?(?:{_SAME})\b[ ,:…]*(?:(?:{_BUT})\b)?[ ,:]*(?P<new>.*)"),
    (Change.ADJUST, rf"(?:make|let|have|fais|rends|rendez)[ -](?P<new>(?:{_IT}|{_THE})\b.+)"),
)
_COMPILED = tuple(
    (change, re.compile(rf"\s*{pattern}\s*[.!]*\s*", re.IGNORECASE | re.DOTALL)) for change, pattern in _PATTERNS
)
_BECOME = re.compile(
    rf"(?P<old>{_IT}|(?:{_THE}) ?\w+) (?:be |become |into )?(?P<new>(?:{_A}) .+)", re.IGNORECASE | re.DOTALL
)


def instruction(text: str) -> Instruction:
    """How ``text`` asks for a change; a text without such words is a `Change.RETELL`."""
    for change, pattern in _COMPILED:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        new, old = (parts.get("new") or "").strip(), (parts.get("old") or "").strip()
        if change is Change.ADJUST and (become := _BECOME.fullmatch(new)):
            return Instruction(Change.REPLACE, become["new"], become["old"])
        if change is Change.ADJUST and new:
            inner = instruction(new)
            return inner if inner.change not in {Change.RETELL, Change.CONTINUE} else Instruction(change, new)
        return Instruction(change, new, old)
    return Instruction(Change.RETELL, text.strip())
