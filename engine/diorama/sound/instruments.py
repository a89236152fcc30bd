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


def grand(midi: float, length: float, rate: int) -> Wave:
    """A piano: slightly stretched partials that die the sooner the higher they are, under a felt knock."""
    partials = tuple(
        (n * float(np.sqrt(1 + 0.0005 * n * n)), 0.7 / n**1.3, 0.9 * 2 ** ((60 - midi) / 24) / n**0.6)
        for n in range(1, 11)
    )
    wave = _partials(midi, length + 0.5, rate, partials)
    t = seconds(0.03, rate)
    wave[: t.size] += np.float32(0.12) * np.sin(TAU * np.float32(190) * t) * decay(t, 0.006)
    return wave


def banjo(midi: float, length: float, rate: int) -> Wave:
    """A short bright string over a skin."""
    return _partials(midi, length + 0.2, rate, tuple((n, 0.5 / n**0.6, 0.16 / n**0.4) for n in range(1, 11)))


def violin(midi: float, length: float, rate: int) -> Wave:
    """One bowed string with vibrato, rich in partials."""
    return _held(midi, length, rate, tuple(0.5 / n**0.9 for n in range(1, 13)), attack=0.07, vibrato=0.3)


def trumpet(midi: float, length: float, rate: int) -> Wave:
    """Brass: brightest around its third and fourth partial."""
    gains = (0.5, 0.75, 0.85, 0.8, 0.6, 0.45, 0.3, 0.2, 0.12)
    return _held(midi, length, rate, tuple(0.6 * gain for gain in gains), attack=0.03, vibrato=0.1)


def saxophone(midi: float, length: float, rate: int) -> Wave:
    """A reed, warmer and more swaying than brass."""
    gains = (0.9, 0.6, 0.75, 0.35, 0.3, 0.2, 0.12, 0.08)
    return _held(midi, length, rate, tuple(0.6 * gain for gain in gains), attack=0.05, vibrato=0.28)


def flute(midi: float, length: float, rate: int) -> Wave:
    """Nearly a pure tone, an octave up."""
    return _held(midi + 12, length, rate, (0.8, 0.22, 0.08, 0.03), attack=0.07, vibrato=0.2)


def whistle(midi: float, length: float, rate: int) -> Wave:
    """Somebody who whistles: a pure high tone."""
    return _held(midi + 12, length, rate, (0.8, 0.04), attack=0.05, vibrato=0.25)


def accordion(midi: float, length: float, rate: int) -> Wave:
    """Two reeds that beat against each other."""
    gains = tuple(0.4 / n**0.7 for n in range(1, 11))
    low = _held(midi - 0.06, length, rate, gains, attack=0.04, vibrato=0.0)
    return low + _held(midi + 0.06, length, rate, gains, attack=0.04, vibrato=0.0)


def organ(midi: float, length: float, rate: int) -> Wave:
    """Pipes in octaves and a fifth."""
    return _held(midi, length, rate, (0.6, 0.45, 0.25, 0.3, 0.0, 0.12, 0.0, 0.2), attack=0.03, vibrato=0.0)


def _held(midi: float, length: float, rate: int, gains: tuple[float, ...], *, attack: float, vibrato: float) -> Wave:
    """A blown or bowed note: partials of ``gains``, a ``vibrato`` (semitones) that comes after a quarter second."""
    t = seconds(length + 0.12, rate)
    depth = np.float32(vibrato) * np.clip((t - np.float32(0.15)) / np.float32(0.25), 0.0, 1.0)
    pitch = np.float32(hertz(midi)) * np.exp2(depth * np.sin(TAU * np.float32(5.5) * t) / np.float32(12))
    phase = (np.cumsum(pitch, dtype=np.float64) * (2 * np.pi / rate)).astype(np.float32)
    wave = np.zeros_like(t)
    for n, gain in enumerate(gains, start=1):
        if gain and hertz(midi) * n < 0.42 * rate:
            wave += np.float32(gain) * np.sin(phase * np.float32(n))
    return np.float32(0.55) * wave * swell(t, attack, 0.12)


def snare(rate: int, rng: np.random.Generator) -> Wave:
    """A snare drum with its wires."""
    t = seconds(0.22, rate)
    wires = tilted_noise(t.size, rate, rng, 500, 0.42 * rate, 0.2) * decay(t, 0.045, 0.002)
    return wires + np.float32(0.6) * np.sin(TAU * np.float32(185) * t) * decay(t, 0.035, 0.002)


def tom(rate: int, rng: np.random.Generator) -> Wave:
    """A tom-tom."""
    t = seconds(0.4, rate)
    return np.sin(glide(t, ((0, 190), (0.08, 130), (0.4, 115)), rate)) * decay(t, 0.09, 0.002)


def hat(rate: int, rng: np.random.Generator) -> Wave:
    """A closed cymbal."""
    t = seconds(0.08, rate)
    return np.float32(0.5) * tilted_noise(t.size, rate, rng, 6000, 0.45 * rate, 0.0) * decay(t, 0.016, 0.001)
