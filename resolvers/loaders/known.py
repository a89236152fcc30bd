"""Loaders that may be given what they would load."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from strawberry.dataloader import DataLoader

K = TypeVar("K")
T = TypeVar("T")


class Known(DataLoader[K, T]):
    """A loader that statements give values to which they read anyway; a value is made when it is first asked for."""

    _given: dict[K, Callable[[], T]] | None = None

    def give(self, key: K, make: Callable[[], T]) -> None:
        """Answer ``key`` with what ``make`` returns, unless it was asked for or given before."""
        if self._given is None:
            self._given = {}
        self._given.setdefault(key, make)

    def load(self, key: K) -> Awaitable[T]:
        """The value: already there when it was given or loaded, else loaded with the others of this moment."""
        if self._given is not None and (make := self._given.pop(key, None)) is not None and not self.cache_map.get(key):
            future = self.loop.create_future()
            future.set_result(make())
            self.cache_map.set(key, future)
            return future
        return super().load(key)
