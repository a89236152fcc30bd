"""A small score in the clip's mood: chords, melody, bass and light percussion in a key, ending on its last bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.sound import instruments as play
from engine.diorama.sound.dsp import add, pan

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.diorama.sound.dsp import Wave

    Note = Callable[[float, float, int], Wave]
    Hit = Callable[[int, np.random.Generator], Wave]

_MAJOR, _MINOR, _LYDIAN, _PHRYGIAN = (
    (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 6, 7, 9, 11),
    (0, 1, 3, 5, 7, 8, 11),
)  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How a mood is scored. Chords are scale degrees (0 = tonic), one a bar; ``density`` is melody notes a beat."""

    scale: tuple[int, ...]
    tempo: float
    chords: tuple[tuple[int, ...], ...]
    harmony: Note
    melody: Note
    low: Note
    density: float
    drums: tuple[tuple[Hit, tuple[float, ...], float], ...] = ()
    """(sound, beats of a bar, level)."""
    arpeggio: bool = False
    register: int = 72
    swing: float = 0.0
    level: float = 1.0


_STYLES: dict[str, Style] = {
    "calm": Style(_MAJOR, 76, ((0, 5, 3, 4), (0, 2, 3, 0)), play.pad, play.piano, play.bass, 0.5, arpeggio=True),
    "happy": Style(_MAJOR, 118, ((0, 4, 5, 3), (0, 3, 4, 0)), play.pluck, play.mallet, play.bass, 1.0,
                   ((play.kick, (0, 2), 0.5), (play.brush, (1, 3), 0.4), (play.shaker, (0.5, 1.5, 2.5, 3.5), 0.3)),
                   arpeggio=True),
    "sad": Style(_MINOR, 66, ((0, 5, 2, 6), (0, 3, 5, 4)), play.pad, play.piano, play.bass, 0.5, register=69),
    "tense": Style(_MINOR, 104, ((0, 0, 5, 4), (0, 1, 0, 4)), play.strings, play.pluck, play.bass, 0.5,
                   ((play.kick, (0, 1, 2, 3), 0.45), (play.shaker, (0.5, 1, 1.5, 2.5, 3, 3.5), 0.2)), register=64),
    "epic": Style(_MINOR, 96, ((0, 5, 2, 6), (0, 3, 5, 6)), play.strings, play.strings, play.bass, 0.5,
                  ((play.timpani, (0, 1.5, 2), 0.7), (play.brush, (3, 3.5), 0.4)), register=69),
    "funny": Style(_MAJOR, 126, ((0, 4, 0, 4), (0, 3, 4, 0)), play.pluck, play.mallet, play.tuba, 1.0,
                   ((play.brush, (1, 3), 0.4), (play.kick, (0,), 0.4)), swing=0.16),
    "romantic": Style(_LYDIAN, 80, ((0, 5, 1, 4), (0, 2, 5, 4)), play.pad, play.pluck, play.bass, 0.75, arpeggio=True),
    "spooky": Style(_PHRYGIAN, 72, ((0, 1, 0, 4), (0, 5, 1, 0)), play.pad, play.bell, play.bass, 0.6, register=76),
}  # fmt: skip
MUSIC_RATE = 24_000
"""The score is played at this rate and brought to the clip's: its timbres hold nothing above 10 kHz."""
SOLO_LEVEL = 0.34
"""Peak of a melody note beside the harmony's."""
_ROOTS = (57, 59, 60, 62, 64, 65, 55)
_BEATS = 4


@dataclass(frozen=True)
class Tone:
    """A note of the melody: when it begins (s), how long it lasts (s), its MIDI number and its loudness 0 … 1."""

    start: float
    seconds: float
    midi: int
    level: float


@dataclass(frozen=True, eq=False)
class Music:
    """``wave`` is (2, n) float32 at `MUSIC_RATE`, peak at most 1; ``melody`` its tune, ``beat`` seconds of a beat."""

    wave: Wave
    melody: tuple[Tone, ...]
    beat: float


def score_music(mood: str, length: float, rng: np.random.Generator, *, led: bool = True) -> Music:
    """Music of ``length`` seconds for ``mood`` (unknown: calm).

    With ``led`` False its melody is left out of the sound, for somebody in the picture to play or sing.
    """
    style = _STYLES.get(mood, _STYLES["calm"])
    root = int(rng.choice(_ROOTS))
    bars = max(1, round(length / (_BEATS * 60 / style.tempo)))
    # The tempo gives way a little, so that the last bar ends with the clip.
    tempo = float(np.clip(bars * _BEATS * 60 / length, style.tempo * 0.85, style.tempo * 1.18))
    beat = 60 / tempo
    bus = np.zeros((2, round(length * MUSIC_RATE)), np.float32)
    chords = style.chords[int(rng.integers(len(style.chords)))]
    motif = _motif(style, rng)
    pitch = style.register + 2
    tune: list[Tone] = []
    for bar in range(int(np.ceil(length / (beat * _BEATS)))):
        final = bar == bars - 1
        degree = 0 if final else chords[bar % len(chords)]
        start = bar * beat * _BEATS
        _harmony(bus, style, root, degree, start, beat, final=final)
        tune += _melody(style, root, degree, start, beat, motif[bar % 2], pitch, rng, final=final)
        pitch = tune[-1].midi
        _rhythm(bus, style, start, beat, rng, final=final)
    for each in tune if led else ():
        wave = style.melody(each.midi, each.seconds, MUSIC_RATE) * np.float32(SOLO_LEVEL * each.level)
        add(bus, pan(wave, 0.58), round(each.start * MUSIC_RATE))
    return Music(_faded(_roomy(_bright(bus))), tuple(tune), beat)


def _chord(style: Style, root: int, degree: int) -> list[int]:
    """MIDI notes of the triad on ``degree`` of the scale, close to the middle of the keyboard."""
    return [_note(style, root, degree + third) for third in (0, 2, 4)]


def _note(style: Style, root: int, degree: int) -> int:
    octave, place = divmod(degree, len(style.scale))
    return root + 12 * octave + style.scale[place]


def _harmony(bus: Wave, style: Style, root: int, degree: int, start: float, beat: float, *, final: bool) -> None:
    notes = _chord(style, root, degree)
    low = notes[0] - 12 if notes[0] - 12 >= 40 else notes[0]
    bass_beats = (0.0,) if final or (style.low is play.bass and style.tempo < 90) else (0.0, 2.0)
    for at in bass_beats:
        wave = style.low(
            low - 12 if style.low is play.bass and low > 52 else low, beat * (_BEATS if final else 1.6), MUSIC_RATE
        )
        add(bus, pan(0.26 * wave, 0.5), round((start + at * beat) * MUSIC_RATE))
    if style.arpeggio and not final:
        order = (0, 1, 2, 1, 0, 1, 2, 1)
        for eighth, which in enumerate(order):
            wave = play.pluck(notes[which] + 12, beat * 0.5, MUSIC_RATE)
            add(bus, pan(0.2 * wave, 0.3 + 0.4 * (eighth % 2)), round((start + eighth * beat / 2) * MUSIC_RATE))
    _chords(bus, style, notes, start, beat, final=final)


def _chords(bus: Wave, style: Style, notes: list[int], start: float, beat: float, *, final: bool) -> None:
    """The bar's chord: held, or struck in the style's rhythm; the last one rolled upwards to its octave."""
    sustained = style.harmony in (play.pad, play.strings)
    if final:
        rolled = [*notes, notes[0] + 12, notes[2] + 12]
        for index, note in enumerate(rolled):
            wave = play.pluck(note, beat * _BEATS, MUSIC_RATE)
            add(bus, pan(0.24 * wave, 0.3 + 0.1 * index), round((start + index * beat / 4) * MUSIC_RATE))
    strikes = (0.0,) if sustained else () if final else (1.0, 3.0) if style.low is play.tuba else (0.0, 1.5, 3.0)
    for at in strikes:
        for note, where in zip(notes, (0.3, 0.5, 0.7), strict=True):
            wave = style.harmony(note, beat * (_BEATS if sustained else 1), MUSIC_RATE)
            add(bus, pan((0.3 if sustained else 0.22) * wave, where), round((start + at * beat) * MUSIC_RATE))


def _motif(style: Style, rng: np.random.Generator) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """When the melody strikes within an odd and an even bar (beats): two rhythms, repeated so that it has a shape."""
    grid = np.arange(0, _BEATS, 0.5)
    weights = np.where(grid % 1 == 0, 1.0, 0.45)
    count = max(2, round(style.density * _BEATS))
    first, second = (np.sort(rng.choice(grid, count, replace=False, p=weights / weights.sum())) for _ in range(2))
    first[0] = 0.0
    return tuple(map(float, first)), tuple(map(float, second))


def _melody(
    style: Style, root: int, degree: int, start: float, beat: float, strikes: tuple[float, ...],
    pitch: int, rng: np.random.Generator, *, final: bool,
) -> list[Tone]:  # fmt: skip
    """A bar of melody near ``pitch``: chord notes on the beat, steps between."""
    chord = {note % 12 for note in _chord(style, root, degree)}
    scale = {(root + step) % 12 for step in style.scale}
    if final:
        strikes = (0.0,)
    tones: list[Tone] = []
    for index, at in enumerate(strikes):
        strong = at % 1 == 0 or final
        choices = [n for n in range(style.register - 5, style.register + 13) if n % 12 in (chord if strong else scale)]
        nearness = np.array(
            [np.exp(-abs(n - pitch - float(rng.integers(-2, 3))) / 2.5) * (0.4 if n == pitch else 1) for n in choices]
        )
        pitch = (
            int(root % 12 + 12 * round((style.register - root % 12) / 12))
            if final
            else int(rng.choice(choices, p=nearness / nearness.sum()))
        )
        following = strikes[index + 1] if index + 1 < len(strikes) else float(_BEATS)
        swung = at + (style.swing if at % 1 else 0.0)
        tones.append(Tone(start + swung * beat, (following - at) * beat * 0.9, pitch, float(rng.uniform(0.85, 1.0))))
    return tones


def _rhythm(bus: Wave, style: Style, start: float, beat: float, rng: np.random.Generator, *, final: bool) -> None:
    for hit, beats, level in style.drums:
        for at in beats[:1] if final else beats:
            swung = at + (style.swing if at % 1 else 0.0)
            wave = hit(MUSIC_RATE, rng) * np.float32(level * 0.5 * rng.uniform(0.85, 1.0))
            add(bus, pan(wave, 0.45), round((start + swung * beat) * MUSIC_RATE))


def _bright(bus: Wave) -> Wave:
    """Presence: 7 dB more above 3 kHz, where the instruments' few partials leave the mix dull beside real ones."""
    spectrum = np.fft.rfft(bus)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(bus.shape[1], 1 / MUSIC_RATE), 1.0) / 1200.0)
    gain = 10 ** (7.0 / 20 * np.clip(octaves / 1.3, 0.0, 1.0))
    return np.fft.irfft(spectrum * gain.astype(np.float32), bus.shape[1]).astype(np.float32)


def _roomy(bus: Wave) -> Wave:
    """A touch of room: a few quiet echoes, unlike on both sides."""
    wet = bus.copy()
    for left, right, gain in ((0.031, 0.037, 0.22), (0.067, 0.059, 0.17), (0.109, 0.127, 0.12), (0.181, 0.167, 0.08)):
        for channel, delay in ((0, left), (1, right)):
            lag = round(delay * MUSIC_RATE)
            wet[channel, lag:] += np.float32(gain) * bus[1 - channel, : bus.shape[1] - lag]
    return wet


def _faded(bus: Wave) -> Wave:
    """End the last chord in half a second of fade; bring the peak to 1."""
    tail = min(bus.shape[1], round(0.5 * MUSIC_RATE))
    bus[:, bus.shape[1] - tail :] *= np.cos(np.linspace(0, np.pi / 2, tail, dtype=np.float32))
    return bus / np.float32(max(1e-6, float(np.abs(bus).max(initial=0.0))))
