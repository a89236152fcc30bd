"""Reading comments: a video's threads, all its comments, and the replies of one thread."""

from __future__ import annotations

from uuid import UUID

from models.errors import NotFound
from models.video import Video
from resolvers.context import Context
from resolvers.cursor import encode_cursor
from resolvers.loaders.comment import CommentReading, Listing, PageKey
from resolvers.page import Page, Window


async def comments_of(context: Context, video_id: UUID, listing: Listing, window: Window) -> Page[CommentReading]:
    """Comments of a video, newest first; none of one that is hidden from the viewer. Raises `Invalid`."""
    window.check()
    if not await context.loaders.seen.load(video_id):
        return Page([], [], more=False, after=window.after)
    return await _page(context, listing, video_id, window)


async def replies_of(context: Context, comment: CommentReading, window: Window) -> Page[CommentReading]:
    """What was replied in a thread, oldest first. Raises `Invalid`."""
    window.check()
    if comment.reply_count == 0:
        return Page([], [], more=False, after=window.after)
    return await _page(context, Listing.REPLIES, comment.id, window)


async def comment_by_id(context: Context, comment_id: UUID) -> CommentReading | None:
    """A comment that the viewer may read; None for hidden and missing ones alike."""
    return await context.loaders.comments.load(comment_id)


async def video_of(context: Context, comment: CommentReading) -> Video:
    """The video that a comment is under. Raises `NotFound` where the viewer may not know of it."""
    found = await context.loaders.videos.load(comment.video_id)
    if found is None:
        raise NotFound("There is no such video any more.", field="videoId")
    return found


async def _page(context: Context, listing: Listing, of: UUID, window: Window) -> Page[CommentReading]:
    name = _name(listing, of)
    key = context.stores.keys.cursor
    place = window.place(key, name)
    after = None if place is None else place[1]
    rows = await context.loaders.comment_pages.load(PageKey(listing, of, after, window.first + 1))
    return window.page(key, name, rows, lambda row: (row.created_at, row.id))


def cursor_of(context: Context, comment: CommentReading) -> str:
    """The place of a comment in the list that it belongs to: its video's threads, or its thread's replies."""
    thread = comment.thread_id
    name = _name(Listing.THREADS, comment.video_id) if thread is None else _name(Listing.REPLIES, thread)
    return encode_cursor(context.stores.keys.cursor, name, comment.created_at, comment.id)


def _name(listing: Listing, of: UUID) -> str:
    return f"comments:{listing.value}:{of}"
