"""Feeds as clients page through them."""

from __future__ import annotations

from enum import Enum

import strawberry

from resolvers.feed.present import FeedPage
from schema.access import plain
from schema.connection import PageInfo
from schema.feed_weights import SteerReading
from schema.video import Video
from schema.why import Why


@strawberry.enum(description="Which feed.")
class FeedKind(Enum):
    FOR_YOU = strawberry.enum_value(
        "FOR_YOU", description="Ranked for the viewer, who can read and change what it goes by."
    )
    FOLLOWING = strawberry.enum_value(
        "FOLLOWING", description="What the members whom the viewer follows published to them, newest first."
    )
    FRIENDS = strawberry.enum_value(
        "FRIENDS", description="The same of members who follow the viewer too, newest first."
    )
    LATEST = strawberry.enum_value("LATEST", description="Everything published to all, newest first, nothing ranked.")


@strawberry.type(description="A video and its place in the feed.")
class FeedEdge:
    cursor: str = plain("The place of this video: give it as `after`.")
    node: Video = plain("The video.")
    why_this: Why = plain("Why it is here, for this viewer.")


@strawberry.type(description="A word about the time spent in the feed, to be shown where it is in nobody's way.")
class FeedNudge:
    minutes: int = plain("How long the viewer has been reading without a pause.")
    words: str = plain("One sentence about it.")


@strawberry.type(description="A page of a feed. New posts never make a later page repeat or skip a video.")
class FeedConnection:
    edges: list[FeedEdge] = plain("The videos in order.")
    page_info: PageInfo = plain("Where this page stands.")
    interpretation: SteerReading | None = plain("How the viewer's sentence was read; null where there is none.")
    nudge: FeedNudge | None = plain("After a time that the operator sets; null before, and where it is never said.")

    @classmethod
    def of(cls, found: FeedPage) -> FeedConnection:
        """A page of a feed as its four steps made it."""
        page = found.page
        edges = [
            FeedEdge(cursor=cursor, node=Video.of(row), why_this=Why.of(found.whys[row.id]))
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        said = None if found.nudge is None else FeedNudge(minutes=found.nudge.minutes, words=found.nudge.words)
        reading = SteerReading.of(found.interpretation)
        return cls(edges=edges, page_info=PageInfo.of(page), interpretation=reading, nudge=said)
