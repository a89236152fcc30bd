"""Uploads: tickets for files that travel beside GraphQL."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from models import upload as rows
from resolvers import upload as resolve
from resolvers.context import Stores
from schema.access import Access, plain
from schema.errors import (
    IdempotencyConflictError,
    InvalidError,
    RateLimitedError,
    UnauthenticatedError,
)
from schema.mutation_field import mutation
from schema.node import global_id


@strawberry.enum(description="What a file is for.")
class UploadPurpose(Enum):
    START_FRAME = strawberry.enum_value("START_FRAME", description="The first picture of a clip. At most 10 MB.")
    AVATAR = strawberry.enum_value("AVATAR", description="The viewer's picture. At most 5 MB.")
    VERIFY = strawberry.enum_value("VERIFY", description="A clip to be looked up with `verify`. At most 100 MB.")
    NOTICE = strawberry.enum_value("NOTICE", description="A photo that goes with `fileNotice`. At most 10 MB.")


@strawberry.type(description="A header to send.")
class Header:
    name: str = plain("Its name.")
    value: str = plain("Its value.")


@strawberry.type(
    description="Where to send one file: PUT its bytes to `url` as they are, with `headers`, and with the viewer's "
    "Authorization where the ticket belongs to an account. It is good for one whole file."
)
class UploadTicket:
    id: strawberry.ID = plain("Opaque id: name the file with it once it was sent.")
    url: str = plain("Where to PUT. It holds a secret: tell nobody.")
    headers: list[Header] = plain("Headers to send beside the bytes.")
    max_bytes: int = plain("Largest file it takes.")
    expires_at: datetime = plain("When sending must have begun.")

    @classmethod
    def of(cls, stores: Stores, ticket: rows.Ticket) -> UploadTicket:
        """A ticket as its holder sees it."""
        return cls(
            id=global_id("Upload", ticket.id),
            url=f"{stores.address}/uploads/{ticket.token}",
            headers=[Header(name="content-type", value="application/octet-stream")],
            max_bytes=ticket.max_bytes,
            expires_at=ticket.expires_at,
        )


@strawberry.input(description="What a file is for.")
class CreateUploadInput:
    purpose: UploadPurpose = strawberry.field(description="What it is for.")
    idempotency_key: str = strawberry.field(description="The same key gives the same ticket; a UUID is good.")


@strawberry.type(description="The file can be sent.")
class CreateUploadSuccess:
    upload: UploadTicket = plain("Where to send it.")


CreateUploadPayload = Annotated[
    CreateUploadSuccess | UnauthenticatedError | InvalidError | IdempotencyConflictError | RateLimitedError,
    strawberry.union("CreateUploadPayload", description="A ticket, or why not."),
]


@strawberry.type
class UploadMutations:
    @mutation(Access.ANYONE, "A ticket for one file. VERIFY and NOTICE need no account.")
    async def create_upload(
        self, info: Info, input: Annotated[CreateUploadInput, strawberry.argument(description="What it is for.")]
    ) -> CreateUploadPayload:
        purpose = rows.UploadPurpose(input.purpose.value)
        ticket = await resolve.create_upload(info.context, purpose, input.idempotency_key)
        return CreateUploadSuccess(upload=UploadTicket.of(info.context.stores, ticket))
