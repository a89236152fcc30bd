"""Chains of remixes, as one viewer may see them: what they may not know of is a link without a face."""

from __future__ import annotations

from uuid import UUID

from models.video import Video
from resolvers.context import Context
from resolvers.feed.fill import fill
from resolvers.feed.walk import BEHIND, OF, PlacesById
from resolvers.page import Page, Window

_REMIXES = f"SELECT t.id FROM lineage t WHERE t.parent_id = {OF} AND t.id < {BEHIND} ORDER BY t.id DESC"  # noqa: S608 - constants
Link = Video | UUID
"""A video, or only the id of one that is gone, hidden, or not for this viewer: all three look the same."""


async def parent_of(context: Context, video_id: UUID) -> Link | None:
    """What the video remixes; None for an original."""
    place = await context.loaders.lineage.load(video_id)
    return None if place is None or place.parent_id is None else await _link(context, place.parent_id)


async def root_of(context: Context, video_id: UUID) -> Link | None:
    """The first clip of the chain; None for an original."""
    place = await context.loaders.lineage.load(video_id)
    return None if place is None or not place.path else await _link(context, place.root_id)


async def ancestors_of(context: Context, video_id: UUID) -> list[Link]:
    """Everything it was made from, from the first clip to its parent."""
    place = await context.loaders.lineage.load(video_id)
    if place is None:
        return []
    found = await context.loaders.videos.load_many(place.path)
    return [known or ancestor for known, ancestor in zip(found, place.path, strict=True)]


async def remixes_of(context: Context, video_id: UUID, window: Window) -> Page[Video]:
    """The published remixes of a video, newest first."""
    return (await fill(context, PlacesById(context, "remixes", _REMIXES, video_id), window)).page


async def is_link(context: Context, video_id: UUID) -> bool:
    """Was there ever such a video? A tombstone tells no more than that somebody holds its id already."""
    return await context.loaders.lineage.load(video_id) is not None


async def _link(context: Context, video_id: UUID) -> Link:
    return await context.loaders.videos.load(video_id) or video_id
