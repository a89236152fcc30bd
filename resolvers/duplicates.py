"""Near duplicates, for moderators: published clips with the same pictures or the same sound in another encoding."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise import connections

from engine.media.alike import mirrored, picture_keys, pictures_alike, sound_keys, sounds_alike
from models.errors import NotFound
from models.rules.video import RAN_OUT
from resolvers.context import Context
from resolvers.page import Window

PICTURES, SOUND = 0.75, 0.7
"""Likeness from which pictures, or sounds, are taken for the same: see docs/search.md."""
CANDIDATES = 100
"""Clips with the most keys in common whose prints are compared, for pictures and for sound each."""


@dataclass(frozen=True)
class NearDuplicate:
    """A clip that is like the one asked about: 1 the same, about 0 unrelated, of its pictures and of its sound."""

    video_id: UUID
    pictures: float
    sound: float


async def near_duplicates(context: Context, video_id: UUID, first: int) -> list[NearDuplicate]:
    """Published clips like ``video_id``, the most alike first. Raises `Denied`, `NotFound`, `Invalid` (first).

    Drafts are their authors' own and never among them, nor is what a person shown has withdrawn.
    """
    _ = context.moderator
    Window(first, None).check()
    connection = connections.get("default")
    rows = await connection.execute_query_dict("SELECT pictures, sound FROM video_print WHERE id = $1", [video_id])
    if not rows:
        raise NotFound("There is no such video, or it was made before clips were told apart.", field="videoId")
    [asked] = rows
    seen = sorted({*picture_keys(asked["pictures"]), *picture_keys(mirrored(asked["pictures"]))})
    found = await connection.execute_query_dict(NEAR, [video_id, seen, sound_keys(asked["sound"]), CANDIDATES])
    alike = await asyncio.to_thread(_compared, asked, found)
    alike.sort(key=lambda each: (-max(each.pictures, each.sound), each.video_id))
    return alike[:first]


def _compared(asked: dict[str, Any], found: list[dict[str, Any]]) -> list[NearDuplicate]:
    alike = [
        NearDuplicate(
            row["id"],
            pictures_alike(asked["pictures"], row["pictures"]),
            sounds_alike(asked["sound"], row["sound"]),
        )
        for row in found
    ]
    return [each for each in alike if each.pictures >= PICTURES or each.sound >= SOUND]


def _most_shared(column: str, value: str) -> str:
    # Key by key: the planner takes an overlap of two long arrays for something that most rows have.
    return f"""(
        SELECT p.id FROM unnest({value}::int[]) AS k JOIN video_print p ON p.{column} @> ARRAY[k]
        WHERE p.id <> $1 GROUP BY p.id ORDER BY count(*) DESC, p.id DESC LIMIT $4::int
    )"""  # noqa: S608 - constants


NEAR = f"""
    SELECT p.id, p.pictures, p.sound FROM (
        {_most_shared("picture_keys", "$2")} UNION {_most_shared("sound_keys", "$3")}
    ) AS n JOIN video_print p ON p.id = n.id JOIN video_visibility ON video_visibility.id = n.id
    WHERE video_visibility.author_state = 'PUBLISHED' AND video_visibility.consent = 'LIVE' AND NOT {RAN_OUT}
"""  # noqa: S608 - constants
