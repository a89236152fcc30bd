"""Reads videos in one statement, and gives the loaders all that it read on the way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from tortoise import connections

from models.consent.public_state import public_state
from models.counts import VideoCounts
from models.lineage import Lineage
from models.video import Video
from resolvers.feed.hydrate_sql import (
    ACCOUNT,
    CAMEO,
    COUNTS,
    LINEAGE,
    RENDITION,
    VIDEO,
    VISIBILITY,
    statement,
)
from resolvers.loaders.likeness import ApprovalReading, LikenessReading
from resolvers.loaders.relation import Relation

if TYPE_CHECKING:
    from resolvers.loaders.operation import Loaders


async def read_videos(
    loaders: Loaders, viewer_id: UUID | None, video_ids: Iterable[UUID], rule: str | None = None
) -> dict[UUID, Video]:
    """Those of the videos that the viewer may know of and ``rule`` (of `resolvers.feed.rules`) allows.

    ``loaders`` hold afterwards what a client shows of them: authors, the viewer's relation to them, renditions,
    likenesses with their cameos and owners, approvals, consent, counts, and what they were made from.
    """
    asked = list(dict.fromkeys(video_ids))
    if not asked:
        return {}
    _, rows = await connections.get("default").execute_query(statement(rule), [asked, viewer_id])
    allowed: dict[UUID, Video] = {}
    named: dict[UUID | None, None] = dict.fromkeys(asked)
    for row in rows:
        video, place = _give(loaders, row)
        if row["whole"]:
            allowed[video.id] = video
            if place is not None:
                named |= dict.fromkeys((place.parent_id, place.root_id))
    # What the statement read and did not show is nothing to this viewer.
    for each in named:
        if each is not None:
            loaders.videos.give(each, lambda: None)
    return allowed


def _give(loaders: Loaders, row: Any) -> tuple[Video, Lineage | None]:
    """Give the loaders what one row of the statement holds: a video, and its place in its chain."""
    video = VIDEO.row(row["video"])
    place = None if row["lineage"] is None else LINEAGE.row(row["lineage"])
    loaders.videos.give(video.id, lambda: video)
    loaders.seen.give(video.id, lambda: row["seen"])
    loaders.visibility.give(video.id, lambda: VISIBILITY.row(row["visibility"]))
    loaders.accounts.give(video.author_id, lambda: ACCOUNT.row(row["author"]))
    loaders.lineage.give(video.id, lambda: place)
    loaders.counts.give(
        video.id, lambda: VideoCounts(id=video.id) if row["counts"] is None else COUNTS.row(row["counts"])
    )
    loaders.relations.give(video.author_id, lambda: Relation(*(row["relation"] or ())))
    loaders.likes.give(video.id, lambda: row["liked"])
    loaders.open_to_remix.give(video.id, lambda: row["open"])
    if row["whole"]:
        _give_whole(loaders, video.id, row)
    return video, place


def _give_whole(loaders: Loaders, video_id: UUID, row: Any) -> None:
    """What is read only of a video that is shown itself."""
    loaders.recipes.give(video_id, lambda: None if row["recipe"] is None else orjson.loads(row["recipe"]))
    loaders.renditions.give(video_id, lambda: {each.kind: each for each in map(RENDITION.row, row["renditions"])})
    loaders.approvals.give(video_id, lambda: [ApprovalReading(*each) for each in row["approvals"]])
    loaders.consent.give(video_id, lambda: public_state(video_id, *row["consent"]))
    loaders.likenesses.give(video_id, lambda: [LikenessReading(*reading) for reading, _, _ in row["likenesses"]])
    for reading, cameo, owner in row["likenesses"]:
        _give_shown(loaders, LikenessReading(*reading), cameo, owner)


def _give_shown(loaders: Loaders, reading: LikenessReading, cameo: Any, owner: Any) -> None:
    loaders.cameos_shown.give(reading.cameo_id, lambda: CAMEO.row(cameo))
    loaders.accounts.give(reading.owner_id, lambda: ACCOUNT.row(owner))
