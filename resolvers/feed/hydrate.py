"""Hydrate: a page of ids becomes videos, read in one statement with everything that a client shows of them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from models.video import Video
from resolvers.context import Context
from resolvers.feed.read import read_videos
from resolvers.page import Page


async def hydrate(context: Context, skeleton: Page[UUID]) -> Page[Video]:
    """Rows for a page of ids. A video hidden since the skeleton was read leaves a shorter page, never a hole."""
    found = await hydrated(context, skeleton.rows)
    kept = [(found[row], cursor) for row, cursor in zip(skeleton.rows, skeleton.cursors, strict=True) if row in found]
    return Page(
        [video for video, _ in kept], [cursor for _, cursor in kept], skeleton.more, skeleton.after, skeleton.end
    )


async def hydrated(context: Context, video_ids: Iterable[UUID], rule: str | None = None) -> dict[UUID, Video]:
    """Those of the videos that the viewer may know of and ``rule`` (of `resolvers.feed.rules`) allows.

    The operation's loaders hold afterwards what a client shows of them: see `resolvers.feed.read`.
    """
    return await read_videos(context.loaders, None if context.viewer is None else context.viewer.id, video_ids, rule)
