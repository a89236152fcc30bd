"""Chooses, for a member's voice print, the voice of ours that is nearest to it, and shapes it nearer still."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.sound.likeness import BANDS, VoicePrint, throat_ratio
from engine.diorama.sound.throats import Shares, mixed_envelope, mixtures
from engine.diorama.sound.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

_PITCH_WEIGHT = 0.1
"""What a semitone of shifted pitch costs when voices are compared, in dB of unlike resonance."""
_THROAT_COST = 12.0
"""dB for an e-fold of shifted resonance: speakers say different words, and what differs by these is no throat."""
_SLOWEST, _FASTEST = 0.88, 1.15
_TINTED, _MOST_TINT = 0.7, 6.0
_PITCH_STRAIN, _FOREIGN_COST = 0.006, 0.03
"""What a semitone of shifted pitch, and a wholly foreign throat, cost in likeness when mixtures are compared."""
_MOST_FOREIGN = {"en": 0.7, "fr": 0.5}
"""Shares of foreign throats beyond which a recogniser understands less."""
_MOST_RATIO = 1.12
_LEAST_PITCH, _MOST_PITCH = 0.55, 1.7
"""Beyond these the voice model's melody leaves what it has learnt."""


def closest(sample: VoicePrint, voices: Sequence[Voice]) -> Voice:
    """The voice that comes nearest to ``sample``: one of ``voices`` with pitch, throat, pace and tint set to meet it.

    Where the sample was compared with our throats (`VoicePrint.near`), its throat is a mixture of them.
    """
    if sample.near:
        return _mixed(sample, voices)
    ours = prints()
    scored: list[tuple[float, int, Voice]] = []
    for number, voice in enumerate(voices):
        own = ours[name_of(voice)]
        ratio, distance = throat_ratio(sample, own, cost=_THROAT_COST)
        distance += _PITCH_WEIGHT * abs(12 * float(np.log2(sample.pitch / own.pitch)))
        scored.append((distance, number, _shaped(sample, own, voice, ratio)))
    return min(scored)[2]


def _mixed(sample: VoicePrint, voices: Sequence[Voice]) -> Voice:
    """Each style of ``voices`` with the throats that bring it nearest to ``sample``; the best of them."""
    ours, near = prints(), dict(sample.near)
    leads = {voice.style: Voice(voice.style, british=voice.british) for voice in voices}
    most = _MOST_FOREIGN["fr" if all(name.startswith("ff") for name in leads) else "en"]
    scored: list[tuple[float, str, Shares]] = []
    for name in leads:
        strain = _PITCH_STRAIN * abs(12 * float(np.log2(sample.pitch / ours[name].pitch)))
        for cosine, foreign in mixtures(near, tuple(near), lead=name, most=most):
            scored.append((cosine - strain - _FOREIGN_COST * sum(share for _, share in foreign), name, foreign))
    _, name, foreign = max(scored)
    own = replace(ours[name], envelope=tuple(float(level) for level in mixed_envelope(name, foreign)))
    ratio, _ = throat_ratio(sample, own, most=_MOST_RATIO, cost=_THROAT_COST)
    return _shaped(sample, own, replace(leads[name], throats=foreign), ratio)


def name_of(voice: Voice) -> str:
    """What ``voice`` is called in `prints`: the styles it is made of, however it is shaped."""
    return "+".join((voice.style, *(name for name, _ in voice.throats)))


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
