"""Feeds as clients page through them."""

from __future__ import annotations

from enum import Enum

import strawberry

from resolvers.feed.present import FeedPage
from schema.access import plain
from schema.connection import PageInfo
from schema.video import Video


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


@strawberry.type(description="A page of a feed. New posts never make a later page repeat or skip a video.")
class FeedConnection:
    edges: list[FeedEdge] = plain("The videos in order.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, found: FeedPage) -> FeedConnection:
        """A page of a feed as its four steps made it."""
        page = found.page
        edges = [
            FeedEdge(cursor=cursor, node=Video.of(row)) for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))
