"""English nouns that no table of ours knows, each with the art of what it is a kind of (from WordNet 3)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HYPERNYMS = Path(__file__).parent / "wordnet.tsv"


@cache
def hypernyms() -> Mapping[str, str]:
    """English noun in lower case → art; read at the first unknown noun."""
    found: dict[str, str] = {}
    for line in HYPERNYMS.read_text("utf-8").splitlines():
        art, _, words = line.partition("\t")
        found.update(dict.fromkeys(words.split(","), art))
    return found
