"""What a reading of a prompt yields: its nouns with all that was said of them, and the setting."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Mention:
    """A noun of the prompt and all that was said of it. ``count`` None: a plain plural."""

    art: str
    word: str
    kind: str
    count: int | None = 1
    size: float = 1.0
    colour: str | None = None
    motions: list[str] = field(default_factory=list[str])
    relation: str = "none"
    target: int | None = None
    near: bool = False
    cast: int | None = None
    varied: tuple[str, ...] = ()
    """Arts that several of them take in turn, where they should not all look alike."""


@dataclass
class Reading:
    """Everything a prompt says, before it is fitted into a `Brief`."""

    mentions: list[Mention] = field(default_factory=list[Mention])
    setting: dict[str, str] = field(default_factory=dict[str, str])
    seasons: list[str] = field(default_factory=list[str])
    speakers: dict[int, int] = field(default_factory=dict[int, int])
    exclaimed: list[tuple[str, str, int | None]] = field(default_factory=list[tuple[str, str, int | None]])
    unsupported: list[str] = field(default_factory=list[str])
    nearest: dict[str, str] = field(default_factory=dict[str, str])
    forms: tuple[str, ...] = ()
    """The folded words of the prompt."""
