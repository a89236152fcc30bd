"""Watching a feed: what was added, what is gone, whose counts changed, each judged anew for its viewer."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Collection
from uuid import UUID

from jobs.feed import FeedChange, FeedEvent, events
from models.rules.sql import account, holding
from models.rules.video import may_be_listed
from models.video import VideoVisibility
from resolvers.context import Context
from resolvers.count_event import told_counts
from resolvers.session import require_live_session

_INDEX_DIGITS = 6
_TRUST_SECONDS = 1.0
"""How long a session that was found live is trusted."""


async def watch_latest(
    context: Context, after: str | None, shown: Collection[UUID] | None = None
) -> AsyncGenerator[FeedEvent, None]:
    """Changes of the LATEST feed after the cursor ``after`` (None: from now on); counts of the videos ``shown`` only.

    GONE is told to everybody, since who saw the video cannot be known; the others only where the viewer may see it in
    a list at this moment. Raises `Unauthenticated` once the viewer's session ends.
    """
    viewer_id = None if context.viewer is None else context.viewer.id
    checked_at = time.monotonic()
    start, beyond = _place(after)
    async with context.stores.feed.subscribe(start, again=beyond >= 0) as entries:
        async for entry in entries:
            counted = await told_counts(entry, viewer_id, shown)
            for event in events(entry, beyond=beyond):
                if time.monotonic() - checked_at >= _TRUST_SECONDS:
                    await require_live_session(context)
                    checked_at = time.monotonic()
                if await _told(context, event, counted):
                    yield event
            beyond = -1


async def _told(context: Context, event: FeedEvent, counted: Collection[UUID]) -> bool:
    match event.change:
        case FeedChange.ADDED:
            return await _listed(context, event.video_id)
        case FeedChange.COUNTS:
            return event.video_id in counted
        case FeedChange.GONE | FeedChange.STALE:
            return True


async def _listed(context: Context, video_id: UUID | None) -> bool:
    viewer = account(None if context.viewer is None else context.viewer.id)
    return await holding(VideoVisibility.filter(id=video_id), may_be_listed(viewer)).exists()


def _place(after: str | None) -> tuple[str | None, int]:
    """Where to read on, and how many changes of the first entry were heard: an entry may hold many."""
    if after is None:
        return None, -1
    whole, _, index = after.partition(".")
    return whole, int(index) if index.isdecimal() and len(index) < _INDEX_DIGITS else -1
