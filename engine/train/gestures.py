"""Motions that stay on the spot: breathing, dancing, growing, vanishing."""

from __future__ import annotations

import numpy as np

from engine.train.beat import Beat, Pose, altitude, bump, hit, ramp, rate, rest, wave

STILL_KINDS = frozenset({"plant", "food", "object", "sky"})


def idle(beat: Beat) -> Pose:
    """Alive but at ease: breath in the body, a slow shift of weight. Things only sway in the wind."""
    pose, body = rest(beat), beat.body
    alive = 0.25 if body.kind in STILL_KINDS else 1.0
    breath = rate(beat)
    pose.squash += 0.055 * alive * wave(beat.u, breath)
    pose.rotation += (0.035 * alive + 0.06 * body.wind) * wave(beat.u, breath / 2, 0.0)
    return pose


def spin(beat: Beat) -> Pose:
    """Wind up the other way, whirl, overshoot, settle upright."""
    pose, T = rest(beat), beat.seconds
    side = beat.facing
    pose.rotation += side * 2 * np.pi * beat.cycles * ramp(beat.u, 0.12 * T, 0.9 * T)
    pose.rotation += side * (0.2 * bump(beat.u, 0.92 * T, 0.03 * T) - 0.35 * bump(beat.u, 0.1 * T, 0.05 * T))
    going = ramp(beat.u, 0.1 * T, 0.25 * T) * (1 - ramp(beat.u, 0.8 * T, 0.95 * T))
    pose.y -= 0.03 * going
    pose.squash += 0.14 * going - 0.2 * bump(beat.u, 0.08 * T, 0.04 * T)
    return pose


def dance(beat: Beat) -> Pose:
    """On the beat: a hop to the left, a hop to the right, hips against shoulders, a look the other way."""
    pose, body = rest(beat), beat.body
    tempo = rate(beat)
    room = min(0.055, (body.right - body.left) / 2)
    middle = float(np.clip(beat.x, body.left + room, body.right - room)) if room > 0 else beat.x
    sway = wave(beat.u, tempo / 2)
    pose.x[:] = middle + room * sway
    pose.y -= 0.036 * body.vigour * np.abs(wave(beat.u, tempo / 2, 0.25))
    pose.rotation += 0.26 * body.vigour * wave(beat.u, tempo / 2, 0.12)
    pose.squash += 0.17 * wave(beat.u, tempo, 0.25)
    pose.facing = np.where(np.mod(beat.u * tempo / 4, 1.0) < 0.5, 1.0, -1.0)
    return pose


def greet(beat: Beat) -> Pose:
    """A wave: rise on tiptoe, rock to and fro around a lean, sink back."""
    pose, T = rest(beat), beat.seconds
    going = ramp(beat.u, 0.05 * T, 0.2 * T) * (1 - ramp(beat.u, 0.85 * T, 0.98 * T))
    rock = rate(beat)
    pose.rotation += going * (beat.facing * 0.1 + 0.19 * wave(beat.u, rock))
    pose.squash += going * (0.09 + 0.05 * wave(beat.u, rock, 0.25)) - 0.12 * bump(beat.u, 0.06 * T, 0.03 * T)
    return pose


def orbit(beat: Beat) -> Pose:
    """Round the middle of its room: near and large in front, far and small behind."""
    body = beat.body
    room = (body.right - body.left) / 2
    centre = (body.left + body.right) / 2
    middle = body.ground + (body.ceiling - body.ground) * 0.35
    return circle(beat, (centre, middle), (min(room, 0.3), min(0.13, (middle - body.ceiling) * 0.8)))


def circle(beat: Beat, centre: tuple[float, float], radii: tuple[float, float]) -> Pose:
    """Around ``centre`` with half-axes ``radii``, whole turns in the beat."""
    pose = rest(beat)
    laps = rate(beat)
    way = -beat.cue.way  # from the left or from the right, in front first
    angle = np.pi * (2 * way * laps * beat.u + (way < 0))
    pose.x = centre[0] + radii[0] * np.cos(angle)
    pose.y = centre[1] + radii[1] * np.sin(angle)
    pose.scale *= 1 + 0.16 * np.sin(angle)
    pose.facing = np.where(-way * np.sin(angle) >= 0, 1.0, -1.0)
    pose.rotation += 0.1 * np.cos(angle) * pose.facing
    return pose


def drift(beat: Beat) -> Pose:
    """Floating: weightless, slow rise and sink, a lazy roll that trails behind."""
    pose, body = rest(beat), beat.body
    slow = rate(beat)
    level, reach = altitude(beat, 0.4, 0.65), min(0.06, (body.ground - body.ceiling) * 0.25)
    pose.y[:] = level - reach * wave(beat.u, slow, 0.1)
    room = min(0.06, (body.right - body.left) / 2)
    middle = float(np.clip(beat.x, body.left + room, max(body.right - room, body.left + room)))
    pose.x[:] = middle + room * wave(beat.u, slow / 2 if beat.cycles > 1 else slow, 0.0)
    pose.rotation += 0.2 * wave(beat.u, slow, -0.1)
    pose.squash += 0.04 * wave(beat.u, slow, 0.3)
    return pose


def hover(beat: Beat) -> Pose:
    """Holding a place in the air: small quick corrections, alert."""
    pose = rest(beat)
    quick = rate(beat)
    pose.y[:] = altitude(beat, 0.6, 0.9) + 0.012 * wave(beat.u, quick)
    pose.x += 0.006 * wave(beat.u, quick / 2)
    pose.rotation += 0.045 * wave(beat.u, quick / 2, 0.2)
    pose.squash += 0.05 * wave(beat.u, quick, 0.25)
    return pose


def grow(beat: Beat) -> Pose:
    """A dip, then a swelling that overshoots and wobbles to rest."""
    pose, T = rest(beat), beat.seconds
    small, large = beat.rng.uniform(0.35, 0.45), beat.rng.uniform(1.05, 1.2)
    grown = ramp(beat.u, 0.15 * T, 0.78 * T)
    pose.scale = small + (large - small) * grown + 0.1 * bump(beat.u, 0.8 * T, 0.06 * T)
    pose.scale -= 0.05 * bump(beat.u, 0.12 * T, 0.05 * T)
    pose.squash += 0.14 * bump(beat.u, 0.5 * T, 0.15 * T) - 0.16 * bump(beat.u, 0.86 * T, 0.05 * T)
    pose.squash -= 0.16 * bump(beat.u, 0.1 * T, 0.05 * T)
    return pose


def shrink(beat: Beat) -> Pose:
    """A breath in, then smaller and smaller, with a last wobble."""
    pose, T = rest(beat), beat.seconds
    small = beat.rng.uniform(0.3, 0.4)
    shrunk = ramp(beat.u, 0.2 * T, 0.82 * T)
    pose.scale = 1 - (1 - small) * shrunk + 0.1 * bump(beat.u, 0.15 * T, 0.06 * T)
    pose.squash += 0.15 * bump(beat.u, 0.15 * T, 0.06 * T) - 0.2 * bump(beat.u, 0.5 * T, 0.14 * T)
    pose.squash += 0.12 * bump(beat.u, 0.88 * T, 0.04 * T)
    return pose


def explode(beat: Beat) -> Pose:
    """Tremble harder and harder, swell, burst, and be gone."""
    pose, T = rest(beat), beat.seconds
    burst = beat.rng.uniform(0.55, 0.65) * T
    tension = ramp(beat.u, 0.05 * T, burst) * (beat.u < burst)
    pose.x += 0.012 * tension * wave(beat.u, rate(beat))
    pose.rotation += 0.12 * tension * wave(beat.u, rate(beat), 0.1)
    after = np.clip((beat.u - burst) / (0.16 * T), 0, 1)
    pose.scale = 1 + 0.2 * tension + 0.6 * after**0.5
    pose.squash -= 0.25 * bump(beat.u, burst - 0.05 * T, 0.03 * T)
    pose.opacity = 1 - ramp(beat.u, burst, burst + 0.2 * T)
    hit(beat, pose, burst, 1.0)
    return pose


def shake(beat: Beat) -> Pose:
    """A shiver: as quick as key poses can carry, sideways and in the shoulders."""
    pose, T = rest(beat), beat.seconds
    quick = rate(beat)
    going = 0.45 + 0.55 * np.sin(np.pi * np.clip(beat.u / T, 0, 1))
    pose.x += 0.013 * going * wave(beat.u, quick, 0.1)
    pose.rotation += 0.11 * going * wave(beat.u, quick, 0.2)
    pose.squash -= 0.07 * going
    return pose


def appear(beat: Beat) -> Pose:
    """Out of nothing: a point, a pop past full size, and home."""
    pose, T = rest(beat), beat.seconds
    start = beat.rng.uniform(0.08, 0.16) * T
    shown = ramp(beat.u, start, start + 0.32 * T)
    pose.opacity = ramp(beat.u, start, start + 0.18 * T)
    pose.scale = 0.15 + 0.85 * shown + 0.16 * bump(beat.u, start + 0.32 * T, 0.06 * T)
    pose.squash += 0.28 * bump(beat.u, start + 0.2 * T, 0.06 * T) - 0.2 * bump(beat.u, start + 0.4 * T, 0.05 * T)
    return pose


def vanish(beat: Beat) -> Pose:
    """A breath in, a twist, and away to a point."""
    pose, T = rest(beat), beat.seconds
    start = beat.rng.uniform(0.5, 0.6) * T
    gone = ramp(beat.u, start, start + 0.32 * T)
    pose.scale = 1 - 0.88 * gone + 0.14 * bump(beat.u, start - 0.04 * T, 0.06 * T)
    pose.opacity = 1 - ramp(beat.u, start + 0.12 * T, start + 0.34 * T)
    pose.squash += 0.3 * bump(beat.u, start + 0.14 * T, 0.07 * T) - 0.2 * bump(beat.u, start - 0.06 * T, 0.05 * T)
    pose.rotation += beat.facing * 0.5 * gone
    return pose


def sleep(beat: Beat) -> Pose:
    """Slumped, with long deep breaths."""
    pose, T = rest(beat), beat.seconds
    slump = 0.6 + 0.4 * ramp(beat.u, 0.0, 0.25 * T)
    pose.squash += slump * (-0.22 + 0.08 * wave(beat.u, rate(beat), -0.25))
    pose.rotation += beat.facing * 0.12 * slump
    return pose
