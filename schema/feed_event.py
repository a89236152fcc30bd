"""What somebody with an open feed is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.types import Info

from jobs.feed.stream import FeedChange, FeedEvent
from models.errors import Invalid
from resolvers.count_event import MOST_TOLD
from resolvers.feed_event import watch_following, watch_for_you, watch_friends, watch_latest
from resolvers.social import MOST_COUNTED
from schema.access import Access, field, plain, subscription
from schema.feed import FeedKind
from schema.node import global_id, row_id
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


@strawberry.type(description="Counts of a video changed: told together, a video once a second at most.")
class CountsChanged(FeedUpdate):
    id: strawberry.ID = plain("Which video.")
    like_count: int = plain("How many members like it.")
    comment_count: int = plain("How many comments it has.")
    view_count: int = plain("How often members met it.")
    remix_count: int = plain("How many published remixes of it there are.")
    tree_count: int = plain("How many published videos were made from it, at any depth.")

    @field(Access.PARENT, "The video, as the viewer may see it now; null when it was hidden since.")
    async def video(self, info: Info) -> Video | None:
        row = await info.context.loaders.videos.load(row_id(self.id, "Video"))
        return None if row is None else Video.of(row)


@strawberry.type(description="More changed than is told one by one, or the history is gone: read the feed again.")
class FeedStale(FeedUpdate):
    pass


FEED_EVENT_TYPES = [VideoAdded, VideoGone, CountsChanged, FeedStale]
_WATCHED = {
    FeedKind.FOR_YOU: watch_for_you,
    FeedKind.FOLLOWING: watch_following,
    FeedKind.FRIENDS: watch_friends,
    FeedKind.LATEST: watch_latest,
}


@strawberry.type
class FeedSubscription:
    @subscription(
        Access.ANYONE,
        "Changes of a feed as they happen, each judged anew. FOLLOWING and FRIENDS are for members who are signed in; "
        "FOR_YOU tells of everything that it may pick from.",
    )
    async def feed_updates(
        self,
        info: Info,
        kind: Annotated[FeedKind, strawberry.argument(description="Which feed.")],
        after: Annotated[
            str | None, strawberry.argument(description="Go on after this cursor; from now on when left out.")
        ] = None,
        videos: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(
                description="Tell `CountsChanged` of these videos only (at most 50): those shown. When left "
                "out, of any, as far as they are not too many."
            ),
        ] = None,
    ) -> AsyncGenerator[FeedUpdate, None]:
        async for event in _WATCHED[kind](info.context, after, _shown(videos)):
            update = await _update(info, event)
            if update is not None:
                yield update


def _shown(videos: list[strawberry.ID] | None) -> set[UUID] | None:
    if videos is not None and len(videos) > MOST_TOLD:
        raise Invalid(f"Name at most {MOST_TOLD} videos.", field="videos")
    return None if videos is None else {row_id(each, "Video", field="videos") for each in videos}


async def _update(info: Info, event: FeedEvent) -> FeedUpdate | None:
    """The event as clients hear it; an addition was read in the moment in which it was judged."""
    if event.video_id is None:
        return FeedStale(cursor=event.cursor)
    if event.change is FeedChange.GONE:
        return VideoGone(cursor=event.cursor, id=global_id("Video", event.video_id))
    if event.counts is not None:
        counts = event.counts
        return CountsChanged(
            cursor=event.cursor,
            id=global_id("Video", event.video_id),
            like_count=counts.likes,
            comment_count=counts.comments,
            view_count=min(counts.views, MOST_COUNTED),
            remix_count=counts.remixes,
            tree_count=counts.tree,
        )
    row = await info.context.loaders.videos.load(event.video_id)
    return None if row is None else VideoAdded(cursor=event.cursor, video=Video.of(row))
