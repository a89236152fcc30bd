"""Credits: who made what a video comes from, read under the rules of the moment, never written into it as names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from resolvers.context import Context
from resolvers.loaders.credit import CreditReading

NAMED = 3
"""Makers that a line names; it counts the others."""


async def credits_of(context: Context, video_id: UUID) -> list[CreditReading]:
    """Every link above the video, the parent first; none for an original."""
    place = await context.loaders.lineage.load(video_id)
    return [] if place is None or not place.path else await context.loaders.credits.load(video_id)


def credit_line(links: Sequence[CreditReading]) -> str | None:
    """One line of names, such as “Remix of @bob, after @ada, after somebody and 2 more”; None for an original.

    Links that follow each other by the same maker are one; a tombstone is "somebody".
    """
    makers = [name for name, _ in groupby("somebody" if one.handle is None else f"@{one.handle}" for one in links)]
    if not makers:
        return None
    line = f"Remix of {', after '.join(makers[:NAMED])}"
    return line if len(makers) <= NAMED else f"{line} and {len(makers) - NAMED} more"
