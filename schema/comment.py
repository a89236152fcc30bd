"""Comments: words under a video, in threads one level deep."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry
from strawberry.types import Info

from models.comment import LONGEST_COMMENT
from resolvers import thread as resolve
from resolvers.loaders.comment import CommentReading, Listing
from resolvers.page import Page, Window
from schema.access import Access, field, plain
from schema.account_ref import AccountRef, account_of
from schema.connection import After, First, PageInfo
from schema.node import Node, global_id


@strawberry.enum(description="Which comments of a video, and in which order.")
class CommentOrder(Enum):
    THREADS = strawberry.enum_value(
        "THREADS", description="Comments that start a thread, newest first; the rest are their `replies`."
    )
    NEWEST = strawberry.enum_value("NEWEST", description="All of them, newest first.")

    @property
    def listing(self) -> Listing:
        """The same for resolvers."""
        return Listing[self.name]


@strawberry.type(
    description="A comment. Where others replied to one that is gone for the viewer, it stays in its place without "
    "words: `isDeleted`."
)
class Comment(Node):
    reading: strawberry.Private[CommentReading]
    created_at: datetime = plain("When it was written.")
    body: str = plain(f"The words, 1 to {LONGEST_COMMENT} characters; empty for one that is gone.")
    is_deleted: bool = plain("Is it gone for the viewer? Which of all reasons is not told.")
    is_hidden: bool = plain(
        "Is it hidden from others? Its author, that of the video and moderators still read it, and are told."
    )
    reply_count: int = plain("How many replies there are in its thread.")

    @classmethod
    def of(cls, reading: CommentReading) -> Comment:
        """A comment as the viewer may read it."""
        return cls(
            id=global_id("Comment", reading.id), reading=reading, created_at=reading.created_at, body=reading.body,
            is_deleted=reading.gone, is_hidden=reading.hidden, reply_count=reading.reply_count,
        )  # fmt: skip

    @field(Access.PARENT, "Who wrote it; null for one that is gone.")
    async def author(self, info: Info) -> AccountRef | None:
        return None if self.reading.author_id is None else await account_of(info, self.reading.author_id)

    @field(Access.PARENT, "Id of the comment that starts its thread; null for one that starts a thread itself.")
    def thread_id(self) -> strawberry.ID | None:
        return None if self.reading.thread_id is None else global_id("Comment", self.reading.thread_id)

    @field(Access.PARENT, "What was replied in its thread, oldest first.")
    async def replies(self, info: Info, first: First = 10, after: After = None) -> CommentConnection:
        return CommentConnection.of(await resolve.replies_of(info.context, self.reading, Window(first, after)))


@strawberry.type(description="A comment and its place in the list.")
class CommentEdge:
    cursor: str = plain("The place of this comment: give it as `after`.")
    node: Comment = plain("The comment.")


@strawberry.type(description="A page of comments.")
class CommentConnection:
    edges: list[CommentEdge] = plain("The comments in order.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[CommentReading]) -> CommentConnection:
        """A page of comments as the viewer may read them."""
        edges = [
            CommentEdge(cursor=cursor, node=Comment.of(row))
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))
