"""Telling who made the original that a remix of it was published, where they may see it."""

from __future__ import annotations

from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from models.notification import NotificationKind, notify
from models.rules.video import may_be_told_of


async def tell_remixed(connection: BaseDBAsyncClient, video_id: UUID, author_id: UUID) -> None:
    """Tell, in the transaction that published ``video_id``, the author of what it remixes; once, however often."""
    rows = await connection.execute_query_dict(_PARENT, [video_id, author_id])
    if rows:
        original, owner = rows[0]["parent_id"], rows[0]["author_id"]
        await notify(
            connection, owner, NotificationKind.REMIXED, actor=author_id, video=video_id, together=original
        )  # fmt: skip


# What goes by link is for whom the link is given to.
_PARENT = f"""
    SELECT t.parent_id, p.author_id FROM lineage t JOIN video p ON p.id = t.parent_id
    JOIN video_visibility ON video_visibility.id = t.id
    WHERE t.id = $1 AND video_visibility.audience <> 'LINK' AND {may_be_told_of("p.author_id")}
        AND EXISTS (SELECT 1 FROM account a WHERE a.id = p.author_id AND a.deleted_at IS NULL)
        AND NOT EXISTS (
            SELECT 1 FROM notification n WHERE n.actor_id = $2 AND n.video_id = t.id AND n.kind = 'REMIXED'
        )
"""  # noqa: S608 - a rule
