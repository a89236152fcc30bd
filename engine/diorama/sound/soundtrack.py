"""Scores a scene: dialogue, effects, calls and engines, ambience and music, mixed to broadcast loudness."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.diorama.scene import Soundtrack
from engine.diorama.sound import calls
from engine.diorama.sound.ambience import ambience, thunder
from engine.diorama.sound.cues import HITS, Cue, Motion, find
from engine.diorama.sound.dialogue import Spoken, perform
from engine.diorama.sound.dsp import add, pan
from engine.diorama.sound.effects import EFFECTS, LEVELS
from engine.diorama.sound.loudness import master
from engine.diorama.sound.music import MUSIC_RATE, score_music
from engine.diorama.sound.phonemes import LANGUAGES, phonemes
from engine.diorama.sound.voice import resample, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.diorama.scene import Scene
    from engine.diorama.sound.dsp import Wave
    from engine.diorama.sound.likeness import VoicePrint

_MUSIC_LEVEL, _AMBIENCE_LEVEL, _CALL_LEVEL, _ENGINE_LEVEL = 0.34, 0.32, 0.32, 0.12
_DUCKED_MUSIC, _DUCKED_REST = 10 ** (-11 / 20), 10 ** (-6 / 20)
_STREAMS = {"effects": 1, "ambience": 2, "music": 3, "calls": 4, "engines": 5}


def load(device: str = "cpu") -> None:  # noqa: ARG001 -- every part of a backend is told its device
    """Bring the voice model and the dictionaries into memory (about a second), so that the first line is not late.

    ``device`` is taken for the interface's sake: the voice runs on the CPU. Raises `BackendUnavailable`.
    """
    session()
    for language in LANGUAGES:
        phonemes("la", language)


def score(
    scene: Scene, voices: Sequence[VoicePrint | None] = (), *, sample_rate: int = 48_000, speech: bool = True
) -> Soundtrack:
    """The sound of ``scene``: exactly round(seconds × ``sample_rate``) stereo samples, the same for the same scene.

    ``voices`` are the prints of the cast, by `Subject.cast`: who has one speaks like it, who has none with a voice of
    ours. Loudness is −16 LUFS ± 1, true peak below −1 dBFS, never silent. With ``speech`` False the lines stay unsaid.
    Raises `BackendUnavailable` when a line is to be said and the voice model is missing.
    """
    samples = round(scene.seconds * sample_rate)
    said = scene.brief if speech else replace(scene.brief, lines=())
    # The voice model and the synthesis of everything else share nothing: together they fill two cores.
    with ThreadPoolExecutor(max_workers=1) as pool:
        dialogue = pool.submit(perform, said, scene.seconds, sample_rate, voices)
        effects, events = _effects_bus(scene, samples, sample_rate)
        effects += _engines_bus(scene, samples, sample_rate, events)
        bed = ambience(scene.brief, samples, sample_rate, _stream(scene, "ambience")) * np.float32(_AMBIENCE_LEVEL)
        music = _music_bus(scene, samples, sample_rate)
        spoken, notes = dialogue.result()
    events += notes
    events += [
        {"time": round(at, 4), "sound": "thunder", "subject": None} for at in thunder(scene.brief, scene.seconds)
    ]
    effects += _calls_bus(scene, spoken, samples, sample_rate, events)
    said_aloud = _speech_bus(scene, spoken, samples, sample_rate)
    talking = _talking(spoken, samples, sample_rate)
    rest = np.float32(1.0) - talking * np.float32(1.0 - _DUCKED_REST)
    mix = said_aloud + (effects + bed) * rest + music * (np.float32(1.0) - talking * np.float32(1.0 - _DUCKED_MUSIC))
    events.sort(key=lambda event: (event["time"], event["sound"]))
    return Soundtrack(
        waveform=np.ascontiguousarray(master(mix, sample_rate), np.float32),
        sample_rate=sample_rate,
        speeches=tuple(line.speech for line in spoken),
        events=events,
    )


def _stream(scene: Scene, bus: str, index: int = 0) -> np.random.Generator:
    """An own random stream a bus and sound, so that one more effect does not change the music."""
    return np.random.default_rng((scene.seed, _STREAMS[bus], index))


def _event(cue: Cue) -> dict[str, Any]:
    return {"time": round(cue.time, 4), "sound": cue.sound, "subject": cue.subject}


def _speech_bus(scene: Scene, spoken: list[Spoken], samples: int, rate: int) -> Wave:
    bus = np.zeros((2, samples), np.float32)
    for line in spoken:
        start, speaker = round(line.speech.start * rate), line.speech.line.speaker
        place: Wave | float = 0.5
        if speaker is not None:
            at = line.speech.start + np.arange(line.wave.size) / rate
            # Dialogue leans towards its speaker but stays near the middle, where it is best understood.
            place = 0.5 + 0.5 * (np.clip(Motion(scene, speaker).on_screen(at), 0, 1) - np.float32(0.5))
        add(bus, pan(line.wave, place), start)
    return bus


def _music_bus(scene: Scene, samples: int, rate: int) -> Wave:
    music = score_music(scene.brief.mood, scene.seconds, _stream(scene, "music"))
    return _fit(np.stack([resample(row, rate / MUSIC_RATE) for row in music]), samples) * np.float32(_MUSIC_LEVEL)


def _effects_bus(scene: Scene, samples: int, rate: int) -> tuple[Wave, list[dict[str, Any]]]:
    bus = np.zeros((2, samples), np.float32)
    events: list[dict[str, Any]] = []
    motions = [Motion(scene, index) for index in range(len(scene.brief.subjects))]
    for number, cue in enumerate(find(scene)):
        motion = motions[cue.subject]
        wave = EFFECTS[cue.sound](rate, _stream(scene, "effects", number), motion.subject.size, cue.seconds)
        at = cue.time + np.arange(wave.size) / rate
        level = np.float32(LEVELS[cue.sound] * (0.35 + 0.65 * cue.strength))
        add(bus, pan(wave * level, motion.on_screen(at)), round(cue.time * rate))
        events.append(_event(cue))
    return bus, events


def _calls_bus(scene: Scene, spoken: list[Spoken], samples: int, rate: int, events: list[dict[str, Any]]) -> Wave:
    """Each subject that is known by its voice calls once, early, in a quiet moment; those that talk do not call."""
    bus = np.zeros((2, samples), np.float32)
    talkers = {line.speech.line.speaker for line in spoken}
    busy = [(line.speech.start, line.speech.start + line.speech.seconds) for line in spoken]
    # A call on top of a landing would take the ear from what the eye sees.
    busy += [(event["time"] - 0.1, event["time"] + 0.15) for event in events if event["sound"] in HITS]
    for index, subject in enumerate(scene.brief.subjects):
        known = calls.call_of(subject)
        if known is None or index in talkers or "sleep" in subject.motions:
            continue
        rng, motion = _stream(scene, "calls", index), Motion(scene, index)
        wave = known[1](rate, rng)
        time = _free_time(scene, busy, motion, wave.size / rate, rng)
        if time is None:
            continue
        at = time + np.arange(wave.size) / rate
        add(bus, pan(wave * np.float32(_CALL_LEVEL), motion.on_screen(at)), round(time * rate))
        events.append(_event(Cue(time, known[0], index)))
    return bus


def _free_time(
    scene: Scene, busy: list[tuple[float, float]], motion: Motion, length: float, rng: np.random.Generator
) -> float | None:
    """A moment for a call, its subject in the picture and nothing ``busy`` (start, end) then; None if there is none."""
    first = float(rng.uniform(0.3, 0.3 + 0.15 * scene.seconds))
    for time in np.concatenate((np.arange(first, scene.seconds - length, 0.2), np.arange(0.1, first, 0.2))):
        on_screen = 0.0 <= float(motion.on_screen(time)) <= 1.0 and np.interp(time, motion.times, motion.visible) > 0.5
        clear = all(time + length < start or time > end for start, end in busy)
        if on_screen and clear and time + length <= scene.seconds:
            return float(time)
    return None


def _engines_bus(scene: Scene, samples: int, rate: int, events: list[dict[str, Any]]) -> Wave:
    bus = np.zeros((2, samples), np.float32)
    at = np.arange(samples) / rate
    for index, subject in enumerate(scene.brief.subjects):
        if subject.kind != "vehicle":
            continue
        motion = Motion(scene, index)
        place = motion.on_screen(at)
        speed = np.interp(at, motion.times, motion.velocity_x).astype(np.float32)
        approach = np.clip((0.5 - place) * np.sign(speed) * 2, -1, 1).astype(np.float32)
        revs = np.interp(at, motion.times, motion.going).astype(np.float32)
        wave = calls.engine(subject, revs, approach, rate, _stream(scene, "engines", index))
        near = np.interp(at, motion.times, motion.visible) / (1.0 + np.maximum(np.abs(place - 0.5) - 0.5, 0) * 6)
        add(bus, pan(wave * near.astype(np.float32) * np.float32(_ENGINE_LEVEL), place), 0)
        events.append(_event(Cue(0.0, "engine", index)))
    return bus


def _talking(spoken: list[Spoken], samples: int, rate: int) -> Wave:
    """1 while somebody talks, 0 else, with ramps of 0.2 s before and 0.4 s after."""
    level = np.zeros(samples, np.float32)
    at = np.arange(samples) / rate
    for line in spoken:
        start, end = line.speech.start, line.speech.start + line.speech.seconds
        np.maximum(
            level, np.interp(at, (start - 0.2, start, end, end + 0.4), (0, 1, 1, 0)), out=level, casting="same_kind"
        )
    return level


def _fit(wave: Wave, samples: int) -> Wave:
    """``wave`` (2, m) cut or padded to ``samples``."""
    return np.pad(wave[:, :samples], ((0, 0), (0, max(0, samples - wave.shape[1]))))
