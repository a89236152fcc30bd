"""Global object identification (Relay): opaque ids over UUIDv7, and the `Node` interface."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

import strawberry

from models.errors import NotFound
from schema.access import plain


@strawberry.interface(description="Anything that can be refetched by its id.")
class Node:
    id: strawberry.ID = plain("Opaque id, unique over all types. Refetch the object with `node(id:)`.")


def global_id(kind: str, row_id: UUID) -> strawberry.ID:
    """The opaque id of a row of type ``kind``."""
    return strawberry.ID(base64.urlsafe_b64encode(kind.encode() + b":" + row_id.bytes).decode().rstrip("="))


def parse_global_id(value: str) -> tuple[str, UUID]:
    """Type name and UUID of an opaque id. Raises `NotFound` for anything that is not one."""
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        kind, _, row = raw.partition(b":")
        return kind.decode("ascii"), UUID(bytes=row)
    except (binascii.Error, ValueError):
        raise NotFound("There is nothing with this id.", field="id") from None


def row_id(value: str, kind: str, *, field: str = "id") -> UUID:
    """The UUID of an id that must be of type ``kind``. Raises `NotFound`, naming the input ``field``."""
    try:
        found, row = parse_global_id(value)
    except NotFound as error:
        raise NotFound(error.message, field=field) from None
    if found != kind:
        raise NotFound(f"There is no such {kind.lower()}.", field=field)
    return row
