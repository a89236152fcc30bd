"""Protection of people without an account, as they and moderators see it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import protect as resolve
from resolvers.page import Page, Window
from schema.access import Access, field, plain
from schema.connection import After, First, PageInfo
from schema.errors import (
    ConflictError,
    DeniedError,
    IdempotencyConflictError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    UnauthenticatedError,
)
from schema.mutation_field import mutation
from schema.node import global_id, row_id


@strawberry.enum(description="Where a notice is.")
class NoticeState(Enum):
    EXAMINING = strawberry.enum_value("EXAMINING", description="Its photo is measured; it is then destroyed.")
    OPEN = strawberry.enum_value("OPEN", description="It waits for a moderator.")
    FILED = strawberry.enum_value("FILED", description="A block entry was filed; the notice itself is destroyed.")
    REFUSED = strawberry.enum_value("REFUSED", description="It was refused; the notice itself is destroyed.")


@strawberry.type(description="What somebody who need not be a member asks for. For moderators.")
class Notice:
    opened: strawberry.Private[resolve.OpenNotice]

    @field(Access.PARENT, "For `resolveNotice`.")
    def id(self) -> strawberry.ID:
        return global_id("Notice", self.opened.row.id)

    @field(Access.PARENT, "When it was filed.")
    def created_at(self) -> datetime:
        return self.opened.row.created_at

    @field(Access.PARENT, "Where it is.")
    def state(self) -> NoticeState:
        return NoticeState[self.opened.row.state.name]

    @field(Access.PARENT, "Whom it is about; null once it is decided.")
    def name(self) -> str | None:
        return None if self.opened.said is None else self.opened.said.name

    @field(Access.PARENT, "How to answer; null once it is decided.")
    def contact(self) -> str | None:
        return None if self.opened.said is None else self.opened.said.contact

    @field(Access.PARENT, "Why; null once it is decided.")
    def words(self) -> str | None:
        return None if self.opened.said is None else self.opened.said.words

    @field(
        Access.PARENT,
        "What became of the photo: null (none was sent), FACE (measured), or the code of why it could not be used. The "
        "photo itself is never kept nor shown.",
    )
    def photo(self) -> str | None:
        return self.opened.row.photo


@strawberry.type(description="A notice and its place in the list.")
class NoticeEdge:
    cursor: str = plain("The place of this notice: give it as `after`.")
    node: Notice = plain("The notice.")


@strawberry.type(description="A page of notices.")
class NoticeConnection:
    edges: list[NoticeEdge] = plain("The notices, newest first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[resolve.OpenNotice]) -> NoticeConnection:
        """A page for a moderator."""
        pairs = zip(page.rows, page.cursors, strict=True)
        edges = [NoticeEdge(cursor=cursor, node=Notice(opened=opened)) for opened, cursor in pairs]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.type(description="A name, and perhaps a face, that nobody may make clips of. For moderators.")
class BlockEntry:
    id: strawberry.ID = plain("For `liftBlockEntry`.")
    name: str = plain("The name as it was filed; prompts are searched for every spelling of it.")
    has_face: bool = plain("Is there an embedding of the face as well?")
    filed_at: datetime = plain("Since when it holds.")


@strawberry.type(description="A block entry and its place in the list.")
class BlockEntryEdge:
    cursor: str = plain("The place of this entry: give it as `after`.")
    node: BlockEntry = plain("The entry.")


@strawberry.type(description="A page of block entries.")
class BlockEntryConnection:
    edges: list[BlockEntryEdge] = plain("The entries in force, newest first.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[resolve.OpenEntry]) -> BlockEntryConnection:
        """A page for a moderator."""
        edges = [
            BlockEntryEdge(
                cursor=cursor,
                node=BlockEntry(
                    id=global_id("BlockEntry", row.id), name=row.name, has_face=row.has_face, filed_at=row.filed_at
                ),
            )
            for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.type
class ProtectQueries:
    @field(Access.MODERATOR, "Notices of people who ask not to be shown here.")
    async def notices(self, info: Info, first: First = 20, after: After = None) -> NoticeConnection:
        return NoticeConnection.of(await resolve.notices(info.context, Window(first, after)))

    @field(Access.MODERATOR, "Names and faces that nobody may make clips of.")
    async def block_entries(self, info: Info, first: First = 20, after: After = None) -> BlockEntryConnection:
        return BlockEntryConnection.of(await resolve.block_entries(info.context, Window(first, after)))


@strawberry.input(description="A wish not to be shown here. Nobody need be a member.")
class FileNoticeInput:
    name: str = strawberry.field(description="The name of the person, as people write it; at most 100 characters.")
    contact: str = strawberry.field(description="How to answer, such as an e-mail address; at most 200 characters.")
    words: str = strawberry.field(description="Why, at most 2,000 characters.")
    upload_id: strawberry.ID | None = strawberry.field(
        description="A photo that shows the person alone, sent with purpose NOTICE. It is measured by a program and "
        "destroyed; only the measurements are kept, and only if a moderator files the entry.",
        default=None,
    )
    idempotency_key: str = strawberry.field(description="The same key and body file one notice; a UUID is good.")


@strawberry.type(description="The notice was taken in; a moderator answers by the contact that was given.")
class FileNoticeSuccess:
    notice_id: strawberry.ID = plain("Name it when you write about it.")
    state: NoticeState = plain("Where it is.")


@strawberry.input(description="What to do about a notice.")
class ResolveNoticeInput:
    notice_id: strawberry.ID = strawberry.field(description="A notice that is open.")
    file: bool = strawberry.field(description="File a block entry from it, or refuse it.")


@strawberry.type(description="The notice is decided, and what it said is destroyed.")
class ResolveNoticeSuccess:
    notice: Notice = plain("The notice.")


@strawberry.input(description="Which block entry to take back.")
class LiftBlockEntryInput:
    entry_id: strawberry.ID = strawberry.field(description="An entry in force.")


@strawberry.type(description="The entry holds no longer, and is destroyed.")
class LiftBlockEntrySuccess:
    lifted_id: strawberry.ID = plain("Id of the entry.")


FileNoticePayload = Annotated[
    FileNoticeSuccess | InvalidError | NotFoundError | IdempotencyConflictError | RateLimitedError,
    strawberry.union("FileNoticePayload", description="The notice, or why it was not taken."),
]
ResolveNoticePayload = Annotated[
    ResolveNoticeSuccess | UnauthenticatedError | DeniedError | NotFoundError | ConflictError,
    strawberry.union("ResolveNoticePayload", description="The decided notice, or why not."),
]
LiftBlockEntryPayload = Annotated[
    LiftBlockEntrySuccess | UnauthenticatedError | DeniedError | NotFoundError,
    strawberry.union("LiftBlockEntryPayload", description="Done, or why not."),
]


@strawberry.type
class ProtectMutations:
    @mutation(Access.ANYONE, "Ask not to be shown here; a moderator decides. No account is needed.")
    async def file_notice(
        self, info: Info, input: Annotated[FileNoticeInput, strawberry.argument(description="The notice.")]
    ) -> FileNoticePayload:
        filing = resolve.Filing(
            said=resolve.NoticeWords(input.name, input.contact, input.words),
            upload_id=None if input.upload_id is None else row_id(input.upload_id, "Upload", field="uploadId"),
            idempotency_key=input.idempotency_key,
        )
        row = await resolve.file_notice(info.context, filing)
        return FileNoticeSuccess(notice_id=global_id("Notice", row.id), state=NoticeState[row.state.name])

    @mutation(Access.MODERATOR, "File a block entry from a notice, or refuse the notice.")
    async def resolve_notice(
        self, info: Info, input: Annotated[ResolveNoticeInput, strawberry.argument(description="Which, and how.")]
    ) -> ResolveNoticePayload:
        notice_id = row_id(input.notice_id, "Notice", field="noticeId")
        return ResolveNoticeSuccess(
            notice=Notice(opened=await resolve.resolve_notice(info.context, notice_id, file=input.file))
        )

    @mutation(Access.MODERATOR, "Take a block entry back.")
    async def lift_block_entry(
        self, info: Info, input: Annotated[LiftBlockEntryInput, strawberry.argument(description="Which entry.")]
    ) -> LiftBlockEntryPayload:
        await resolve.lift_block_entry(info.context, row_id(input.entry_id, "BlockEntry", field="entryId"))
        return LiftBlockEntrySuccess(lifted_id=input.entry_id)
