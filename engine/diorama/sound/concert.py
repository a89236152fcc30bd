"""The music of a clip, and who in the picture plays or sings its tune."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.diorama.scene import MOUTH_RATE, Line, Speech
from engine.diorama.sound import instruments as play
from engine.diorama.sound.casting import lift
from engine.diorama.sound.cues import Motion
from engine.diorama.sound.dsp import add, pan, unit
from engine.diorama.sound.music import MUSIC_RATE, Music, Tone, score_music
from engine.diorama.sound.song import phrases, sung
from engine.diorama.sound.voice import resample

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.diorama.scene import Scene
    from engine.diorama.sound.asked import Asked, Wishes
    from engine.diorama.sound.dsp import Wave

    Timbre = Callable[[float, float, int], Wave]

_TIMBRES: dict[str, Timbre] = {
    timbre.__name__: timbre
    for timbre in (
        play.grand, play.pluck, play.banjo, play.violin, play.trumpet, play.saxophone, play.flute, play.accordion,
        play.organ, play.mallet, play.whistle,
    )
}  # fmt: skip
_LOWER = {"pluck": -12, "saxophone": -12, "banjo": -12, "trumpet": -12}
"""Semitones by which an instrument plays below the tune, where it is at home."""
_BAND, _SOLO, _SONG = 0.34, 0.36, 0.42
"""Peaks in the mix of the music, of somebody who plays its tune, of somebody who sings it."""
_BACKED = 0.6
"""What is left of the music when somebody in the picture leads."""
_SUNG = {"en": "La la la!", "fr": "La la la !"}


@dataclass(frozen=True, eq=False)
class Concert:
    """``band`` and ``leads`` are (2, n) at the clip's rate; ``songs`` move the singers' lips."""

    band: Wave
    leads: Wave
    songs: tuple[Speech, ...]
    events: tuple[dict[str, Any], ...]


def concert(
    scene: Scene, wishes: Wishes, samples: int, rate: int, chance: tuple[np.random.Generator, np.random.Generator]
) -> Concert:
    """The music of ``scene``, led by those who are asked to play or sing; ``chance`` is the score's and the leads'."""
    songs = tuple(song for song in wishes.songs if song.subject is not None)
    leaders = [*(solo for solo in wishes.solos if solo.sound != "drums"), *songs]
    music = score_music(scene.brief.mood, scene.seconds, chance[0], led=not leaders)
    level = np.float32(_BAND * (_BACKED if leaders or wishes.solos else 1.0))
    band = _fit(np.stack([resample(row, rate / MUSIC_RATE) for row in music.wave]), samples) * level
    leads, speeches, events = np.zeros((2, samples), np.float32), [], []
    for number, solo in enumerate(wishes.solos):
        line = _drummed(music, scene.seconds, chance[1]) if solo.sound == "drums" else _played(music, solo, number)
        add(leads, _placed(scene, solo, line * np.float32(_SOLO), samples, rate), 0)
        events.append({"time": 0.0, "sound": f"solo_{solo.sound}", "subject": solo.subject})
    for song in songs:
        line, lips = _sung(scene, song, music, chance[1])
        add(leads, _placed(scene, song, line * np.float32(_SONG), samples, rate), 0)
        speeches += lips
        events.append({"time": 0.0, "sound": f"song_{song.sound}", "subject": song.subject})
    return Concert(band, leads, tuple(speeches), tuple(events))


def _played(music: Music, solo: Asked, number: int) -> Wave:
    """The tune on one instrument, (n,) at `MUSIC_RATE`; a second player plays it an octave lower."""
    line = np.zeros(music.wave.shape[1], np.float32)
    moved = _LOWER.get(solo.sound, 0) - 12 * (number % 2)
    for tone in music.melody:
        wave = _TIMBRES[solo.sound](tone.midi + moved, tone.seconds, MUSIC_RATE) * np.float32(tone.level)
        add(line, wave, round(tone.start * MUSIC_RATE))
    return unit(line * _ending(line.size))


def _drummed(music: Music, length: float, rng: np.random.Generator) -> Wave:
    """A drum kit in the music's beat, with a fill at the end of every second bar."""
    line = np.zeros(music.wave.shape[1], np.float32)
    for number in range(int(length / music.beat * 2)):
        at, eighth = number * music.beat / 2, number % 16
        hits: list[tuple[Wave, float]] = [(play.hat(MUSIC_RATE, rng), 0.35)]
        if eighth in (0, 5, 8):
            hits.append((play.kick(MUSIC_RATE, rng), 0.9))
        if eighth in (2, 6, 10):
            hits.append((play.snare(MUSIC_RATE, rng), 0.8))
        if eighth >= 12:
            hits.append((play.tom(MUSIC_RATE, rng), 0.8))
        for wave, level in hits:
            add(line, wave * np.float32(level), round(at * MUSIC_RATE))
    return unit(line * _ending(line.size))


def _sung(scene: Scene, song: Asked, music: Music, rng: np.random.Generator) -> tuple[Wave, list[Speech]]:
    """(the tune in somebody's voice, (n,) at `MUSIC_RATE`; how their lips move, phrase by phrase)."""
    if song.subject is None:
        return np.zeros(music.wave.shape[1], np.float32), []
    if song.sound == "whistle":
        return _played(music, song, 0), []
    tune = tuple(_slower(music))
    hummed = song.sound == "hum"
    height = lift(scene.brief.subjects[song.subject])
    line, mouth = sung(tune, scene.seconds, MUSIC_RATE, rng, lift=height, hummed=hummed)
    lips: list[Speech] = []
    for start, end in phrases(tune, scene.seconds):
        # Only the first phrase is written in a bubble: the ear has the rest.
        text = _SUNG.get(scene.brief.language, _SUNG["en"]) if not lips and not hummed else ""
        part = mouth[round(start * MOUTH_RATE) : round(end * MOUTH_RATE)]
        lips.append(Speech(Line(text, scene.brief.language, song.subject), start, end - start, part))
    return line * _ending(line.size), lips


def _slower(music: Music) -> list[Tone]:
    """The tune without notes that come faster than somebody sings "la"."""
    kept: list[Tone] = []
    for tone in music.melody:
        if not kept or tone.start - kept[-1].start >= 0.24:
            kept.append(tone)
    return kept


def _placed(scene: Scene, lead: Asked, line: Wave, samples: int, rate: int) -> Wave:
    """``line`` (n,) at `MUSIC_RATE` as (2, samples) at ``rate``, where the one who leads stands."""
    wave = _fit(resample(line, rate / MUSIC_RATE)[None], samples)[0]
    if lead.subject is None:
        return pan(wave, 0.5)
    return pan(wave, Motion(scene, lead.subject).on_screen(np.arange(samples) / rate))


def _ending(samples: int) -> Wave:
    """A fade over the last third of a second."""
    left = np.arange(samples, 0, -1, dtype=np.float32) / np.float32(0.3 * MUSIC_RATE)
    return np.minimum(left, 1.0)


def _fit(wave: Wave, samples: int) -> Wave:
    """``wave`` (channels, m) cut or padded to ``samples``."""
    return np.pad(wave[:, :samples], ((0, 0), (0, max(0, samples - wave.shape[1]))))
