"""Which backends there are: each file in `engine/backends/` registers one under a unique name."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TypeVar

import engine.backends
from engine.errors import InvalidRequest
from engine.spec import Backend

B = TypeVar("B", bound=Backend)

_backends: dict[str, type[Backend]] = {}


def register(cls: type[B]) -> type[B]:
    """Class decorator: make ``cls`` available under ``cls.name``. A name taken twice is a programming error."""
    if cls.name in _backends and _backends[cls.name] is not cls:
        raise RuntimeError(f"two backends are called {cls.name!r}")
    _backends[cls.name] = cls
    return cls


@cache
def discover() -> dict[str, type[Backend]]:
    """Import every file of `engine/backends/` (cheap by contract: no torch) and return name → class."""
    for module in pkgutil.iter_modules(engine.backends.__path__):
        importlib.import_module(f"engine.backends.{module.name}")
    return dict(sorted(_backends.items()))


def create(name: str) -> Backend:
    """A fresh, unloaded backend. Raises `InvalidRequest` when there is none of that name."""
    try:
        return discover()[name]()
    except KeyError:
        known = ", ".join(discover())
        raise InvalidRequest(f"There is no engine called {name!r}. Known: {known}.", field="engine") from None
