"""What anybody may know of the consent to a finished clip: one word, and never why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from models.rules.video import RAN_OUT


class Answer(StrEnum):
    """UNKNOWN: not made here, or not for everybody. NO_LIKENESS: made here, and shows nobody's cameo."""

    CONSENTED = "CONSENTED"
    NOT_CONSENTED = "NOT_CONSENTED"
    UNKNOWN = "UNKNOWN"
    NO_LIKENESS = "NO_LIKENESS"


@dataclass(frozen=True)
class PublicState:
    """The state of one video at ``at``. ``public``: its author published it to everybody, or to whoever has its id."""

    video_id: UUID
    answer: Answer
    public: bool
    at: datetime


async def states_of(connection: BaseDBAsyncClient, video_ids: Sequence[UUID]) -> dict[UUID, PublicState]:
    """The states of these videos; those that are not there are left out."""
    _, rows = await connection.execute_query(
        f"{_STATES} WHERE video_visibility.id = ANY ($1::uuid[])", [list(video_ids)]
    )
    return {row["id"]: public_state(*row) for row in rows}


async def states_by_hash(connection: BaseDBAsyncClient, sha256: str) -> list[PublicState]:
    """The states of the videos whose MP4 has, or had, this SHA-256 (hex)."""
    _, rows = await connection.execute_query(_BY_HASH, [sha256])
    return [public_state(*row) for row in rows]


def public_state(video_id: UUID, likenesses: bool, consented: bool, public: bool, at: datetime) -> PublicState:  # noqa: FBT001 - columns of `STATE`
    """The state that a record of `STATE` tells."""
    answer = Answer.NO_LIKENESS
    if likenesses:
        answer = Answer.CONSENTED if consented else Answer.NOT_CONSENTED
    return PublicState(video_id, answer, public, at)


# A draft, or a clip its author took back, is no use that anybody consented to.
STATE = f"""
    EXISTS (SELECT 1 FROM video_likeness l WHERE l.video_id = video_visibility.id),
    video_visibility.consent = 'LIVE' AND video_visibility.author_state = 'PUBLISHED' AND NOT {RAN_OUT}
        AND NOT EXISTS (
            SELECT 1 FROM video_likeness l WHERE l.video_id = video_visibility.id AND l.withdrawn_at IS NOT NULL
        ),
    video_visibility.author_state = 'PUBLISHED' AND video_visibility.audience IN ('PUBLIC', 'LINK')
        AND video_visibility.moderation = 'CLEAR',
    yume_now()
"""
"""SQL columns over `video_visibility`: are there likenesses, are all consented, is it public, and the moment."""
_STATES = f"SELECT video_visibility.id, {STATE} FROM video_visibility"
_BY_HASH = f"""
    {_STATES} WHERE video_visibility.id IN (
        SELECT video_id FROM rendition WHERE sha256 = $1 AND kind = 'MP4'
        UNION SELECT id FROM file_hash WHERE sha256 = $1
    )
"""
