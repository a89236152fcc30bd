"""Leaderboards: members who asked to be ranked with others."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from models.leader import LeaderKind, LeaderPeriod
from resolvers import leaderboard as resolve
from resolvers.page import Page, Window
from schema.access import Access, field, plain
from schema.account import Account
from schema.connection import After, First, PageInfo


@strawberry.enum(description="What a leaderboard counts, of videos that are published to all.")
class LeaderboardKind(Enum):
    MOST_REMIXED = strawberry.enum_value("MOST_REMIXED", description="Published remixes by others.")
    MOST_LIKED = strawberry.enum_value("MOST_LIKED", description="Likes by others.")


@strawberry.enum(description="Since when a leaderboard counts.")
class LeaderboardPeriod(Enum):
    WEEK = strawberry.enum_value("WEEK", description="The last 7 days.")
    MONTH = strawberry.enum_value("MONTH", description="The last 30 days.")
    ALL = strawberry.enum_value("ALL", description="Ever.")


@strawberry.type(description="A member on a leaderboard.")
class LeaderboardEdge:
    cursor: str = plain("The place of this member: give it as `after`.")
    node: Account = plain("The member.")
    rank: int = plain("Their rank, from 1, among those whom the viewer is shown.")
    score: int = plain("How many were counted.")


@strawberry.type(description="A page of a leaderboard. Counted anew about once an hour; who leaves is gone at once.")
class LeaderboardConnection:
    edges: list[LeaderboardEdge] = plain("The members, the highest score first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[resolve.Standing]) -> LeaderboardConnection:
        """A page of standings."""
        edges = [
            LeaderboardEdge(cursor=cursor, node=Account.of(row.account), rank=row.rank, score=row.score)
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.type
class LeaderboardQueries:
    @field(
        Access.ANYONE,
        "Members who asked to be ranked (`updateProfile`), adults only. Nobody is ranked without having asked.",
    )
    async def leaderboard(
        self,
        info: Info,
        kind: Annotated[LeaderboardKind, strawberry.argument(description="What is counted.")],
        period: Annotated[LeaderboardPeriod, strawberry.argument(description="Since when.")] = LeaderboardPeriod.WEEK,
        first: First = 10,
        after: After = None,
    ) -> LeaderboardConnection:
        window = Window(first, after)
        page = await resolve.leaderboard(info.context, LeaderKind(kind.value), LeaderPeriod(period.value), window)
        return LeaderboardConnection.of(page)
