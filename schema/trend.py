"""Trends: what many make at the same time, to watch and to join."""

from __future__ import annotations

from enum import Enum

import strawberry
from strawberry.types import Info

from resolvers import trend as resolve
from resolvers.page import Page, Window
from schema.access import Access, field, plain
from schema.connection import After, First, PageInfo
from schema.node import Node, global_id
from schema.video import Video, VideoConnection


@strawberry.enum(description="What the videos of a trend have in common.")
class TrendKind(Enum):
    REMIX = strawberry.enum_value("REMIX", description="The first clip that all of them come from.")
    PROMPT = strawberry.enum_value(
        "PROMPT", description="Words of captions and tags, and of prompts that their authors show to all."
    )
    SOUND = strawberry.enum_value("SOUND", description="The kind of music.")


@strawberry.type(
    description="Something that more and more people make. Nobody counts more than once, and accounts that one member "
    "invited count little more than one."
)
class Trend(Node):
    reading: strawberry.Private[resolve.TrendReading]

    @classmethod
    def of(cls, reading: resolve.TrendReading) -> Trend:
        """A trend as the viewer may see it."""
        return cls(id=global_id("Trend", reading.id), reading=reading)

    @field(Access.PARENT, "What it is called, in words.")
    async def title(self, info: Info) -> str:
        return await resolve.title_of(info.context, self.reading)

    @field(Access.PARENT, "What its videos have in common.")
    def kind(self) -> TrendKind:
        return TrendKind(self.reading.kind.value)

    @field(Access.PARENT, "A video that stands for it; null when there is none that the viewer may meet.")
    async def sample(self, info: Info) -> Video | None:
        row = await resolve.sample_of(info.context, self.reading)
        return None if row is None else Video.of(row)

    @field(Access.PARENT, "Its videos, newest first.")
    async def videos(self, info: Info, first: First = 10, after: After = None) -> VideoConnection:
        return VideoConnection.of(await resolve.videos_of(info.context, self.reading.id, Window(first, after)))

    @field(Access.PARENT, "How many videos it had when it was last looked at, a few minutes ago.")
    def video_count(self) -> int:
        return self.reading.video_count

    @field(Access.PARENT, "Can it be joined? One that is over can still be watched.")
    def rising(self) -> bool:
        return self.reading.rising


@strawberry.type(description="A trend and its place in the list.")
class TrendEdge:
    cursor: str = plain("The place of this trend: give it as `after`.")
    node: Trend = plain("The trend.")


@strawberry.type(description="A page of trends.")
class TrendConnection:
    edges: list[TrendEdge] = plain("The trends, what rises most first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[resolve.TrendReading]) -> TrendConnection:
        """A page of trends."""
        edges = [
            TrendEdge(cursor=cursor, node=Trend.of(row)) for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.type
class TrendQueries:
    @field(Access.ANYONE, "What rises now, what rises most first. Join one with `createGeneration(trendId:)`.")
    async def trends(self, info: Info, first: First = 10, after: After = None) -> TrendConnection:
        return TrendConnection.of(await resolve.trends(info.context, Window(first, after)))
