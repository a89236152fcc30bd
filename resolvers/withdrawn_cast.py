"""What an author may know of a clip that a person shown took away: whom to leave out when making it again."""

from __future__ import annotations

from uuid import UUID

from tortoise import connections

from models.likeness import Via, VideoLikeness
from resolvers.context import Context


async def make_again_without(context: Context, video_id: UUID, cameo_id: UUID) -> UUID | None:
    """``cameo_id`` when the viewer is the video's author and cast it themself: they know it already. Else None.

    A likeness that came with the parent cannot be left out of a remix of it.
    """
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
