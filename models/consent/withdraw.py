"""Taking a likeness out of videos: hiding them and everything made from them, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient

from models.base import new_id
from models.likeness import WithdrawalReason


@dataclass(frozen=True)
class Reach:
    """Which videos a withdrawal starts from; their descendants always follow. All of the cameo's when all are None.

    ``grants`` with those they superseded, ``videos``, ``author``: at most one of them.
    """

    grants: Sequence[UUID] | None = None
    videos: Sequence[UUID] | None = None
    author: UUID | None = None


@dataclass(frozen=True)
class Withdrawn:
    """What a withdrawal did. ``id`` is its row in ``withdrawal``, ``videos`` how many it hid for this likeness."""

    id: UUID
    videos: int


async def withdraw(
    connection: BaseDBAsyncClient, cameo_id: UUID, reason: WithdrawalReason, reach: Reach
) -> Withdrawn | None:
    """Hide what ``reach`` names, drafts and descendants included; None when there was nothing left to hide.

    The caller holds `models.consent.locks.lock_for_change` on the cameo. Withdrawn likenesses keep the reason they
    were withdrawn for first; nothing ever brings them back.
    """
    withdrawal_id = new_id()
    [row] = await connection.execute_query_dict(
        _WITHDRAW,
        [
            cameo_id, withdrawal_id, reason.value,
            None if reach.grants is None else list(reach.grants),
            None if reach.videos is None else list(reach.videos),
            reach.author,
        ],
    )  # fmt: skip
    if not row["struck"]:
        return None
    await connection.execute_query(
        """
        INSERT INTO withdrawal (id, created_at, cameo_id, reason, videos, purged)
        VALUES ($1, yume_now(), $2, $3, $4, $5::jsonb)
        """,
        [withdrawal_id, cameo_id, reason.value, row["struck"], orjson.dumps({}).decode()],
    )
    return Withdrawn(withdrawal_id, row["struck"])


# A descendant carries every likeness of its ancestors, so the walk down needs no look at likenesses.
_WITHDRAW = """
    WITH RECURSIVE named AS (
        SELECT unnest($4::uuid[]) AS id
        UNION SELECT g.supersedes_id FROM cameo_grant g JOIN named n ON g.id = n.id WHERE g.supersedes_id IS NOT NULL
    ), reached AS (
        SELECT l.video_id AS id FROM video_likeness l
        WHERE l.cameo_id = $1
        AND ($4::uuid[] IS NULL OR l.grant_id IN (SELECT id FROM named) OR l.publish_grant_id IN (SELECT id FROM named))
        AND ($5::uuid[] IS NULL OR l.video_id = ANY ($5::uuid[]))
        AND ($6::uuid IS NULL OR EXISTS (SELECT 1 FROM video v WHERE v.id = l.video_id AND v.author_id = $6))
        UNION SELECT t.id FROM lineage t JOIN reached r ON t.parent_id = r.id
    ), hidden AS (
        UPDATE video_visibility v SET consent = 'WITHDRAWN' FROM reached r WHERE v.id = r.id AND v.consent = 'LIVE'
    ), struck AS (
        UPDATE video_likeness l SET withdrawn_at = yume_now(), withdrawn_for = $3, withdrawal_id = $2
        FROM reached r WHERE l.video_id = r.id AND l.cameo_id = $1 AND l.withdrawn_at IS NULL
        RETURNING 1
    )
    SELECT count(*)::int AS struck FROM struck
"""
