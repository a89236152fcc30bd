"""The nouns SceneEval asks for, and which drawings of the art pack answer to each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.diorama.art import pack

PATH = Path(__file__).parent / "vocabulary.toml"


@dataclass(frozen=True)
class Noun:
    """One kind of thing: its names, the French gender ("m" or "f") and its kind in the art pack.

    ``arts`` are the drawings that answer to the noun; the first is what the bare word shows.
    """

    en: str
    en_plural: str
    fr: str
    fr_plural: str
    gender: str
    kind: str
    arts: tuple[str, ...]


@cache
def words() -> Mapping[str, Any]:
    """vocabulary.toml, parsed once."""
    return tomllib.loads(PATH.read_text("utf-8"))


@cache
def nouns() -> Mapping[str, Noun]:
    """English noun → `Noun`, in the file's order. Raises ``KeyError`` when the art pack has no drawing of one."""
    found: dict[str, Noun] = {}
    for name, (plural, french, french_plural, gender) in words()["subjects"].items():
        arts = [key for key in pack.ids() if name in pack.index()[key]["names_en"]]
        arts.sort(key=lambda key: not pack.index()[key]["curated"])
        if name in words()["drawn"]:
            arts = list(dict.fromkeys((words()["drawn"][name], *arts)))
        if not arts:
            raise KeyError(f"the art pack has no {name!r}")
        kind = str(pack.index()[arts[0]]["kind"])
        found[name] = Noun(name, plural, french, french_plural, gender, kind, tuple(arts))
    return found


@cache
def classes() -> tuple[str, ...]:
    """What the oracle tells apart, sorted; anything else in the pack is "" (the last one)."""
    return (*sorted(nouns()), "")


@cache
def class_of(art: str) -> str:
    """The noun that a drawing answers to, "" when it is none of the vocabulary's."""
    return next((name for name, noun in nouns().items() if art in noun.arts), "")
