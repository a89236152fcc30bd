"""Taking a likeness out of videos: hiding them and everything made from them, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient

from models.base import new_id
from models.likeness import WithdrawalReason

MARKED_AT_ONCE = 1000
"""Up to so many likenesses are marked in the withdrawal's own transaction; more are left to `mark`, in a chore."""


@dataclass(frozen=True)
class Reach:
    """Which videos a withdrawal starts from; their descendants always follow. All of the cameo's when all are None.

    ``grants`` with those they superseded, ``videos``, ``author``: at most one of them.
    """

    grants: Sequence[UUID] | None = None
    videos: Sequence[UUID] | None = None
    author: UUID | None = None

    def parameters(self) -> list[list[UUID] | UUID | None]:
        """What the statements below call $2, $3 and $4."""
        lists = [None if ids is None else list(ids) for ids in (self.grants, self.videos)]
        return [*lists, self.author]

    def stored(self) -> str:
        """As JSON, for `mark`."""
        # Ids that were read from Postgres are the driver's own kind of UUID.
        return orjson.dumps({"grants": self.grants, "videos": self.videos, "author": self.author}, default=str).decode()


@dataclass(frozen=True)
class Withdrawn:
    """What a withdrawal did. ``id`` is its row in ``withdrawal``, ``videos`` how many it reached."""

    id: UUID
    videos: int


async def withdraw(
    connection: BaseDBAsyncClient, cameo_id: UUID, reason: WithdrawalReason, reach: Reach
) -> Withdrawn | None:
    """Hide what ``reach`` names, drafts and descendants included; None when there was nothing left to take out.

    The caller holds `models.consent.locks.lock_for_change` on the cameo. That a video is hidden is the one thing that
    must be true at the commit; which likeness it was hidden for may be written later.
    """
    [row] = await connection.execute_query_dict(_HIDE, [cameo_id, *reach.parameters()])
    if not row["unmarked"]:
        return None
    withdrawal_id = new_id()
    await connection.execute_query(
        """
        INSERT INTO withdrawal (id, created_at, cameo_id, reason, reach, videos, purged)
        VALUES ($1, yume_now(), $2, $3, $4::jsonb, $5, '{}')
        """,
        [withdrawal_id, cameo_id, reason.value, reach.stored(), row["reached"]],
    )
    if row["reached"] <= MARKED_AT_ONCE:
        await mark(connection, withdrawal_id)
    return Withdrawn(withdrawal_id, row["reached"])


async def mark(connection: BaseDBAsyncClient, withdrawal_id: UUID) -> int:
    """Write on every likeness that a withdrawal took out which one it was; returns how many were not marked before.

    May be repeated. A likeness keeps the reason it was withdrawn for first, and nothing ever brings it back.
    """
    [row] = await connection.execute_query_dict(
        "SELECT cameo_id, reach::text AS reach FROM withdrawal WHERE id = $1", [withdrawal_id]
    )
    stored = orjson.loads(row["reach"])
    values = [row["cameo_id"], stored["grants"], stored["videos"], stored["author"], withdrawal_id]
    [marked] = await connection.execute_query_dict(_MARK, values)
    return marked["count"]


async def reached(connection: BaseDBAsyncClient, withdrawal_id: UUID, *, published: bool, limit: int) -> list[UUID]:
    """Up to ``limit`` videos that a withdrawal reached; ``published``: only what others could see."""
    [row] = await connection.execute_query_dict(
        "SELECT cameo_id, reach::text AS reach FROM withdrawal WHERE id = $1", [withdrawal_id]
    )
    stored = orjson.loads(row["reach"])
    values = [row["cameo_id"], stored["grants"], stored["videos"], stored["author"], published, limit]
    return [found["id"] for found in await connection.execute_query_dict(_LIST, values)]


# A descendant carries every likeness of its ancestors, so the walk down needs no look at likenesses.
_REACHED = """
    WITH RECURSIVE named AS (
        SELECT unnest($2::uuid[]) AS id
        UNION SELECT g.supersedes_id FROM cameo_grant g JOIN named n ON g.id = n.id WHERE g.supersedes_id IS NOT NULL
    ), reached AS (
        SELECT l.video_id AS id FROM video_likeness l
        WHERE l.cameo_id = $1
        AND ($2::uuid[] IS NULL OR l.grant_id IN (SELECT id FROM named) OR l.publish_grant_id IN (SELECT id FROM named))
        AND ($3::uuid[] IS NULL OR l.video_id = ANY ($3::uuid[]))
        AND ($4::uuid IS NULL OR EXISTS (SELECT 1 FROM video v WHERE v.id = l.video_id AND v.author_id = $4))
        UNION SELECT t.id FROM lineage t JOIN reached r ON t.parent_id = r.id
    )
"""
_HIDE = f"""
    {_REACHED}, hidden AS (
        UPDATE video_visibility v SET consent = 'WITHDRAWN' FROM reached r WHERE v.id = r.id AND v.consent = 'LIVE'
    )
    SELECT count(*)::int AS reached, EXISTS (
        SELECT 1 FROM reached r
        JOIN video_likeness l ON l.video_id = r.id AND l.cameo_id = $1 AND l.withdrawn_at IS NULL
    ) AS unmarked
    FROM reached
"""
# Ids sort by time: a video made since, under a new grant, is none of this withdrawal's business.
_MARK = f"""
    {_REACHED}, marked AS (
        UPDATE video_likeness l
        SET withdrawn_at = w.created_at, withdrawn_for = w.reason, withdrawal_id = w.id
        FROM reached r, withdrawal w
        WHERE l.video_id = r.id AND l.cameo_id = $1 AND l.withdrawn_at IS NULL
        AND w.id = $5 AND l.id < w.id
        RETURNING 1
    ), done AS (
        UPDATE withdrawal SET marked_at = coalesce(marked_at, yume_now()) WHERE id = $5
    )
    SELECT count(*)::int AS count FROM marked
"""
_LIST = f"""
    {_REACHED}
    SELECT v.id FROM reached r JOIN video_visibility v ON v.id = r.id
    WHERE v.consent = 'WITHDRAWN' AND (NOT $5 OR v.author_state = 'PUBLISHED')
    LIMIT $6
"""
