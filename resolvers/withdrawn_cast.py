"""What an author may know of a clip that a person shown took away: whom to leave out when making it again."""

from __future__ import annotations

from uuid import UUID

from tortoise import connections

from models.likeness import Via, VideoLikeness
from resolvers.context import Context


async def make_again_without(context: Context, video_id: UUID, cameo_id: UUID | None) -> UUID | None:
    """Whom to leave out when the viewer, whose video it is, makes it again; None where that is not theirs to know.

    ``cameo_id``, which the news names, when they cast it themself: they know it already. Else somebody who came with
    what it remixes and took the viewer's own video away, or all permissions of the viewer's or of everybody: they had
    permitted the viewer themself. Who left the video that it remixes, or blocked the viewer, is named to nobody else.
    """
    if cameo_id is None:
        rows = await connections.get("default").execute_query_dict(_LEFT, [video_id, context.member.id])
        return rows[0]["cameo_id"] if rows else None
    shown = VideoLikeness.filter(
        video_id=video_id,
        cameo_id=cameo_id,
        via=Via.SHOWN,
        withdrawn_at__isnull=False,
        video__author_id=context.member.id,
        cameo__handle__isnull=False,
    )
    return cameo_id if await shown.exists() else None


async def make_again_as_original(context: Context, video_id: UUID) -> bool:
    """Is it the viewer's remix, and did somebody take it away who came with what it remixed?

    They come with every remix of that video: what is left to its author is their words. Whose likeness it was is told
    to those alone who had cast it.
    """
    [row] = await connections.get("default").execute_query_dict(
        """
        SELECT EXISTS (
            SELECT 1 FROM video_likeness l JOIN video v ON v.id = l.video_id JOIN lineage t ON t.id = l.video_id
            WHERE l.video_id = $1 AND v.author_id = $2 AND l.withdrawn_at IS NOT NULL AND (
                l.via = 'INHERITED' OR EXISTS (
                    SELECT 1 FROM video_likeness p WHERE p.video_id = t.parent_id AND p.cameo_id = l.cameo_id
                )
            )
        ) AS so
        """,
        [video_id, context.member.id],
    )
    return row["so"]


# `reach` is `models.consent.withdraw.Reach`: a video that it does not name by itself went as a descendant.
_LEFT = """
    SELECT l.cameo_id FROM video_likeness l JOIN video v ON v.id = l.video_id
    JOIN cameo c ON c.id = l.cameo_id AND c.handle IS NOT NULL JOIN withdrawal w ON w.id = l.withdrawal_id
    WHERE l.video_id = $1 AND v.author_id = $2 AND l.via = 'INHERITED' AND l.withdrawn_at IS NOT NULL
        AND jsonb_typeof(w.reach -> 'author') = 'null'
        AND (jsonb_typeof(w.reach -> 'videos') = 'null' OR w.reach -> 'videos' ? l.video_id::text)
        AND (jsonb_typeof(w.reach -> 'grants') = 'null' OR EXISTS (
            WITH RECURSIVE named AS (
                SELECT g.id::uuid AS id FROM jsonb_array_elements_text(w.reach -> 'grants') AS g (id)
                UNION SELECT g.supersedes_id FROM cameo_grant g JOIN named n ON g.id = n.id
                WHERE g.supersedes_id IS NOT NULL
            )
            SELECT 1 FROM named WHERE named.id IN (l.grant_id, l.publish_grant_id)
        ))
    ORDER BY l.withdrawn_at, l.cameo_id LIMIT 1
"""
