"""Everything that shows the viewer, whoever made it and whoever may see it."""

from __future__ import annotations

from uuid import UUID

from resolvers.context import Context
from resolvers.keyset import rows_page
from resolvers.page import Page, Window


async def appearances(context: Context, window: Window) -> Page[UUID]:
    """Ids of videos and drafts with a likeness of the viewer's, newest first.

    Neither blocks nor visibility hide any; what was withdrawn is among them, as a stub without media.
    """
    page = await rows_page(
        context,
        f"appearances:{context.member.id}",
        """
        SELECT v.id, v.created_at AS moment FROM video_visibility v
        WHERE v.author_state <> 'DELETED' AND v.id IN (
            SELECT l.video_id FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id WHERE c.owner_id = $1
        )
        """,
        [context.member.id],
        window,
    )
    return page.map(lambda row: row["id"])
