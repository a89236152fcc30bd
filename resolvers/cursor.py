"""Keyset cursors: versioned, sealed so that they say nothing, and good for one connection and its arguments."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from models.errors import Invalid
from models.keys import Key

_VERSION = b"\x02"
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
    """A cursor that says ``place``, of at most 32 bytes, to this server only; good for ``connection`` only.

    A page may end at something that its reader must not know of: nobody reads an id, a moment or a rank in a cursor.
    The same place has the same cursor (a synthetic initialisation vector, as in RFC 5297, with HMAC as the cipher).
    """
    mac = _mac(key, connection, place)
    return base64.urlsafe_b64encode(_VERSION + _veil(key, connection, mac, place) + mac).decode().rstrip("=")


def open_place(key: Key, connection: str, cursor: str, *, length: int) -> bytes:
    """Undo `seal_place` for a place of ``length`` bytes. Raises `Invalid` as `decode_cursor` does."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) == 1 + length + _MAC_BYTES and raw[:1] == _VERSION:
        mac = raw[-_MAC_BYTES:]
        place = _veil(key, connection, mac, raw[1:-_MAC_BYTES])
        if compare_digest(mac, _mac(key, connection, place)):
            return place
    raise Invalid("This cursor does not belong to this list. Start again without one.", field="after")


def pack_moment(moment: datetime) -> bytes:
    """A moment as 8 bytes, to the microsecond."""
    return ((moment - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big", signed=True)


def read_moment(packed: bytes) -> datetime:
    """Undo `pack_moment`."""
    return _EPOCH + timedelta(microseconds=int.from_bytes(packed, "big", signed=True))


def _mac(key: Key, connection: str, place: bytes) -> bytes:
    return key.mac(connection.encode() + b"\0" + place)[:_MAC_BYTES]


def _veil(key: Key, connection: str, mac: bytes, text: bytes) -> bytes:
    """``text`` veiled, or what was veiled unveiled. No connection's name begins with NUL, so no mac is ever a veil."""
    stream = key.mac(b"\0veil\0" + connection.encode() + b"\0" + mac)
    return bytes(one ^ other for one, other in zip(text, stream[: len(text)], strict=True))
