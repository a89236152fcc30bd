"""What things are heard to do: sirens, horns, bells, clocks, doors, fire, glass, fireworks, magic."""

# ruff: noqa: ARG001 -- every noise has the same signature, whatever it needs of it

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.sound.calls import horn as toot
from engine.diorama.sound.dsp import TAU, add, decay, glide, seconds, swell, tilted_noise, tone, unit
from engine.diorama.sound.effects import explosion

if TYPE_CHECKING:
    from engine.diorama.sound.dsp import Wave
    from engine.diorama.sound.noises import Noise


def siren(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Two tones in turn, as fire engines and ambulances have them."""
    t = seconds(max(2.0, length), rate)
    swing = np.float32(0.5) + np.float32(0.5) * np.tanh(6 * np.sin(TAU * t / np.float32(1.3)))
    pitch = 435 + 145 * swing
    phase = (np.cumsum(pitch, dtype=np.float64) * (2 * np.pi / rate)).astype(np.float32)
    return unit(np.tanh(1.5 * tone(phase, (1, 0.5, 0.6, 0.3, 0.3, 0.15))) * swell(t, 0.25, 0.5))


def horn(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A friendly double toot."""
    return toot(rate, rng)


def ship_horn(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A ship's or a train's long blast."""
    t = seconds(1.8, rate)
    blast = tone(TAU * np.float32(155) * t, (1, 0.8, 0.6, 0.5, 0.3, 0.2))
    blast = blast + tone(TAU * np.float32(196) * t, (0.8, 0.6, 0.5, 0.3, 0.2))
    return unit(np.tanh(blast) * swell(t, 0.15, 0.5))


def bell(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Three strokes of a bell with its unlike partials."""
    wave = np.zeros(round(3.0 * rate), np.float32)
    t = seconds(2.0, rate)
    base = 520 * lift**0.5
    partials = ((0.5, 0.5, 0.9), (1.0, 0.9, 0.6), (1.2, 0.5, 0.45), (2.0, 0.5, 0.3), (2.74, 0.3, 0.15))
    ring = sum(
        np.float32(gain) * np.sin(TAU * np.float32(base * ratio) * t) * np.exp2(-t / np.float32(half))
        for ratio, gain, half in partials
    )
    for at in (0.0, 0.75, 1.5):
        add(wave, ring * np.minimum(t / np.float32(0.002), 1), round(at * rate))
    return unit(wave * swell(seconds(3.0, rate)[: wave.size], 0.001, 0.8))


def doorbell(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Ding dong."""
    wave = np.zeros(round(1.5 * rate), np.float32)
    t = seconds(1.0, rate)
    for at, pitch in ((0.0, 659.0), (0.45, 523.0)):
        note = tone(TAU * np.float32(pitch) * t, (1, 0.25, 0.15, 0.08)) * decay(t, 0.22)
        add(wave, note, round(at * rate))
    return unit(wave)


def phone(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Two rings."""
    wave = np.zeros(round(1.7 * rate), np.float32)
    t = seconds(0.65, rate)
    chatter = (np.sin(TAU * np.float32(20) * t) > 0).astype(np.float32)
    ring = tone(TAU * np.float32(1250) * t, (1, 0.3)) * chatter + tone(TAU * np.float32(1560) * t, (1, 0.3)) * (
        1 - chatter
    )
    for at in (0.0, 0.95):
        add(wave, ring * swell(t, 0.01, 0.08), round(at * rate))
    return unit(wave)


def alarm(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """An alarm clock: beeps in fours."""
    wave = np.zeros(round(max(1.5, length) * rate), np.float32)
    t = seconds(0.08, rate)
    beep = tone(TAU * np.float32(2050) * t, (1, 0, 0.3)) * swell(t, 0.006, 0.02)
    for start in np.arange(0.0, wave.size / rate - 0.5, 1.0):
        for number in range(4):
            add(wave, beep, round((float(start) + 0.13 * number) * rate))
    return unit(wave)


def ticking(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A clock: tick, tock."""
    wave = np.zeros(round(max(1.0, length) * rate), np.float32)
    t = seconds(0.05, rate)
    for number, at in enumerate(np.arange(0.1, wave.size / rate - 0.05, 0.5)):
        pitch = 2300 if number % 2 == 0 else 1750
        add(wave, np.sin(TAU * np.float32(pitch) * t) * decay(t, 0.006, 0.0005), round(float(at) * rate))
    return unit(wave)


def knock(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Knuckles on wood, three times."""
    wave = np.zeros(round(0.9 * rate), np.float32)
    t = seconds(0.12, rate)
    for at in (0.0, 0.22, 0.44):
        wood = np.sin(TAU * np.float32(260) * t) + np.float32(0.6) * np.sin(TAU * np.float32(610) * t)
        hit = wood * decay(t, 0.016, 0.001) + 0.5 * tilted_noise(t.size, rate, rng, 500, 5000, 0.4) * decay(t, 0.006)
        add(wave, hit, round(at * rate))
    return unit(wave)


def creak(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """An old door: sticking and slipping, faster and faster."""
    wave = np.zeros(round(1.4 * rate), np.float32)
    t = seconds(0.02, rate)
    at = 0.0
    while at < 1.35:
        share = at / 1.35
        slip = np.sin(TAU * np.float32(520 + 420 * share) * t) + np.float32(0.5) * np.sin(TAU * np.float32(1480) * t)
        add(wave, slip * decay(t, 0.004, 0.0005) * np.float32(rng.uniform(0.5, 1)), round(at * rate))
        at += (0.028 - 0.014 * float(np.sin(np.pi * share))) * float(rng.uniform(0.8, 1.2))
    return unit(wave)


def slam(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A door falls shut."""
    t = seconds(0.5, rate)
    boom = np.sin(glide(t, ((0, 130), (0.1, 70), (0.5, 60)), rate)) * decay(t, 0.07)
    return unit(boom + 0.8 * tilted_noise(t.size, rate, rng, 100, 4000, 0.7) * decay(t, 0.03, 0.001))


def glass(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Glass breaks, and its pieces fall."""
    wave = np.zeros(round(1.3 * rate), np.float32)
    t = seconds(0.2, rate)
    add(wave, tilted_noise(t.size, rate, rng, 2500, 12000, 0.0) * decay(t, 0.025, 0.001), 0)
    piece = seconds(0.25, rate)
    for at in rng.exponential(0.22, 26):
        pitch = float(rng.uniform(2500, 7500))
        ring = np.sin(TAU * np.float32(pitch) * piece) * decay(piece, 0.025, 0.0005)
        add(wave, np.float32(rng.uniform(0.1, 0.4)) * ring, round(float(at) * rate))
    return unit(wave)


def crackle(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A fire: a low breath, and wood that snaps."""
    samples = round(max(1.5, length) * rate)
    t = seconds(samples / rate, rate)[:samples]
    wave = np.float32(0.16) * tilted_noise(samples, rate, rng, 60, 900, 0.8)
    snap = seconds(0.02, rate)
    for at in rng.uniform(0, samples / rate, round(16 * samples / rate)):
        click = tilted_noise(snap.size, rate, rng, 900, 9000, 0.2) * decay(snap, 0.003, 0.0004)
        add(wave, click * np.float32(rng.uniform(0.1, 1.0) ** 2), round(float(at) * rate))
    return unit(wave * swell(t, 0.3, 0.5))


def fireworks(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A whistle up, a bang, sparks that crackle down."""
    wave = np.zeros(round(2.6 * rate), np.float32)
    t = seconds(0.7, rate)
    add(wave, 0.12 * np.sin(glide(t, ((0, 900), (0.7, 2600)), rate)) * swell(t, 0.2, 0.1), 0)
    bang = explosion(rate, rng, 0.3, 0.0)
    add(wave, bang, round(0.75 * rate))
    spark = seconds(0.015, rate)
    for at in 0.95 + rng.exponential(0.35, 45):
        click = tilted_noise(spark.size, rate, rng, 2500, 11000, 0.0) * decay(spark, 0.002, 0.0004)
        add(wave, np.float32(rng.uniform(0.1, 0.35)) * click, round(float(at) * rate))
    return unit(wave)


def zap(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A ray gun, three times."""
    wave = np.zeros(round(0.9 * rate), np.float32)
    t = seconds(0.22, rate)
    for at in (0.0, 0.28, 0.56):
        add(wave, tone(glide(t, ((0, 2400), (0.22, 220)), rate), (1, 0.4, 0.3)) * decay(t, 0.08), round(at * rate))
    return unit(wave)


def sparkle(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Magic: small bells running upwards."""
    wave = np.zeros(round(1.6 * rate), np.float32)
    t = seconds(0.7, rate)
    for number, pitch in enumerate((1047, 1319, 1568, 2093, 2637, 3136, 4186)):
        add(wave, np.sin(TAU * np.float32(pitch) * t) * decay(t, 0.12, 0.001), round(0.085 * number * rate))
    return unit(wave)


def camera(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """A shutter: click, clack."""
    wave = np.zeros(round(0.25 * rate), np.float32)
    t = seconds(0.04, rate)
    for at in (0.0, 0.09):
        add(wave, tilted_noise(t.size, rate, rng, 1500, 9000, 0.1) * decay(t, 0.006, 0.0005), round(at * rate))
    return unit(wave)


def heartbeat(rate: int, rng: np.random.Generator, lift: float, length: float) -> Wave:
    """Lub-dub, seventy times a minute."""
    wave = np.zeros(round(max(1.5, length) * rate), np.float32)
    t = seconds(0.2, rate)
    for at in np.arange(0.1, wave.size / rate - 0.5, 0.86):
        for after, pitch in ((0.0, 75), (0.24, 95)):
            beat = np.sin(glide(t, ((0, pitch * 1.4), (0.2, pitch)), rate)) * decay(t, 0.045, 0.006)
            add(wave, beat, round((float(at) + after) * rate))
    return unit(wave)


DEVICES: dict[str, Noise] = {
    noise.__name__: noise
    for noise in (
        siren, horn, ship_horn, bell, doorbell, phone, alarm, ticking, knock, creak, slam, glass, crackle, fireworks,
        zap, sparkle, camera, heartbeat,
    )
}  # fmt: skip
