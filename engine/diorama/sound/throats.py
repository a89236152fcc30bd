"""How our throats sound to a network that tells speakers apart, and which mixture of them is nearest to somebody."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from engine.identity import voice as speaker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.diorama.sound.dsp import Wave

Values = NDArray[np.floating[Any]]
Shares: TypeAlias = tuple[tuple[str, float], ...]
"""Foreign throats and how much of a mixture each of them is."""
_SHARES = (0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85)
_THIRDS, _PROMISING = (0.2, 0.3, 0.4), 4
_HEARD = 12.0
"""Seconds of a sample that are compared; more say hardly more."""


def nearness(wave: Wave, rate: int) -> tuple[tuple[str, float], ...]:
    """(throat, cosine) of ``wave`` (n,) with each of our throats; empty where too little is said in it.

    Only these few numbers leave this function: the embedding they come from could tell people apart.
    """
    try:
        own = speaker.embed(np.asarray(wave[: round(_HEARD * rate)], np.float32), rate)
    except speaker.TooLittleSpeech:
        return ()
    return tuple((name, round(speaker.score(own, each), 4)) for name, each in embeddings().items())


def mixtures(
    near: Mapping[str, float], throats: Sequence[str], *, lead: str, most: float
) -> list[tuple[float, Shares]]:
    """(expected cosine, foreign shares) of ``lead``'s throat alone and mixed with one or two of ``throats``.

    Foreign throats have at most ``most`` of the mixture together. That the embedding of a mixture lies where the same
    mixture of embeddings does is an assumption, good enough to rank by.
    """
    known = embeddings()
    found: list[tuple[float, Shares]] = [(float(near[lead]), ())]
    best: list[tuple[float, str]] = []
    for one in (name for name in throats if name != lead):
        pairs: list[tuple[float, Shares]] = [
            (_expected(near, known, {lead: 1 - share, one: share}), ((one, share),))
            for share in _SHARES
            if share <= most
        ]
        found += pairs
        best.append((max(pairs)[0], one))
    # A third throat is tried with the best of pairs only: all triples are many and hardly better.
    promising = [one for _, one in sorted(best, reverse=True)[:_PROMISING]]
    for one, two in combinations(promising, 2):
        for share, also in product(_THIRDS, repeat=2):
            if share + also <= most + 1e-9:
                parts = {lead: 1 - share - also, one: share, two: also}
                found.append((_expected(near, known, parts), ((one, share), (two, also))))
    return found


def mixed_envelope(lead: str, foreign: Shares) -> Values:
    """The mean resonance (dB at `likeness.BANDS`) of ``lead``'s throat with shares of others."""
    table = _tensors()
    own = table[f"{lead}.envelope"]
    return own + sum((share * (table[f"{name}.envelope"] - own) for name, share in foreign), np.zeros_like(own))


@cache
def embeddings() -> dict[str, Values]:
    """Our throats as the network hears them, each (256,) of unit length, baked by `engine.train.voices`."""
    suffix = ".embedding"
    return {name.removesuffix(suffix): each for name, each in sorted(_tensors().items()) if name.endswith(suffix)}


@cache
def _tensors() -> dict[str, Values]:
    packed = (files("engine.diorama") / "voices" / "throats.safetensors").read_bytes()
    return {name: each.astype(np.float32) for name, each in load(packed).items()}


def _expected(near: Mapping[str, float], known: Mapping[str, Values], parts: Mapping[str, float]) -> float:
    mean = sum((share * known[name] for name, share in parts.items()), np.zeros(256, np.float32))
    return sum(share * near[name] for name, share in parts.items()) / float(np.linalg.norm(mean))
