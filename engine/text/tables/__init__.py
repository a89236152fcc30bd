"""Word lists as TOML files, in English and French, and how they are read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent


def table(name: str) -> dict[str, Any]:
    """The table ``name``, parsed; callers keep what they make of it."""
    return tomllib.loads((TABLES / f"{name}.toml").read_text("utf-8"))
