"""What an author may know of a clip that a person shown took away: whom to leave out when making it again."""

from __future__ import annotations

from uuid import UUID

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
