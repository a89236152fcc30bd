"""Who does what to whom: each actor's motions drawn in its room, then bound to the one it relates to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.model.clock import JOIN
from engine.diorama.model.condition import ROAMING
from engine.diorama.scene import KEYS
from engine.train import gestures, locomotion
from engine.train.beat import Beat, Body, Pose, ramp, rest, wave
from engine.train.staging import AERIAL, leader_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.model.condition import Condition

X, Y, SCALE, ROTATION, SQUASH, FACING, OPACITY, IMPACT = range(8)

DRAW: dict[str, Callable[[Beat], Pose]] = {
    "idle": gestures.idle, "walk": locomotion.walk, "run": locomotion.run, "jump": locomotion.jump,
    "bounce": locomotion.bounce, "fly": locomotion.fly, "swim": locomotion.swim, "fall": locomotion.fall,
    "spin": gestures.spin, "dance": gestures.dance, "wave": gestures.greet, "chase": locomotion.chase,
    "orbit": gestures.orbit, "float": gestures.drift, "drive": locomotion.drive, "grow": gestures.grow,
    "shrink": gestures.shrink, "explode": gestures.explode, "shake": gestures.shake, "climb": locomotion.climb,
    "roll": locomotion.roll, "slide": locomotion.slide, "appear": gestures.appear, "vanish": gestures.vanish,
    "hover": gestures.hover, "sleep": gestures.sleep,
}  # fmt: skip

OVERHANG = 0.2
"""How far, in its own widths, a chase may come from and go beyond the frame's edges."""

Special = Callable[[str, Beat, slice], "Pose | None"]


@dataclass
class Play:
    """One scene being acted: ``tracks`` fills up, leaders before those who follow them."""

    condition: Condition
    bodies: dict[int, Body]
    rng: np.random.Generator
    tracks: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def act(self, slot: int) -> NDArray[np.float64]:
        """(KEYS, 8) of ``slot``, drawn once."""
        if slot not in self.tracks:
            bond = leader_of(self.condition, slot)
            if bond is None:
                self.tracks[slot] = self._alone(slot)
            else:
                self.tracks[slot] = FOLLOW[bond[0]](self, slot, bond[1])
            self.tracks[slot][:, SCALE] *= self.bodies[slot].scale
        return self.tracks[slot]

    def perform(self, slot: int, body: Body, *, special: Special | None = None) -> NDArray[np.float64]:
        """Draw successive motions inside ``body``, each taking over smoothly from where the last one ended."""
        seconds = self.condition.seconds
        track = np.zeros((KEYS, 8))
        cue = self.condition.cue(slot)
        x, facing = body.left + (body.right - body.left) * (0.2 + 0.6 * cue.spot), self._facing(slot)
        for i, clock in enumerate(self.condition.clocks(slot)):
            here = slice(clock.first, clock.last)
            since = clock.since(np.arange(clock.first, clock.last), seconds)
            u = np.maximum(since - clock.delay, 0.0)
            beat = Beat(u, clock.length - clock.delay, clock.cycles, cue, body, self.rng, x, facing, i == 0)
            pose = special(clock.motion, beat, here) if special else None
            part = (pose or DRAW[clock.motion](beat)).stack()
            track[here] = part if i == 0 else join(track[clock.first - 1], part, since)
            x, facing = float(part[-1, X]), float(np.sign(part[-1, FACING]) or 1.0)
        return track

    def _facing(self, slot: int) -> float:
        middle = {s: (b.left + b.right) / 2 for s, b in self.bodies.items()}
        others = [m for s, m in middle.items() if s != slot]
        roams = self.condition.actors[slot].motions[0] in ROAMING
        if others and not roams and abs(away := float(np.mean(others)) - middle[slot]) > 0.02:
            return 1.0 if away > 0 else -1.0
        return self.condition.cue(slot).way

    def _alone(self, slot: int) -> NDArray[np.float64]:
        condition, body = self.condition, self.bodies[slot]
        bonds = {leader_of(condition, s): s for s in range(len(condition.actors)) if s != slot}
        chaser = bonds.get(("chasing", slot))
        if chaser is not None:
            return flee(self, slot, chaser)
        load = [self.bodies[s].height for b, s in bonds.items() if b in (("on", slot), ("over", slot))]
        if load:  # whoever is on top needs headroom too
            body = replace(body, ceiling=min(body.ceiling + max(load) + 0.03, body.ground))
        middle = (body.left + body.right) / 2
        deep = next((s for r in ("behind", "in_front_of") if (s := bonds.get((r, slot))) is not None), None)
        if deep is not None and not ROAMING & set(condition.deeds(slot)):  # leave room for the other at one side
            apart = apart_in_depth(self.bodies[deep], body, nearer=bonds.get(("in_front_of", slot)) is not None)
            aside = max(apart + (self.bodies[deep].width - body.width) / 2, 0.0) / 2  # the two are in the middle
            middle += aside * condition.cue(slot).way
            body = replace(body, left=middle, right=middle)
        elif ("over", slot) in bonds or ("orbit", slot) in bonds:
            body = replace(body, left=middle, right=middle)
        elif any(b is not None and b[1] == slot for b in bonds):
            inset = min(0.35 * body.width, (body.right - body.left) / 2)
            body = replace(body, left=body.left + inset, right=body.right - inset)
        return self.perform(slot, body)


def join(before: NDArray[np.float64], part: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let ``part`` begin where ``before`` (8,) ended and come into its own within 0.45 s."""
    offset = before - part[0]
    offset[ROTATION] = np.angle(np.exp(1j * offset[ROTATION]))
    offset[[FACING, IMPACT]] = 0.0
    return part + offset * (1 - ramp(u, 0.0, min(JOIN, 0.4 * float(u[-1]) + 1e-3)))[:, None]


def flee(play: Play, slot: int, chaser: int) -> NDArray[np.float64]:
    """The chased: across its patch in spurts, leaving room behind for the chaser."""
    body, pursuer = play.bodies[slot], play.bodies[chaser]
    track = play.perform(slot, body)
    q = np.linspace(0, 1, KEYS)
    spurts = max(1, round(play.condition.seconds / 1.6))
    going = ramp(q, 0, 1) * 0.4 + q * 0.6 + 0.45 / (2 * np.pi * spurts) * wave(q, spurts)
    behind = (body.width + pursuer.width) / 2 + 0.035
    side = play.condition.cue(slot).way
    behind -= OVERHANG * pursuer.width
    start = body.left + behind if side > 0 else body.right - behind
    end = body.right + OVERHANG * body.width if side > 0 else body.left - OVERHANG * body.width
    track[:, X] = start + (end - start) * going if side * (end - start) > 0 else (body.left + body.right) / 2
    track[:, FACING] = side
    return track


def chase(play: Play, slot: int, target: int) -> NDArray[np.float64]:
    """The chaser: the same way a moment later, gaining and losing ground."""
    body, prey = play.bodies[slot], play.act(target)
    track = play.perform(slot, body)
    side = float(np.sign(prey[0, FACING]) or 1.0)
    q = np.linspace(0, 1, KEYS)
    lag = (body.width + play.bodies[target].width) / 2 + 0.012
    breath = 0.012 * (1 + wave(q, max(1, round(play.condition.seconds / 1.6)), 0.2))
    over = OVERHANG * body.width + 0.02
    track[:, X] = np.clip(prey[:, X] - side * (lag + breath), body.left - over, body.right + over)
    track[:, FACING] = side
    return track


def stand_on(play: Play, slot: int, target: int) -> NDArray[np.float64]:
    """On top: carried along, doing its own motion on a moving floor."""
    body, under = play.bodies[slot], play.act(target)
    height = play.bodies[target].height / play.bodies[target].scale
    top = under[:, Y] - 0.88 * height * under[:, SCALE] * (1 + 0.4 * np.minimum(under[:, SQUASH], 0.1))
    local = play.perform(slot, replace(body, left=0.0, right=0.0, ceiling=max(body.ground - 0.08, body.ceiling)))
    local[:, X] += under[:, X]
    local[:, Y] += np.maximum(top, body.ceiling) - body.ground
    return local


def go_over(play: Play, slot: int, target: int) -> NDArray[np.float64]:
    """Over: in the air above it, or one great leap from this side to the other."""
    body, below = play.bodies[slot], play.act(target)
    actor, room = play.condition.actors[slot], play.bodies[target]
    if AERIAL & set(actor.motions) or (actor.kind in ("flyer", "sky") and "jump" not in actor.motions):
        top = float(below[:, Y].min()) - room.height - 0.03
        middle = float(below[:, X].mean())
        span = (body.right - body.left) / 2 if "fly" in actor.motions else 0.02
        lifted = replace(body, left=max(middle - span, body.left), right=min(middle + span, body.right),
                         ground=max(top, body.ceiling))  # fmt: skip
        return play.perform(slot, lifted)
    side = play.condition.cue(slot).way
    middle = float(below[:, X].mean())
    clear = (body.width + room.width) / 2 + 0.01
    here = float(np.clip(middle - side * clear, body.left, body.right))
    there = float(np.clip(middle + side * clear, body.left, body.right))
    height = min(room.height * 1.0 + 0.045, body.ground - body.ceiling)
    deeds = play.condition.deeds(slot)
    leaper = next((i for i, m in enumerate(deeds) if m in ("jump", "bounce")), 0)
    seen = iter(range(len(deeds)))

    def special(motion: str, beat: Beat, _keys: slice) -> Pose | None:
        index = next(seen)
        if index == leaper:
            return _leap_across(beat, motion, (here, there), height)
        stays = (min(body.left, here), here) if (index < leaper) == (side > 0) else (here, max(body.right, here))
        if index > leaper:
            stays = (there, max(body.right, there)) if side > 0 else (min(body.left, there), there)
        beat.body = replace(body, left=stays[0], right=stays[1])
        beat.x, beat.facing = float(np.clip(beat.x, *stays)), side
        return DRAW[motion](beat)

    return play.perform(slot, body, special=special)


def _leap_across(beat: Beat, motion: str, way: tuple[float, float], height: float) -> Pose:
    """Trot up, gather, leap in the middle of the beat, land beyond, trot on."""
    body, T = beat.body, beat.seconds
    side = float(np.sign(way[1] - way[0]) or 1.0)
    far = body.left if side > 0 else body.right
    start = way[0] + (far - way[0]) * 0.8 if beat.opening else beat.x
    span = float(np.clip(0.62 * T, min(1.1, 0.8 * T), 2.4))
    begin = 0.5 * T - 0.51 * span
    if beat.opening and motion in ("walk", "run", "roll", "slide", "drive"):
        start = far
    pose = rest(beat)
    locomotion.leap(beat, pose, begin, begin + span, way, height)
    approach = ramp(beat.u, 0.0, begin + 0.12 * span)
    edge = body.right if side > 0 else body.left
    onward = ramp(beat.u, begin + 0.86 * span, T)
    pose.x = np.where(beat.u < begin + 0.28 * span, start + (way[0] - start) * approach, pose.x)
    pose.x = pose.x + (edge - way[1]) * 0.6 * onward
    trot = ((beat.u < begin) | (beat.u > begin + span)) * 1.0
    pose.y -= 0.012 * trot * np.abs(wave(beat.u, 1.1)) * (abs(start - way[0]) > 0.02)
    pose.facing[:] = side
    return pose


def stand_under(play: Play, slot: int, target: int) -> NDArray[np.float64]:
    """Under: small beneath a thing that stands, or on the ground below one that hangs in the air."""
    body, above = play.bodies[slot], play.act(target)
    room = play.bodies[target]
    near = float(above[:, X].mean())
    track = play.perform(slot, replace(body, left=near - 0.02, right=near + 0.02))
    track[:, X] += above[:, X] - near
    hangs = room.kind in ("sky", "flyer") or bool(AERIAL & set(play.condition.actors[target].motions))
    if not hangs:
        track[:, SCALE] *= min(1.0, 0.5 * room.height / body.height)
        track[:, Y] += 0.012 + above[:, Y].max() - body.ground
    return track


def apart_in_depth(body: Body, other: Body, *, nearer: bool) -> float:
    """How far sideways ``body`` stands from the ``other`` that it is nearer (or not) than: both must be seen."""
    front, back = (body, other) if nearer else (other, body)
    apart = 0.42 * (body.width + other.width) / 2
    return apart if back.height > 1.3 * front.height else max(apart, 0.5 * front.width + 0.05 * back.width)


def _in_depth(play: Play, slot: int, target: int, nearer: float) -> NDArray[np.float64]:
    body, other = play.bodies[slot], play.act(target)
    room = play.bodies[target]
    side = 1.0 if float(other[:, X].mean()) < (body.left + body.right) / 2 else -1.0
    apart = apart_in_depth(body, room, nearer=nearer > 0)
    if ROAMING & set(play.condition.deeds(slot)):
        local = play.perform(slot, replace(body, left=-apart, right=apart))
        local[:, X] += other[:, X]
    else:
        local = play.perform(slot, replace(body, left=-0.015, right=0.015))
        local[:, X] += other[:, X] + side * apart
    local[:, Y] += nearer
    local[:, SCALE] *= 1 + 2.2 * nearer
    doing = set(play.condition.actors[target].motions)
    if ROAMING & doing and not ROAMING & set(play.condition.deeds(slot)):
        local[:, FACING] = other[:, FACING]
    if AERIAL & doing and not AERIAL & set(play.condition.actors[slot].motions):
        local[:, Y] += other[:, Y] - room.ground
    return local


def stand_behind(play: Play, slot: int, target: int) -> NDArray[np.float64]:
    """Behind: further up the ground, smaller, and peeping out at one side."""
    return _in_depth(play, slot, target, -play.rng.uniform(0.045, 0.06))


def stand_in_front(play: Play, slot: int, target: int) -> NDArray[np.float64]:
    """In front: nearer, larger, a little to one side."""
    return _in_depth(play, slot, target, 0.035)


def circle_round(play: Play, slot: int, target: int) -> NDArray[np.float64]:
    """Orbit: around the other's middle, passing before and behind it."""
    body, centre = play.bodies[slot], play.act(target)
    room = play.bodies[target]
    radius = min((body.width + room.width) / 2 + 0.03, max(body.right - body.left, 0.1) / 2 + 0.02)
    tall = min(0.4 * (room.height + body.height), 0.12)
    foot = centre[:, Y] - 0.5 * room.height + 0.5 * body.height
    foot = np.clip(foot, body.ceiling + tall, None)

    def special(motion: str, beat: Beat, keys: slice) -> Pose | None:
        if motion == "orbit":
            return gestures.circle(beat, (centre[keys, X], foot[keys]), (radius, tall))
        return None

    return play.perform(slot, body, special=special)


def be_held(play: Play, slot: int, target: int) -> NDArray[np.float64]:
    """Held: at the holder's side, small, swinging a moment behind its rotation."""
    holder, room, body = play.act(target), play.bodies[target], play.bodies[slot]
    natural = holder[:, SCALE] / room.scale
    track = np.zeros((KEYS, 8))
    kernel = np.ones(5) / 5
    side = np.convolve(np.pad(holder[:, FACING], 2, mode="edge"), kernel, mode="valid")
    swing = np.concatenate([np.repeat(holder[:1, ROTATION], 3), holder[:-3, ROTATION]])
    track[:, X] = holder[:, X] + side * 0.4 * room.width * natural
    track[:, Y] = holder[:, Y] - 0.28 * room.height * natural * (1 + 0.4 * holder[:, SQUASH])
    track[:, SCALE] = natural * min(1.0, 0.5 * room.height / body.height)
    track[:, ROTATION] = 0.5 * np.sin(swing) + 0.06 * wave(np.linspace(0, play.condition.seconds, KEYS), 0.5)
    track[:, FACING], track[:, OPACITY] = holder[:, FACING], holder[:, OPACITY]
    return track


FOLLOW: dict[str, Callable[[Play, int, int], NDArray[np.float64]]] = {
    "chasing": chase, "on": stand_on, "over": go_over, "under": stand_under, "behind": stand_behind,
    "in_front_of": stand_in_front, "orbit": circle_round, "held": be_held,
}  # fmt: skip
