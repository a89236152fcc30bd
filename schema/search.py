"""Search: videos, members and cameos by what somebody types."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from models import account as account_rows
from models import video as video_rows
from resolvers.page import Page, Window
from resolvers.search import find as resolve
from schema.access import Access, field, plain
from schema.account import Account
from schema.cameo import Cameo
from schema.connection import After, First, PageInfo
from schema.video import Video


@strawberry.enum(description="Among what to search.")
class SearchScope(Enum):
    VIDEOS = strawberry.enum_value(
        "VIDEOS", description="Public videos, by the words of captions and shown prompts, and by what they mean."
    )
    ACCOUNTS = strawberry.enum_value("ACCOUNTS", description="Members, by handle or name.")
    CAMEOS = strawberry.enum_value("CAMEOS", description="Cameos that the viewer may use or ask for, by handle.")


@strawberry.enum(description="What something was found by.")
class SearchMatch(Enum):
    WORDS = strawberry.enum_value("WORDS", description="It has the words, in some form of them.")
    MEANING = strawberry.enum_value("MEANING", description="It means much the same, in whatever language.")
    NAME = strawberry.enum_value("NAME", description="It is called so, or nearly.")


SearchHit = Annotated[
    Video | Account | Cameo, strawberry.union("SearchHit", description="What can be found: of the scope's kind only.")
]


@strawberry.type(description="Something found, and its place.")
class SearchEdge:
    cursor: str = plain("The place of this hit: give it as `after`.")
    node: SearchHit = plain("What was found.")
    matched_on: list[SearchMatch] = plain("What it was found by.")

    @classmethod
    def of(cls, hit: resolve.Hit, cursor: str) -> SearchEdge:
        """A hit whose row the viewer was allowed to load."""
        row = hit.row
        if isinstance(row, video_rows.Video):
            node: Video | Account | Cameo = Video.of(row)
        elif isinstance(row, account_rows.Account):
            node = Account.of(row)
        else:
            node = Cameo.of(row)
        return cls(cursor=cursor, node=node, matched_on=[SearchMatch[each.name] for each in hit.matched])


@strawberry.type(
    description="A page of what was found, the best first; at most some hundreds of hits a search. What is published "
    "while somebody reads on neither repeats nor moves anything."
)
class SearchConnection:
    edges: list[SearchEdge] = plain("The hits in order.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[resolve.Hit]) -> SearchConnection:
        """A page of hits."""
        edges = [SearchEdge.of(hit, cursor) for hit, cursor in zip(page.rows, page.cursors, strict=True)]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.type
class SearchQueries:
    @field(
        Access.ANYONE,
        'What answers a search best. Words may be in English or in French, with accents or without; "…" asks for words '
        "in this order, `or` for either, `-` leaves a word out. Names may be misspelt.",
    )
    async def search(
        self,
        info: Info,
        text: Annotated[str, strawberry.argument(description="What to look for, at most 200 characters.")],
        scope: Annotated[
            SearchScope, strawberry.argument(name="in", description="Among what to search.")
        ] = SearchScope.VIDEOS,
        first: First = 10,
        after: After = None,
    ) -> SearchConnection:
        page = await resolve.search(info.context, text, resolve.Scope[scope.name], Window(first, after))
        return SearchConnection.of(page)
