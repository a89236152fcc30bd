"""What a text is about, beyond its words: sentence vectors, a linear reading of each topic, and nearness to a ban."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from engine.text.encoder import tokens, vector, vectors
from engine.text.fold import excerpt, words
from engine.text.restrictions import Topic

WEIGHTS = Path(__file__).parent / "tables" / "topics.safetensors"
"""What `python -m engine.train.restrictions` learnt: for each topic a direction and a bias."""

SENTENCE = 12
"""Clauses are read together up to so many words: a topic shows in a sentence, not in two words of it."""

MOST_SENTENCES = 24
"""Sentences of one text that are read by meaning; all of it is read by its words."""

LONGEST_WORD = 24
"""Letters read of one word: nonsense costs the encoder a token, some 2 ms, for each letter."""

SHORTEST = 3
"""Fewer words mean too little by themselves to be judged by their meaning."""

NEAR = 0.3
"""Cosine above which a sentence is about a ban; from the battery's dev half."""


def centred(raw: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit rows of ``raw`` (n, 384) without the direction that all of the encoder's vectors share."""
    apart = raw - mean
    return apart / np.maximum(np.linalg.norm(apart, axis=-1, keepdims=True), 1e-6)


def meaning(text: str) -> NDArray[np.float32]:
    """The unit vector (384,) of what ``text`` says as a whole, by its first 400 characters. Tens of milliseconds."""
    return centred(vector(text), _learnt()["mean"])


@cache
def _learnt() -> dict[str, NDArray[np.float32]]:
    return load_file(WEIGHTS)


def topics(text: str, *, without: Sequence[tuple[int, int]] = ()) -> list[tuple[Topic, str]]:
    """The topics that a sentence of ``text`` is about, with the sentence; parts ``without`` are not read."""
    learnt = _learnt()
    read = sentences(text, without=without)
    scores = centred(vectors(read), learnt["mean"]) @ learnt["slope"] + learnt["bias"]
    return [
        (topic, excerpt(read[row], 0, len(read[row])))
        for row, column in np.argwhere(scores > 0).tolist()
        for topic in [tuple(Topic)[column]]
    ]


def near(wanted: tuple[str, ...], text: str, *, without: Sequence[tuple[int, int]] = ()) -> str | None:
    """The sentence of ``text`` that means most nearly what the words ``wanted`` do, where it is near enough."""
    read = sentences(text, without=without)
    if not read:
        return None
    scores = centred(vectors(read), _learnt()["mean"]) @ _asked(" ".join(wanted))
    best = int(scores.argmax())
    return excerpt(read[best], 0, len(read[best])) if scores[best] >= NEAR else None


@lru_cache(maxsize=512)
def _asked(phrase: str) -> NDArray[np.float32]:
    return centred(vector(phrase), _learnt()["mean"])


def cost(text: str) -> int:
    """The tokens that reading ``text`` by its meaning takes: prose of 2,000 characters has some 450, nonsense more."""
    return sum(tokens(sentence) for sentence in sentences(text))


def sentences(text: str, *, without: Sequence[tuple[int, int]] = ()) -> list[str]:
    """``text`` in pieces of about `SENTENCE` words, cut at its stops; the first `MOST_SENTENCES` of them.

    Parts ``without`` are left out of the pieces they stand in and move no other cut: pieces are remembered by their
    words, so that several readings of one text pay for what differs only.
    """
    pieces: list[list[str]] = []
    clause, length = 0, SENTENCE
    for word in words(text):
        if (word.clause != clause and length >= SHORTEST) or length >= SENTENCE:
            pieces.append([])
            length = 0
        clause, length = word.clause, length + 1
        if not any(first <= word.start < last for first, last in without):
            pieces[-1].append(text[word.start : min(word.end, word.start + LONGEST_WORD)])
    return [" ".join(piece) for piece in pieces if len(piece) >= SHORTEST][:MOST_SENTENCES]
