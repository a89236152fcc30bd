"""A member's voice is measured from a sample, and a voice of ours is chosen and shaped to come near it."""

from __future__ import annotations

import os
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.diorama.scene import Brief, Line, Subject
from engine.diorama.sound.casting import CASTS, choose
from engine.diorama.sound.likeness import RATE, VoicePrint, measure, throat_ratio, voiceprint
from engine.diorama.sound.matching import closest, name_of, prints
from engine.diorama.sound.phonemes import phonemes
from engine.diorama.sound.voice import VOICE_RATE, Voice, resample, speak
from engine.errors import InvalidRequest

VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))


def a_voice(pitch: float, throat: float = 1.0, syllables: int = 10) -> NDArray[np.float32]:
    """Five vowels over and over: pulses at ``pitch`` Hz through resonances ``throat`` times as high as an adult's."""
    t = np.arange(round(0.25 * RATE)) / RATE
    spoken: list[NDArray[np.float64]] = []
    for number in range(syllables):
        sound = np.zeros_like(t)
        for harmonic in range(1, int(7000 / pitch)):
            hertz = harmonic * pitch
            gain = sum(1 / (1 + ((hertz - f * throat) / (90 * throat)) ** 2) for f in VOWELS[number % 5])
            sound += gain / harmonic**0.5 * np.sin(2 * np.pi * hertz * t)
        spoken.append(sound * np.hanning(t.size))
    return (0.3 * np.concatenate(spoken) / np.abs(np.concatenate(spoken)).max()).astype(np.float32)


def saved(sound: NDArray[np.float32], path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize("pitch", [95.0, 160.0, 240.0, 330.0])
def test_the_pitch_and_pace_of_a_sample_are_measured(pitch: float, tmp_path: Path) -> None:
    print_ = voiceprint(saved(a_voice(pitch), tmp_path / "sample.wav"))
    assert print_.pitch == pytest.approx(pitch, rel=0.02)
    assert print_.spread < 0.5
    assert print_.rate == pytest.approx(4.0, abs=0.5)


@pytest.mark.parametrize("throat", [0.88, 1.0, 1.13])
def test_the_length_of_a_throat_is_told_apart_from_pitch(throat: float) -> None:
    ours, theirs = measure(a_voice(130)), measure(a_voice(200, throat))
    assert throat_ratio(theirs, ours)[0] == pytest.approx(throat, abs=0.045)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (np.zeros(2 * RATE, np.float32), "Nobody is heard"),
        (np.random.default_rng(1).normal(0, 0.1, 2 * RATE).astype(np.float32), "Nobody is heard"),
        (a_voice(150, syllables=3), "too short"),
    ],
    ids=["silence", "noise", "short"],
)
def test_a_sample_without_enough_speech_is_refused_with_the_reason(
    content: NDArray[np.float32], why: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequest, match=why) as refused:
        voiceprint(saved(content, tmp_path / "sample.wav"))
    assert refused.value.field == "cast"


@pytest.mark.parametrize("content", [b"", b"not a sound", b"RIFF\x00\x00\x00\x00WAVEfmt "])
def test_what_is_no_sound_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sample.wav"
    path.write_bytes(content)
    with pytest.raises(InvalidRequest, match=r"cannot be read|too short") as refused:
        voiceprint(path)
    assert refused.value.field == "cast"
    with pytest.raises(InvalidRequest):
        voiceprint(tmp_path / "missing.wav")


def test_a_sample_that_only_points_at_another_file_is_refused(tmp_path: Path) -> None:
    saved(a_voice(140.0), tmp_path / "secret.wav")
    (tmp_path / "sample.wav").write_text("ffconcat version 1.0\nfile secret.wav\n")
    with pytest.raises(InvalidRequest, match="cannot be read"):
        voiceprint(tmp_path / "sample.wav")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "sample.wav")
    with pytest.raises(InvalidRequest, match="cannot be read"):
        voiceprint(tmp_path / "sample.wav")


def test_every_voice_of_ours_has_a_print_and_is_its_own_nearest() -> None:
    for voices in CASTS.values():
        for voice in voices:
            assert name_of(closest(prints()[name_of(voice)], voices)) == name_of(voice)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_deep_sample_gets_a_deeper_voice_than_a_high_one(language: str) -> None:
    deep, high = (measure(a_voice(pitch, throat)) for pitch, throat in ((90, 0.9), (280, 1.1)))
    heard = [closest(sample, CASTS[language]) for sample in (deep, high)]
    pitches = [prints()[name_of(each)].pitch * each.pitch * each.shift for each in heard]
    assert pitches[0] == pytest.approx(max(90, pitches[0]), rel=0.01)
    assert pitches[1] > 1.6 * pitches[0]
    assert heard[0].shift < heard[1].shift or name_of(heard[0]) != name_of(heard[1])


def test_a_cast_member_speaks_like_its_sample_and_without_one_like_anybody() -> None:
    member = Subject("man", "Ada", "person", 0.5, cast=0)
    brief = Brief("", "en", (member,), (Line("Hello", "en", 0),))
    sample = VoicePrint(140.0, 6.0, 4.0, prints()["bf_emma"].envelope)
    like = choose(brief, (sample,))[0]["en"]
    assert like == closest(sample, CASTS["en"])
    assert choose(brief, (None,)) == choose(brief)
    assert like != choose(brief)[0]["en"]


def test_a_voice_is_lowered_without_becoming_slower_or_another_throat() -> None:
    symbols = phonemes("Bonjour tout le monde.", "fr")
    plain, low = (resample(speak(symbols, Voice("ff_siwis", pitch=pitch)), RATE / VOICE_RATE) for pitch in (1.0, 0.7))
    assert low.size == pytest.approx(plain.size, rel=0.05)
    assert measure(low).pitch == pytest.approx(0.7 * measure(plain).pitch, rel=0.1)
    assert throat_ratio(measure(low), measure(plain))[0] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("text", "language"), [("oh", "fr"), ("wow", "en")])
def test_a_very_short_word_is_said_to_its_end(text: str, language: str) -> None:
    said = speak(phonemes(text, language), Voice("ff_siwis" if language == "fr" else "af_heart"))
    assert said.size > 0.35 * VOICE_RATE
    assert np.abs(said[-240:]).max() < 0.1 * np.abs(said).max()


def test_a_line_said_before_is_not_computed_again() -> None:
    symbols = phonemes("Deux fois.", "fr")
    first = speak(symbols, Voice("ff_siwis"))
    assert speak(symbols, Voice("ff_siwis")) is first
    assert not first.flags.writeable


def test_a_sample_of_one_of_our_throats_is_given_that_throat_mostly() -> None:
    from engine.diorama.sound.throats import embeddings

    ours = prints()["am_michael"]
    own = embeddings()["am_michael"]
    near = tuple((name, float(own @ each)) for name, each in embeddings().items())
    voice = closest(replace(ours, near=near), CASTS["en"])
    assert voice.style == "am_michael"
    assert sum(share for _, share in voice.throats) < 0.35


@pytest.mark.parametrize(("language", "most"), [("en", 0.7), ("fr", 0.5)])
def test_foreign_throats_are_mixed_in_as_far_as_is_understood(language: str, most: float) -> None:
    from engine.diorama.sound.throats import embeddings

    strange = embeddings()["jm_kumo"]
    near = tuple((name, float(strange @ each)) for name, each in embeddings().items())
    voice = closest(replace(prints()["ff_siwis"], near=near), CASTS[language])
    assert 0.3 <= dict(voice.throats)["jm_kumo"] <= most + 1e-9


def test_throats_that_are_mixed_add_up_to_one_voice() -> None:
    from engine.diorama.sound.voice import THROAT, style
    from engine.diorama.sound.voice import _row as row  # pyright: ignore[reportPrivateUsage]

    mixed = row(Voice("af_heart", throats=(("jm_kumo", 0.3), ("em_alex", 0.2))), 40)[0]
    parts = 0.5 * style("af_heart")[40, :THROAT] + 0.3 * style("jm_kumo")[40] + 0.2 * style("em_alex")[40]
    assert np.allclose(mixed[:THROAT], parts, atol=1e-5)
    assert np.array_equal(mixed[THROAT:], style("af_heart")[40, THROAT:])


def test_only_a_few_likenesses_are_kept_of_a_sample(tmp_path: Path) -> None:
    sample = voiceprint(saved(a_voice(160.0, syllables=14), tmp_path / "sample.wav"))
    assert len(sample.near) < 20
    assert all(-0.2 < score < 1.0 for _, score in sample.near)
