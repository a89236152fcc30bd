"""Counts of a video, kept on a row of their own: reading a page never counts, and counting never touches a video."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from tortoise import fields
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model


class VideoCounts(Model):
    """One row a published video; a missing row is all zeros. The key is the video's.

    ``like_count`` is the number of its rows in ``video_like``, ``comment_count`` that of its comments which are neither
    deleted nor hidden, ``view_count`` how often members met it. ``remix_count`` counts its direct remixes,
    ``tree_count`` everything made from it, at any depth; both count what is published to all and hidden by nobody.
    ``counted``: is this video itself counted in its ancestors' rows?
    ``finish_count`` is how many members watched it to its end. ``quality`` (0 … 1) is how well those who met it
    received it, ``hot`` the same with the decay of time; a job (`jobs.derived.quality`) works both out for rows that
    were counted since: those whose ``refreshed_at`` is None.
    """

    id: UUID = fields.UUIDField(primary_key=True)
    like_count = fields.IntField(default=0, db_default=0)
    comment_count = fields.IntField(default=0, db_default=0)
    view_count = fields.BigIntField(default=0, db_default=0)
    finish_count = fields.BigIntField(default=0, db_default=0)
    remix_count = fields.IntField(default=0, db_default=0)
    tree_count = fields.IntField(default=0, db_default=0)
    counted = fields.BooleanField(default=False, db_default=False)
    quality = fields.FloatField(default=0.0, db_default=0.0)
    hot = fields.FloatField(default=0.0, db_default=0.0)
    refreshed_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "video_counts"
        indexes: ClassVar = [("hot", "id")]


async def add_likes(connection: BaseDBAsyncClient, video_id: UUID, by: int) -> None:
    """Count ``by`` more (or fewer) likes, in the transaction that adds or takes them."""
    await _add(connection, "like_count", [video_id], by)


async def add_comments(connection: BaseDBAsyncClient, video_id: UUID, by: int) -> None:
    """Count ``by`` more (or fewer) comments, in the transaction that shows or hides them."""
    await _add(connection, "comment_count", [video_id], by)


async def add_views(connection: BaseDBAsyncClient, video_ids: Sequence[UUID]) -> None:
    """Count one more view of each of these videos, in the transaction that notes who met them."""
    await _add(connection, "view_count", video_ids, 1)


async def add_finishes(connection: BaseDBAsyncClient, video_ids: Sequence[UUID]) -> None:
    """Count one more view to the end of each of these videos, in the transaction that notes it."""
    await _add(connection, "finish_count", video_ids, 1)


async def _add(
    connection: BaseDBAsyncClient,
    column: Literal["like_count", "comment_count", "view_count", "finish_count"],
    video_ids: Sequence[UUID],
    by: int,
) -> None:
    # In the order of ids, as everybody who holds more than one of these rows takes them: nobody waits in a circle.
    await connection.execute_query(
        f"""
        INSERT INTO video_counts AS c (id, {column})
        SELECT v.id, greatest($2::int, 0) FROM (SELECT DISTINCT unnest($1::uuid[]) AS id) AS v ORDER BY v.id
        ON CONFLICT (id) DO UPDATE SET {column} = greatest(c.{column} + $2, 0), refreshed_at = NULL
        """,  # noqa: S608 - one of four names
        [list(video_ids), by],
    )
