"""Kits: a drummer has a drum and a skateboarder a skateboard, though nobody names them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from engine.diorama.words.items import MODIFIERS, NOUNS, Item, noun_ahead
from engine.diorama.words.lexicon import LANGUAGES, folded, phrases, read


@cache
def _kits() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Folded words of who has a kit, and of verbs that need one → the kit's art."""
    found: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for art, entry in read("kit").items():
        for words, part in zip(found, ("who", "does"), strict=True):
            spelled = [word for language in LANGUAGES for word in phrases(entry.get(f"{part}_{language}", ""))]
            words.update((folded(word), art) for word in spelled)
    return found


def equip(items: list[Item], *, bring: bool = True) -> None:
    """Put an item of role "kit" (its art, and how it is had) behind those ``items`` that imply one, in place.

    Without ``bring`` they only look as those do who have it.
    """
    who, does = _kits()
    named = {item.value for item in items if item.role == "subject"}
    at = 0
    while at < len(items):
        item = items[at]
        acting = item.role in {"motion", "action"} and item.form in does
        art = does.get(item.form) if acting else who.get(item.form) if item.role == "subject" else None
        if art is not None and item.cast is None and not _compound(items, at):
            entry = read("kit")[art]
            if not acting and item.near:
                item.value = entry.get("as", item.value)
            if bring and art not in named:
                after = _past_noun(items, at) if acting else at
                items.insert(after + 1, Item("kit", art, art.replace("-", " "), entry["how"], []))
                named.add(art)
        at += 1


def _compound(items: list[Item], at: int) -> bool:
    """Whether ``items[at]`` is one noun of two: "un chat pirate" is a cat with another name."""
    around = [*items[max(0, at - 1) : at], *items[at + 1 : at + 2]]
    return items[at].role == "subject" and any(one.role == "subject" for one in around)


def _past_noun(items: list[Item], at: int) -> int:
    """Where the noun stands that the verb at ``at`` describes ("a skateboarding cat"), else ``at``."""
    if items[at].form.endswith("ing") and (not at or items[at - 1].role in MODIFIERS) and noun_ahead(items, at):
        return next(place for place in range(at + 1, len(items)) if items[place].role in NOUNS)
    return at
