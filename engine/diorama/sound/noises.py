"""What people and animals are heard to do besides talking: laughing, crying, sneezing, snoring, clapping."""

# ruff: noqa: ARG001 -- every noise has the same signature, whatever it needs of it

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine.diorama.sound.dsp import TAU, add, decay, formant_tone, glide, seconds, swell, tilted_noise, unit

if TYPE_CHECKING:
    from engine.diorama.sound.dsp import Wave


class Noise(Protocol):
    """Makes one sound, (n,) float32 of peak ≤ 1.

    ``lift`` is how much higher than a grown-up's voice (or a mid-sized thing) it sounds; ``length`` seconds matter to
    those that last, the others have their own.
    """

    def __call__(self, rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
        """Make the sound."""
        ...


_AH = ((730, 160, 1.0), (1150, 200, 0.7), (2500, 400, 0.35))
_OH = ((480, 140, 1.0), (880, 180, 0.6), (2400, 400, 0.2))
_EH = ((560, 150, 1.0), (1800, 250, 0.6), (2600, 400, 0.35))


def _vowel(phase: Wave, pitch: float, formants: tuple[tuple[float, float, float], ...], lift: float) -> Wave:
    """A vowel of a throat ``lift`` times as short, squeezed less than the pitch rises."""
    throat = lift**0.4
    return formant_tone(phase, pitch, [(hertz * throat, width * throat, gain) for hertz, width, gain in formants])


def laugh(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Ha-ha-ha, falling."""
    wave = np.zeros(round(1.45 * rate), np.float32)
    t = seconds(0.17, rate)
    for number in range(7):
        pitch = 270 * lift * (1.12 - 0.05 * number) * float(rng.uniform(0.96, 1.04))
        voice = _vowel(glide(t, ((0, pitch), (0.04, pitch * 1.15), (0.17, pitch * 0.85)), rate), pitch, _AH, lift)
        breath = tilted_noise(t.size, rate, rng, 500, 4500, 0.4) * np.exp2(-t / np.float32(0.03))
        ha = (voice + 0.5 * breath) * swell(t, 0.03, 0.09)
        add(wave, ha * np.float32(1.0 - 0.07 * number), round(number * 0.19 * rate))
    return unit(wave)


def cry(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Sobbing: wails that fall, a hiccup of breath before each."""
    wave = np.zeros(round(2.2 * rate), np.float32)
    for at, long in ((0.0, 0.55), (0.75, 0.5), (1.4, 0.75)):
        t = seconds(long, rate)
        pitch = 360 * lift * float(rng.uniform(0.95, 1.08))
        phase = glide(t, ((0, pitch * 0.9), (0.12, pitch * 1.15), (long, pitch * 0.72)), rate)
        phase = phase + np.float32(0.5) * np.sin(TAU * np.float32(7.5) * t)
        add(wave, _vowel(phase, pitch, _EH, lift) * swell(t, 0.06, 0.3), round((at + 0.1) * rate))
        sob = seconds(0.1, rate)
        add(wave, 0.35 * tilted_noise(sob.size, rate, rng, 600, 4000, 0.5) * swell(sob, 0.06, 0.03), round(at * rate))
    return unit(wave)


def scream(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Aaah!"""
    t = seconds(1.2, rate)
    pitch = 520 * lift**0.7
    phase = glide(t, ((0, pitch * 0.8), (0.12, pitch * 1.25), (0.9, pitch * 1.15), (1.2, pitch * 0.8)), rate)
    rough = phase + np.float32(0.35) * np.sin(TAU * np.float32(31) * t)
    return unit(np.tanh(2.2 * _vowel(rough, pitch, _AH, lift)) * swell(t, 0.04, 0.35))


def sneeze(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Ah … tchoo!"""
    wave = np.zeros(round(1.05 * rate), np.float32)
    t = seconds(0.35, rate)
    pitch = 230 * lift
    inward = _vowel(glide(t, ((0, pitch), (0.35, pitch * 1.5)), rate), pitch, _AH, lift) * swell(t, 0.2, 0.08)
    add(wave, 0.35 * inward, 0)
    t = seconds(0.5, rate)
    burst = tilted_noise(t.size, rate, rng, 1500, 9000, 0.2) * decay(t, 0.07, 0.004)
    tail = _vowel(glide(t, ((0, pitch * 1.5), (0.5, pitch * 0.7)), rate), pitch, _OH, lift) * decay(t, 0.12, 0.05)
    add(wave, burst + 0.6 * tail, round(0.45 * rate))
    return unit(wave)


def cough(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Two coughs."""
    wave = np.zeros(round(0.8 * rate), np.float32)
    t = seconds(0.28, rate)
    for at, loud in ((0.0, 1.0), (0.38, 0.8)):
        burst = tilted_noise(t.size, rate, rng, 300 * lift**0.5, 4500, 0.5) * decay(t, 0.035, 0.003)
        pitch = 190 * lift
        voice = _vowel(glide(t, ((0, pitch), (0.28, pitch * 0.6)), rate), pitch, _OH, lift) * decay(t, 0.05, 0.01)
        add(wave, np.float32(loud) * (burst + 0.5 * voice), round(at * rate))
    return unit(wave)


def yawn(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A long sigh that opens and falls."""
    t = seconds(1.8, rate)
    pitch = 210 * lift
    phase = glide(t, ((0, pitch * 0.9), (0.5, pitch * 1.35), (1.8, pitch * 0.55)), rate)
    arc = np.sin(np.clip(t / 1.8, 0, 1) * (TAU / 2)) ** 1.5
    voice = _vowel(phase, pitch, _OH, lift) * (1 - arc) + _vowel(phase, pitch, _AH, lift) * arc
    return unit((voice + 0.25 * tilted_noise(t.size, rate, rng, 400, 4000, 0.6)) * swell(t, 0.4, 0.8))


def snore(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """One breath in with a rasp, and out with a sigh."""
    wave = np.zeros(round(2.2 * rate), np.float32)
    t = seconds(1.0, rate)
    rasp = tilted_noise(t.size, rate, rng, 90, 1100 * lift**0.5, 0.6)
    add(wave, rasp * (0.5 + 0.5 * np.sign(np.sin(TAU * np.float32(27 * lift**0.5) * t))) * swell(t, 0.45, 0.25), 0)
    add(wave, 0.3 * tilted_noise(t.size, rate, rng, 400, 2600, 0.6) * swell(t, 0.3, 0.6), round(1.15 * rate))
    return unit(wave)


def burp(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """One rude, low, rattling note."""
    t = seconds(0.55, rate)
    pitch = 88 * lift
    phase = glide(t, ((0, pitch * 1.1), (0.2, pitch * 1.3), (0.55, pitch * 0.8)), rate)
    voice = _vowel(phase + np.float32(0.6) * np.sin(TAU * np.float32(23) * t), pitch, _OH, lift)
    return unit(np.tanh(2 * voice) * swell(t, 0.03, 0.2))


def kiss(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A smack: air drawn in, then a pop."""
    wave = np.zeros(round(0.3 * rate), np.float32)
    t = seconds(0.14, rate)
    add(wave, 0.4 * tilted_noise(t.size, rate, rng, 1800, 6000, 0.2) * swell(t, 0.1, 0.03), 0)
    t = seconds(0.12, rate)
    smack = np.sin(glide(t, ((0, 700), (0.02, 1900), (0.12, 1500)), rate)) * decay(t, 0.018, 0.001)
    add(wave, smack, round(0.14 * rate))
    return unit(wave)


def munch(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Five crunches, the first the crispest."""
    wave = np.zeros(round(1.6 * rate), np.float32)
    for number in range(5):
        bite = seconds(0.16, rate)
        grains = tilted_noise(bite.size, rate, rng, 900, 7000, 0.3) * (rng.random(bite.size) < 0.12)
        crunch = unit(grains.astype(np.float32)) * decay(bite, 0.05, 0.004)
        dull = tilted_noise(bite.size, rate, rng, 150, 900, 0.5) * decay(bite, 0.04, 0.004)
        add(wave, (crunch + 0.5 * dull) * np.float32(1 - 0.12 * number), round(number * 0.31 * rate))
    return unit(wave)


def hiss(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A snake, or a cat that is cross."""
    t = seconds(1.0, rate)
    return unit(tilted_noise(t.size, rate, rng, 2500, 11000, 0.1) * swell(t, 0.06, 0.5))


def purr(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A contented rattle at 25 strokes a second, louder breathing out than in."""
    t = seconds(max(1.0, length), rate)
    strokes = np.maximum(np.sin(TAU * np.float32(25) * t), 0.0) ** 2
    breath = np.float32(0.65) + np.float32(0.35) * np.sin(TAU * t / np.float32(1.6))
    body = tilted_noise(t.size, rate, rng, 90, 1400, 0.5)
    return unit(body * strokes * breath * swell(t, 0.3, 0.4))


def applause(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Many hands, none together."""
    wave = np.zeros(round(max(1.5, length) * rate), np.float32)
    clap = seconds(0.05, rate)
    takes = [
        tilted_noise(clap.size, rate, rng, float(low), float(low) * 5, 0.3) * decay(clap, 0.008, 0.0008)
        for low in rng.uniform(500, 1500, 12)
    ]
    count = round(70 * wave.size / rate)
    for at, which, loud in zip(
        rng.uniform(0, wave.size / rate, count), rng.integers(0, 12, count), rng.uniform(0.2, 1.0, count), strict=True
    ):
        add(wave, takes[int(which)] * np.float32(loud), round(float(at) * rate))
    return unit(wave * swell(seconds(wave.size / rate, rate)[: wave.size], 0.4, 0.7))


def clap(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """One pair of hands, five times."""
    wave = np.zeros(round(1.6 * rate), np.float32)
    t = seconds(0.09, rate)
    for number in range(5):
        one = tilted_noise(t.size, rate, rng, 700, 6000, 0.2) * decay(t, 0.013, 0.0008)
        add(wave, one * np.float32(rng.uniform(0.8, 1.0)), round((0.31 * number + float(rng.uniform(0, 0.02))) * rate))
    return unit(wave)


def cheer(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A crowd that shouts with joy: voices of all pitches swelling, hands beneath."""
    samples = round(max(1.5, length) * rate)
    t = seconds(samples / rate, rate)[:samples]
    wave = np.float32(0.35) * applause(rate, rng, lift, samples / rate)[:samples]
    for _ in range(10):
        pitch = float(rng.uniform(160, 480))
        sway = np.float32(rng.uniform(1.0, 3.0)) * np.sin(TAU * np.float32(rng.uniform(0.3, 1.1)) * t)
        voice = _vowel((TAU * np.float32(pitch) * t + sway).astype(np.float32), pitch, _AH, pitch / 260)
        wave += np.float32(0.12) * voice * (0.5 + 0.5 * np.sin(TAU * np.float32(rng.uniform(0.2, 0.7)) * t)) ** 2
    wave += np.float32(0.35) * tilted_noise(samples, rate, rng, 500, 3500, 0.4)
    return unit(wave * swell(t, 0.5, 0.8))


NOISES: dict[str, Noise] = {
    noise.__name__: noise
    for noise in (
        laugh, cry, scream, sneeze, cough, yawn, snore, burp, kiss, munch, hiss, purr, applause, clap, cheer,
    )
}  # fmt: skip
