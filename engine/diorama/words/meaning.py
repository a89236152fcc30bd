"""Looks up words that no table knows: nouns to the art, verbs to the motion that means most nearly the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import safe_open

from engine.diorama.art import pack
from engine.diorama.art.names import encode
from engine.diorama.words.hypernyms import hypernyms
from engine.diorama.words.lexicon import Meaning, listed
from engine.diorama.words.reading import fold
from engine.diorama.words.spelling import corrected, meanings

if TYPE_CHECKING:
    from numpy.typing import NDArray

VECTORS = Path(__file__).parent / "vectors.safetensors"

SHARED = 2
"""Directions that all words of the encoder share besides their mean; without them ranks sharpen."""

PICTURED = {"en": "a picture of a {}", "fr": "une image de {}"}
"""How a noun is said to the encoder: among pictures, "bat" is no verb (a fifth more right than the bare word)."""

NEIGHBOURS = 10
SHARPNESS = 12.0
"""The nearest words vote, each with exp(SHARPNESS × cosine): one of several near misses outvotes a lucky hit."""

NOUN_NEAR = 0.5
VERB_NEAR = 0.62
"""Least cosine, after centring, of an unknown word and its nearest known one. Half of all invented words stay below."""

NOUN_SURE = 0.62
VERB_SURE = 0.7
"""The cosine above which an unknown word is taken at its meaning, before asking what it may be a misspelling of."""

FOREIGN_NEAR, FOREIGN_VERB_NEAR = 0.45, 0.55
LATIN = 0x24F
LONGEST = 40


@dataclass(frozen=True, eq=False)
class Space:
    """Known words as vectors: ``vectors`` is (n, 384), centred unit rows; ``values`` says what each row means."""

    vectors: NDArray[np.float32]
    values: tuple[str, ...]
    mean: NDArray[np.float32]
    shared: NDArray[np.float32]

    @staticmethod
    def of(vectors: NDArray[np.float32], values: list[str]) -> Space:
        """The space of raw encoder ``vectors`` (n, 384)."""
        mean = vectors.mean(axis=0)
        _, directions = np.linalg.eigh(np.cov((vectors - mean).T))
        shared = directions[:, -SHARED:].T.astype(np.float32)
        return Space(_centred(vectors, mean, shared), tuple(values), mean, shared)

    def neighbours(self, text: str) -> list[tuple[str, float]]:
        """What the words nearest to ``text`` mean, with their cosines, nearest first."""
        query = _centred(encode([text]), self.mean, self.shared)[0]
        scores = self.vectors @ query
        return [(self.values[row], float(scores[row])) for row in np.argsort(-scores, kind="stable")[:NEIGHBOURS]]


def _centred(
    vectors: NDArray[np.float32], mean: NDArray[np.float32], shared: NDArray[np.float32]
) -> NDArray[np.float32]:
    apart = vectors - mean
    apart = apart - (apart @ shared.T) @ shared
    return apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-6)


def _elected(neighbours: list[tuple[str, float]]) -> tuple[str, float]:
    """The meaning most voted for, and the cosine of the nearest word that means so."""
    votes: dict[str, float] = {}
    best: dict[str, float] = {}
    for value, score in neighbours:
        votes[value] = votes.get(value, 0.0) + float(np.exp(SHARPNESS * score))
        best[value] = max(best.get(value, score), score)
    chosen = max(votes, key=lambda value: votes[value])
    return chosen, best[chosen]


@cache
def _named() -> Space:
    """The names in the art pack, as bare words."""
    with safe_open(pack.PACK / "names.safetensors", framework="numpy") as file:
        assets = file.metadata()["assets"].split("\n")
        vectors, rows = file.get_tensor("vectors").astype(np.float32), file.get_tensor("rows")
    return Space.of(vectors, [assets[row] for row in rows])


@cache
def _baked(kind: str) -> Space:
    """The tables of kin ("nouns", each said to be pictured) or the tables of verbs."""
    with safe_open(VECTORS, framework="numpy") as file:
        scale = file.get_tensor(f"{kind}_scale").astype(np.float32)
        vectors = file.get_tensor(kind).astype(np.float32) * scale
        return Space.of(vectors, file.metadata()[f"{kind}_values"].split("\n"))


@lru_cache(maxsize=2_048)
def noun(word: str, language: str) -> tuple[str, float]:
    """The art nearest to ``word`` and how near it is (−1 … 1)."""
    word = word[:LONGEST]
    near = _named().neighbours(word) + _baked("nouns").neighbours(PICTURED[language].format(word))
    return _elected([one for one in near if one[0] in pack.index() and one[0] not in listed("signs")])


@lru_cache(maxsize=2_048)
def verb(word: str) -> tuple[str, str, float]:
    """The role ("motion" or "action") and value nearest to ``word``, and how near they are (−1 … 1)."""
    value, score = _elected(_baked("verbs").neighbours(word[:LONGEST]))
    role, _, name = value.partition(" ")
    return role, name, score


class Finder:
    """Looks up the unknown words of one prompt: the first ``most`` of them, about 10 ms each."""

    def __init__(self, most: int) -> None:
        self._left = most

    def _may(self) -> bool:
        self._left -= 1
        return self._left >= 0

    def noun(self, word: str, language: str, *, least: float = NOUN_NEAR) -> str | None:
        """The art that shows ``word``, or None where nothing is near or too many words were asked for.

        What it is a kind of comes first, then what means nearly the same, then the word that was mistyped, then what
        is merely near.
        """
        kind = hypernyms().get(word.casefold()) if language == "en" else None
        kind = kind or (hypernyms().get(word.casefold().removesuffix("s")) if language == "en" else None)
        if kind in pack.index():
            return kind
        if not self._may():
            return None
        art, score = noun(word.casefold(), language)
        if score < NOUN_SURE:
            meant = self._mistyped(word, language, ("subject",))
            if meant is not None:
                return meant.value
        return art if score >= least else None

    def verb(self, word: str, language: str) -> tuple[str, str] | None:
        """The role and value that ``word`` means as a verb, or None where nothing is near."""
        if not self._may():
            return None
        role, value, score = verb(word.casefold())
        if score < VERB_SURE:
            meant = self._mistyped(word, language, ("motion", "action"))
            if meant is not None:
                return meant.role, meant.value
        return (role, value) if score >= VERB_NEAR else None

    def either(self, word: str) -> tuple[str | None, str | None]:
        """What a word of a third language shows (an art) and does (a motion); in a script without spaces maybe both."""
        if not self._may():
            return None, None
        art, seen = noun(word.casefold(), "en")
        role, value, done = verb(word.casefold())
        shows = seen >= FOREIGN_NEAR
        acts = done >= FOREIGN_VERB_NEAR and role == "motion"
        if shows and acts and ord(word[0]) <= LATIN:
            shows, acts = seen >= done, done > seen
        return art if shows else None, value if acts else None

    def _mistyped(self, word: str, language: str, roles: tuple[str, ...]) -> Meaning | None:
        known = corrected(fold(word), language)
        if known is None:
            return None
        return next((one for one in meanings(known, language) if one.role in roles), None)
