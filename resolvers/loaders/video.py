"""Videos by id and by generation, only those the viewer may see; and their visibility rows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from strawberry.dataloader import DataLoader

from models.rules.sql import account, holding
from models.rules.video import may_be_seen_by, may_be_told_of
from models.video import Video, VideoVisibility
from resolvers.feed.read import read_videos
from resolvers.loaders.known import Known

if TYPE_CHECKING:
    from resolvers.loaders.operation import Loaders


class SeenVideos(Known[UUID, bool]):
    """May the viewer watch each video? Asked of every byte's address, for knowing of a video is less."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[bool]:
        rule = may_be_seen_by(account(self.viewer_id))
        seen = set(await holding(VideoVisibility.filter(id__in=keys), rule).values_list("id", flat=True))
        return [key in seen for key in keys]


class VideosById(Known[UUID, Video | None]):
    """Videos the viewer may know of; None for the rest, so that hidden and missing look alike.

    Their authors and the people shown know of hidden ones too: `SeenVideos` says whether there is more than a stub.
    """

    def __init__(self, viewer_id: UUID | None, loaders: Loaders) -> None:
        self.viewer_id, self.loaders = viewer_id, loaders
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[Video | None]:
        found = await read_videos(self.loaders, self.viewer_id, keys)
        return [found.get(key) for key in keys]


class VideosByGeneration(DataLoader[UUID, Video | None]):
    """The video each generation ended in, when the viewer may know of it."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[Video | None]:
        rows = {row.id: row for row in await Video.filter(generation_id__in=keys)}
        rule = may_be_told_of(account(self.viewer_id))
        known = set(await holding(VideoVisibility.filter(id__in=list(rows)), rule).values_list("id", flat=True))
        found = {row.generation_id: row for row in rows.values() if row.id in known}
        return [found.get(key) for key in keys]


class VisibilityByVideo(Known[UUID, VideoVisibility]):
    """The visibility row of videos that were already loaded under a rule."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[VideoVisibility]:
        found = {row.id: row for row in await VideoVisibility.filter(id__in=keys)}
        return [found[key] for key in keys]
