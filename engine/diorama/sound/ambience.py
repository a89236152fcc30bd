"""The bed of sound that a place, an hour and a weather have, in stereo and as long as the clip."""

# ruff: noqa: ARG001 -- every bed has the same signature, whatever it needs of it

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.sound.calls import bird, owl
from engine.diorama.sound.dsp import TAU, add, decay, glide, pan, seconds, swell, tilted_noise, tone, unit, widen
from engine.diorama.sound.effects import bubbles

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.diorama.scene import Brief
    from engine.diorama.sound.dsp import Wave

    Bed = Callable[[int, int, np.random.Generator], Wave]


AIRLESS = ("space", "underwater", "moon")
"""Places where no weather is heard."""

CLAPS = (0.15, 0.62)
"""When it thunders in a storm, in shares of the clip."""


def ambience(brief: Brief, samples: int, rate: int, rng: np.random.Generator) -> Wave:
    """(2, samples) float32: never silent, faded in and out so that a clip neither starts nor ends with a click."""
    bed = 0.25 * _air(samples, rate, rng)
    bed += _PLACES.get(brief.place, _nothing)(samples, rate, rng)
    if brief.place in _OUTDOORS and brief.weather in ("clear", "wind"):
        bed += (_night if brief.time == "night" else _birds if brief.time != "dusk" else _dusk)(samples, rate, rng)
    if brief.place not in AIRLESS:
        indoors = brief.place in ("room", "kitchen", "school", "castle", "stage")
        bed += np.float32(0.35 if indoors else 1.0) * _WEATHERS.get(brief.weather, _nothing)(samples, rate, rng)
    edge = np.minimum(np.minimum(np.arange(samples), np.arange(samples)[::-1]) / (0.15 * rate), 1.0)
    return bed * edge.astype(np.float32)


def _nothing(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    return np.zeros((2, samples), np.float32)


def _stereo(
    samples: int, rate: int, rng: np.random.Generator, low: float, high: float, tilt: float = 0.7, width: float = 0.6
) -> Wave:
    """Wide noise of rms 0.1 between ``low`` and ``high`` Hz."""
    bed = widen(
        tilted_noise(samples, rate, rng, low, high, tilt), tilted_noise(samples, rate, rng, low, high, tilt), width
    )
    return bed * np.float32(0.1 / max(float(np.sqrt(np.mean(bed * bed))), 1e-6))


def _slow(samples: int, rate: int, rng: np.random.Generator, low: float, high: float, every: float = 1.3) -> Wave:
    """A slowly wandering level between ``low`` and ``high``."""
    points = max(4, int(samples / rate / every) + 3)
    level = rng.uniform(low, high, points)
    t = np.linspace(0, points - 1, samples)
    left = t.astype(int).clip(0, points - 2)
    smooth = 0.5 - 0.5 * np.cos(np.pi * (t - left))
    return (level[left] * (1 - smooth) + level[left + 1] * smooth).astype(np.float32)


def _air(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    return 0.35 * _stereo(samples, rate, rng, 40, 1200, 1.0)


def _wind(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    low = _stereo(samples, rate, rng, 90, 500, 0.5) * _slow(samples, rate, rng, 0.2, 1.0)
    whistle = _stereo(samples, rate, rng, 500, 1100, 0.2, 0.8) * _slow(samples, rate, rng, 0.0, 0.5) ** 2
    return low + whistle


def _breeze(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    return 0.45 * _stereo(samples, rate, rng, 300, 5000, 0.8) * _slow(samples, rate, rng, 0.3, 1.0)


def _waves(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    t = np.arange(samples, dtype=np.float32) / rate
    surge = (0.5 + 0.5 * np.sin(TAU * t / np.float32(4.3) + np.float32(rng.uniform(0, 6)))) ** 2
    hiss = 0.7 * _stereo(samples, rate, rng, 400, 7000, 0.7) * (0.15 + surge)
    return hiss + 0.6 * _stereo(samples, rate, rng, 60, 500, 0.6) * (0.4 + np.roll(surge, rate // 2))


def _stream(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    bed = 0.6 * _stereo(samples, rate, rng, 400, 5000, 0.5)
    return _sprinkled(bed, rate, rng, 5.0, lambda: 0.1 * bubbles(rate, rng, 0.3, 0))


def _under(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    bed = _stereo(samples, rate, rng, 30, 350, 0.6) * _slow(samples, rate, rng, 0.5, 1.0)
    return _sprinkled(bed, rate, rng, 1.4, lambda: 0.14 * bubbles(rate, rng, 0.3, 0))


def _city(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    bed = 0.8 * _stereo(samples, rate, rng, 50, 700, 0.7) * _slow(samples, rate, rng, 0.6, 1.0)
    for at in rng.uniform(0, max(0.1, samples / rate - 1.0), max(1, int(samples / rate / 4))):
        t = seconds(2.4, rate)
        passing = tilted_noise(t.size, rate, rng, 90, 1600, 0.7) * swell(t, 1.2, 1.2)
        way = np.linspace(0.1, 0.9, t.size, dtype=np.float32)
        add(bed, 0.12 * pan(passing, way if rng.random() < 0.5 else way[::-1]), round(at * rate))
    return bed


def _space(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    t = np.arange(samples, dtype=np.float32) / rate
    drone = sum(
        np.sin(TAU * np.float32(f) * t + np.float32(0.8) * np.sin(TAU * np.float32(w) * t))
        for f, w in ((55, 0.11), (82.6, 0.17), (110.4, 0.07))
    )
    return 0.05 * np.stack((drone, np.roll(drone, rate // 3))).astype(np.float32) + 0.25 * _stereo(
        samples, rate, rng, 200, 1500, 0.9
    )


def _crowd(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    roar_ = _stereo(samples, rate, rng, 250, 2600, 0.5) * _slow(samples, rate, rng, 0.5, 1.0)
    return roar_ + 0.4 * _stereo(samples, rate, rng, 600, 1200, 0.0) * _slow(samples, rate, rng, 0.0, 0.8, 0.5)


def _audience(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    return 0.3 * _crowd(samples, rate, rng)


def _kitchen(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    t = np.arange(samples, dtype=np.float32) / rate
    hum = 0.012 * tone(TAU * 100 * t, (1, 0.4, 0.2))
    sizzle = 0.22 * _stereo(samples, rate, rng, 2500, 9000, 0.2) * _slow(samples, rate, rng, 0.4, 1.0, 0.4)

    def clink() -> Wave:
        ring = seconds(0.3, rate)
        pitch = float(rng.uniform(2200, 3600))
        return (
            0.03
            * (np.sin(TAU * np.float32(pitch) * ring) + 0.5 * np.sin(TAU * np.float32(pitch * 1.51) * ring))
            * decay(ring, 0.05)
        ).astype(np.float32)

    return _sprinkled(sizzle + hum, rate, rng, 0.6, clink)


def _room(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    bed = 0.25 * _stereo(samples, rate, rng, 50, 400, 0.8)
    tick = seconds(0.03, rate)
    click = 0.05 * np.sin(TAU * 2100 * tick) * decay(tick, 0.004, 0.0005)
    for at in np.arange(0.3, samples / rate, 1.0):
        add(bed, pan(click.astype(np.float32), 0.75), round(at * rate))
    return bed


def _jungle(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    return _crickets(samples, rate, rng, 0.025) + _birds(samples, rate, rng) + _breeze(samples, rate, rng)


def _lava(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    rumble = 1.4 * _stereo(samples, rate, rng, 25, 180, 0.4) * _slow(samples, rate, rng, 0.5, 1.0)
    return _sprinkled(rumble, rate, rng, 3.0, lambda: 0.08 * bubbles(rate, rng, 0.6, 0))


def _birds(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    return _sprinkled(
        _breeze(samples, rate, rng), rate, rng, 0.7, lambda: np.float32(rng.uniform(0.02, 0.06)) * bird(rate, rng)
    )


def _dusk(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    return 0.6 * _birds(samples, rate, rng) + _crickets(samples, rate, rng, 0.012)


def _night(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    return _sprinkled(_crickets(samples, rate, rng, 0.03), rate, rng, 0.12, lambda: 0.05 * owl(rate, rng))


def _crickets(samples: int, rate: int, rng: np.random.Generator, level: float) -> Wave:
    t = np.arange(samples, dtype=np.float32) / rate
    bed = np.zeros((2, samples), np.float32)
    for hertz, trill, rest, where in ((4200, 34, 0.9, 0.2), (4750, 29, 1.3, 0.8)):
        chirp = (
            np.sin(TAU * np.float32(hertz) * t)
            * (0.5 + 0.5 * np.sin(TAU * trill * t))
            * (np.sin(TAU * t / np.float32(rest)) > 0.1)
        )
        bed += pan(np.float32(level) * chirp, where)
    return bed


def _rain(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    bed = 0.6 * _stereo(samples, rate, rng, 700, 11000, 0.4, 0.9)
    drop = seconds(0.03, rate)
    for at in rng.uniform(0, samples / rate, int(samples / rate * 22)):
        tick = np.sin(TAU * np.float32(rng.uniform(1200, 4500)) * drop) * decay(drop, 0.005, 0.0008)
        add(bed, pan(np.float32(rng.uniform(0.02, 0.09)) * tick, float(rng.random())), round(at * rate))
    return bed


def thunder(brief: Brief, seconds: float) -> list[float]:
    """The moments (s) at which thunder is heard, so that lightning can be seen just before."""
    return [share * seconds for share in CLAPS] if brief.weather == "storm" and brief.place not in AIRLESS else []


def _storm(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    bed = 1.1 * _rain(samples, rate, rng) + 0.8 * _wind(samples, rate, rng)
    for at in CLAPS:
        t = seconds(3.0, rate)
        roll = np.interp(t, np.linspace(0, 3, 13), rng.uniform(0.2, 1.0, 13)).astype(np.float32)
        clap = unit(tilted_noise(t.size, rate, rng, 30, 700, 0.8) * roll * decay(t, 0.7, 0.03))
        add(bed, 0.55 * pan(clap, float(rng.uniform(0.25, 0.75))), round(at * samples))
    return bed


def _snow(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    return 0.5 * _wind(samples, rate, rng)


def _fog(samples: int, rate: int, rng: np.random.Generator) -> Wave:
    t = seconds(2.2, rate)
    bed = 0.3 * _wind(samples, rate, rng)
    horn = tone(glide(t, ((0, 98), (2.2, 92)), rate), (1, 0.5, 0.3, 0.15)) * swell(t, 0.5, 0.9)
    add(bed, 0.05 * pan(unit(horn), 0.3), round(0.35 * samples))
    return bed


def _sprinkled(
    bed: Wave,
    rate: int,
    rng: np.random.Generator,
    a_second: float,
    make: Callable[[], Wave],
) -> Wave:
    """``bed`` with about ``a_second`` small sounds a second, here and there between left and right."""
    length = bed.shape[-1] / rate
    for at in np.sort(rng.uniform(0, length, max(1, round(a_second * length)))):
        add(bed, pan(make(), float(rng.uniform(0.1, 0.9))), round(at * rate))
    return bed


_OUTDOORS = frozenset(("meadow", "forest", "farm", "garden", "river", "mountains", "road", "street", "beach"))
_PLACES: dict[str, Bed] = {
    "meadow": _breeze, "forest": _breeze, "beach": _waves, "sea": _waves, "underwater": _under, "city": _city,
    "street": _city, "road": _city, "desert": _wind, "mountains": _wind, "snowfield": _wind,
    "space": _space, "moon": _space, "room": _room, "school": _room, "kitchen": _kitchen, "stage": _audience,
    "stadium": _crowd, "sky": _wind, "farm": _breeze, "garden": _breeze, "jungle": _jungle, "river": _stream,
    "castle": _wind, "volcano": _lava,
}  # fmt: skip
_WEATHERS: dict[str, Bed] = {"rain": _rain, "storm": _storm, "snow": _snow, "wind": _wind, "fog": _fog}
