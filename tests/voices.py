"""Voices made by code, reading digits aloud, for tests that need somebody to speak and may not use anybody."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.capture.sound import load_wav, save_wav
from engine.capture.spec import Language
from engine.diorama.sound.casting import CASTS
from engine.diorama.sound.numerals import english, french
from engine.diorama.sound.phonemes import phonemes
from engine.diorama.sound.voice import VOICE_RATE, speak

PAUSE = 0.18
"""Seconds of quiet at the end."""
SPEED = 0.75


def say_digits(digits: str, language: Language = "en", voice: int = 0, path: Path | None = None) -> Path:
    """A mono WAV at 24 kHz of ``digits`` read one after the other by the ``voice``-th speaker of ``language``.

    Made once a machine and kept beside the other temporary files: a second of speech costs a second of work.
    """
    names = english if language == "en" else french
    return say([names(int(digit)) for digit in digits], language, voice, path)


def say(words: list[str], language: Language = "en", voice: int = 0, path: Path | None = None) -> Path:
    """As `say_digits`, with ``words`` or phrases, a pause between two."""
    return save(spoken(words, language, voice), path) if path is not None else _kept(words, language, voice)


def spoken(words: list[str], language: Language, voice: int) -> NDArray[np.float32]:
    """(n,) at 24 kHz: ``words`` with pauses, half a second of a quiet room around them."""
    wave = load_wav(_kept(words, language, voice))
    room = np.random.default_rng(7).normal(0, 3e-4, wave.size + VOICE_RATE).astype(np.float32)
    room[VOICE_RATE // 2 : VOICE_RATE // 2 + wave.size] += wave
    return room


def save(wave: NDArray[np.float32], path: Path) -> Path:
    """Write ``wave`` at 24 kHz to ``path``."""
    save_wav(path, wave, VOICE_RATE)
    return path


def _kept(words: list[str], language: Language, voice: int) -> Path:
    name = hashlib.sha256(repr((words, language, voice, PAUSE, SPEED)).encode()).hexdigest()[:24]
    folder = Path(tempfile.gettempdir()) / f"yume-test-voices-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{name}.wav"
    if not path.exists():
        actor = CASTS[language][voice]
        quiet = np.zeros(int(PAUSE * VOICE_RATE), np.float32)
        # Said as one line, with a stop after each word: single syllables come out swallowed.
        line = ", ".join(words) + "."
        wave = speak(phonemes(line, language, british=actor.british), actor, speed=SPEED)
        draft = save(np.concatenate((0.6 * wave / np.abs(wave).max(), quiet)), path.with_suffix(f".{os.getpid()}"))
        draft.replace(path)  # whole or not at all: other tests look for it too
    return path
