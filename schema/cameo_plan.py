"""What an access would mean before it is set, and what published videos break the one that is."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from resolvers.breach import Breach, Search
from resolvers.use_preview import UsePreview as Reading
from schema.access import Access, field, plain
from schema.connection import PageInfo
from schema.video import Video


@strawberry.type(description="How others could use a cameo under an access that is not set yet.")
class UsePreview:
    admitted: int = plain("How many members it would admit, as the server is today.")
    named: int = plain("How many of them were permitted one by one.")
    sentences: list[str] = plain("What it means, in plain words.")

    @classmethod
    def of(cls, reading: Reading) -> UsePreview:
        """A reading as the cameo's owner sees it."""
        return cls(admitted=reading.admitted, named=reading.named, sentences=reading.sentences)


@strawberry.type(
    description="A published video that the cameo's restrictions of today forbid. Remove it, or let it be."
)
class CameoBreachEdge:
    found: strawberry.Private[Breach]
    cursor: str = plain("The place of this video: give it as `after`.")

    @field(Access.PARENT, "The video, for `withdrawLikeness`; null when it is gone by now.")
    async def node(self, info: Info) -> Video | None:
        row = await info.context.loaders.videos.load(self.found.video_id)
        return None if row is None else Video.of(row)

    @field(Access.PARENT, "Codes of the rules it breaks.")
    def rules(self) -> list[str]:
        return self.found.rules


@strawberry.type(
    description="Published videos that break the restrictions. A page looks through a number of videos and may find "
    "none: read on while there are more."
)
class CameoBreachConnection:
    edges: list[CameoBreachEdge] = plain("The videos, newest first.")
    page_info: PageInfo = plain("Where this page stands; `endCursor` is the last video that was looked at.")

    @classmethod
    def of(cls, search: Search) -> CameoBreachConnection:
        """What one page found."""
        page = search.found
        edges = [
            CameoBreachEdge(found=found, cursor=cursor) for found, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        info = PageInfo.of(page)
        info.end_cursor = search.looked_to
        return cls(edges=edges, page_info=info)
