"""Animals' families: in "a duckling and its mom" the mother is a second, bigger duck, and no woman."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from engine.diorama.art import pack
from engine.diorama.words.items import Item
from engine.diorama.words.lexicon import LANGUAGES, folded, phrases, read

CREATURES = frozenset({"animal", "flyer", "swimmer"})
_ALIVE = CREATURES | {"person"}


@cache
def _words() -> Mapping[str, str]:
    """Folded word → "own", "elder", "alike" or "young"."""
    table = read("kinship")
    ages = ("own", "elder", "alike", "young")
    return {folded(word): age for age in ages for language in LANGUAGES for word in phrases(table[f"{age}_{language}"])}


def relate_kin(items: list[Item]) -> None:
    """Make whoever belongs to an animal among ``items`` one of its kind, in place: grown bigger, young ones smaller."""
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


def _alive(item: Item) -> bool:
    return item.role == "subject" and item.cast is None and pack.index()[item.value]["kind"] in _ALIVE
