"""Animals' families: in "a duckling and its mom" the mother is a second, bigger duck, and no woman."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from engine.diorama.art import pack
from engine.diorama.words.items import Item
from engine.diorama.words.lexicon import LANGUAGES, folded, phrases, read

CREATURES = frozenset({"animal", "flyer", "swimmer"})
ADULT = 1.25
"""How much bigger than usual "mother duck" is."""

_OF = frozenset({"of", "de", "du", "des"})
_MINE = frozenset({"my", "your", "our", "ma", "mon", "mes", "ta", "ton", "notre", "votre"})
_ALIVE = CREATURES | {"person"}


@cache
def _words() -> Mapping[str, str]:
    """Folded word → "own", "elder", "alike" or "young"."""
    table = read("kinship")
    ages = ("own", "elder", "alike", "young")
    return {folded(word): age for age in ages for language in LANGUAGES for word in phrases(table[f"{age}_{language}"])}


def relate_kin(items: list[Item]) -> None:
    """Make whoever belongs to an animal among ``items`` one of its kind, in place: grown bigger, young ones smaller."""
    _age_names(items)
    _leave_out_owners(items)
    for at in range(1, len(items)):
        item, own = items[at], items[at - 1]
        age = _words().get(item.form)
        if age in {None, "own"} or _words().get(own.form) != "own" or item.cast is not None:
            continue
        whose = next((one for one in reversed(items[: at - 1]) if _alive(one)), None)
        if whose is None or pack.index()[whose.value]["kind"] not in CREATURES:
            continue
        table = read("kinship")
        other = table["grown"] if age == "elder" else table["small"] if age == "young" else {}
        item.role, item.value, item.near = "subject", other.get(whose.value, whose.value), False
        item.scale = float(table["size"][age]) if item.value == whose.value else 1.0
        item.plural = item.plural or item.form.endswith("s")


def _leave_out_owners(items: list[Item]) -> None:
    """Draw no neighbour for "my neighbour's cat" or "le chat de ma voisine": the brief says so."""
    for at in range(1, len(items)):
        item = items[at]
        if items[at - 1].form not in _MINE or not _alive(item) or pack.index()[item.value]["kind"] != "person":
            continue
        of = at > 2 and items[at - 2].form in _OF and items[at - 3].role == "subject" and items[at - 3].cast is None
        owns = item.owner and at + 1 < len(items) and items[at + 1].role == "subject"
        if of or owns:
            item.role = "undrawn"


def _age_names(items: list[Item]) -> None:
    """Make "maman canard" one big duck, and ducklings small beside a grown one."""
    for at in range(len(items) - 2, -1, -1):
        first, second = items[at : at + 2]
        if _words().get(first.form) == "elder" and first.role == "subject" and _creature(second):
            second.scale = ADULT
            del items[at]
        elif _words().get(second.form) == "elder" and second.role == "subject" and _creature(first):
            first.scale = ADULT
            del items[at + 1]
    grown = {item.value for item in items if _creature(item) and item.form not in _young()}
    for item in items:
        if item.form in _young() and _creature(item) and item.value in grown:
            item.scale = float(read("kinship")["size"]["young"])


@cache
def _young() -> frozenset[str]:
    names = read("kinship")["names"]
    return frozenset(folded(word) for language in LANGUAGES for word in phrases(names[f"young_{language}"]))


def _creature(item: Item) -> bool:
    return _alive(item) and pack.index()[item.value]["kind"] in CREATURES


def _alive(item: Item) -> bool:
    return item.role == "subject" and item.cast is None and pack.index()[item.value]["kind"] in _ALIVE
