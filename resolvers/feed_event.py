"""Watching a feed: what was added, what is gone, whose counts changed, each judged anew for its viewer."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Collection
from uuid import UUID

from jobs.feed.stream import FeedChange, FeedEvent, events
from resolvers.context import Context
from resolvers.count_event import told_counts
from resolvers.feed.following import reader
from resolvers.feed.hydrate import hydrated
from resolvers.feed.rules import FROM_FOLLOWED, FROM_FRIENDS, PUBLIC, PUBLIC_OR_FROM_FOLLOWED
from resolvers.session import require_live_session

_INDEX_DIGITS = 6
_TRUST_SECONDS = 1.0
"""How long a session that was found live is trusted."""


Watched = AsyncGenerator[FeedEvent, None]


def watch_for_you(context: Context, after: str | None, shown: Collection[UUID] | None = None) -> Watched:
    """Changes of what FOR_YOU picks from: what LATEST and FOLLOWING would be told."""
    return _watch(context, PUBLIC_OR_FROM_FOLLOWED, after, shown)


def watch_latest(context: Context, after: str | None, shown: Collection[UUID] | None = None) -> Watched:
    """Changes of the LATEST feed."""
    return _watch(context, PUBLIC, after, shown)


def watch_following(context: Context, after: str | None, shown: Collection[UUID] | None = None) -> Watched:
    """Changes of the FOLLOWING feed. Raises `Unauthenticated`."""
    reader(context)
    return _watch(context, FROM_FOLLOWED, after, shown)


def watch_friends(context: Context, after: str | None, shown: Collection[UUID] | None = None) -> Watched:
    """Changes of the FRIENDS feed. Raises `Unauthenticated`."""
    reader(context)
    return _watch(context, FROM_FRIENDS, after, shown)


async def _watch(context: Context, rule: str, after: str | None, shown: Collection[UUID] | None) -> Watched:
    """Changes after the cursor ``after`` (None: from now on); counts of the videos ``shown`` only, of any for None.

    GONE is told to everybody, since who saw the video cannot be known; ADDED where the feed's own ``rule`` holds for
    the viewer at this moment: the operation's loaders have the video then. Raises `Unauthenticated` once the viewer's
    session ends.
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
                if await _told(context, rule, event, counted):
                    yield event
            beyond = -1


async def _told(context: Context, rule: str, event: FeedEvent, counted: Collection[UUID]) -> bool:
    context.renew_loaders()
    match event.change:
        case FeedChange.ADDED:
            return event.video_id is not None and bool(await hydrated(context, [event.video_id], rule))
        case FeedChange.COUNTS:
            return event.video_id in counted
        case FeedChange.GONE | FeedChange.STALE:
            return True


def _place(after: str | None) -> tuple[str | None, int]:
    """Where to read on, and how many changes of the first entry were heard: an entry may hold many."""
    if after is None:
        return None, -1
    whole, _, index = after.partition(".")
    return whole, int(index) if index.isdecimal() and len(index) < _INDEX_DIGITS else -1
