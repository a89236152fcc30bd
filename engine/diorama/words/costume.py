"""Disguises: "a boy dressed as a superhero" is one figure, and a cat in a pirate costume stays a cat."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from engine.diorama.art import pack
from engine.diorama.words.items import MODIFIERS, Item
from engine.diorama.words.lexicon import LANGUAGES, folded, phrases, read

_OF = frozenset({"of", "de", "du", "des", "d'"})
_INTO = frozenset({"in", "en", "with", "avec", "wearing", "wears", "porte", "portant", "dans"})


@cache
def _words(name: str) -> frozenset[str]:
    table = read("costumes")
    return frozenset(folded(word) for language in LANGUAGES for word in phrases(table[f"{name}_{language}"]))


@cache
def _worn() -> Mapping[str, str]:
    return read("costumes")["worn"]


def dress(items: list[Item]) -> None:
    """Make each wearer of a costume among ``items`` the one figure it shows, in place.

    A person takes the costume's art, at their own size; an animal or a member keeps theirs and gets a thing that goes
    with the costume, or else the costume is reported as not drawn.
    """
    at = 0
    while at < len(items):
        found = _disguise(items, at) or _costume(items, at)
        wearer = _wearer(items, found[0]) if found else None
        if found and wearer is not None:
            start, stop, figure = found
            items[start:stop] = _dressed(items[wearer], items[figure])
        at += 1


def _disguise(items: list[Item], at: int) -> tuple[int, int, int] | None:
    """The span of "dressed as a …" at ``at`` and where in ``items`` its figure stands."""
    if items[at].form not in _words("disguised"):
        return None
    figure = at + 1
    while figure < len(items) and items[figure].role in MODIFIERS:
        figure += 1
    return (at, figure + 1, figure) if figure < len(items) and items[figure].role == "subject" else None


def _costume(items: list[Item], at: int) -> tuple[int, int, int] | None:
    """The span of "in a … costume" or "en costume de …" with its noun at ``at``, and where its figure stands."""
    if items[at].form not in _words("costume"):
        return None
    if at and items[at - 1].role == "subject":
        start, stop, figure = at - 1, at + 1, at - 1
    elif at + 2 < len(items) and items[at + 1].form in _OF and items[at + 2].role == "subject":
        start, stop, figure = at, at + 3, at + 2
    else:
        return None
    while start and items[start - 1].role in MODIFIERS:
        start -= 1
    return (start - 1, stop, figure) if start and items[start - 1].form in _INTO else None


def _wearer(items: list[Item], before: int) -> int | None:
    """The nearest noun before the costume that names somebody."""
    for at in range(before - 1, -1, -1):
        if items[at].role in {"end", "quote"}:
            return None
        if items[at].role == "subject" and pack.index()[items[at].value]["kind"] in {"person", "animal", "flyer"}:
            return at
    return None


def _dressed(wearer: Item, figure: Item) -> list[Item]:
    """What stands in the place of the costume's words; a person becomes the figure."""
    kind = pack.index()[wearer.value]["kind"]
    if kind == "person" and wearer.cast is None and pack.index()[figure.value]["kind"] in {"person", "animal", "flyer"}:
        wearer.scale *= float(pack.index()[wearer.value]["size"]) / float(pack.index()[figure.value]["size"])
        wearer.value, wearer.near = figure.value, True
        return []
    thing = _worn().get(figure.value)
    if thing is None:
        return [Item("undrawn", "", figure.text, figure.form, [])]
    return [
        Item("action", "hold", figure.text, "wearing", []),
        Item("subject", thing, figure.text, figure.form, [], near=True),
    ]
