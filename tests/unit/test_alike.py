"""Prints: a clip is known again after what people do to copies, and others are not taken for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.media.alike import mirrored, picture_keys, pictures_alike, sound_keys, sounds_alike
from engine.media.print import PrintSink, picture_signs, sound_signs
from resolvers.duplicates import PICTURES, SOUND

Frame = NDArray[np.uint8]
FPS, SECONDS, RATE = 12, 3, 16_000


def clip(seed: int) -> list[Frame]:
    """Three seconds of blots that drift over a coarse background, 96 × 160."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(rng.integers(40, 200, (6, 4, 3), np.uint8), (96, 160), interpolation=cv2.INTER_CUBIC)
    blots = [(rng.uniform(0, 96, 2), rng.uniform(-30, 30, 2), rng.integers(0, 255, 3)) for _ in range(6)]
    frames: list[Frame] = []
    for index in range(FPS * SECONDS):
        frame = ground.copy()
        for at, speed, colour in blots:
            x, y = (at + speed * index / FPS).astype(int) % (96, 160)
            cv2.circle(frame, (int(x), int(y)), 14, [int(value) for value in colour], -1)
        frames.append(np.asarray(frame, np.uint8))
    return frames


def tune(seed: int) -> NDArray[np.float32]:
    """Three seconds of notes, (1, n)."""
    rng = np.random.default_rng(seed)
    time = np.arange(RATE // 4) / RATE
    notes = [np.sin(2 * np.pi * rng.uniform(220, 1800) * time) * np.exp(-4 * time) for _ in range(4 * SECONDS)]
    return (0.4 * np.concatenate(notes)).astype(np.float32)[None]


def printed(frames: list[Frame]) -> bytes:
    sink = PrintSink(FPS)
    for index, frame in enumerate(frames):
        sink.write(index, frame)
    return sink.signs


COPIES: dict[str, Callable[[Frame], Any]] = {
    "encoded": lambda f: cv2.imdecode(cv2.imencode(".jpg", f, [cv2.IMWRITE_JPEG_QUALITY, 12])[1], cv2.IMREAD_COLOR),
    "scaled": lambda f: cv2.resize(f, (50, 84), interpolation=cv2.INTER_AREA),
    "cropped": lambda f: cv2.resize(f[8:-8, 5:-5], (96, 160)),
    "brighter": lambda f: np.clip(f.astype(int) + 40, 0, 255).astype(np.uint8),
    "darker": lambda f: (f * 0.5).astype(np.uint8),
    "mirrored": lambda f: f[:, ::-1],
}


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_has_the_pictures_of_its_original(change: str) -> None:
    original = printed(clip(1))
    copy = printed([np.ascontiguousarray(COPIES[change](frame)) for frame in clip(1)])
    assert pictures_alike(original, copy) >= PICTURES
    assert {*picture_keys(original), *picture_keys(mirrored(original))} & set(picture_keys(copy))
    assert pictures_alike(original, copy) == pytest.approx(pictures_alike(copy, original), abs=0.05)


def test_a_copy_that_starts_later_is_known_too() -> None:
    assert pictures_alike(printed(clip(2)), printed(clip(2)[FPS // 2 :])) > PICTURES
    whole = tune(2)
    assert sounds_alike(sound_signs(whole, RATE), sound_signs(whole[:, RATE // 3 :], RATE)) > SOUND


def test_others_are_not_taken_for_it() -> None:
    prints = [(printed(clip(seed)), sound_signs(tune(seed), RATE)) for seed in range(6)]
    for index, (pictures, sound) in enumerate(prints):
        for other_pictures, other_sound in prints[:index]:
            assert pictures_alike(pictures, other_pictures) < PICTURES
            assert sounds_alike(sound, other_sound) < SOUND


def test_a_sound_is_known_at_another_loudness_rate_and_with_noise() -> None:
    signs = sound_signs(tune(3), RATE)
    noise = np.random.default_rng(0).normal(0, 0.004, tune(3).shape).astype(np.float32)
    places = np.arange(SECONDS * 11_025) * RATE / 11_025
    resampled = np.asarray(np.interp(places, np.arange(SECONDS * RATE), tune(3)[0]), np.float32)[None]
    copies = [
        sound_signs(np.asarray(tune(3) * 0.2 + noise * 0.2, np.float32), RATE),
        sound_signs(np.repeat(tune(3), 2, axis=0), RATE),
        sound_signs(resampled, 11_025),
    ]
    for copy in copies:
        assert sounds_alike(signs, copy) > SOUND
        assert set(sound_keys(signs)) & set(sound_keys(copy))


def test_nothing_to_see_or_hear_is_like_nothing() -> None:
    black = printed([np.zeros((160, 96, 3), np.uint8)] * FPS * SECONDS)
    silence = sound_signs(np.zeros((2, SECONDS * RATE), np.float32), RATE)
    assert not any(black)
    assert not any(silence)
    assert picture_keys(black) == sound_keys(silence) == []
    assert pictures_alike(black, black) == sounds_alike(silence, silence) == 0.0
    assert sound_signs(None, RATE) == sound_signs(np.zeros((2, 0), np.float32), RATE) == b""
    assert sound_signs(np.ones((1, 500), np.float32), RATE) == b""
    assert picture_signs(np.zeros((2, 2, 3), np.uint8)) == bytes(16)


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_any_bytes_can_be_compared(one: bytes, other: bytes) -> None:
    for alike in (pictures_alike, sounds_alike):
        assert 0.0 <= alike(one, other) <= 1.0
    assert all(0 <= key < 1 << 18 for key in (*picture_keys(one), *sound_keys(other)))
