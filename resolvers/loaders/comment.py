"""Comments as the viewer may read them: by id, and in pages of a video's threads, of all, or of one thread."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections

from models.rules.comment import legible, readable

_FIRST, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)


@dataclass(frozen=True)
class CommentReading:
    """One comment. One that is gone (deleted, hidden, of somebody whom the viewer does not meet) has no words.

    It stands where others replied to it. ``thread_id`` is the comment that it replies to.
    """

    id: UUID
    video_id: UUID
    thread_id: UUID | None
    created_at: datetime
    reply_count: int
    author_id: UUID | None
    body: str
    hidden: bool

    @property
    def gone(self) -> bool:
        """Are there no words for the viewer?"""
        return self.author_id is None


class Listing(Enum):
    """Which comments, in which order."""

    THREADS = "THREADS"
    """Those that start a thread, newest first."""
    NEWEST = "NEWEST"
    """All of a video, newest first."""
    REPLIES = "REPLIES"
    """Those of one thread, oldest first."""


class PageKey(NamedTuple):
    """``most`` comments of the video or thread ``of`` behind the comment ``after``."""

    listing: Listing
    of: UUID
    after: UUID | None
    most: int


class CommentsById(DataLoader[UUID, CommentReading | None]):
    """Comments whose words the viewer may read; None for the rest, so that hidden and missing look alike."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[CommentReading | None]:
        rows = await connections.get("default").execute_query_dict(
            f"SELECT {_COLUMNS}, true AS legible FROM comment"  # noqa: S608 - a rule
            f" WHERE id = ANY ($1::uuid[]) AND {readable('$2::uuid')}",
            [keys, self.viewer_id],
        )
        found = {row["id"]: _reading(row) for row in rows}
        return [found.get(key) for key in keys]


class CommentPages(DataLoader[PageKey, list[CommentReading]]):
    """Pages of comments: one statement for all pages of a kind that an operation asks for.

    Whoever asks made sure that the viewer may see the video.
    """

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[PageKey]) -> list[list[CommentReading]]:
        found: dict[PageKey, list[CommentReading]] = defaultdict(list)
        for listing in {key.listing for key in keys}:
            asked = [key for key in keys if key.listing is listing]
            start = _FIRST if listing is Listing.REPLIES else _LAST
            places = [[key.of for key in asked], [key.after or start for key in asked], [key.most for key in asked]]
            rows = await connections.get("default").execute_query_dict(_PAGES[listing], [*places, self.viewer_id])
            for row in rows:
                found[asked[row["place"] - 1]].append(_reading(row))
        return [found[key] for key in keys]


def _reading(row: dict[str, Any]) -> CommentReading:
    legible_ = bool(row["legible"])  # NULL for somebody who is not signed in, where it is not so
    return CommentReading(
        id=row["id"], video_id=row["video_id"], thread_id=row["parent_id"], created_at=row["created_at"],
        reply_count=row["reply_count"], author_id=row["author_id"] if legible_ else None,
        body=row["body"] if legible_ else "", hidden=legible_ and row["hidden"],
    )  # fmt: skip


_COLUMNS = "id, video_id, parent_id, created_at, reply_count, author_id, body, hidden_at IS NOT NULL AS hidden"
# The parent is NULL throughout a video's threads: named in the order, it lets the index on the three give that order.
_LISTED = {
    Listing.THREADS: (
        "comment.video_id = q.whose AND comment.parent_id IS NULL AND comment.id < q.after",
        " OR comment.reply_count > 0",
        "parent_id DESC, id DESC",
    ),
    Listing.NEWEST: ("comment.video_id = q.whose AND comment.id < q.after", "", "id DESC"),
    Listing.REPLIES: ("comment.parent_id = q.whose AND comment.id > q.after", "", "id"),
}
_LEGIBLE = legible("$4::uuid")
_PAGES = {
    listing: f"""
        SELECT q.place, c.*
        FROM unnest($1::uuid[], $2::uuid[], $3::int[]) WITH ORDINALITY AS q (whose, after, most, place)
        CROSS JOIN LATERAL (
            SELECT {_COLUMNS}, {_LEGIBLE} AS legible FROM comment
            WHERE {which} AND ({_LEGIBLE}{or_stands}) ORDER BY {order} LIMIT q.most
        ) AS c ORDER BY q.place, {order}
    """  # noqa: S608 - rules
    for listing, (which, or_stands, order) in _LISTED.items()
}
