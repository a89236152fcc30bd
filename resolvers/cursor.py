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
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    body = _VERSION + micros.to_bytes(8, "big", signed=True) + row_id.bytes
    return base64.urlsafe_b64encode(body + _mac(key, connection, body)).decode().rstrip("=")


def decode_cursor(key: Key, connection: str, cursor: str) -> tuple[datetime, UUID]:
    """Read a cursor back. Raises `Invalid` when it was made by hand, elsewhere, or for another connection."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(body) != 1 + 8 + 16 or body[:1] != _VERSION or not compare_digest(mac, _mac(key, connection, body)):
        raise Invalid("This cursor does not belong to this list. Start again without one.", field="after")
    moment = _EPOCH + timedelta(microseconds=int.from_bytes(body[1:9], "big", signed=True))
    return moment, UUID(bytes=body[9:25])


def _mac(key: Key, connection: str, body: bytes) -> bytes:
    return key.mac(connection.encode() + b"\0" + body)[:_MAC_BYTES]
