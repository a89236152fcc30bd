"""Magic: in "a wizard turns a car into a pumpkin" the car vanishes where the pumpkin appears, the wizard stays."""

from __future__ import annotations

from engine.diorama.words.items import MODIFIERS, Item

_VERBS = ("turn", "transform", "chang", "morph", "metamorph")
_INTO = frozenset({"into", "en", "in"})
BECOME = "become"


def change(items: list[Item]) -> None:
    """Read "turns … into" around a noun among ``items`` as causing it to become something else, in place."""
    for at in range(2, len(items) - 1):
        if items[at].form not in _INTO or items[at - 1].role != "subject":
            continue
        verb = at - 2
        while verb > 0 and items[verb].role in {*MODIFIERS, "stop"}:
            verb -= 1
        after = at + 1
        while after < len(items) - 1 and items[after].role in MODIFIERS:
            after += 1
        if items[verb].form.startswith(_VERBS) and items[after].role in {"subject", "unknown"}:
            items[verb] = Item("action", "meet", items[verb].text, "makes", [])
            items[at] = Item("action", BECOME, items[at].text, "becomes", [])
