"""What a prompt asks to be heard is heard: noises, songs and instruments, and not what is only said or shown."""

from __future__ import annotations

import numpy as np
import pytest

from engine.diorama.paint.bubble import Bubble
from engine.diorama.scene import CAMERA_CHANNELS, KEYS, TRACK_CHANNELS, Brief, Scene, Soundtrack
from engine.diorama.sound import score
from engine.diorama.sound.asked import wishes
from engine.diorama.sound.devices import DEVICES
from engine.diorama.sound.music import MUSIC_RATE, Tone, score_music
from engine.diorama.sound.noises import NOISES
from engine.diorama.sound.song import in_range, phrases, sung
from engine.diorama.words.understand import understand


def heard(prompt: str, x: float = 0.5, seconds: float = 5.0) -> Soundtrack:
    brief = understand(prompt)
    tracks = np.zeros((len(brief.subjects), KEYS, len(TRACK_CHANNELS)), np.float32)
    for name, value in (("x", x), ("y", 0.8), ("scale", 1.0), ("facing", 1.0), ("opacity", 1.0)):
        tracks[:, :, TRACK_CHANNELS.index(name)] = value
    camera = np.zeros((KEYS, len(CAMERA_CHANNELS)), np.float32)
    camera[:, :3] = 0.5, 0.5, 1.0
    return score(Scene(brief, seconds, 5, tracks, camera), speech=False)


def sounds(brief: Brief) -> dict[str, str | None]:
    found = wishes(brief)
    every = (*found.noises, *found.calls, *found.songs, *found.solos)
    return {each.sound: None if each.subject is None else brief.subjects[each.subject].word for each in every}


@pytest.mark.parametrize(
    ("prompt", "sound", "who"),
    [
        ("a dog barks at a cat", "dog", "dog"),
        ("un chat ronronne sur un lit", "purr", "chat"),
        ("a baby laughs in the kitchen", "laugh", "baby"),
        ("un homme éternue dans la rue", "sneeze", "homme"),
        ("a princess sings in a castle", "sing", "princess"),
        ("un ours joue du piano dans la forêt", "grand", "ours"),
        ("a robot plays the drums on a stage", "drums", "robot"),
        ("a clown whistles in the street", "whistle", "clown"),
        ("a bird sings in the garden", "bird", "bird"),
        ("un cochon grogne très fort", "pig", "cochon"),
        ("un loup hurle dans la forêt", "wolf", "loup"),
        ("une femme hurle dans la forêt", "scream", "femme"),
    ],
)
def test_who_is_asked_to_be_heard_is_found_in_either_language(prompt: str, sound: str, who: str) -> None:
    assert sounds(understand(prompt)).get(sound) == who


@pytest.mark.parametrize(
    "prompt",
    [
        'a king says "the dogs bark and the baby laughs"',
        "a yellow car beside a guitar on a beach",
        "un rat orange dans un salon",
        "a magician in a castle",
    ],
)
def test_what_is_only_said_or_shown_is_not_done(prompt: str) -> None:
    assert sounds(understand(prompt)) == {}


def test_a_snake_that_whistles_hisses() -> None:
    assert sounds(understand("un serpent siffle dans le jardin")) == {"hiss": "serpent"}


def test_a_crying_baby_that_laughed_first_cries_later() -> None:
    at = {event["sound"]: event["time"] for event in heard("a baby laughs then cries").events}
    assert at["laugh"] + 1.0 < at["cry"]


@pytest.mark.parametrize(("x", "louder"), [(0.1, 0), (0.9, 1)])
def test_a_player_is_heard_from_where_it_stands(x: float, louder: int) -> None:
    wave = heard("an astronaut plays the trumpet on a stage", x).waveform
    power = np.square(wave, dtype=np.float64).sum(axis=1)
    assert power[louder] > 1.3 * power[1 - louder]


def test_the_tune_is_left_to_who_plays_it() -> None:
    led, accompanied = (score_music("calm", 6.0, np.random.default_rng(2), led=led) for led in (True, False))
    assert led.melody == accompanied.melody
    assert not np.allclose(led.wave, accompanied.wave)


def test_a_singer_is_on_the_notes_and_moves_its_lips_with_them() -> None:
    melody = tuple(Tone(0.2 + 0.8 * k, 0.7, midi, 1.0) for k, midi in enumerate((69, 72, 76)))
    wave, mouth = sung(melody, 3.0, MUSIC_RATE, np.random.default_rng(1), lift=1.0)
    moved = in_range(melody, 1.0)
    for tone in melody:
        part = wave[round((tone.start + 0.2) * MUSIC_RATE) : round((tone.start + 0.6) * MUSIC_RATE)]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(part.size), 1 << 16))
        wanted = 440 * 2 ** ((tone.midi + moved - 69) / 12)
        hertz = np.fft.rfftfreq(1 << 16, 1 / MUSIC_RATE)
        near = (hertz > wanted / 1.3) & (hertz < wanted * 1.3)
        assert hertz[near][spectrum[near].argmax()] == pytest.approx(wanted, rel=0.035)
    assert mouth[round(0.5 * 60)] > 0.6
    assert mouth[0] < 0.1
    assert phrases(melody, 3.0)[0][0] == pytest.approx(0.2)


def test_a_man_sings_lower_than_a_child() -> None:
    melody = (Tone(0.0, 1.0, 72, 1.0),)
    assert in_range(melody, 0.62) < in_range(melody, 1.3) + 1
    assert in_range(melody, 0.62) == -12


def test_a_song_moves_lips_through_the_clip_but_writes_one_bubble() -> None:
    track = heard("a princess sings in a castle", seconds=8.0)
    assert len(track.speeches) > 1
    assert all(speech.mouth.max() > 0.5 for speech in track.speeches)
    assert [bool(Bubble(speech, 180, 320).pages) for speech in track.speeches].count(True) == 1


def test_every_noise_is_sound_of_bounded_length_and_peak() -> None:
    for name, noise in {**NOISES, **DEVICES}.items():
        wave = noise(24_000, np.random.default_rng(3), 1.2, 2.0)
        assert 0.1 * 24_000 < wave.size < 4 * 24_000, name
        assert 0.3 < np.abs(wave).max() <= 1.001, name
        assert np.isfinite(wave).all(), name
