"""Columns of rows in the format of Postgres's binary COPY, made by numpy: a million rows without a million objects.

A column is ``bytes`` (the same in each row), an array (n, w) uint8 (fixed width) or a list of n ``bytes``; each holds
the value as COPY wants it, its length in front.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

Column = bytes | NDArray[np.uint8] | list[bytes]

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
TRUE = b"\0\0\0\1\1"
CHUNK = 20_000
"""Rows that are put together at a time."""

_EPOCH_MS = 946_684_800_000
"""Postgres counts time from the year 2000."""
_UUID = 2950
"""Oid of the element type of ``uuid[]``."""


def uuid7(milliseconds: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.uint8]:
    """(n, 16): a UUIDv7 for each time (ms since 1970)."""
    raw = rng.integers(0, 256, (len(milliseconds), 16), np.uint8)
    raw[:, :6] = milliseconds.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 2:]
    raw[:, 6] = raw[:, 6] & 0x0F | 0x70
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    return raw


def uuids(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(n, 16) → a column of ``uuid``."""
    return _prefixed(np.ascontiguousarray(values))


def times(milliseconds: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Ms since 1970 → a column of ``timestamptz``."""
    return _big((milliseconds - _EPOCH_MS) * 1000, ">i8")


def whole(values: NDArray[np.int64], kind: str = ">i4") -> NDArray[np.uint8]:
    """Whole numbers: ``>i4`` is ``integer``, ``>i8`` is ``bigint``."""
    return _big(values, kind)


def real(values: NDArray[np.float64], kind: str = ">f8") -> NDArray[np.uint8]:
    """Numbers: ``>f8`` is ``double precision``, ``>f4`` is ``real``."""
    return _big(values, kind)


def truth(values: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A column of ``boolean``."""
    return _big(values, ">u1")


def halves(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(n, d) → a column of ``halfvec(d)``."""
    count, size = values.shape
    head = np.frombuffer(struct.pack(">hh", size, 0), np.uint8)
    body = values.astype(">f2").view(np.uint8).reshape(count, 2 * size)
    return _prefixed(np.hstack([np.broadcast_to(head, (count, 4)), body]))


def constant(value: str | bytes | float) -> bytes:
    """One value for every row: text, bytes as they are, or ``double precision``."""
    raw = struct.pack(">d", value) if isinstance(value, float | int) else value
    if isinstance(raw, str):
        raw = raw.encode()
    return struct.pack(">i", len(raw)) + raw


def json(text: str) -> bytes:
    """One ``jsonb`` for every row."""
    return constant(b"\1" + text.encode())


def texts(values: Sequence[str]) -> list[bytes]:
    """A column of text."""
    return [constant(value) for value in values]


def chosen(choices: Sequence[bytes], index: NDArray[np.integer]) -> list[bytes]:
    """For each row one of ``choices``, each made by `constant` or `json`."""
    return [choices[at] for at in index.tolist()]


def maybe(column: NDArray[np.uint8], there: NDArray[np.bool_]) -> list[bytes]:
    """``column``, NULL where it is not ``there``."""
    return [value if held else NULL for value, held in zip(_cut(column), there.tolist(), strict=True)]


def uuid_lists(paths: Sequence[bytes]) -> list[bytes]:
    """A column of ``uuid[]``: each path is its ids (16 bytes each) one after the other."""
    empty = constant(struct.pack(">iiI", 0, 0, _UUID))
    made: list[bytes] = []
    for path in paths:
        if not path:
            made.append(empty)
            continue
        count = len(path) // 16
        items = b"".join(b"\0\0\0\x10" + path[at : at + 16] for at in range(0, len(path), 16))
        made.append(constant(struct.pack(">iiIii", 1, 0, _UUID, count, 1) + items))
    return made


def pieces(count: int, columns: Sequence[Column]) -> Iterator[tuple[bytes, int]]:
    """``count`` rows as COPY reads them, `CHUNK` at a time, with the number of rows in each piece."""
    head = struct.pack(">h", len(columns))
    for start in range(0, count, CHUNK):
        rows = min(CHUNK, count - start)
        parts = [head, *(column if isinstance(column, bytes) else column[start : start + rows] for column in columns)]
        yield _joined(rows, parts), rows


def _joined(rows: int, parts: Sequence[Column]) -> bytes:
    """Neighbours of fixed width become one array, so that only what varies is joined row by row."""
    runs: list[list[bytes]] = []
    for varies, group in groupby(parts, lambda part: isinstance(part, list)):
        run = list(group)
        if varies:
            runs += [part for part in run if isinstance(part, list)]
            continue
        fixed = np.hstack([_as_array(rows, part) for part in run if not isinstance(part, list)])
        if len(run) == len(parts):
            return fixed.tobytes()
        runs.append(_cut(fixed))
    return b"".join(map(b"".join, zip(*runs, strict=True)))


def _as_array(rows: int, part: bytes | NDArray[np.uint8]) -> NDArray[np.uint8]:
    if isinstance(part, bytes):
        return np.broadcast_to(np.frombuffer(part, np.uint8), (rows, len(part)))
    return part


def _big(values: NDArray[np.generic], kind: str) -> NDArray[np.uint8]:
    raw = np.ascontiguousarray(values.astype(kind))
    return _prefixed(raw.view(np.uint8).reshape(len(raw), -1))


def _prefixed(raw: NDArray[np.uint8]) -> NDArray[np.uint8]:
    count, width = raw.shape
    made = np.empty((count, width + 4), np.uint8)
    made[:, :4] = np.frombuffer(struct.pack(">i", width), np.uint8)
    made[:, 4:] = raw
    return made


def _cut(rows: NDArray[np.uint8]) -> list[bytes]:
    raw, width = rows.tobytes(), rows.shape[1]
    return [raw[at : at + width] for at in range(0, len(raw), width)]
