"""Stored objects of videos."""

from __future__ import annotations

from uuid import UUID

from models.video import Rendition, RenditionKind
from resolvers.loaders.known import Known


class RenditionsByVideo(Known[UUID, dict[RenditionKind, Rendition]]):
    """Each video's renditions, kind → row."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[dict[RenditionKind, Rendition]]:
        found: dict[UUID, dict[RenditionKind, Rendition]] = {key: {} for key in keys}
        for row in await Rendition.filter(video_id__in=keys):
            found[row.video_id][row.kind] = row
        return [found[key] for key in keys]
