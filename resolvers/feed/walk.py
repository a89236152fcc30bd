"""Places of lists that hang on one thing, a parent or a trend: newest made first, walked along an index of ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from tortoise import connections

from resolvers.context import Context
from resolvers.cursor import decode_cursor, encode_cursor
from resolvers.feed.places import MOST, VIEWER, between
from resolvers.feed.rules import PUBLIC
from resolvers.feed.skeleton import Place, Stretch
from resolvers.feed.why import Reason, Why

OF, BEHIND = "$3::uuid", "$4::uuid"
"""How a source names what the list hangs on, and the id that it reads on behind."""
SCANNED = 1000
"""Entries of the index that one statement looks at, at most, however few of them are listed."""
_NO_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST = UUID(int=2**128 - 1)
_WHY = Why(Reason.LATEST)


@dataclass(frozen=True)
class PlacesById:
    """The skeleton of the list ``name``: the public videos of ``source``.

    ``source`` selects ``id`` of what hangs on `OF` and is `BEHIND` an id, in falling order of ids: ids rise with time.
    """

    context: Context
    name: str
    source: str
    of: UUID
    rule: str = PUBLIC

    async def read(self, after: str | None, most: int) -> Stretch:
        """At most ``most`` places behind the cursor ``after``. Raises `Invalid` for one of another list or viewer."""
        viewer = self.context.viewer
        key = self.context.stores.keys.cursor
        connection = f"{self.name}:{self.of}:{None if viewer is None else viewer.id}"
        behind = _FIRST if after is None else decode_cursor(key, connection, after)[1]
        _, rows = await connections.get("default").execute_query(
            statement(self.source), [None if viewer is None else viewer.id, most, self.of, behind]
        )
        walked = [(encode_cursor(key, connection, _NO_MOMENT, video_id), video_id, stop) for video_id, stop in rows]
        places = [Place(video_id, cursor, _WHY) for cursor, video_id, stop in walked if not stop]
        full = len(places) >= most or (bool(walked) and walked[-1][2])
        return Stretch(places, walked[-1][0] if full else None)


@lru_cache(maxsize=8)
def statement(source: str) -> str:
    """Reads ``id, stop`` for `VIEWER`, `MOST`, `OF` and `BEHIND`; a last row with ``stop`` says where it gave up.

    One entry is looked up after the other, until there are enough: no plan may read all that are published for a page.
    """
    return f"""
    WITH found AS (
        SELECT s.id FROM ({source} LIMIT {SCANNED}) s CROSS JOIN LATERAL (
            SELECT 1 FROM video_visibility v
            WHERE v.id = s.id AND v.author_state = 'PUBLISHED' AND v.audience = 'PUBLIC' AND v.consent = 'LIVE'
                AND v.moderation = 'CLEAR' AND {between(VIEWER, "v.author_id")}
            OFFSET 0
        ) listed
        ORDER BY s.id DESC LIMIT {MOST}
    )
    SELECT id, false AS stop FROM found
    UNION ALL
    SELECT id, true FROM ({source} OFFSET {SCANNED - 1} LIMIT 1) s WHERE (SELECT count(*) FROM found) < {MOST}
    ORDER BY id DESC
    """  # noqa: S608 - rules and constants
