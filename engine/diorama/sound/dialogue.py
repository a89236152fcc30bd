"""The spoken lines of a clip: when each is said, how it is made to fit, and how the mouth moves with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.diorama.scene import MOUTH_RATE, Line, Speech
from engine.diorama.sound.casting import choose
from engine.diorama.sound.phonemes import LANGUAGES, phonemes
from engine.diorama.sound.voice import VOICE_RATE, Voice, resample, speak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.diorama.scene import Brief
    from engine.diorama.sound.dsp import Wave
    from engine.diorama.sound.likeness import VoicePrint

FIRST_START = 0.4
"""Seconds before the first line, when the clip has room."""
FASTEST = 1.35
"""Speech is sped up at most this much before it is cut."""
_TAIL, _GAP, _FADE = 0.15, 0.3, 0.12
_SECONDS_A_SYMBOL, _LEAST_SECONDS_A_SYMBOL = 0.075, 0.05
"""How long a symbol lasts at natural speed: the usual, and less than any voice needs."""
_LEVEL = 0.1


@dataclass(frozen=True)
class Spoken:
    """One line as sound: ``speech`` says when, ``wave`` is (n,) float32 at the rate asked for."""

    speech: Speech
    wave: Wave


def perform(
    brief: Brief, length: float, rate: int, prints: Sequence[VoicePrint | None] = ()
) -> tuple[list[Spoken], list[dict[str, Any]]]:
    """Say the lines of ``brief`` one after another within ``length`` seconds, cast members near their ``prints``.

    Returns the spoken lines and notes for the recipe: what was sped up, cut, left out, or said in a nearby language.
    """
    notes: list[dict[str, Any]] = []
    voices = choose(brief, prints)
    said: list[tuple[Line, Wave]] = []
    lines = _sayable(brief, voices, notes)
    room = _room(len(lines), length)
    lines = _shortened(lines, room, notes)
    speed = _speed(lines, room)
    for line, symbols, language in lines:
        wave = speak(symbols, voices[line.speaker][language], speed=speed)
        said.append((line, wave))
    waves = _fitted(said, room, voices, lines, notes, speed)
    return _scheduled(waves, length, rate, notes), notes


def mouth(wave: Wave, rate: int) -> Wave:
    """How far a mouth opens, (m,) float32 0 … 1 at `MOUTH_RATE`: loudness of the vowels' band, quick to open."""
    frames = max(1, int(np.ceil(wave.size / rate * MOUTH_RATE)))
    # A hiss (s, f) is loud but said with the teeth closed: only what lies below its band opens the mouth.
    smooth = max(1, round(rate / 4000))
    voiced = np.convolve(wave, np.full(smooth, 1 / smooth, np.float32), mode="same")
    edges = np.linspace(0, wave.size, frames + 1).astype(int)
    total = np.concatenate(([0.0], np.cumsum(np.square(voiced, dtype=np.float64))))
    power = np.diff(total[edges]) / np.maximum(np.diff(edges), 1)
    level = np.sqrt(power)
    loudest = np.quantile(level, 0.95) if level.size > 4 else level.max(initial=0.0)
    opened = np.clip((level / max(float(loudest), 1e-6) - 0.06) / 0.94, 0.0, 1.0) ** 0.7
    return np.convolve(opened, (0.25, 0.5, 0.25), mode="same").astype(np.float32)


def _sayable(
    brief: Brief, voices: dict[int | None, dict[str, Voice]], notes: list[dict[str, Any]]
) -> list[tuple[Line, str, str]]:
    lines: list[tuple[Line, str, str]] = []
    for line in brief.lines:
        language = line.language if line.language in LANGUAGES else brief.language
        language = language if language in LANGUAGES else "en"
        voice = voices[line.speaker][language]
        symbols = phonemes(line.text, language, british=voice.british)
        if not symbols:
            notes.append({"time": 0.0, "sound": "line_unsayable", "subject": line.speaker})
            continue
        if language != line.language:
            notes.append({"time": 0.0, "sound": f"line_said_as_{language}", "subject": line.speaker})
        lines.append((line, symbols, language))
    return lines


def _room(count: int, length: float) -> float:
    """Seconds there are for speech in a clip of ``length`` with ``count`` lines."""
    start = min(FIRST_START, 0.1 * length)
    # In a short clip with many lines the pauses give way before the words do.
    gap = min(_GAP, 0.3 * length / max(1, count))
    return max(0.2, length - start - _TAIL - gap * max(0, count - 1))


def _shortened(
    lines: list[tuple[Line, str, str]], room: float, notes: list[dict[str, Any]]
) -> list[tuple[Line, str, str]]:
    """``lines`` without the words that cannot fit even at `FASTEST`: saying them would only cost time."""
    left = int(room * FASTEST / _LEAST_SECONDS_A_SYMBOL)
    kept: list[tuple[Line, str, str]] = []
    for line, symbols, language in lines:
        part = symbols if len(symbols) <= left else symbols[: max(0, left)].rpartition(" ")[0]
        if part != symbols:
            notes.append({"time": 0.0, "sound": "line_cut", "subject": line.speaker})
        if part:
            kept.append((line, part, language))
        left -= len(symbols)
    return kept


def _speed(lines: list[tuple[Line, str, str]], room: float) -> float:
    """A guess, before anything is said, of the speed that lets ``lines`` fit ``room`` seconds."""
    wanted = sum(len(symbols) for _, symbols, _ in lines) * _SECONDS_A_SYMBOL
    return float(np.clip(wanted / room, 1.0, FASTEST))


def _fitted(
    said: list[tuple[Line, Wave]],
    room: float,
    voices: dict[int | None, dict[str, Voice]],
    lines: list[tuple[Line, str, str]],
    notes: list[dict[str, Any]],
    speed: float,
) -> list[tuple[Line, Wave]]:
    """``said`` made to last at most ``room`` seconds: said again faster, then cut between words."""
    lasting = sum(wave.size for _, wave in said) / VOICE_RATE
    if lasting > room and speed < FASTEST:
        speed = min(FASTEST, speed * lasting / room * 1.02)
        said = [(line, speak(symbols, voices[line.speaker][lang], speed=speed)) for line, symbols, lang in lines]
    if speed > 1.0:
        notes.append({"time": 0.0, "sound": "speech_sped_up", "subject": None})
    kept: list[tuple[Line, Wave]] = []
    left = round(room * VOICE_RATE)
    for line, wave in said:
        note = {"time": 0.0, "sound": "line_cut", "subject": line.speaker}
        if wave.size > left and note not in notes:
            notes.append(note)
        part = cut_between_words(wave, left) if wave.size > left else wave
        if part.size >= 0.15 * VOICE_RATE:
            kept.append((line, part))
        left -= wave.size
    return kept


def cut_between_words(wave: Wave, longest: int) -> Wave:
    """At most ``longest`` samples of ``wave``, ended with a fade at the quietest place of its last 0.6 s."""
    if longest <= 0:
        return wave[:0]
    part = wave[:longest]
    frame = round(0.02 * VOICE_RATE)
    count = min(30, part.size // frame)
    if count > 2:
        levels = np.square(part[part.size - count * frame :]).reshape(count, frame).mean(axis=1)
        part = part[: part.size - (count - 1 - int(levels.argmin())) * frame]
    fade = min(part.size, round(_FADE * VOICE_RATE))
    part = part.copy()
    part[part.size - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return part


def _scheduled(said: list[tuple[Line, Wave]], length: float, rate: int, notes: list[dict[str, Any]]) -> list[Spoken]:
    """Spread the lines over the clip: the first early, spare time shared between them (at most 1.2 s a gap)."""
    lasting = sum(wave.size for _, wave in said) / VOICE_RATE
    spare = length - _TAIL - min(FIRST_START, 0.1 * length) - lasting
    gap = min(1.2, max(0.0, spare) / len(said)) if said else 0.0
    start = min(FIRST_START, 0.1 * length)
    spoken: list[Spoken] = []
    for line, wave in said:
        sound = resample(wave, rate / VOICE_RATE)
        level = np.sqrt(np.mean(np.square(sound[np.abs(sound) > 0.01]))) if np.any(np.abs(sound) > 0.01) else 1.0
        sound = sound * np.float32(_LEVEL / max(float(level), 1e-4))
        speech = Speech(line=line, start=start, seconds=sound.size / rate, mouth=mouth(sound, rate))
        notes.append({"time": start, "sound": "speech", "subject": line.speaker})
        spoken.append(Spoken(speech, sound))
        start += speech.seconds + gap
    return spoken
