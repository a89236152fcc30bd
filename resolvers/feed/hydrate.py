"""Hydrate: rows for a page of ids, under the viewer's rules, with everything a client shows of them."""

from __future__ import annotations

from uuid import UUID

from models.video import Video
from resolvers.context import Context
from resolvers.page import Page


async def hydrate(context: Context, skeleton: Page[UUID]) -> Page[Video]:
    """Rows for a page of ids. A video hidden since the skeleton was read leaves a shorter page, never a hole."""
    videos = await context.loaders.videos.load_many(skeleton.rows)
    kept = [(video, cursor) for video, cursor in zip(videos, skeleton.cursors, strict=True) if video is not None]
    return Page([video for video, _ in kept], [cursor for _, cursor in kept], skeleton.more, skeleton.after)
