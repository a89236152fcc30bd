"""Reading aloud: the digits in whatever a recogniser writes, and whether there is a voice at all."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.capture import listen, words
from engine.capture.digits import SLIPS, closest, matches
from engine.capture.listen import Heard
from engine.capture.spec import (
    CameoKind,
    Challenge,
    CheckName,
    CheckResult,
    Gesture,
    Language,
    Need,
    Step,
    Turn,
    make_challenge,
    step_of,
    steps_to_repeat,
)
from engine.diorama.sound.numerals import english, french
from engine.identity import voice
from engine.identity.speech import RATE, measure
from tests.voices import spoken

LANGUAGES = st.sampled_from(["en", "fr"])
DIGITS = st.text("0123456789", min_size=1, max_size=8)


def asked(digits: str, language: Language = "en") -> Challenge:
    return Challenge(kind=CameoKind.PERSON, language=language, steps=(Step.SAY,), digits=digits)


def room(seconds: float, level: float = 3e-4) -> np.ndarray:
    return np.random.default_rng(1).normal(0, level, round(24_000 * seconds)).astype(np.float32)


def results(wave: np.ndarray, challenge: Challenge) -> dict[CheckName, CheckResult]:
    return {result.name: result for result in listen.listen(Heard(wave.astype(np.float32)), challenge)}


def grouped(digits: str, cuts: list[bool], language: Language) -> str:
    """``digits`` as numbers of one or two digits, in words."""
    names, text, at = english if language == "en" else french, [], 0
    while at < len(digits):
        two = at + 1 < len(digits) and cuts[at] and digits[at] != "0"
        text.append(names(int(digits[at : at + 2] if two else digits[at])))
        at += 2 if two else 1
    return ", ".join(text)


# What a recogniser writes


@given(DIGITS, LANGUAGES, st.sampled_from(["{}", "{}.", " {} !", "Um, {}"]))
def test_figures_are_read_however_they_are_set_apart(digits: str, language: Language, frame: str) -> None:
    for joint in ("", " ", ", ", "-", ". "):
        assert closest(frame.format(joint.join(digits)), digits, language) == (digits, 0)


@given(DIGITS, LANGUAGES)
def test_words_are_read_one_by_one(digits: str, language: Language) -> None:
    names = english if language == "en" else french
    assert closest(" ".join(names(int(digit)) for digit in digits), digits, language) == (digits, 0)


@given(DIGITS, LANGUAGES, st.lists(st.booleans(), min_size=8, max_size=8))
def test_grouped_numbers_say_the_digits_they_are_written_with(
    digits: str, language: Language, cuts: list[bool]
) -> None:
    assert closest(grouped(digits, cuts, language), digits, language) == (digits, 0)


@pytest.mark.parametrize(
    ("text", "digits", "language"),
    [
        ("twenty-three", "23", "en"),
        ("Twenty three, double four.", "2344", "en"),
        ("four hundred and twelve", "412", "en"),
        ("oh for too ate", "0428", "en"),
        ("vingt-trois", "23", "fr"),
        ("Quatre-vingt-dix-sept", "97", "fr"),
        ("quatre, vingt-deux", "422", "fr"),
        ("soixante et onze", "71", "fr"),
        ("cent vingt et un", "121", "fr"),
        ("zéro, sept, nonante", "0790", "fr"),
    ],
)
def test_what_people_say_is_read(text: str, digits: str, language: Language) -> None:
    assert closest(text, digits, language) == (digits, 0)


@given(DIGITS.filter(lambda digits: len(digits) == 6), st.integers(0, 5), st.integers(1, 9))
def test_one_slip_is_forgiven_and_two_are_not(digits: str, place: int, by: int) -> None:
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert matches(" ".join(wrong), digits, "en")
    assert matches(" ".join(digits[:place] + digits[place + 1 :]), digits, "en")
    assert not matches(" ".join(digits[2:]), digits, "en")
    assert not matches(" ".join(digits[:-2]), digits, "en") or digits[:-2] == digits[2:]


@given(DIGITS.filter(lambda digits: len(digits) == 6), DIGITS)
def test_who_begins_again_is_understood(digits: str, before: str) -> None:
    assert matches(f"{before} {digits}", digits, "en")


def test_order_counts() -> None:
    assert not matches("5 1 9 2 8 4", "482915", "en")


@given(st.text(max_size=300), LANGUAGES)
def test_any_text_is_read_without_an_error(text: str, language: Language) -> None:
    said, slips = closest(text, "482915", language)
    assert set(said) <= set("0123456789")
    assert 0 <= slips <= 6


def test_a_guess_has_little_chance() -> None:
    guesses = [f"{guess:06}" for guess in range(0, 1_000_000, 97)]
    assert sum(closest(guess, "482915", "en")[1] <= SLIPS for guess in guesses) / len(guesses) < 5e-4


# Challenges


@given(st.sampled_from(CameoKind), LANGUAGES, st.booleans(), st.sets(st.sampled_from(Need)))
def test_a_challenge_asks_only_what_can_be_done(
    kind: CameoKind,
    language: Language,
    accessible: bool,  # noqa: FBT001 - drawn by hypothesis
    needs: set[Need],
) -> None:
    challenge = make_challenge(kind, language, accessible=accessible, accessible_for=needs)
    assert (challenge.digits is not None) == (Step.SAY in challenge.steps)
    assert bool(challenge.turns) == (Step.TURNS in challenge.steps)
    assert challenge.steps[0] is Step.LOOK
    if kind is not CameoKind.PERSON:
        assert challenge.steps == (Step.LOOK,)
    elif not accessible:
        assert challenge.steps == (Step.LOOK, Step.TURNS, Step.SAY)
        assert len(challenge.digits or "") == 6
        assert {Turn.LEFT, Turn.RIGHT} <= set(challenge.turns)
    else:
        able = set(Need) - (needs or set(Need))
        assert (Need.SPEAK in able) == (Step.SAY in challenge.steps)
        assert (Need.TURN in able) == (Step.TURNS in challenge.steps)
        assert bool(challenge.gestures) == (Need.TURN not in able)


def test_challenges_differ() -> None:
    made = {make_challenge(CameoKind.PERSON, "en").digits for _ in range(50)}
    assert len(made) > 45
    assert {Gesture.BLINK, Gesture.SMILE} <= set(make_challenge(CameoKind.PERSON, "fr", accessible=True).gestures)


def test_a_failed_check_repeats_its_step_only() -> None:
    def result(name: CheckName, *, passed: bool) -> CheckResult:
        return CheckResult(name=name, passed=passed, code="X", message="x")

    steps = (Step.LOOK, Step.TURNS, Step.SAY)
    good = [result(name, passed=True) for name in CheckName]
    assert steps_to_repeat(good, steps) == ()
    assert steps_to_repeat([*good, result(CheckName.DIGITS, passed=False)], steps) == (Step.SAY,)
    assert steps_to_repeat([result(CheckName.TURNS, passed=False), result(CheckName.VOICE, passed=False)], steps) == (
        Step.TURNS,
        Step.SAY,
    )
    for whole in (CheckName.FILE, CheckName.NOT_REPLAYED):
        assert step_of(whole) is None
        assert steps_to_repeat([result(whole, passed=False)], steps) == steps
    # Too dark while the digits are repeated: the digits are to be repeated.
    assert steps_to_repeat([result(CheckName.LIT, passed=False)], (Step.SAY,)) == (Step.SAY,)
    with pytest.raises(ValueError, match="at least one step"):
        make_challenge(CameoKind.PET, "en", only={Step.SAY})


# Sound


def test_a_reading_in_both_languages_is_understood() -> None:
    for language, names in (("en", english), ("fr", french)):
        wave = spoken([names(int(digit)) for digit in "482915"], language, 0)
        found = results(wave, asked("482915", language))
        assert [found[name].code for name in (CheckName.VOICE, CheckName.DIGITS)] == ["OK", "OK"]


def test_words_serve_in_place_of_digits() -> None:
    asked_for = make_challenge(CameoKind.PERSON, "en", words=True)
    assert (asked_for.digits, len((asked_for.phrase or "").split())) == (None, 5)
    challenge = msgspec.structs.replace(asked(""), digits=None, phrase="window garden yellow doctor summer")
    found = results(spoken(["window", "garden", "yellow", "doctor", "summer"], "en", 0), challenge)
    assert [result.code for result in found.values()] == ["OK", "OK"]


@given(st.randoms(use_true_random=False), LANGUAGES, st.integers(0, 4))
def test_one_misheard_word_is_forgiven_and_two_are_not(draw: random.Random, language: Language, place: int) -> None:
    phrase = words.phrase(language, draw)
    said = phrase.split()
    assert words.matches(f"Um, {phrase.upper()}.", phrase)
    said[place] = "different"
    assert words.matches(" ".join(said), phrase)
    said[place - 1] = "strange"
    assert not words.matches(" ".join(said), phrase)


def test_wrong_digits_are_named() -> None:
    found = results(spoken([english(int(digit)) for digit in "482915"], "en", 0), asked("730664"))
    assert found[CheckName.VOICE].passed
    assert (found[CheckName.DIGITS].passed, found[CheckName.DIGITS].code) == (False, "WRONG_DIGITS")
    assert "4 8 2 9 1 5" in found[CheckName.DIGITS].message


@pytest.mark.parametrize(
    ("wave", "code"),
    [
        (np.zeros(72_000), "SILENT"),
        (room(3, 1e-3), "TOO_QUIET"),
        (room(3, 0.1), "TOO_NOISY"),
        (np.sign(room(3)) * np.tile([1.0, 1.0, 0.1], 24_000), "TOO_LOUD"),
        (room(4) + np.where(np.arange(96_000) // 24_000 == 1, room(4, 0.1), 0), "NO_VOICE"),
    ],
    ids=["muted", "far away", "noise", "distorted", "hiss"],
)
def test_a_sound_without_a_usable_voice_is_refused_in_words(wave: np.ndarray, code: str) -> None:
    found = results(wave, asked("482915"))
    assert list(found) == [CheckName.VOICE]  # nothing is recognised in what nobody said
    assert (found[CheckName.VOICE].passed, found[CheckName.VOICE].code) == (False, code)
    assert found[CheckName.VOICE].message.endswith(".")


def test_one_word_is_too_little() -> None:
    found = results(spoken(["four"], "en", 0), asked("482915"))
    assert found[CheckName.VOICE].code == "TOO_LITTLE_SPEECH"


def test_no_sound_at_all_is_refused() -> None:
    (only,) = listen.listen(None, asked("482915"))
    assert (only.name, only.code) == (CheckName.VOICE, "NO_SOUND")


# Whose voice


def test_one_voice_is_itself_and_another_is_not(tmp_path: Path) -> None:
    one, again = (spoken([english(int(digit)) for digit in digits], "en", 0) for digits in ("482915", "730664"))
    other = spoken([english(int(digit)) for digit in "482915"], "en", 1)
    mine = np.array(listen.voice_sample(Heard(one), tmp_path / "one.wav"), np.float32)
    assert mine.shape == (256,)
    assert np.linalg.norm(mine) == pytest.approx(1.0, abs=1e-4)
    same, different = (voice.score(mine, voice.embed(wave, 24_000)) for wave in (again, other))
    assert same >= voice.MAY_BE_SAME_VOICE > different


def test_loudness_does_not_change_whose_voice_it_is() -> None:
    wave = spoken([english(int(digit)) for digit in "482915"], "en", 1)
    assert voice.score(voice.embed(wave, 24_000), voice.embed(wave * np.float32(0.2), 24_000)) > 0.99


def test_too_little_speech_has_no_owner() -> None:
    with pytest.raises(voice.TooLittleSpeech):
        voice.embed(np.zeros(48_000, np.float32), 24_000)


@given(st.integers(0, 400))
def test_any_length_of_sound_is_measured(samples: int) -> None:
    speech = measure(np.zeros(samples * 7, np.float32))
    assert speech.seconds == 0
    assert speech.talking.shape == (max(1, samples * 7 // (RATE // 100)),)
