"""How far a clip is: one fraction over all of the engine's phases, weighted by how long each was seen to take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from engine.spec import GenerationSpec, Phase

PHASES = (Phase.LOADING, Phase.TEXT, Phase.DENOISE, Phase.DECODE, Phase.ENCODE)
"""The phases that happen in the child, in their order."""

_FIRST_GUESS = {Phase.LOADING: 0.01, Phase.TEXT: 0.1, Phase.DENOISE: 0.3, Phase.DECODE: 1.5, Phase.ENCODE: 8.0}
"""Seconds for a clip of ten seconds on two cores, used until the first clip has been measured."""

_LEARNING_RATE = 0.5


class PhaseTimes:
    """Expected seconds of each phase, learnt from the clips this process has made.

    DECODE and ENCODE grow with the number of pixels, DENOISE with the number of steps; the rest is constant.
    """

    def __init__(self) -> None:
        pixels, steps = 300 * 720 * 1280, 8
        size = {Phase.DENOISE: steps, Phase.DECODE: pixels, Phase.ENCODE: pixels}
        self._unit = {phase: seconds / size.get(phase, 1) for phase, seconds in _FIRST_GUESS.items()}

    def expect(self, spec: GenerationSpec, steps: int) -> dict[Phase, float]:
        """Seconds that each phase of ``spec`` should take."""
        return {phase: self._unit[phase] * self._size(phase, spec, steps) for phase in PHASES}

    def learn(self, spec: GenerationSpec, steps: int, measured: Mapping[Phase, float]) -> None:
        """Move the expectation halfway to what a finished clip took (``measured``: seconds by phase)."""
        for phase, seconds in measured.items():
            seen = seconds / self._size(phase, spec, steps)
            self._unit[phase] += _LEARNING_RATE * (seen - self._unit[phase])

    @staticmethod
    def _size(phase: Phase, spec: GenerationSpec, steps: int) -> int:
        if phase is Phase.DENOISE:
            return max(1, steps)
        if phase in (Phase.DECODE, Phase.ENCODE):
            return max(1, spec.frame_count * spec.width * spec.height)
        return 1


class Progress:
    """Turns the steps of one job into a fraction that never falls and an estimate of the seconds left.

    The seconds since the step before are booked to the phase of the step that ends them.
    """

    def __init__(self, expected: Mapping[Phase, float], clock: Callable[[], float] = time.monotonic) -> None:
        self._expected = dict(expected)
        self._total = sum(self._expected.values()) or 1.0
        self._clock = clock
        self._last = clock()
        self._fraction = 0.0
        self.seconds: dict[Phase, float] = {}
        """Wall seconds spent in each phase so far."""

    def advance(self, phase: Phase, index: int, total: int) -> tuple[float, float]:
        """Book step ``index`` of ``total`` of ``phase``; return (fraction 0 … 1, seconds left)."""
        now = self._clock()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._last
        self._last = now
        place = PHASES.index(phase)
        done = min(1.0, index / max(1, total))
        before = sum(self._expected[earlier] for earlier in PHASES[:place])
        self._fraction = max(self._fraction, min(1.0, (before + done * self._expected[phase]) / self._total))
        return self._fraction, self._left(phase, place, done)

    def _left(self, phase: Phase, place: int, done: float) -> float:
        # Later phases run as much slower (or faster) than expected as those so far: a busy machine is busy for all.
        later = sum(self._expected[after] for after in PHASES[place + 1 :])
        booked = sum(self._expected[earlier] for earlier in PHASES[:place]) + done * self._expected[phase]
        pace = sum(self.seconds.values()) / booked if booked > 0 else 1.0
        here = (1.0 - done) * self._expected[phase]
        # A first step alone says little: trust the measured pace as far as the job has come.
        trust = min(1.0, 2.0 * booked / self._total)
        return (here + later) * (1.0 + trust * (max(0.1, min(pace, 10.0)) - 1.0))
