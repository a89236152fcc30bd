"""Places of feeds that are ordered by time, newest first by ``(published_at, id)``, read by one statement each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from tortoise import connections

from models.errors import Invalid
from models.rules.account import apart, in_good_standing, mutes
from resolvers.context import Context
from resolvers.cursor import decode_cursor, encode_cursor
from resolvers.feed.skeleton import Place, Stretch
from resolvers.feed.why import Reason, Why

VIEWER = "$1::uuid"
MOST = "$2::int"
BEHIND = "(video_visibility.published_at, video_visibility.id) < ($3::timestamptz, $4::uuid)"
NEWEST = "ORDER BY video_visibility.published_at DESC, video_visibility.id DESC"
_START = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
"""A place before all others."""


def between(viewer: str, author: str) -> str:
    """May anything of this author's be put before this viewer? The part of every feed's rule that a skeleton knows."""
    return f"({in_good_standing(author)} AND NOT {apart(viewer, author)} AND NOT {mutes(viewer, author)})"


@dataclass(frozen=True)
class PlacesByTime:
    """The skeleton of the feed ``name``.

    ``statement`` selects ``id, author_id, published_at, stop`` for `VIEWER`, at most `MOST` rows that are `BEHIND` a
    place, newest first; a last row with ``stop`` is no place, but says where it gave up looking. ``by_author``: the
    reason for each place is its author.
    """

    context: Context
    name: str
    statement: str
    rule: str
    reason: Reason
    by_author: bool

    @property
    def _connection(self) -> str:
        viewer = self.context.viewer
        return self.name if viewer is None else f"{self.name}:{viewer.id}"

    def knows(self, cursor: str) -> bool:
        """Was this cursor made by this feed, for this viewer?"""
        try:
            decode_cursor(self.context.stores.keys.cursor, self._connection, cursor)
        except Invalid:
            return False
        return True

    async def read(self, after: str | None, most: int) -> Stretch:
        """At most ``most`` places behind the cursor ``after``. Raises `Invalid` for one of another feed or viewer."""
        viewer, key, connection = self.context.viewer, self.context.stores.keys.cursor, self._connection
        at, row_id = _START if after is None else decode_cursor(key, connection, after)
        _, rows = await connections.get("default").execute_query(
            self.statement, [None if viewer is None else viewer.id, most, at, row_id]
        )
        why = Why(self.reason)
        places: list[Place] = []
        end: str | None = None
        for video_id, author_id, published_at, stop in rows:
            end = encode_cursor(key, connection, published_at, video_id)
            if not stop:
                places.append(Place(video_id, end, Why(self.reason, author_id) if self.by_author else why))
        full = len(places) >= most or (bool(rows) and rows[-1]["stop"])
        return Stretch(places, end if full else None)
