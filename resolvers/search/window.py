"""Pages of a ranked window: the ranking is made anew for each page, and read on behind the last row shown.

A cursor holds when the search began, so that what is published meanwhile moves nothing, and which row was last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import connections

from models.keys import Key
from resolvers.context import Context
from resolvers.cursor import open_place, pack_moment, read_moment, seal_place
from resolvers.page import Page, Window

MOST = 200
"""Rows that each way of finding adds to a window; further ones are not worth anybody's reading."""


@dataclass(frozen=True)
class _Begun:
    at: datetime
    place: int
    row_id: UUID

    def cursor(self, key: Key, name: str) -> str:
        return seal_place(key, name, pack_moment(self.at) + self.place.to_bytes(2, "big") + self.row_id.bytes)

    @classmethod
    def read(cls, key: Key, name: str, cursor: str) -> _Begun:
        raw = open_place(key, name, cursor, length=8 + 2 + 16)
        return cls(read_moment(raw[:8]), int.from_bytes(raw[8:10], "big"), UUID(bytes=raw[10:]))


async def ranked_page(
    context: Context, name: str, statement: str, values: list[Any], window: Window
) -> Page[dict[str, Any]]:
    """One page of ``statement``, which takes four values before its own.

    They are: when the search began (or NULL), the row last shown and its place (or NULL), how many rows. It selects
    ``began``, ``id``, ``place`` and whatever else, in order of ``place``. ``name`` names the search for its cursors.
    Raises `Invalid` (first, after).
    """
    window.check()
    key = context.stores.keys.cursor
    begun = None if window.after is None else _Begun.read(key, name, window.after)
    start = [None, None, None] if begun is None else [begun.at, begun.row_id, begun.place]
    rows = await connections.get("default").execute_query_dict(statement, [*start, window.first + 1, *values])
    shown = rows[: window.first]
    cursors = [_Begun(row["began"], row["place"], row["id"]).cursor(key, name) for row in shown]
    return Page(shown, cursors, len(rows) > window.first, window.after)
