"""What members made of a video, as numbers: hidden with it, at once."""

from __future__ import annotations

from uuid import UUID

from models.counts import VideoCounts
from resolvers.context import Context

MOST_COUNTED = 2**31 - 1
"""The highest number that GraphQL's Int holds."""


async def counts_of(context: Context, video_id: UUID) -> VideoCounts:
    """Its counts; all zeros while it is hidden from the viewer, who may still know of it."""
    if not await context.loaders.seen.load(video_id):
        return VideoCounts(id=video_id)
    return await context.loaders.counts.load(video_id)


async def viewer_likes(context: Context, video_id: UUID) -> bool:
    """Does the viewer like it, and may they still see it?"""
    return await context.loaders.seen.load(video_id) and await context.loaders.likes.load(video_id)
