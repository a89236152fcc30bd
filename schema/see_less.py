"""What a member wants less of, as they ask for it and take it back."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from models.taste import LessOf
from resolvers import see_less as resolve
from resolvers.page import Page
from schema.access import Access, field, plain
from schema.account_ref import AccountRef, account_of
from schema.connection import PageInfo
from schema.errors import ConflictError, InvalidError, NotFoundError, RateLimitedError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import global_id, parse_global_id, row_id
from schema.video import Video


@strawberry.enum(description="What to see less of.")
class SeeLessOf(Enum):
    VIDEO = strawberry.enum_value("VIDEO", description="This video.")
    AUTHOR = strawberry.enum_value("AUTHOR", description="Everything by its author.")
    TOPIC = strawberry.enum_value("TOPIC", description="This video and what is about the same.")


@strawberry.type(description="One wish to see less of something. Only its member reads it.")
class SeeLess:
    row: strawberry.Private[resolve.LessWish]
    id: strawberry.ID = plain("Opaque id: give it to `undoSeeLess`.")
    of: SeeLessOf = plain("What kind of thing.")
    created_at: datetime = plain("Since when.")

    @classmethod
    def of_row(cls, row: resolve.LessWish) -> SeeLess:
        """A wish as its member sees it."""
        return cls(row=row, id=global_id("SeeLess", row.id), of=SeeLessOf(row.of.value), created_at=row.created_at)

    @field(Access.PARENT, "The video; null for AUTHOR, and when the viewer may no longer know of it.")
    async def video(self, info: Info) -> Video | None:
        if self.row.of is LessOf.AUTHOR:
            return None
        row = await info.context.loaders.videos.load(self.row.target_id)
        return None if row is None else Video.of(row)

    @field(Access.PARENT, "The author; null unless the wish is of an AUTHOR.")
    async def account(self, info: Info) -> AccountRef | None:
        if self.row.of is not LessOf.AUTHOR:
            return None
        known = await info.context.loaders.accounts.load(self.row.target_id)
        return None if known is None else await account_of(info, self.row.target_id)


@strawberry.type(description="A wish and its place in the list.")
class SeeLessEdge:
    cursor: str = plain("The place of this wish: give it as `after`.")
    node: SeeLess = plain("The wish.")


@strawberry.type(description="A page of what the viewer wants less of.")
class SeeLessConnection:
    edges: list[SeeLessEdge] = plain("The wishes, newest first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[resolve.LessWish]) -> SeeLessConnection:
        """A page of rows."""
        pairs = zip(page.rows, page.cursors, strict=True)
        edges = [SeeLessEdge(cursor=cursor, node=SeeLess.of_row(row)) for row, cursor in pairs]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.input(description="What to see less of.")
class SeeLessInput:
    of: SeeLessOf = strawberry.field(description="What kind of thing.")
    id: strawberry.ID = strawberry.field(description="A video; for AUTHOR a member too.")


@strawberry.type(description="It holds from the next page on, also of a scroll that is open.")
class SeeLessSuccess:
    see_less: SeeLess = plain("The wish.")


@strawberry.input(description="A wish to take back.")
class UndoSeeLessInput:
    id: strawberry.ID = strawberry.field(description="The id of the wish.")


@strawberry.type(description="The wish is gone.")
class UndoSeeLessSuccess:
    undone_id: strawberry.ID = plain("Which wish.")


SeeLessPayload = Annotated[
    SeeLessSuccess | UnauthenticatedError | NotFoundError | InvalidError | ConflictError | RateLimitedError,
    strawberry.union("SeeLessPayload", description="The wish, or why not."),
]
UndoSeeLessPayload = Annotated[
    UndoSeeLessSuccess | UnauthenticatedError | NotFoundError,
    strawberry.union("UndoSeeLessPayload", description="Which wish, or why not."),
]


@strawberry.type
class SeeLessMutations:
    @mutation(Access.MEMBER, "Ask to see less of something; asking twice is success. Nobody else is told.")
    async def see_less(
        self, info: Info, input: Annotated[SeeLessInput, strawberry.argument(description="Of what.")]
    ) -> SeeLessPayload:
        kind, found = parse_global_id(input.id)
        row = await resolve.see_less(
            info.context,
            LessOf(input.of.value),
            video_id=found if kind == "Video" else None,
            account_id=found if kind == "Account" else None,
        )
        return SeeLessSuccess(see_less=SeeLess.of_row(row))

    @mutation(Access.MEMBER, "Take such a wish back; one that is gone is success.")
    async def undo_see_less(
        self, info: Info, input: Annotated[UndoSeeLessInput, strawberry.argument(description="Which wish.")]
    ) -> UndoSeeLessPayload:
        wish_id = await resolve.undo_see_less(info.context, row_id(input.id, "SeeLess"))
        return UndoSeeLessSuccess(undone_id=global_id("SeeLess", wish_id))
