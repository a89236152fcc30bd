"""One page of a keyset connection: rows, their cursors, and whether there are more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from models.errors import Invalid
from models.keys import Key
from resolvers.cursor import decode_cursor, encode_cursor

T = TypeVar("T")
U = TypeVar("U")

MOST_PER_PAGE = 50


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows in order with a cursor each. ``more`` tells whether a further page has at least one row.

    ``end``: where to read on when that is not behind the last row.
    """

    rows: list[T]
    cursors: list[str]
    more: bool
    after: str | None
    end: str | None = None

    def map(self, change: Callable[[T], U]) -> Page[U]:
        """The same page with every row changed."""
        return Page([change(row) for row in self.rows], self.cursors, self.more, self.after, self.end)


@dataclass(frozen=True)
class Window:
    """What the client asked for: how many rows, and after which place."""

    first: int
    after: str | None

    def check(self) -> None:
        """Raise `Invalid` unless it asks for as many as a page may have."""
        if not 1 <= self.first <= MOST_PER_PAGE:
            raise Invalid(f"Ask for 1 to {MOST_PER_PAGE} at a time.", field="first")

    def place(self, key: Key, connection: str) -> tuple[datetime, UUID] | None:
        """The keyset place to start behind, or None for the start.

        Raises `Invalid` for a bad ``first`` or a cursor of another list.
        """
        self.check()
        return None if self.after is None else decode_cursor(key, connection, self.after)

    def page(self, key: Key, connection: str, rows: list[T], place_of: Callable[[T], tuple[datetime, UUID]]) -> Page[T]:
        """Make a page of ``rows``, which hold one more than asked when there is a further page."""
        shown = rows[: self.first]
        cursors = [encode_cursor(key, connection, *place_of(row)) for row in shown]
        return Page(shown, cursors, len(rows) > self.first, self.after)
