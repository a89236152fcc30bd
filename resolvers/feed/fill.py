"""The four steps of every feed in turn, again while rules leave a page shorter than asked."""

from __future__ import annotations

from models.video import Video
from resolvers.context import Context
from resolvers.feed.hydrate import hydrated
from resolvers.feed.present import FeedPage, present
from resolvers.feed.skeleton import Place, Skeleton
from resolvers.page import Window

ROUNDS = 5
"""Stretches read for one page at most. A page may end short after that, and still say that there is more."""


async def fill(context: Context, skeleton: Skeleton, window: Window) -> FeedPage:
    """One page: as many videos as asked while there are any. Raises `Invalid` (first, after)."""
    window.check()
    shown: list[tuple[Place, Video]] = []
    end, most = window.after, window.first + 1
    for _ in range(ROUNDS):
        stretch = await skeleton.read(end, most)
        most *= 2
        found = await hydrated(context, [place.video_id for place in stretch.places], skeleton.rule)
        shown += [(place, video) for place in stretch.places if (video := found.get(place.video_id)) is not None]
        end = stretch.end
        if end is None or len(shown) > window.first:
            break
    return present(window, shown, end)
