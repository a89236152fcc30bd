"""Remixes: whether a video may be built on, and whose likenesses come with it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from models.cameo import Scope
from models.errors import Conflict, Denied, NotFound
from models.rules.sql import account
from models.rules.video import may_be_remixed_by, published_to

LONGEST_CHAIN = 1000
"""Links from the first clip of a chain, whatever policy says: a path is stored whole with every video."""
_PLAYED = Scope.FACE | Scope.VOICE


@dataclass(frozen=True)
class Parent:
    """A video to be remixed. ``likenesses``: with which scopes a remix carries each cameo on, REMIX among them."""

    video_id: UUID
    likenesses: dict[UUID, Scope]


async def parent_for(connection: BaseDBAsyncClient, account_id: UUID, video_id: UUID, *, depth_max: int) -> Parent:
    """The parent of a remix by this account. Every likeness of the video comes along: the set never gets smaller.

    Raises `NotFound` (not visible to them), `Denied` (its author does not want remixes), `Conflict` (chain too long).
    """
    viewer = account(account_id)
    rows = await connection.execute_query_dict(
        f"""
        SELECT v.author_id, v.remixable, coalesce(t.depth, 0) AS depth, {may_be_remixed_by(viewer)} AS open
        FROM video v JOIN video_visibility ON video_visibility.id = v.id LEFT JOIN lineage t ON t.id = v.id
        WHERE v.id = $1 AND ({may_be_remixed_by(viewer)} OR {published_to(viewer)})
        """,  # noqa: S608 - rules
        [video_id],
    )
    if not rows:
        raise NotFound("There is no such video to remix.", field="remixOf")
    # That strangers may not remix it is told in the same words: it says that its author is a teen.
    if not rows[0]["open"] or (not rows[0]["remixable"] and rows[0]["author_id"] != account_id):
        raise Denied("Its author does not want this video remixed.", field="remixOf")
    if rows[0]["depth"] + 1 > min(depth_max, LONGEST_CHAIN):
        raise Conflict("This chain of remixes is as long as it may get. Remix an earlier link.", field="remixOf")
    carried = await connection.execute_query_dict(
        "SELECT cameo_id, scopes FROM video_likeness WHERE video_id = $1", [video_id]
    )
    return Parent(video_id, {row["cameo_id"]: (Scope(row["scopes"]) & _PLAYED) | Scope.REMIX for row in carried})
