"""Chains of remixes, as one viewer may see them: what they may not know of is a link without a face."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.video import Video, Visibility
from resolvers.context import Context
from resolvers.feed.fill import fill
from resolvers.feed.walk import BEHIND, OF, PlacesById
from resolvers.likeness import shows_viewer
from resolvers.page import Page, Window

_REMIXES = f"SELECT t.id FROM lineage t WHERE t.parent_id = {OF} AND t.id < {BEHIND} ORDER BY t.id DESC"  # noqa: S608 - constants
_USE = "tombstone"


@dataclass(frozen=True)
class Stone:
    """What stands where a video was that is gone, hidden, or not for this viewer: all three look the same.

    ``id`` is a name of its own, for the video's may be the secret that it goes by.
    """

    id: UUID
    video_id: UUID


Link = Video | Stone


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
    await context.loaders.videos.load_many(place.path)
    return [await _link(context, ancestor) for ancestor in place.path]


async def remixes_of(context: Context, video_id: UUID, window: Window) -> Page[Video]:
    """The published remixes of a video, newest first."""
    return (await fill(context, PlacesById(context, "remixes", _REMIXES, video_id), window)).page


async def stone_called(context: Context, stone_id: UUID) -> Stone | None:
    """The tombstone with this id; None when no video ever was behind it."""
    video_id = context.stores.keys.cursor.unmasked(stone_id, _USE)
    return None if await context.loaders.lineage.load(video_id) is None else Stone(stone_id, video_id)


def stone_of(context: Context, video_id: UUID) -> Stone:
    """The tombstone of a video."""
    return Stone(context.stores.keys.cursor.masked(video_id, _USE), video_id)


async def _link(context: Context, video_id: UUID) -> Link:
    """The rule is `models.rules.video.may_be_named_in_chain`; all of it was read with the video."""
    video = await context.loaders.videos.load(video_id)
    if video is None:
        return stone_of(context, video_id)
    by_link = (await context.loaders.visibility.load(video_id)).audience is Visibility.LINK
    own = context.viewer is not None and context.viewer.id == video.author_id
    return stone_of(context, video_id) if by_link and not own and not await shows_viewer(context, video) else video
