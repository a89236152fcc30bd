"""Tells whether a word is denied where it stands: "without guns" asks for none, "not without guns" asks for some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from engine.text.fold import Word
from engine.text.tables import table

REACH = 5
"""Words before a word in which its denial is looked for."""


@cache
def _small() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(listed.split()) for name, listed in table("denial").items()}


def denied(text: Sequence[Word], first: int) -> bool:
    """Is the word at ``first`` denied, right before it and in the same clause, and the denial not itself denied?

    "Gun-free" denies too. Only what stands close counts: small words and at most one other between them. What is
    doubtful is not denied.
    """
    if text[first].joined and text[first + 1].plain == "free":
        return True
    place = _denier(text, first)
    return place is not None and not _cancelled(text, place)


def _denier(text: Sequence[Word], first: int) -> int | None:
    clause, others = text[first].clause, 0
    for place in range(first - 1, max(-1, first - 1 - REACH), -1):
        word = text[place]
        if word.clause != clause or word.plain in _small()["still"]:
            return None
        if denies(text, place):
            return place
        if word.plain in _small()["listing"]:
            # "no guns or knives": what the list's first is denied, so is the next.
            return _denier(text, place - 1) if place else None
        others += word.plain not in _small()["between"]
        if others > 1:
            return None
    return None


def denies(text: Sequence[Word], place: int) -> bool:
    """Is the word at ``place`` a denial, or the end of one ("don't")?"""
    plain = text[place].plain
    return plain in _small()["deniers"] or (plain == "t" and place > 0 and text[place - 1].plain in _small()["clipped"])


def _cancelled(text: Sequence[Word], place: int) -> bool:
    """Two denials make a wish ("never without his gun"), and so do "why not" and "not only"."""
    start = place - 1 if text[place].plain == "t" else place
    clause = text[place].clause
    near = [at for at in range(max(0, start - 3), start) if text[at].clause == clause]
    return any(denies(text, at) or text[at].plain in _small()["asking"] for at in near)
