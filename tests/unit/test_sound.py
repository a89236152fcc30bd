"""What a scene sounds like: on time, on the right side, loud enough, never silent, and the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.diorama.scene import (
    CAMERA_CHANNELS,
    KEYS,
    MOODS,
    MOTIONS,
    MOUTH_RATE,
    PLACES,
    TIMES,
    TRACK_CHANNELS,
    WEATHERS,
    Brief,
    Line,
    Scene,
    Soundtrack,
    Subject,
)
from engine.diorama.sound import loudness, score
from engine.diorama.sound.calls import call_of
from engine.diorama.sound.casting import choose
from engine.diorama.sound.cues import find, peak_times
from engine.diorama.sound.dialogue import cut_between_words, mouth
from engine.diorama.sound.effects import EFFECTS, LEVELS
from engine.diorama.sound.music import MUSIC_RATE, score_music
from engine.diorama.sound.voice import VOICE_RATE, resample

RATE = 48_000
BALL = Subject(art="ball", word="ball", kind="object", size=0.2, motions=("bounce",))


def a_scene(*subjects: Subject, seconds: float = 4.0, seed: int = 7, **brief: object) -> Scene:
    tracks = np.zeros((len(subjects), KEYS, len(TRACK_CHANNELS)), np.float32)
    for name, value in (("x", 0.5), ("y", 0.8), ("scale", 1.0), ("facing", 1.0), ("opacity", 1.0)):
        tracks[:, :, TRACK_CHANNELS.index(name)] = value
    camera = np.zeros((KEYS, len(CAMERA_CHANNELS)), np.float32)
    camera[:, :3] = 0.5, 0.5, 1.0
    words = Brief(prompt="", language="en", subjects=subjects, **brief)  # type: ignore[arg-type]
    return Scene(brief=words, seconds=seconds, seed=seed, tracks=tracks, camera=camera)


def with_impacts(scene: Scene, *keys: int) -> Scene:
    scene.tracks[0, list(keys), TRACK_CHANNELS.index("impact")] = 1.0
    return scene


def onsets(added: NDArray[np.floating]) -> list[float]:
    """Seconds where the level of a mono wave jumps."""
    frame = RATE // 200
    level = np.sqrt(np.square(added[: added.size // frame * frame]).reshape(-1, frame).mean(axis=1))
    rise = (level[1:] > 0.25 * level.max()) & (level[:-1] < 0.08 * level.max())
    return [(index + 1) * frame / RATE for index in np.flatnonzero(rise)]


def unmastered(wave: NDArray[np.floating], rate: int) -> NDArray[np.floating]:
    """A mix as it is before mastering."""
    assert rate == RATE
    return wave


def effects_only(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> NDArray[np.floating]:
    """The sound of ``scene`` without ambience, music and mastering."""
    import engine.diorama.sound.soundtrack as mixing
    from engine.diorama.sound import concert

    monkeypatch.setattr(mixing, "_AMBIENCE_LEVEL", 0.0)
    monkeypatch.setattr(concert, "_BAND", 0.0)
    monkeypatch.setattr(mixing, "master", unmastered)
    return mixing.score(scene, sample_rate=RATE, speech=False).waveform


@pytest.mark.parametrize("sound", ["bounce", "thud"])
def test_a_landing_is_heard_within_50_ms_of_its_impact(sound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = BALL if sound == "bounce" else replace(BALL, motions=("idle",))
    scene = with_impacts(a_scene(subject), 10, 30, 50)
    heard = onsets(effects_only(scene, monkeypatch).mean(axis=0))
    wanted = [key / (KEYS - 1) * scene.seconds for key in (10, 30, 50)]
    assert len(heard) == len(wanted)
    assert max(abs(a - b) for a, b in zip(heard, wanted, strict=True)) < 0.05


def test_an_impact_between_two_keys_is_placed_between_them() -> None:
    times = np.linspace(0, 4, KEYS)
    bump = np.exp(-(((times - 2.03) / 0.06) ** 2))
    ((time, _),) = peak_times(bump, times, 0.2)
    assert time == pytest.approx(2.03, abs=0.02)


def test_a_landing_sounds_when_the_foot_touches_down_not_when_the_impact_is_greatest() -> None:
    scene = a_scene(replace(BALL, motions=("jump",)))
    foot, hit = TRACK_CHANNELS.index("y"), TRACK_CHANNELS.index("impact")
    scene.tracks[0, 20:30, foot] = np.linspace(0.4, 0.8, 10)
    scene.tracks[0, 29:32, hit] = 0.6, 1.0, 0.6
    (thud,) = (cue for cue in find(scene) if cue.sound == "thud")
    assert thud.time == pytest.approx(29 / (KEYS - 1) * scene.seconds, abs=0.02)


def test_a_call_keeps_clear_of_a_landing() -> None:
    dog = Subject("dog", "dog", "animal", 0.3, motions=("idle",))
    for seed in range(6):
        events = score(with_impacts(a_scene(dog, seed=seed), 10, 30), speech=False).events
        (call,) = (event["time"] for event in events if event["sound"] == "dog")
        assert all(event["time"] > call + 0.6 or event["time"] < call for event in events if event["sound"] == "thud")


def test_a_walker_crosses_from_the_left_speaker_to_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    # Indoors: on a walk in the open, the picture goes along with the walker.
    scene = a_scene(Subject("girl", "girl", "person", 0.4, motions=("walk",)), place="room")
    scene.tracks[0, :, 0] = np.linspace(0.05, 0.95, KEYS)
    wave = effects_only(scene, monkeypatch)
    power = np.square(wave[:, : 4 * RATE]).reshape(2, 8, -1).mean(axis=2)
    balance = power[1] / power.sum(axis=0)
    assert np.all(np.diff(balance) > 0)
    assert balance[0] < 0.1
    assert balance[-1] > 0.9


@pytest.mark.parametrize(("x", "louder"), [(0.05, 0), (0.95, 1)])
def test_an_effect_is_louder_on_the_side_of_its_subject(x: float, louder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = with_impacts(a_scene(BALL), 20)
    scene.tracks[0, :, 0] = x
    power = np.square(effects_only(scene, monkeypatch)).mean(axis=1)
    assert power[louder] > 20 * power[1 - louder]


def test_a_pan_keeps_the_power_and_follows_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = with_impacts(a_scene(BALL), 20)
    centre = np.square(effects_only(scene, monkeypatch)).sum()
    scene.camera[:, 0] = 0.9  # the camera looks right, so the ball stands left in the picture
    wave = effects_only(scene, monkeypatch)
    assert np.square(wave).sum() == pytest.approx(centre, rel=0.02)
    assert np.square(wave[0]).sum() > 4 * np.square(wave[1]).sum()


@pytest.mark.parametrize("seconds", [1.0, 3.7, 10.0])
def test_a_soundtrack_has_exactly_the_length_of_its_clip(seconds: float) -> None:
    track = score(a_scene(BALL, seconds=seconds), sample_rate=RATE)
    assert track.waveform.shape == (2, round(seconds * RATE))
    assert track.waveform.dtype == np.float32


@pytest.mark.parametrize(
    ("mood", "place", "weather", "time"),
    [
        (MOODS[i % len(MOODS)], place, WEATHERS[i % len(WEATHERS)], TIMES[i % len(TIMES)])
        for i, place in enumerate(PLACES)
    ],
)
def test_every_place_and_mood_is_at_target_loudness_and_never_silent(
    mood: str, place: str, weather: str, time: str
) -> None:
    track = score(a_scene(BALL, seconds=3.0, mood=mood, place=place, weather=weather, time=time))
    assert loudness.integrated(track.waveform, RATE) == pytest.approx(-16, abs=1)
    assert 20 * np.log10(loudness.true_peak(track.waveform)) < -1
    assert_never_silent(track)
    assert abs(float(track.waveform.mean())) < 0.003


def assert_never_silent(track: Soundtrack) -> None:
    """Every quarter of a second inside the fades has some level."""
    inner = track.waveform[:, RATE // 4 : -RATE // 4]
    frames = inner[:, : inner.shape[1] // 12_000 * 12_000].reshape(2, -1, 12_000)
    assert np.sqrt(np.square(frames).mean(axis=(0, 2))).min() > 10 ** (-55 / 20)


def test_the_same_scene_sounds_the_same_and_another_seed_does_not() -> None:
    first, again = (score(a_scene(BALL, mood="happy")).waveform for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, score(a_scene(BALL, mood="happy", seed=8)).waveform)


def test_every_motion_of_every_kind_makes_a_clip_with_known_effects() -> None:
    for motion in MOTIONS:
        for kind in ("animal", "flyer", "vehicle"):
            scene = a_scene(Subject("thing", "thing", kind, 0.3, motions=(motion,)), seconds=2.0)
            scene.tracks[0, :, 0] = np.linspace(0.1, 0.9, KEYS)
            assert {cue.sound for cue in find(scene)} <= set(EFFECTS)
    assert set(EFFECTS) == set(LEVELS)


def test_steps_follow_travel_and_stop_when_it_flies() -> None:
    walker = Subject("dog", "dog", "animal", 0.3, motions=("walk",))
    slow, fast = a_scene(walker), a_scene(replace(walker, motions=("run",)))
    fast.tracks[0, :, 0] = np.linspace(0, 1, KEYS)
    count = [sum(cue.sound == "step" for cue in find(scene)) for scene in (slow, fast)]
    assert 4 <= count[0] < count[1]
    assert not any(cue.sound == "step" for cue in find(a_scene(replace(walker, motions=("fly",)))))


def test_a_call_is_known_by_the_word_in_either_language() -> None:
    for word, name in (("puppy", "dog"), ("chat", "cat"), ("oiseau", "bird"), ("vache", "cow"), ("lion", "roar")):
        call = call_of(Subject("x", word, "animal", 0.3))
        assert call is not None
        assert call[0] == name
    assert call_of(Subject("x", "caterpillar", "animal", 0.3)) is None


def test_an_explosion_is_the_loudest_moment() -> None:
    scene = with_impacts(a_scene(replace(BALL, motions=("explode",))), 32)
    track = score(scene)
    assert any(event["sound"] == "explosion" for event in track.events)
    level = np.square(track.waveform).mean(axis=0)[: 8 * 24_000].reshape(8, -1).mean(axis=1)
    assert int(level.argmax()) == 4


@pytest.mark.parametrize("mood", MOODS)
def test_music_plays_throughout_and_ends_quietly(mood: str) -> None:
    music = score_music(mood, 8.0, np.random.default_rng(3)).wave
    assert music.shape == (2, 8 * MUSIC_RATE)
    level = np.sqrt(np.square(music).mean(axis=0).reshape(16, -1).mean(axis=1))
    assert level[:12].min() > 0.01
    assert np.abs(music[:, -200:]).max() < 0.02


def test_moods_are_scored_differently() -> None:
    def brightness(mood: str) -> float:
        spectrum = np.abs(np.fft.rfft(score_music(mood, 8.0, np.random.default_rng(3)).wave.mean(axis=0))) ** 2
        return float((spectrum * np.arange(spectrum.size)).sum() / spectrum.sum())

    assert brightness("happy") > 1.2 * brightness("sad")


def test_loudness_of_the_reference_sine_is_the_standards() -> None:
    """BS.1770: a 997 Hz sine at full scale in one channel measures −3.01 LUFS."""
    sine = np.sin(2 * np.pi * 997 * np.arange(3 * RATE) / RATE).astype(np.float32)
    assert loudness.integrated(np.stack((sine, 0 * sine)), RATE) == pytest.approx(-3.01, abs=0.05)


def test_true_peak_sees_what_lies_between_samples() -> None:
    """A sine at a quarter of the rate, sampled 45° off its crests, peaks 3 dB above its samples."""
    sine = np.sin(np.pi / 2 * np.arange(2000) + np.pi / 4).astype(np.float32)
    assert np.abs(sine).max() == pytest.approx(0.707, abs=0.01)
    assert loudness.true_peak(np.stack((sine, sine))) == pytest.approx(1.0, abs=0.03)


def test_the_limiter_holds_the_ceiling_and_leaves_quiet_sound_alone() -> None:
    rng = np.random.default_rng(1)
    wave = rng.normal(0, 0.05, (2, RATE)).astype(np.float32)
    assert loudness.limit(wave, RATE) is wave
    wave[:, 20_000:20_400] *= 40
    limited = loudness.limit(wave, RATE)
    assert loudness.true_peak(limited) <= loudness.CEILING * 1.001
    assert np.allclose(limited[:, :15_000], wave[:, :15_000])


def test_resampling_keeps_a_tone_and_its_length() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(VOICE_RATE) / VOICE_RATE).astype(np.float32)
    twice = resample(tone, 2.0)
    expected = np.sin(2 * np.pi * 440 * np.arange(2 * VOICE_RATE) / (2 * VOICE_RATE))
    assert abs(twice.size - 2 * VOICE_RATE) <= 1
    assert np.abs(twice[2000:-2000] - expected[2000 : twice.size - 2000]).max() < 0.02


def test_the_mouth_opens_with_the_voice_and_shuts_in_a_pause() -> None:
    wave = np.zeros(RATE, np.float32)
    wave[RATE // 4 : RATE // 2] = 0.3 * np.sin(2 * np.pi * 300 * np.arange(RATE // 4) / RATE)
    opened = mouth(wave, RATE)
    assert opened.size == MOUTH_RATE
    assert opened[18:28].min() > 0.8
    assert opened[:13].max() < 0.05
    assert opened[32:].max() < 0.05


def test_a_cut_line_ends_in_the_gap_between_two_words_and_fades() -> None:
    word = np.sin(2 * np.pi * 200 * np.arange(VOICE_RATE) / VOICE_RATE).astype(np.float32)
    line = np.concatenate((word, np.zeros(2400, np.float32), word))
    cut = cut_between_words(line, VOICE_RATE + 2400 + 6000)
    assert VOICE_RATE <= cut.size <= VOICE_RATE + 2900
    assert abs(float(cut[-1])) < 0.01


def test_speakers_have_different_voices_and_small_ones_speak_higher() -> None:
    mouse = Subject("mouse", "mouse", "animal", 0.1)
    bear = Subject("bear", "bear", "animal", 0.7)
    lines = (Line("Hi", "en", 0), Line("Ho", "en", 1), Line("Ha", "en", None))
    brief = a_scene(mouse, bear, lines=lines).brief
    for language in ("en", "fr"):
        voices = [choose(brief)[speaker][language] for speaker in (0, 1, None)]
        assert len({(voice.style, voice.shift) for voice in voices}) == 3
        assert voices[0].shift > voices[1].shift
    assert choose(brief) == choose(brief)


def test_women_and_men_have_voices_to_match() -> None:
    queen, king = Subject("queen", "queen", "person", 0.5), Subject("king", "roi", "person", 0.5)
    voices = choose(a_scene(queen, king, lines=(Line("a", "en", 0), Line("b", "en", 1))).brief)
    assert (voices[0]["en"].style[1], voices[1]["en"].style[1]) == ("f", "m")


def test_a_line_is_said_and_the_mouth_moves_exactly_with_it() -> None:
    fox = Subject("fox", "fox", "animal", 0.3)
    track = score(a_scene(fox, seconds=4.0, lines=(Line("Bonjour tout le monde!", "fr", 0),)))
    (speech,) = track.speeches
    assert speech.start == pytest.approx(0.4)
    assert speech.start + speech.seconds < 4.0
    assert speech.mouth.size == pytest.approx(speech.seconds * MOUTH_RATE, abs=1)
    assert {"time": 0.4, "sound": "speech", "subject": 0} in track.events
    frames = np.square(track.waveform[:, round(speech.start * RATE) :]).mean(axis=0)
    hop = RATE // MOUTH_RATE
    level = np.sqrt(frames[: speech.mouth.size * hop].reshape(-1, hop).mean(axis=1))
    assert np.corrcoef(level, speech.mouth)[0, 1] > 0.6


def test_lines_come_in_turn_and_a_long_one_is_sped_up_cut_and_noted() -> None:
    fox, owl = Subject("fox", "fox", "animal", 0.3), Subject("owl", "owl", "flyer", 0.2)
    turn = score(a_scene(fox, owl, seconds=5.0, lines=(Line("Hello there!", "en", 0), Line("Good night.", "en", 1))))
    first, second = turn.speeches
    assert first.start + first.seconds < second.start
    assert second.start + second.seconds <= 5.0
    long = "This is a very long line that nobody could ever say within two seconds because it goes on and on."
    track = score(a_scene(fox, seconds=2.0, lines=(Line(long, "en", 0),)))
    assert {event["sound"] for event in track.events} >= {"speech_sped_up", "line_cut"}
    assert track.speeches[0].start + track.speeches[0].seconds <= 2.0


@pytest.mark.parametrize("line", [Line("日本語", "ja", None), Line("🦊", "en", 0), Line("", "fr", 0)])
def test_a_line_that_cannot_be_said_is_noted_and_the_clip_still_sounds(line: Line) -> None:
    track = score(a_scene(BALL, lines=(line,)))
    assert track.speeches == ()
    assert any(event["sound"] == "line_unsayable" for event in track.events)
    assert_never_silent(track)


def test_without_speech_nothing_is_said() -> None:
    assert score(a_scene(BALL, lines=(Line("Hello", "en", 0),)), speech=False).speeches == ()
    assert score(a_scene(BALL)).speeches == ()


def test_another_language_is_said_by_the_nearest_voice_and_noted() -> None:
    track = score(a_scene(BALL, lines=(Line("Hola amigo", "es", 0),)))
    assert len(track.speeches) == 1
    assert any(event["sound"] == "line_said_as_en" for event in track.events)


@pytest.mark.parametrize(("place", "claps"), [("meadow", 2), ("underwater", 0)])
def test_thunder_is_told_so_that_lightning_can_precede_it(place: str, claps: int) -> None:
    events = score(a_scene(BALL, place=place, weather="storm")).events
    assert len([event for event in events if event["sound"] == "thunder"]) == claps
