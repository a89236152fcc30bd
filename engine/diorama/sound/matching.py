"""Chooses, for a member's voice print, the voice of ours that is nearest to it, and shapes it nearer still."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.sound.likeness import BANDS, VoicePrint, throat_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.diorama.sound.voice import Voice

_PITCH_WEIGHT = 0.1
"""What a semitone of shifted pitch costs when voices are compared, in dB of unlike resonance."""
_THROAT_COST = 12.0
"""dB for an e-fold of shifted resonance: speakers say different words, and what differs by these is no throat."""
_SLOWEST, _FASTEST = 0.88, 1.15
_TINTED, _MOST_TINT = 0.7, 6.0
_LEAST_PITCH, _MOST_PITCH = 0.55, 1.7
"""Beyond these the voice model's melody leaves what it has learnt."""


def closest(sample: VoicePrint, voices: Sequence[Voice]) -> Voice:
    """The one of ``voices`` that comes nearest to ``sample``, with pitch, throat, pace and tint set to meet it."""
    ours = prints()
    scored: list[tuple[float, int, Voice]] = []
    for number, voice in enumerate(voices):
        own = ours[name_of(voice)]
        ratio, distance = throat_ratio(sample, own, cost=_THROAT_COST)
        distance += _PITCH_WEIGHT * abs(12 * float(np.log2(sample.pitch / own.pitch)))
        scored.append((distance, number, _shaped(sample, own, voice, ratio)))
    return min(scored)[2]


def name_of(voice: Voice) -> str:
    """What ``voice`` is called in `prints`: the styles it is made of, however it is shaped."""
    return voice.style if voice.throat is None else f"{voice.style}+{voice.throat}"


@cache
def prints() -> dict[str, VoicePrint]:
    """The prints of our own voices as they are unshaped, measured when they were baked (`engine.train.voices`)."""
    table = json.loads((files("engine.diorama") / "voices" / "prints.json").read_text(encoding="utf-8"))
    return {
        name: VoicePrint(each["pitch"], each["spread"], each["rate"], tuple(each["envelope"]))
        for name, each in table.items()
    }


def _shaped(sample: VoicePrint, own: VoicePrint, voice: Voice, ratio: float) -> Voice:
    pitch = float(np.clip(sample.pitch / own.pitch, _LEAST_PITCH, _MOST_PITCH))
    place = np.log(BANDS)
    moved = np.interp(place - np.log(ratio), place, np.array(own.envelope))
    # Most of what remains becomes a tone control, smoothed: the words of the sample must not colour those of the clip.
    rest = np.convolve(np.pad(np.array(sample.envelope) - moved, 1, mode="edge"), np.full(3, 1 / 3), mode="valid")
    tint = np.clip(_TINTED * (rest - rest.mean()), -_MOST_TINT, _MOST_TINT)
    return replace(
        voice,
        shift=round(ratio, 3),
        pitch=round(pitch / ratio, 3),
        pace=round(float(np.clip((sample.rate / own.rate) ** 0.5, _SLOWEST, _FASTEST)), 3),
        tint=tuple(float(value) for value in np.round(tint, 1)),
    )
