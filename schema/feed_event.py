"""What somebody with an open feed is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry
from strawberry.types import Info

from jobs.feed import FeedChange, FeedEvent
from resolvers.feed_event import watch_latest
from schema.access import Access, plain, subscription
from schema.feed import FeedKind
from schema.node import global_id
from schema.video import Video


@strawberry.interface(description="A change of a feed.")
class FeedUpdate:
    cursor: str = plain("Resubscribe with this as `after` to go on without a gap.")


@strawberry.type(description="A video was published that the viewer may see.")
class VideoAdded(FeedUpdate):
    video: Video = plain("The video.")


@strawberry.type(
    description="A video is gone: withdrawn, hidden or deleted; why is not told. Drop it from every cache. It may be "
    "one that the viewer never saw."
)
class VideoGone(FeedUpdate):
    id: strawberry.ID = plain("Which video.")


@strawberry.type(description="More changed than is told one by one, or the history is gone: read the feed again.")
class FeedStale(FeedUpdate):
    pass


FEED_EVENT_TYPES = [VideoAdded, VideoGone, FeedStale]
_WATCHED = dict.fromkeys(FeedKind, watch_latest)


@strawberry.type
class FeedSubscription:
    @subscription(Access.ANYONE, "Changes of a feed as they happen.")
    async def feed_updates(
        self,
        info: Info,
        kind: Annotated[FeedKind, strawberry.argument(description="Which feed.")],
        after: Annotated[
            str | None, strawberry.argument(description="Go on after this cursor; from now on when left out.")
        ] = None,
    ) -> AsyncGenerator[FeedUpdate, None]:
        async for event in _WATCHED[kind](info.context, after):
            update = await _update(info, event)
            if update is not None:
                yield update


async def _update(info: Info, event: FeedEvent) -> FeedUpdate | None:
    """None when the video was hidden since the event was judged."""
    if event.video_id is None:
        return FeedStale(cursor=event.cursor)
    if event.change is FeedChange.GONE:
        return VideoGone(cursor=event.cursor, id=global_id("Video", event.video_id))
    info.context.renew_loaders()
    row = await info.context.loaders.videos.load(event.video_id)
    return None if row is None else VideoAdded(cursor=event.cursor, video=Video.of(row))
