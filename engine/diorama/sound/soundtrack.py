"""Scores a scene: dialogue, effects, calls and engines, ambience and music, mixed to broadcast loudness."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.diorama.scene import Soundtrack
from engine.diorama.sound import calls
from engine.diorama.sound.ambience import ambience, thunder
from engine.diorama.sound.asked import wishes
from engine.diorama.sound.concert import concert
from engine.diorama.sound.cues import Cue, Motion, find
from engine.diorama.sound.dialogue import Spoken, perform
from engine.diorama.sound.dsp import add, pan
from engine.diorama.sound.effects import EFFECTS, LEVELS
from engine.diorama.sound.loudness import integrated, master
from engine.diorama.sound.outcries import outcries
from engine.diorama.sound.phonemes import LANGUAGES, phonemes
from engine.diorama.sound.voice import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.diorama.scene import Line, Scene
    from engine.diorama.sound.asked import Wishes
    from engine.diorama.sound.dsp import Wave
    from engine.diorama.sound.likeness import VoicePrint

_AMBIENCE_LEVEL, _ENGINE_LEVEL = 0.32, 0.12
_DUCKED_MUSIC, _DUCKED_REST, _DUCKED_BED = 10 ** (-11 / 20), 10 ** (-6 / 20), 10 ** (-5 / 20)
"""What is left of music and of the rest while somebody talks, and of music and ambience while somebody cries out."""
_CLEAR = 12.0
"""dB (loudness) by which a line is above all else while it is said."""
_STREAMS = {"effects": 1, "ambience": 2, "music": 3, "calls": 4, "engines": 5, "leads": 6}


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
        asked = _without_singing_talkers(wishes(scene.brief), said.lines)
        chance = _stream(scene, "music"), _stream(scene, "leads")
        music = concert(scene, asked, samples, sample_rate, chance)
        spoken, notes = dialogue.result()
    events += [*notes, *music.events]
    events += [
        {"time": round(at, 4), "sound": "thunder", "subject": None} for at in thunder(scene.brief, scene.seconds)
    ]
    talks = [(line.speech.start, line.speech.start + line.speech.seconds) for line in spoken]
    talkers = frozenset(line.speech.line.speaker for line in spoken)
    cries, cried = outcries(
        scene, asked, talks, talkers, samples, sample_rate, partial(_stream, scene, "calls"), events
    )
    talking, crying = _meanwhile(talks, samples, sample_rate), _meanwhile(cried, samples, sample_rate)
    bed *= np.float32(1.0) - crying * np.float32(1.0 - _DUCKED_BED)
    band = music.band * (np.float32(1.0) - crying * np.float32(1.0 - _DUCKED_BED))
    rest = (effects + cries + bed) * (np.float32(1.0) - talking * np.float32(1.0 - _DUCKED_REST))
    rest += (band + music.leads) * (np.float32(1.0) - talking * np.float32(1.0 - _DUCKED_MUSIC))
    mix = _above(_speech_bus(scene, spoken, samples, sample_rate), rest, talks, sample_rate)
    events.sort(key=lambda event: (event["time"], event["sound"]))
    return Soundtrack(
        waveform=np.ascontiguousarray(master(mix, sample_rate), np.float32),
        sample_rate=sample_rate,
        speeches=(*(line.speech for line in spoken), *music.songs),
        events=events,
    )


def _without_singing_talkers(asked: Wishes, lines: Sequence[Line]) -> Wishes:
    """``asked`` without the songs of those whose words are said, and without their screams: the words are these."""
    talkers = {line.speaker for line in lines}
    return replace(
        asked,
        songs=tuple(song for song in asked.songs if song.subject not in talkers),
        noises=tuple(each for each in asked.noises if each.sound != "scream" or each.subject not in talkers),
    )


def _above(speech: Wave, rest: Wave, talks: list[tuple[float, float]], rate: int) -> Wave:
    """Both together, with ``rest`` lowered under each line as far as is needed to be `_CLEAR` dB below it."""
    for start, end in talks:
        part = slice(round(start * rate), round(end * rate))
        over = integrated(speech[:, part], rate) - integrated(rest[:, part], rate)
        if np.isfinite(over) and over < _CLEAR:
            dip = _meanwhile([(start, end)], rest.shape[1], rate)
            rest = rest * (np.float32(1.0) - dip * np.float32(1.0 - 10 ** ((over - _CLEAR) / 20)))
    return speech + rest


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


def _meanwhile(spans: list[tuple[float, float]], samples: int, rate: int) -> Wave:
    """1 within ``spans`` (start, end), 0 else, with ramps of 0.2 s before and 0.4 s after."""
    level = np.zeros(samples, np.float32)
    at = np.arange(samples) / rate
    for start, end in spans:
        np.maximum(
            level, np.interp(at, (start - 0.2, start, end, end + 0.4), (0, 1, 1, 0)), out=level, casting="same_kind"
        )
    return level
