"""Motions that go somewhere: how an animator draws a walk, a jump, a flight, a fall."""

from __future__ import annotations

import numpy as np

from engine.train.beat import Beat, Path, Pose, altitude, arc, bump, hit, ramp, rate, rest, travel, wave


def _turns(beat: Beat, pose: Pose, path: Path) -> None:
    """Going round costs a dip: brake leaning back, sink, and push off stretched towards the other side."""
    for turn in path.turns:
        before = path.facing[np.searchsorted(beat.u, turn - 0.02) - 1]
        pose.squash += 0.1 * bump(beat.u, turn + 0.28, 0.1) - 0.2 * bump(beat.u, turn, 0.13)
        pose.rotation -= before * (0.12 * bump(beat.u, turn - 0.16, 0.1) + 0.08 * bump(beat.u, turn + 0.24, 0.1))


def _set_off(beat: Beat, pose: Pose, path: Path) -> None:
    """Lean back and sink before the first step; carry on a little and rock back after the last."""
    early, late = min(0.12, 0.06 * beat.seconds), beat.seconds - min(0.2, 0.06 * beat.seconds)
    pose.rotation -= path.facing[0] * 0.07 * bump(beat.u, early, 0.07)
    pose.squash -= 0.08 * bump(beat.u, early, 0.07)
    pose.rotation += path.facing[-1] * 0.06 * bump(beat.u, late, 0.09)


def walk(beat: Beat) -> Pose:
    """An even pace with a rise at each step and a rock from foot to foot."""
    pose, path = rest(beat), travel(beat, 0.14, ease=0.45)
    step = rate(beat)
    pose.x, pose.facing = path.x, path.facing
    pose.y -= 0.015 * beat.body.vigour * np.abs(wave(beat.u, step / 2))
    pose.rotation += 0.06 * beat.body.vigour * wave(beat.u, step / 2)
    pose.squash += 0.06 * wave(beat.u, step, -0.2)
    _set_off(beat, pose, path)
    _turns(beat, pose, path)
    return pose


def run(beat: Beat) -> Pose:
    """A coil backward, then bounding strides with a forward lean, stretched in flight and flat at contact."""
    pose, path, T = rest(beat), travel(beat, 0.34, ease=0.3), beat.seconds
    stride = rate(beat)
    going = ramp(beat.u, 0.02 * T, 0.14 * T) * (1 - ramp(beat.u, 0.92 * T, T))
    beat_ = np.abs(wave(beat.u, stride / 2))
    coil = bump(beat.u, 0.05 * T, 0.03 * T)
    pose.x, pose.facing = path.x - path.facing * 0.02 * coil, path.facing
    pose.y -= 0.04 * beat.body.vigour * going * beat_
    pose.rotation += path.facing * (0.17 * going - 0.12 * coil + 0.05 * going * wave(beat.u, stride))
    pose.squash += going * (0.22 * beat_ - 0.09) - 0.24 * coil
    _turns(beat, pose, path)
    return pose


def chase(beat: Beat) -> Pose:
    """Running in bursts: a spurt, a breath, a spurt. (With somebody to chase, `staging` sets the path.)"""
    pose = run(beat)
    spurts = rate(beat, 0.35)
    surge = wave(beat.u, spurts) / (2 * np.pi * spurts) * 0.5 / beat.seconds
    span = float(np.ptp(pose.x))
    pose.x = np.clip(pose.x - pose.facing * surge * span, beat.body.left, beat.body.right)
    pose.rotation -= pose.facing * 0.09 * wave(beat.u, spurts, 0.25)
    return pose


def jump(beat: Beat) -> Pose:
    """Crouch, spring stretched, sail along an arc, land flat with a thud, and recover past upright."""
    pose, body, T = rest(beat), beat.body, beat.seconds
    hops = rate(beat)
    period = 1 / hops
    room = body.right - body.left
    reach = min(room * 0.5, 0.16 + 0.1 * beat.rng.random())
    height = min(body.ground - body.ceiling, beat.rng.uniform(0.17, 0.26) * body.vigour)
    x, facing = beat.x, beat.facing
    count = round(hops * T)
    for n in range(count):
        begin = n * period
        if not body.left <= x + facing * reach <= body.right:
            facing = -facing
        goal = float(np.clip(x + facing * reach, body.left, body.right))
        leap(beat, pose, begin, begin + period, (x, goal), height * (0.68 + 0.32 * (n + 1) / count))  # the last is best
        pose.facing = np.where(beat.u >= begin - 1e-9, facing, pose.facing)
        x = goal
    return pose


def leap(beat: Beat, pose: Pose, begin: float, end: float, way: tuple[float, float], height: float) -> None:
    """Draw one jump from ``begin`` to ``end`` (seconds) into ``pose``, from ``way[0]`` to ``way[1]``."""
    p, span = (beat.u - begin) / (end - begin), end - begin
    inside = (p >= 0) & (p <= 1.0 + 1e-9)
    flight = np.clip((p - 0.28) / 0.46, 0, 1)
    direction = np.sign(way[1] - way[0])
    pose.x = np.where(p >= 0, way[0] + (way[1] - way[0]) * flight, pose.x)
    pose.y = pose.y - np.where(inside, height * 4 * flight * (1 - flight), 0)
    aloft = (flight > 0) & (flight < 1)
    pose.rotation = pose.rotation + np.where(aloft, direction * 0.42 * (flight - 0.5), 0)
    shape = 0.3 * bump(p, 0.36, 0.06) + 0.12 * bump(p, 0.64, 0.05) + 0.08 * bump(p, 0.93, 0.03)
    shape = shape - 0.4 * bump(p, 0.2, 0.06) - 0.44 * bump(p, 0.77, 0.045)
    pose.squash = pose.squash + np.where((p > -0.1) & (p < 1.1), shape, 0)
    hit(beat, pose, begin + 0.74 * span, 0.85)


def bounce(beat: Beat) -> Pose:
    """A ball's path: parabola after parabola, round at the top, flat on the ground."""
    pose, body = rest(beat), beat.body
    hops = rate(beat)
    room = body.right - body.left
    height = min(body.ground - body.ceiling, beat.rng.uniform(0.16, 0.26) * body.vigour)
    drift = min(room, 0.09 * beat.seconds) * (1 if body.right - beat.x > beat.x - body.left else -1)
    goal = float(np.clip(beat.x + drift, body.left, body.right))
    pose.x = beat.x + (goal - beat.x) * beat.u / beat.seconds
    q = np.mod(beat.u * hops, 1.0)
    pose.y -= height * (1.0 - 0.35 * beat.u / beat.seconds) * 4 * q * (1 - q)  # a little is lost at each hop
    contact = np.minimum(q, 1 - q)
    pose.squash += 0.2 * bump(contact, 0.2, 0.06) - 0.42 * bump(contact, 0.0, 0.06)
    for n in range(1, round(hops * beat.seconds) + 1):
        hit(beat, pose, n / hops, 0.75)
    return pose


def fly(beat: Beat) -> Pose:
    """A banking glide: nose up while it climbs, slow wing beats in the body, high over the ground."""
    pose, path = rest(beat), travel(beat, 0.2, ease=0.5)
    waves = rate(beat)
    low, high = altitude(beat, 0.5, 0.64), altitude(beat, 0.88, 1.0)
    cycle = wave(beat.u, waves) if beat.cue.spot < 0.5 else wave(beat.u, waves, 0.5)  # first up, or first down
    climbing = np.gradient(cycle) / max(float(np.abs(np.gradient(cycle)).max()), 1e-6)
    pose.x, pose.facing = path.x, path.facing
    pose.y = (low + high) / 2 + (high - low) / 2 * cycle
    pose.rotation += path.facing * (0.2 * climbing - 0.04)
    pose.squash += 0.08 * wave(beat.u, 3 * waves)
    _turns(beat, pose, path)
    return pose


def swim(beat: Beat) -> Pose:
    """A travelling wave: the body bends, then drives forward, then bends the other way."""
    pose, path = rest(beat), travel(beat, 0.16, ease=0.6)
    stroke = rate(beat)
    pose.x, pose.facing = path.x + 0.008 * wave(beat.u, stroke, 0.25), path.facing
    pose.y -= 0.028 + 0.022 * wave(beat.u, stroke / 2)
    pose.rotation += path.facing * 0.17 * wave(beat.u, stroke)
    pose.squash += 0.12 * wave(beat.u, stroke, 0.35)
    _turns(beat, pose, path)
    return pose


def fall(beat: Beat) -> Pose:
    """Opening a clip: drop out of the sky, tumble, hit, rebound, settle. Later: wobble, topple over, lie there."""
    return _drop(beat) if beat.opening else _topple(beat)


def _drop(beat: Beat) -> Pose:
    pose, T, ground = rest(beat), beat.seconds, beat.body.ground
    top = altitude(beat, 0.92, 1.0)
    land = beat.rng.uniform(0.5, 0.62) * T
    again = land + 0.2 * T
    q = np.clip((beat.u - 0.1 * T) / (land - 0.1 * T), 0, 1)
    pose.y = top + (ground - top) * q**2 - 0.05 * arc(beat.u, land, again) * (beat.u > land)
    pose.rotation += beat.facing * 0.9 * q * (1 - ramp(beat.u, land - 0.08 * T, land + 0.08 * T))
    pose.squash += 0.3 * q * (beat.u < land) - 0.55 * bump(beat.u, land + 0.03 * T, 0.05 * T)
    pose.squash += 0.12 * bump(beat.u, land + 0.13 * T, 0.03 * T) - 0.18 * bump(beat.u, again, 0.03 * T)
    hit(beat, pose, land, 1.0)
    hit(beat, pose, again, 0.45)
    return pose


def _topple(beat: Beat) -> Pose:
    pose, T = rest(beat), beat.seconds
    side = beat.facing
    land = beat.rng.uniform(0.42, 0.52) * T
    q = np.clip((beat.u - 0.22 * T) / (land - 0.22 * T), 0, 1)
    pose.rotation += side * (1.45 * q**2 - 0.16 * bump(beat.u, 0.14 * T, 0.06 * T))
    pose.rotation -= side * 0.18 * arc(beat.u, land, land + 0.16 * T)
    pose.squash -= 0.3 * bump(beat.u, land + 0.02 * T, 0.04 * T)
    hit(beat, pose, land, 0.95)
    return pose


def drive(beat: Beat) -> Pose:
    """Squat on the gas, roll evenly over small bumps, dip the nose at the brake."""
    pose, path, T = rest(beat), travel(beat, 0.26, ease=0.75), beat.seconds
    pose.x, pose.facing = path.x, path.facing
    stops = [0.0, *path.turns, T]
    for i, stop in enumerate(stops):
        direction = path.facing * (1 if i == 0 else -1)
        pose.rotation -= direction * 0.08 * bump(beat.u, stop + (0.08 if i == 0 else -0.08) * T, 0.05 * T)
    pose.y -= 0.007 * np.abs(wave(beat.u, rate(beat)))
    pose.squash += 0.035 * wave(beat.u, rate(beat))
    return pose


def roll(beat: Beat) -> Pose:
    """Turn exactly as far as the ground goes by: an arm's push to begin, friction to end."""
    pose, path = rest(beat), travel(beat, 0.26, ease=0.8)
    pose.x = path.x
    radius = beat.body.height / 2
    pose.rotation = (path.x - path.x[0]) * beat.body.aspect / max(radius, 0.02)
    pose.y -= 0.004 * np.abs(wave(beat.u, rate(beat)))
    return pose


def slide(beat: Beat) -> Pose:
    """One hard push, then friction: quick at first, leaning back, slower and slower."""
    pose, T = rest(beat), beat.seconds
    body = beat.body
    if beat.opening:
        pose.x[:] = body.left if beat.facing > 0 else body.right
    start = float(pose.x[0])
    goal = body.right if body.right - start > start - body.left else body.left
    goal = start + (goal - start) * beat.rng.uniform(0.85, 1.0)
    q = np.clip((beat.u - 0.1 * T) / (0.85 * T), 0, 1)
    direction = np.sign(goal - start) or beat.facing
    pose.x = start + (goal - start) * (1 - (1 - q) ** 2.6)
    pose.facing[:] = direction
    speed = (1 - q) ** 1.6 * (q > 0)
    pose.rotation -= direction * 0.24 * speed * ramp(beat.u, 0.08 * T, 0.18 * T)
    pose.squash -= 0.28 * bump(beat.u, 0.07 * T, 0.035 * T) + 0.14 * speed
    return pose


def climb(beat: Beat) -> Pose:
    """Hand over hand: reach (stretch), pull (bunch), rest; leaning from side to side on the way up."""
    pose, body = rest(beat), beat.body
    pulls = rate(beat)
    n = max(2, round(pulls * beat.seconds))
    top = altitude(beat, 0.75, 1.0)
    phase = beat.u / beat.seconds * n
    step, within = np.floor(phase), np.mod(phase, 1.0)
    risen = np.minimum((step + ramp(within, 0.3, 0.8)) / n, 1.0)
    pose.y = body.ground + (top - body.ground) * risen
    pose.rotation += 0.14 * wave(beat.u, n / beat.seconds / 2)
    pose.squash += 0.18 * bump(within, 0.3, 0.12) - 0.14 * bump(within, 0.78, 0.1)
    return pose
