"""Words of several pictures: the one that the rest of the prompt speaks for ("une glace à la vanille")."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from engine.diorama.words.items import Item
from engine.diorama.words.lexicon import phrases, read
from engine.diorama.words.reading import Token, fold

NO_PICTURE = "sound"
"""Stands for an art where a word tells what is heard: the siren of an ambulance."""


@cache
def _senses(language: str) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Folded word → art → folded cues, in the order of senses.toml."""
    return {
        word: {art: frozenset(fold(cue) for cue in phrases(cues)) if art != "else" else frozenset({cues})
               for art, cues in arts.items()}
        for word, arts in read("senses")[language].items()
    }  # fmt: skip


def choose(items: list[Item], tokens: list[Token], language: str) -> None:
    """Give each subject among ``items`` that could be several things the art that another word of ``tokens`` cues."""
    known = _senses(language)
    forms = {token.form for token in tokens}
    for item in items:
        arts = known.get(item.form) or known.get(item.form.removesuffix("s"))
        if item.role != "subject" or arts is None or item.cast is not None:
            continue
        cued = next((art for art, cues in arts.items() if art != "else" and cues & (forms - {item.form})), None)
        if cued == NO_PICTURE:
            item.role = "undrawn"
        else:
            item.value = cued or next(iter(arts.get("else", ())), item.value)
