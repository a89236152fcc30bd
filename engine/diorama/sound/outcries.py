"""What subjects let be heard of themselves: their calls, and the noises that the prompt asks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.diorama.sound import calls
from engine.diorama.sound.asked import LIVING, Asked
from engine.diorama.sound.casting import lift
from engine.diorama.sound.cues import HITS, Motion
from engine.diorama.sound.devices import DEVICES
from engine.diorama.sound.dsp import add, pan
from engine.diorama.sound.noises import NOISES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.diorama.scene import Scene
    from engine.diorama.sound.asked import Wishes
    from engine.diorama.sound.dsp import Wave

    Busy = list[tuple[float, float]]
    Stream = Callable[[int], np.random.Generator]

CALL_LEVEL, ASKED_LEVEL = 0.36, 0.5
"""Peaks in the mix: of a call that nobody asked for, and of what the prompt names."""
_LASTING_LEVEL, _LASTING = 0.24, frozenset(("applause", "cheer", "siren"))
"""What goes on through the clip is softer, but for what would be loud."""
_AGAIN = 2.2
"""Seconds after which a short noise that was asked for comes once more."""
_CALLS = {
    call.__name__: call
    for call in (
        calls.dog, calls.cat, calls.roar, calls.wolf, calls.cow, calls.horse, calls.pig, calls.sheep, calls.rooster,
        calls.duck, calls.bird, calls.owl, calls.frog, calls.bee, calls.mouse, calls.elephant, calls.robot, calls.ghost,
        calls.fox, calls.monkey, calls.horn,
    )
}  # fmt: skip


def outcries(
    scene: Scene, wishes: Wishes, talking: Busy, talkers: frozenset[int | None], samples: int, rate: int,
    stream: Stream, events: list[dict[str, Any]],
) -> tuple[Wave, Busy]:  # fmt: skip
    """((2, samples), when something cries out): first what is asked for, then a call of each who is known by it.

    Nobody cries out over a line or a landing; those who talk or sing do not call. What is heard joins ``events``.
    """
    bus = np.zeros((2, samples), np.float32)
    # A call on top of a landing would take the ear from what the eye sees.
    busy = talking + [(event["time"] - 0.1, event["time"] + 0.15) for event in events if event["sound"] in HITS]
    cried: Busy = []
    heard = {each.subject for each in (*wishes.calls, *wishes.noises, *wishes.songs)} | talkers
    asked = (*wishes.calls, *(each for each in wishes.noises if not each.lasting))
    # In the order of the prompt, spread over the clip; what is asked for alone, and short, comes twice.
    share = 0.9 * scene.seconds / max(1, len(asked))
    for number, each in enumerate(asked):
        wave = _made(scene, each, rate, stream(100 + number), 0.0)
        once = len(asked) > 1 or wave.size > 1.6 * rate
        for after, level in ((number * share, ASKED_LEVEL), (_AGAIN, 0.8 * ASKED_LEVEL))[: 1 if once else 2]:
            time = _free_time(scene, busy, each.subject, wave.size / rate, stream(200 + number), after)
            if time is not None:
                cried += _put(scene, bus, wave * np.float32(level), each, time, rate, events)
                busy.append((time - 0.1, time + 0.7 * wave.size / rate))
    for number, each in enumerate(each for each in wishes.noises if each.lasting):
        wave = _made(scene, each, rate, stream(300 + number), scene.seconds)
        level = ASKED_LEVEL * 0.7 if each.sound in _LASTING else _LASTING_LEVEL
        _put(scene, bus, wave * np.float32(level), each, 0.0, rate, events)
    for index, subject in enumerate(scene.brief.subjects):
        known = calls.call_of(subject)
        if known is None or index in heard or "sleep" in subject.motions:
            continue
        rng = stream(index)
        wave = known[1](rate, rng)
        time = _free_time(scene, busy, index, wave.size / rate, rng, 0.0)
        if time is not None:
            cried += _put(scene, bus, wave * np.float32(CALL_LEVEL), Asked(known[0], index), time, rate, events)
    return bus, cried


def _made(scene: Scene, each: Asked, rate: int, rng: np.random.Generator, length: float) -> Wave:
    if each.sound in _CALLS:
        return _CALLS[each.sound](rate, rng)
    subject = None if each.subject is None else scene.brief.subjects[each.subject]
    height = lift(subject) if subject is not None and subject.kind in LIVING else 1.0
    return {**NOISES, **DEVICES}[each.sound](rate, rng, height, length)


def _put(
    scene: Scene, bus: Wave, wave: Wave, each: Asked, time: float, rate: int, events: list[dict[str, Any]]
) -> Iterable[tuple[float, float]]:
    place: Wave | float = 0.5
    if each.subject is not None:
        place = Motion(scene, each.subject).on_screen(time + np.arange(wave.size) / rate)
    add(bus, pan(wave, place), round(time * rate))
    events.append({"time": round(time, 4), "sound": each.sound, "subject": each.subject})
    return [(time, time + wave.size / rate)]


def _free_time(
    scene: Scene, busy: Busy, subject: int | None, length: float, rng: np.random.Generator, after: float
) -> float | None:
    """A moment from ``after`` on, its subject in the picture and nothing ``busy`` (start, end); None: there is none."""
    motion = None if subject is None else Motion(scene, subject)
    latest = max(0.0, scene.seconds - length)
    first = min(after + float(rng.uniform(0.3, 0.3 + 0.15 * scene.seconds)), latest)
    early = np.arange(min(after, latest), first, 0.2)
    for time in np.concatenate((np.arange(first, latest + 0.01, 0.2), early)):
        seen = motion is None or (
            0.0 <= float(motion.on_screen(time)) <= 1.0 and np.interp(time, motion.times, motion.visible) > 0.5
        )
        clear = all(time + length < start or time > end for start, end in busy)
        if seen and clear and time + length <= scene.seconds:
            return float(time)
    return None
