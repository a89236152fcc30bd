"""When things happen: which keys each motion takes, how many cycles fit into them, and who starts a moment later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.diorama.scene import KEYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.diorama.model.condition import Condition

PACE = {
    "idle": 0.45, "walk": 1.3, "run": 1.7, "jump": 0.62, "bounce": 0.95, "fly": 0.3, "swim": 0.8, "spin": 0.5,
    "dance": 1.3, "wave": 1.0, "chase": 1.7, "orbit": 0.3, "float": 0.22, "drive": 1.1, "climb": 0.8, "roll": 1.0,
    "hover": 1.2, "sleep": 0.25,
}  # fmt: skip
"""Cycles a second of each motion at an even temper; what is not here happens once."""

TREMBLING = frozenset({"shake", "explode"})
"""Motions that shiver as quickly as keys can carry: a cycle every `SHIVER` keys."""

SHIVER = 4
LEAST_KEYS = {"wave": 6.5, "jump": 9.0, "bounce": 6.0, "spin": 6.0, "swim": 8.0, "climb": 8.0}
"""Fewest keys a cycle of each motion may have, lest its shape be lost; 6.5 for the others."""

TEMPO = {"calm": 0.85, "happy": 1.1, "sad": 0.7, "tense": 1.1, "funny": 1.25, "romantic": 0.8, "spooky": 0.85}
"""How much quicker or slower a mood moves."""

LAG, MOST_LAG = 0.14, 0.1
"""Seconds by which each further actor starts later than the one before, and the most, as a share of its motion."""

JOIN = 0.45
"""Seconds in which one motion takes over from the one before."""


@dataclass(frozen=True)
class Clock:
    """One motion's share of the clip: keys ``first`` … ``last`` - 1, ``cycles`` of it after ``delay`` seconds.

    ``length`` is how many seconds the motion has in all, the delay included.
    """

    motion: str
    first: int
    last: int
    length: float
    delay: float
    cycles: float

    def progress(self, keys: NDArray[np.int64], seconds: float) -> NDArray[np.float64]:
        """How far through the motion each of ``keys`` of a clip of ``seconds`` is, 0 … 1; 0 during the delay."""
        return np.clip((self.since(keys, seconds) - self.delay) / (self.length - self.delay), 0.0, 1.0)

    def since(self, keys: NDArray[np.int64], seconds: float) -> NDArray[np.float64]:
        """Seconds from the motion's first key to each of ``keys``."""
        return np.asarray((keys - self.first) * (seconds / (KEYS - 1)), np.float64)


def clocks(condition: Condition, slot: int, motions: tuple[str, ...]) -> list[Clock]:
    """The clocks of successive ``motions`` of ``slot``, which share the keys evenly."""
    found: list[Clock] = []
    key = condition.seconds / (KEYS - 1)
    for index, motion in enumerate(motions):
        first, last = (round(i * KEYS / len(motions)) for i in (index, index + 1))
        length = key * (min(last, KEYS - 1) - first)
        delay = min(LAG * slot, MOST_LAG * length)
        span = length - delay
        if motion in TREMBLING:
            cycles = span / key / SHIVER
        else:
            wanted = PACE.get(motion, 0.0) * TEMPO.get(condition.mood, 1.0) * span
            cycles = float(max(1, round(min(wanted, span / key / LEAST_KEYS.get(motion, 6.5)))))
        found.append(Clock(motion, first, last, length, delay, cycles))
    return found
