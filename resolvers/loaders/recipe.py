"""Recipes of videos, for their authors."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.video import Video
from resolvers.loaders.known import Known


class RecipesByVideo(Known[UUID, dict[str, Any] | None]):
    """Each video's recipe; None for anybody but its author."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[dict[str, Any] | None]:
        if self.viewer_id is None:
            return [None for _ in keys]
        rows = await Video.filter(id__in=keys, author_id=self.viewer_id).values_list("id", "recipe")
        found = dict(rows)
        return [found.get(key) for key in keys]
