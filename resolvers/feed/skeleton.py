"""Skeleton: which videos might be in a feed, in which order, as ids and places read from narrow tables only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from resolvers.feed.why import Why


@dataclass(frozen=True, slots=True)
class Place:
    """One video's place in a feed. ``cursor`` reads on behind it; ``why`` is the reason for it."""

    video_id: UUID
    cursor: str
    why: Why


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some places in order. ``end`` is where the next stretch begins; None: there is nothing behind this one."""

    places: list[Place]
    end: str | None


class Skeleton(Protocol):
    """The first step of one feed, made for one viewer."""

    @property
    def rule(self) -> str:
        """What must hold in the moment of hydration for a video to stay in this feed: a rule of `resolvers.feed.rules`.

        The skeleton itself may be older, or know only a part of it.
        """
        ...

    async def read(self, after: str | None, most: int) -> Stretch:
        """At most ``most`` places behind the cursor ``after``; fewer do not mean that nothing is behind them.

        Raises `Invalid` for a cursor of another feed or viewer, or one whose scroll is over.
        """
        ...
