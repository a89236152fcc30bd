"""Synthesised sound effects: each takes a rate, a random generator, a size and a length, and gives a mono wave."""

# ruff: noqa: ARG001 -- every effect has the same signature, whatever it needs of it

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine.diorama.sound.dsp import TAU, add, decay, glide, seconds, swell, tilted_noise, tone, unit

if TYPE_CHECKING:
    from engine.diorama.sound.dsp import Wave


class Effect(Protocol):
    """Makes one sound, (n,) float32 of peak ≤ 1 whose onset is its first sample.

    ``size`` is the subject's height in frames (small things sound higher), ``length`` seconds where the sound lasts.
    """

    def __call__(self, rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
        """Make the sound."""
        ...


def _pitch(size: float) -> float:
    """How much higher than a mid-sized (0.3) thing something of ``size`` sounds."""
    return float(np.clip((0.3 / max(size, 0.03)) ** 0.6, 0.5, 2.5))


def thud(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A body landing: a falling low tone under a short dull knock."""
    t, p = seconds(0.35, rate), _pitch(size)
    body = np.sin(glide(t, ((0, 150 * p), (0.06, 75 * p), (0.35, 55 * p)), rate)) * decay(t, 0.06)
    knock = tilted_noise(t.size, rate, rng, 80, 1800 * p, 0.7) * decay(t, 0.02, 0.001)
    return unit(body + 0.6 * knock)


def bounce(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A rubbery boing on top of a light thud."""
    t, p = seconds(0.4, rate), _pitch(size)
    wobble = glide(t, ((0, 130 * p), (0.05, 330 * p), (0.4, 210 * p)), rate) + 1.6 * np.sin(TAU * 14 * t)
    return unit(tone(wobble, (1, 0.35, 0.2)) * decay(t, 0.08) + _padded(0.6 * thud(rate, rng, size, 0), t.size))


def crash(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """Metal hitting something: a thud, a clang of unlike partials, debris."""
    t, p = seconds(0.7, rate), _pitch(size)
    clang = sum(
        np.sin(TAU * np.float32(f * p) * t) * decay(t, h)
        for f, h in ((311, 0.12), (523, 0.1), (847, 0.07), (1371, 0.05))
    )
    debris = tilted_noise(t.size, rate, rng, 600, 9000, 0.3) * decay(t, 0.07)
    return unit(0.3 * clang + debris + _padded(thud(rate, rng, size, 0), t.size))


def splash(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """Water thrown up: a burst of bright noise with drops after it."""
    t, p = seconds(0.9, rate), _pitch(size)
    wave = tilted_noise(t.size, rate, rng, 300 * p, 9000, 0.5) * decay(t, 0.1, 0.006)
    wave += 0.7 * tilted_noise(t.size, rate, rng, 100, 700, 0.5) * decay(t, 0.08)
    for at in rng.uniform(0.1, 0.75, 9):
        add(wave, 0.18 * _drop(rate, rng), round(at * rate))
    return unit(wave)


def stroke(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """An arm or fin through water."""
    t = seconds(0.6, rate)
    return unit(tilted_noise(t.size, rate, rng, 250, 4000, 0.8) * swell(t, 0.12, 0.4))


def bubbles(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A handful of rising blips."""
    wave = np.zeros(round(0.8 * rate), np.float32)
    for at in np.sort(rng.uniform(0.0, 0.65, 9)):
        add(wave, _drop(rate, rng, rng.uniform(250, 900)) * np.float32(rng.uniform(0.4, 1)), round(at * rate))
    return unit(wave)


def _drop(rate: int, rng: np.random.Generator, hertz: float | None = None) -> Wave:
    t = seconds(0.08, rate)
    start = float(rng.uniform(900, 2200)) if hertz is None else hertz
    return np.sin(glide(t, ((0, start), (0.08, start * 1.8)), rate)) * decay(t, 0.018)


def step(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A footfall: soft heel, then a little scuff."""
    t, p = seconds(0.14, rate), _pitch(size) * float(rng.uniform(0.9, 1.12))
    heel = np.sin(glide(t, ((0, 160 * p), (0.14, 90 * p)), rate)) * decay(t, 0.018)
    scuff = tilted_noise(t.size, rate, rng, 300 * p, 5000, 0.6) * decay(t, 0.02, 0.004)
    return unit(heel + 0.8 * scuff)


def whoosh(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """Air torn by something fast: noise whose centre rises and falls."""
    t, p = seconds(0.5, rate), _pitch(size)
    low = tilted_noise(t.size, rate, rng, 200 * p, 900 * p, 0.5)
    high = tilted_noise(t.size, rate, rng, 800 * p, 4200 * p, 0.5)
    arc = np.sin(np.clip(t / 0.5, 0, 1) * (TAU / 2)) ** 2
    return unit((low * (1 - 0.6 * arc) + high * arc) * arc)


def jump(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A cartoon leap: a quick rising chirp in a breath of air."""
    t, p = seconds(0.28, rate), _pitch(size)
    chirp = tone(glide(t, ((0, 190 * p), (0.28, 620 * p)), rate), (1, 0.25, 0.1)) * swell(t, 0.015, 0.22)
    air = tilted_noise(t.size, rate, rng, 600, 5000, 0.6) * swell(t, 0.08, 0.18)
    return unit(chirp + 0.5 * air)


def spin(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A whirr that comes and goes with each turn."""
    t, p = seconds(max(0.3, length), rate), _pitch(size)
    air = tilted_noise(t.size, rate, rng, 350 * p, 2600 * p, 0.6)
    return unit(air * (0.55 + 0.45 * np.sin(TAU * 5.5 * t)) * swell(t, 0.06, 0.15))


def flap(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """One wing beat."""
    t, p = seconds(0.13, rate), _pitch(size)
    return unit(tilted_noise(t.size, rate, rng, 120 * p, 1700 * p, 0.8) * swell(t, 0.02, 0.1))


def pop(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """Something is suddenly there: a cork and a sparkle."""
    t, p = seconds(0.5, rate), _pitch(size)
    cork = np.sin(glide(t, ((0, 300 * p), (0.03, 900 * p), (0.5, 900 * p)), rate)) * decay(t, 0.015, 0.001)
    sparkle = sum(
        np.sin(TAU * np.float32(f) * t) * decay(t, 0.06) * (t > at)
        for f, at in ((2093, 0.04), (2637, 0.09), (3136, 0.14))
    )
    return unit(cork + 0.12 * sparkle)


def poof(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """Something is suddenly gone: a puff."""
    t = seconds(0.5, rate)
    puff = tilted_noise(t.size, rate, rng, 150, 3500, 0.7) * decay(t, 0.08, 0.01)
    return unit(puff + 0.35 * np.sin(glide(t, ((0, 700), (0.3, 180), (0.5, 150)), rate)) * decay(t, 0.07))


def explosion(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A boom: a click, a sub drop, a long tail of falling debris."""
    t = seconds(1.9, rate)
    boom = np.sin(glide(t, ((0, 110), (0.25, 45), (1.9, 30)), rate)) * decay(t, 0.28)
    blast = tilted_noise(t.size, rate, rng, 40, 6500, 0.8) * decay(t, 0.16)
    tail = tilted_noise(t.size, rate, rng, 60, 900, 0.9) * decay(t, 0.45, 0.05)
    return np.tanh(2.2 * unit(boom + blast + 0.7 * tail)).astype(np.float32)


def rising_whistle(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A slide whistle going up."""
    t, p = seconds(max(0.3, length), rate), _pitch(size)
    phase = glide(t, ((0, 420 * p), (length, 1150 * p)), rate) + 0.4 * np.sin(TAU * 6 * t)
    return unit(tone(phase, (1, 0.12, 0.06)) * swell(t, 0.05, 0.12))


def falling_whistle(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A slide whistle going down."""
    t, p = seconds(max(0.3, length), rate), _pitch(size)
    phase = glide(t, ((0, 1250 * p), (length, 330 * p)), rate) + 0.4 * np.sin(TAU * 6 * t)
    return unit(tone(phase, (1, 0.12, 0.06)) * swell(t, 0.05, 0.1))


def rattle(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """Something shaken: quick dry ticks."""
    wave = np.zeros(round(max(0.2, length) * rate), np.float32)
    t, p = seconds(0.03, rate), _pitch(size)
    for at in np.arange(0.0, max(0.2, length) - 0.05, 1 / 13):
        tick = tilted_noise(t.size, rate, rng, 700 * p, 6000, 0.3) * decay(t, 0.006, 0.001)
        add(wave, tick * np.float32(rng.uniform(0.5, 1.0)), round((at + rng.uniform(0, 0.015)) * rate))
    return unit(wave)


def rolling(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A rumble that turns."""
    t = seconds(max(0.3, length), rate)
    rumble = tilted_noise(t.size, rate, rng, 60, 600 * _pitch(size), 0.7)
    return unit(rumble * (0.6 + 0.4 * np.sin(TAU * 3.2 * t)) * swell(t, 0.15, 0.3))


def sliding(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """A long scrape over snow or floor."""
    t = seconds(max(0.3, length), rate)
    return unit(tilted_noise(t.size, rate, rng, 500, 5500, 0.9) * swell(t, 0.2, 0.4))


def snore(rate: int, rng: np.random.Generator, size: float, length: float) -> Wave:
    """Slow breath in with a rasp, out with a sigh, every three seconds."""
    wave = np.zeros(round(max(0.5, length) * rate), np.float32)
    t, p = seconds(1.1, rate), _pitch(size)
    for at in np.arange(0.3, max(0.5, length), 3.0):
        rasp = tilted_noise(t.size, rate, rng, 90, 900 * p, 0.7) * (
            0.5 + 0.5 * np.sign(np.sin(TAU * np.float32(28 * p) * t))
        )
        add(wave, rasp * swell(t, 0.5, 0.3), round(at * rate))
        add(wave, 0.35 * tilted_noise(t.size, rate, rng, 400, 2500, 0.6) * swell(t, 0.3, 0.7), round((at + 1.3) * rate))
    return unit(wave)


def _padded(wave: Wave, samples: int) -> Wave:
    return np.pad(wave, (0, max(0, samples - wave.size)))[:samples]


EFFECTS: dict[str, Effect] = {
    effect.__name__: effect
    for effect in (
        thud, bounce, crash, splash, stroke, bubbles, step, whoosh, jump, spin, flap, pop, poof, explosion,
        rising_whistle, falling_whistle, rattle, rolling, sliding, snore,
    )
}  # fmt: skip
LEVELS: dict[str, float] = {
    "thud": 0.55, "bounce": 0.45, "crash": 0.5, "splash": 0.4, "stroke": 0.18, "bubbles": 0.2, "step": 0.3,
    "whoosh": 0.28, "jump": 0.3, "spin": 0.16, "flap": 0.22, "pop": 0.4, "poof": 0.35, "explosion": 0.6,
    "rising_whistle": 0.14, "falling_whistle": 0.14, "rattle": 0.2, "rolling": 0.22, "sliding": 0.18, "snore": 0.22,
}  # fmt: skip
"""Peak of each effect in the mix at full strength, where speech peaks near 0.6."""
