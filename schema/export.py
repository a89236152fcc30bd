"""Exports as their owners see them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from models import export as rows
from resolvers import export as resolve
from schema.access import Access, field, plain
from schema.errors import InvalidError, RateLimitedError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import Node, global_id


@strawberry.enum(description="Where a bundle is. The last three are final: ask for a new one.")
class ExportState(Enum):
    QUEUED = strawberry.enum_value("QUEUED", description="It waits to be built.")
    BUILDING = strawberry.enum_value("BUILDING", description="It is being built; `progress` says how far.")
    READY = strawberry.enum_value("READY", description="It can be fetched at `url` until `expiresAt`.")
    VOID = strawberry.enum_value(
        "VOID", description="Somebody shown in a clip of it took consent back, or a clip is gone. It is destroyed."
    )
    EXPIRED = strawberry.enum_value("EXPIRED", description="Its day is over. It is destroyed.")
    FAILED = strawberry.enum_value("FAILED", description="It could not be built, after several tries.")


@strawberry.type(
    description="A ZIP with everything that is the viewer's own: `bundle.json` and the MP4 files of their clips. Seen "
    "by its owner alone."
)
class Export(Node):
    row: strawberry.Private[rows.Export]

    @classmethod
    def of(cls, row: rows.Export) -> Export:
        """A bundle of the viewer's."""
        return cls(id=global_id("Export", row.id), row=row)

    @field(Access.PARENT, "Where it is at this moment.")
    async def state(self) -> ExportState:
        return ExportState[(await resolve.state_of(self.row)).name]

    @field(Access.PARENT, "How much of it is built, 0 to 1.")
    def progress(self) -> float:
        return self.row.progress

    @field(
        Access.PARENT,
        "Where it can be fetched, for 15 minutes: ask again for a fresh address. Null unless READY. Tell nobody.",
    )
    async def url(self, info: Info) -> str | None:
        return await resolve.export_url(info.context.stores, self.row)

    @field(Access.PARENT, "When it is destroyed; null until it is READY.")
    def expires_at(self) -> datetime | None:
        return self.row.expires_at

    @field(Access.PARENT, "Its length in bytes, which may pass what an Int holds; null until it is READY.")
    def bytes(self) -> float | None:
        return None if self.row.bytes is None else float(self.row.bytes)


@strawberry.input(description="A wish for everything that is the viewer's own.")
class ExportMyDataInput:
    idempotency_key: str = strawberry.field(description="The same key gives the same bundle; a UUID is good.")


@strawberry.type(description="The bundle is being built, or is there already.")
class ExportMyDataSuccess:
    export: Export = plain("Ask for it again with `node(id:)` until it is READY.")


ExportMyDataPayload = Annotated[
    ExportMyDataSuccess | UnauthenticatedError | InvalidError | RateLimitedError,
    strawberry.union("ExportMyDataPayload", description="The bundle, or why not."),
]


@strawberry.type
class ExportMutations:
    @mutation(
        Access.MEMBER,
        "Ask for everything that is the viewer's own, in one file. While one is being built this gives that one; three "
        "in 24 hours. A clip with the cameo of somebody else is in it only where they permit DOWNLOAD.",
    )
    async def export_my_data(
        self, info: Info, input: Annotated[ExportMyDataInput, strawberry.argument(description="Which wish.")]
    ) -> ExportMyDataPayload:
        return ExportMyDataSuccess(export=Export.of(await resolve.export_my_data(info.context, input.idempotency_key)))
