"""Words to read aloud in place of digits, and whether they were read: for whom digits are hard to say or to hear."""

# ruff: noqa: SIM905 -- word lists are easier to read and to mend as text

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

COUNT = 5
"""Words in a phrase: with 40 to choose from, as many phrases as there are numbers of eight digits."""
SLIPS = 1
"""Words that may be misheard."""

_WORDS = {
    "en": (
        "window garden yellow mountain doctor summer kitchen pencil monkey silver butter island river orange paper "
        "winter hammer tiger bottle engine castle pepper forest school camera football elephant umbrella hospital "
        "potato telephone banana holiday bicycle newspaper chocolate tomorrow library sandwich airport"
    ).split(),
    "fr": (
        "jardin montagne docteur cuisine crayon papier fenêtre orange tigre bouteille château poivre forêt école "
        "caméra football éléphant parapluie hôpital téléphone banane vacances bicyclette journal chocolat demain "
        "bibliothèque aéroport rivière musique lundi fromage voiture valise girafe tomate cinéma dimanche lumière "
        "machine"
    ).split(),
}


def phrase(language: str, rng: random.Random) -> str:
    """`COUNT` different words, drawn by ``rng``."""
    return " ".join(rng.sample(_WORDS[language], COUNT))


def matches(text: str, wanted: str) -> bool:
    """Whether ``text``, as a recogniser wrote it, says the words of ``wanted`` in order, but for `SLIPS`.

    Nothing is counted that was said before, because people begin again.
    """
    expected = plain(wanted)
    row = list(range(len(expected) + 1))
    for word in plain(text):
        before, row[0] = row[0], 0
        for place, other in enumerate(expected, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (word != other))
    return row[-1] <= SLIPS


def plain(text: str) -> list[str]:
    """The words of ``text`` without case, accents and a last s, which nobody hears in French."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    words = re.findall(r"[a-z]+", "".join(each for each in folded if not unicodedata.combining(each)))
    return [word.removesuffix("s") or word for word in words]
