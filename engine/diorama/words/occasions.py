"""What a prompt is about without being a thing: feasts, sports, feelings and days lend a scene what it leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from engine.diorama.art import pack
from engine.diorama.words.lexicon import listed, phrases, read
from engine.diorama.words.mentions import Mention, Reading
from engine.diorama.words.reading import tokenize

LENT = ("time", "weather", "place", "mood")
MOST_NAMED = 2
"""Subjects named up to which an occasion brings its own things: who names three has thought of the party."""

MOST_BROUGHT = 2

BROUGHT = {"balloon": "float", "sparkles": "explode", "soccer-ball": "roll"}
"""What things do that nobody told to do anything."""

PLAYERS = frozenset({"animal", "person", "flyer", "swimmer"})

BEARERS = frozenset({"pere", "mere", "father", "mother", "papa", "mama"})
"""Who is named after a feast is no feast: "père Noël"."""


@cache
def _occasions(language: str) -> tuple[tuple[tuple[tuple[str, ...], ...], Mapping[str, Any]], ...]:
    """The entries of occasions.toml with the folded phrases that name each."""
    return tuple(
        (tuple(_folded(one) for one in phrases(entry[language])), entry) for entry in read("occasions").values()
    )


def celebrate(reading: Reading, forms: Sequence[str], language: str) -> None:
    """Complete ``reading`` by the occasions that the folded words ``forms`` of its prompt name.

    Ideas ("freedom") speak only where nobody is named; feasts ("birthday") bring their things to who is.
    """
    named = len(reading.mentions)
    for spelled, entry in _occasions(language):
        if not any(_within(one, forms) for one in spelled):
            continue
        if named and "alone" in entry and "brings" not in entry:
            continue
        for key in LENT:
            if key in entry:
                reading.setting.setdefault(key, entry[key])
        reading.unsupported[:] = [word for word in reading.unsupported if _folded(word) not in spelled]
        if "plays" in entry:
            _play(reading, entry["plays"])
        if named <= MOST_NAMED:
            _bring(reading, entry, alone=not reading.mentions)


def _bring(reading: Reading, entry: Mapping[str, Any], *, alone: bool) -> None:
    shown = [(art, motion) for art, motion in entry.get("alone", ())] if alone else []
    shown += [(art, BROUGHT.get(art, "idle")) for art in entry.get("brings", ())[:MOST_BROUGHT]]
    for art, motion in shown:
        if not alone and any(one.art == art for one in reading.mentions):
            continue
        reading.mentions.append(Mention(art, art.replace("-", " "), str(pack.index()[art]["kind"]), motions=[motion]))


def _play(reading: Reading, motion: str) -> None:
    """Have everybody who was told nothing else do ``motion``, while the ball bounces."""
    for one in reading.mentions:
        if not one.motions or one.motions == ["idle"]:
            moved = motion if one.kind in PLAYERS else "bounce" if one.art in listed("balls") else "idle"
            one.motions[:] = [moved]


def _folded(text: str) -> tuple[str, ...]:
    return tuple(token.form for token in tokenize(text))


def _within(phrase: tuple[str, ...], forms: Sequence[str]) -> bool:
    found = [at for at in range(len(forms) - len(phrase) + 1) if tuple(forms[at : at + len(phrase)]) == phrase]
    return any(not at or forms[at - 1] not in BEARERS for at in found)
