"""Who carries what where on the body: "on her shoulder", "dans ses bras" lead back to the one whose body it is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from engine.diorama.words.items import Item
from engine.diorama.words.lexicon import LANGUAGES, folded, phrases, read

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def _parts() -> Mapping[str, str]:
    """Folded part of a body → the relation of what is there to its owner: "on", or "holding" where the owner holds."""
    table = read("kinship")["body"]
    return {
        folded(word): relation
        for relation in ("on", "holding")
        for language in LANGUAGES
        for word in phrases(table[f"{relation}_{language}"])
    }


@cache
def _owners() -> frozenset[str]:
    table = read("kinship")
    return frozenset(folded(word) for language in LANGUAGES for word in phrases(table[f"own_{language}"]))


def bear(items: list[Item]) -> None:
    """Replace "on her shoulder" and its like among ``items`` by one item of role "borne", in place."""
    for at in range(len(items) - 3, -1, -1):
        if at + 3 > len(items):
            continue
        where, own, part = items[at : at + 3]
        relation = _parts().get(part.form)
        if where.role == "relation" and where.value in {"on", "in"} and own.form in _owners() and relation is not None:
            items[at : at + 3] = [Item("borne", relation, f"{where.text} {own.text} {part.text}", part.form, [])]
