"""Timbres for the score, each a note as a mono wave: plucks, mallets, pads, bass, and light percussion."""

# ruff: noqa: ARG001 -- every drum has the same signature, with or without chance in it

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.sound.dsp import TAU, decay, glide, seconds, swell, tilted_noise

if TYPE_CHECKING:
    from engine.diorama.sound.dsp import Wave


def hertz(midi: float) -> float:
    """Pitch of a MIDI note number (69 = 440 Hz)."""
    return 440.0 * 2 ** ((midi - 69) / 12)


def _partials(midi: float, length: float, rate: int, partials: tuple[tuple[float, float, float], ...]) -> Wave:
    """Struck partials (ratio, gain, half-life seconds), those above the hearing of the rate left out."""
    t = seconds(length, rate)
    wave = np.zeros_like(t)
    for ratio, gain, half in partials:
        pitch = hertz(midi) * ratio
        if pitch < 0.42 * rate:
            wave += np.float32(gain) * np.sin(TAU * np.float32(pitch) * t) * np.exp2(-t / np.float32(half))
    edge = np.minimum(t / np.float32(0.004), 1.0) * np.clip((t[-1] - t) / np.float32(0.03), 0.0, 1.0)
    return wave * edge


def pluck(midi: float, length: float, rate: int) -> Wave:
    """A guitar- or harp-like string: higher partials die sooner."""
    return _partials(
        midi, length + 0.5, rate, tuple((n * (1 + 0.0004 * n * n), 0.6 / n**1.15, 0.55 / n**0.8) for n in range(1, 9))
    )


def mallet(midi: float, length: float, rate: int) -> Wave:
    """A marimba bar: the tuned fourth partial and a short knock."""
    return _partials(midi, length + 0.3, rate, ((1, 0.8, 0.28), (3.93, 0.22, 0.07), (9.2, 0.08, 0.02)))


def bell(midi: float, length: float, rate: int) -> Wave:
    """A music box: clear, with long unlike partials."""
    return _partials(midi, length + 1.2, rate, ((1, 0.6, 0.6), (2.0, 0.18, 0.4), (3.01, 0.16, 0.25), (5.43, 0.08, 0.1)))


def piano(midi: float, length: float, rate: int) -> Wave:
    """A soft electric piano."""
    t = seconds(length + 0.6, rate)
    f = np.float32(hertz(midi))
    tine = np.float32(0.9) * np.exp2(-t / np.float32(0.18)) * np.sin(TAU * f * t)
    wave = np.sin(TAU * f * t + tine) * np.exp2(-t / np.float32(0.5))
    return (
        np.float32(0.6) * wave * np.minimum(t / np.float32(0.006), 1.0) * np.clip((t[-1] - t) / np.float32(0.08), 0, 1)
    )


def pad(midi: float, length: float, rate: int) -> Wave:
    """Three slightly detuned soft saws that swell."""
    t = seconds(length + 0.5, rate)
    wave = np.zeros_like(t)
    for detune in (0.9965, 1.0, 1.0038):
        f = hertz(midi) * detune
        for n in range(1, 6):
            wave += np.float32(0.16 / n**1.5) * np.sin(TAU * np.float32(f * n) * t + np.float32(n * detune * 40))
    return wave * swell(t, 0.35, 0.6)


def strings(midi: float, length: float, rate: int) -> Wave:
    """A section with vibrato, brighter and quicker to speak than `pad`."""
    t = seconds(length + 0.3, rate)
    vibrato = np.float32(0.012) * np.sin(TAU * np.float32(5.4) * t) * np.minimum(t / np.float32(0.4), 1)
    wave = np.zeros_like(t)
    for detune in (0.997, 1.003):
        phase = TAU * np.float32(hertz(midi) * detune) * (t + vibrato / np.float32(12))
        for n in range(1, 8):
            wave += np.float32(0.2 / n**1.2) * np.sin(phase * np.float32(n))
    return wave * swell(t, 0.12, 0.3)


def tuba(midi: float, length: float, rate: int) -> Wave:
    """A short brassy bass note for funny scores."""
    t = seconds(length + 0.1, rate)
    phase = TAU * np.float32(hertz(midi)) * t
    wave = np.zeros_like(t)
    for n, gain in enumerate((1.0, 0.8, 0.55, 0.35, 0.2, 0.1), start=1):
        wave += np.float32(0.35 * gain) * np.sin(phase * np.float32(n))
    return wave * swell(t, 0.025, 0.1) * np.exp2(-t / np.float32(0.3))


def bass(midi: float, length: float, rate: int) -> Wave:
    """A round plucked bass."""
    return _partials(midi, length + 0.2, rate, ((1, 0.9, 0.5), (2, 0.35, 0.25), (3, 0.12, 0.12)))


def kick(rate: int, rng: np.random.Generator) -> Wave:
    """A soft bass drum."""
    t = seconds(0.25, rate)
    return np.sin(glide(t, ((0, 120), (0.05, 55), (0.25, 45)), rate)) * decay(t, 0.05, 0.003)


def brush(rate: int, rng: np.random.Generator) -> Wave:
    """A brushed snare."""
    t = seconds(0.16, rate)
    return np.float32(0.5) * tilted_noise(t.size, rate, rng, 900, 0.42 * rate, 0.2) * decay(t, 0.03, 0.006)


def shaker(rate: int, rng: np.random.Generator) -> Wave:
    """A light shaker tick."""
    t = seconds(0.07, rate)
    return np.float32(0.35) * tilted_noise(t.size, rate, rng, 4000, 0.45 * rate, 0.0) * swell(t, 0.02, 0.04)


def timpani(rate: int, rng: np.random.Generator) -> Wave:
    """A deep drum for epic scores."""
    t = seconds(0.9, rate)
    skin = tilted_noise(t.size, rate, rng, 60, 900, 0.8) * decay(t, 0.03)
    return np.sin(glide(t, ((0, 95), (0.1, 73), (0.9, 70)), rate)) * decay(t, 0.2, 0.004) + np.float32(0.4) * skin
