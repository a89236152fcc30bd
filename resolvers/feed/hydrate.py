"""Hydrate: a page of ids becomes videos, read in one statement with everything that a client shows of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from tortoise import connections

from models.consent.public_state import public_state
from models.counts import VideoCounts
from models.lineage import Lineage
from models.video import RenditionKind, Video
from resolvers.context import Context
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
from resolvers.loaders.operation import Loaders
from resolvers.loaders.relation import Relation
from resolvers.page import Page


async def hydrate(context: Context, skeleton: Page[UUID]) -> Page[Video]:
    """Rows for a page of ids. A video hidden since the skeleton was read leaves a shorter page, never a hole."""
    found = await hydrated(context, skeleton.rows)
    kept = [(found[row], cursor) for row, cursor in zip(skeleton.rows, skeleton.cursors, strict=True) if row in found]
    return Page(
        [video for video, _ in kept], [cursor for _, cursor in kept], skeleton.more, skeleton.after, skeleton.end
    )


async def hydrated(context: Context, video_ids: Iterable[UUID], rule: str | None = None) -> dict[UUID, Video]:
    """Those of the videos that the viewer may know of and ``rule`` (of `resolvers.feed.rules`) allows.

    The operation's loaders hold afterwards what a client shows of them: authors, the viewer's relation to them,
    renditions, likenesses with their cameos and owners, approvals, consent, counts, and what they were made from.
    """
    asked = list(dict.fromkeys(video_ids))
    if not asked:
        return {}
    viewer_id = None if context.viewer is None else context.viewer.id
    _, rows = await connections.get("default").execute_query(statement(rule), [asked, viewer_id])
    loaders = context.loaders
    allowed: dict[UUID, Video] = {}
    named: dict[UUID | None, None] = dict.fromkeys(asked)
    for row in rows:
        video, place = _prime(loaders, row)
        if row["allowed"]:
            allowed[video.id] = video
        if row["whole"] and place is not None:
            named |= dict.fromkeys((place.parent_id, place.root_id))
    # What the statement read and did not show is nothing to this viewer.
    loaders.videos.prime_many({each: None for each in named if each is not None})
    return allowed


def _prime(loaders: Loaders, row: Any) -> tuple[Video, Lineage | None]:
    """Give the loaders what one row of the statement holds: a video, and its place in its chain."""
    video = VIDEO.row(row["video"])
    place = None if row["lineage"] is None else LINEAGE.row(row["lineage"])
    loaders.videos.prime(video.id, video)
    loaders.seen.prime(video.id, row["seen"])
    loaders.visibility.prime(video.id, VISIBILITY.row(row["visibility"]))
    loaders.accounts.prime(video.author_id, ACCOUNT.row(row["author"]))
    loaders.lineage.prime(video.id, place)
    loaders.counts.prime(video.id, VideoCounts(id=video.id) if row["counts"] is None else COUNTS.row(row["counts"]))
    loaders.relations.prime(video.author_id, Relation(*(row["relation"] or ())))
    loaders.likes.prime(video.id, row["liked"])
    if row["whole"]:
        _prime_whole(loaders, video.id, row)
    return video, place


def _prime_whole(loaders: Loaders, video_id: UUID, row: Any) -> None:
    """What is read only of a video that is shown itself."""
    loaders.recipes.prime(video_id, None if row["recipe"] is None else orjson.loads(row["recipe"]))
    renditions = [RENDITION.row(each) for each in row["renditions"]]
    loaders.renditions.prime(video_id, {RenditionKind(each.kind): each for each in renditions})
    loaders.approvals.prime(video_id, [ApprovalReading(*each) for each in row["approvals"]])
    loaders.consent.prime(video_id, public_state(video_id, *row["consent"]))
    readings: list[LikenessReading] = []
    for reading, cameo, owner in row["likenesses"]:
        readings.append(LikenessReading(*reading))
        shown, owned_by = CAMEO.row(cameo), ACCOUNT.row(owner)
        loaders.cameos_shown.prime(shown.id, shown)
        loaders.accounts.prime(owned_by.id, owned_by)
    loaders.likenesses.prime(video_id, readings)
