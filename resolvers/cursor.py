"""Keyset cursors: versioned, opaque, and signed for one connection and its arguments."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from models.errors import Invalid
from models.keys import Key

_VERSION = b"\x01"
_MAC_BYTES = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def encode_cursor(key: Key, connection: str, moment: datetime, row_id: UUID) -> str:
    """The place of a row in ``connection`` (its name and arguments), ordered by ``(moment, row_id)``."""
    return seal_place(key, connection, pack_moment(moment) + row_id.bytes)


def decode_cursor(key: Key, connection: str, cursor: str) -> tuple[datetime, UUID]:
    """Read a cursor back. Raises `Invalid` when it was made by hand, elsewhere, or for another connection."""
    place = open_place(key, connection, cursor, length=8 + 16)
    return read_moment(place[:8]), UUID(bytes=place[8:])


def seal_place(key: Key, connection: str, place: bytes) -> str:
    """A cursor that says ``place`` to whoever made it, good for ``connection`` only."""
    body = _VERSION + place
    return base64.urlsafe_b64encode(body + _mac(key, connection, body)).decode().rstrip("=")


def open_place(key: Key, connection: str, cursor: str, *, length: int) -> bytes:
    """Undo `seal_place` for a place of ``length`` bytes. Raises `Invalid` as `decode_cursor` does."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(body) != 1 + length or body[:1] != _VERSION or not compare_digest(mac, _mac(key, connection, body)):
        raise Invalid("This cursor does not belong to this list. Start again without one.", field="after")
    return body[1:]


def pack_moment(moment: datetime) -> bytes:
    """A moment as 8 bytes, to the microsecond."""
    return ((moment - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big", signed=True)


def read_moment(packed: bytes) -> datetime:
    """Undo `pack_moment`."""
    return _EPOCH + timedelta(microseconds=int.from_bytes(packed, "big", signed=True))


def _mac(key: Key, connection: str, body: bytes) -> bytes:
    return key.mac(connection.encode() + b"\0" + body)[:_MAC_BYTES]
