"""Pictures kept for the next clip: what was drawn before and may be asked for again, bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Things by what they show, the least recently asked for let go first. Safe to share between threads."""

    def __init__(self, most_bytes: int, weigh: Callable[[T], int]) -> None:
        """``weigh`` says how many bytes one thing takes; all that is kept takes ``most_bytes`` at most."""
        self._most, self._weigh = most_bytes, weigh
        self._things: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing called ``key``, made now unless it is kept. Two threads that ask at once may both make it."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key][0]
        thing = make()
        weight = self._weigh(thing)
        with self._lock:
            if key not in self._things and weight <= self._most:
                self._things[key] = (thing, weight)
                self._bytes += weight
                while self._bytes > self._most:
                    self._bytes -= self._things.popitem(last=False)[1][1]
        return thing

    @property
    def bytes(self) -> int:
        """What all that is kept takes."""
        return self._bytes
