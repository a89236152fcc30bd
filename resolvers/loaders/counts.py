"""Counts of videos, and which of them the viewer likes."""

from __future__ import annotations

from uuid import UUID

from models.counts import VideoCounts
from models.like import Like
from resolvers.loaders.known import Known


class CountsByVideo(Known[UUID, VideoCounts]):
    """Each video's row of counts; all zeros where there is none yet."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[VideoCounts]:
        found = {row.id: row for row in await VideoCounts.filter(id__in=keys)}
        return [found.get(key) or VideoCounts(id=key) for key in keys]


class ViewerLikes(Known[UUID, bool]):
    """Does the viewer like each video? Nobody who is not signed in does."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[bool]:
        if self.viewer_id is None:
            return [False for _ in keys]
        rows = await Like.filter(account_id=self.viewer_id, video_id__in=keys).values_list("video_id", flat=True)
        liked = set(rows)
        return [key in liked for key in keys]
