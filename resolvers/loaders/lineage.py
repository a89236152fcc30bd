"""Where videos come from."""

from __future__ import annotations

from uuid import UUID

from models.lineage import Lineage
from resolvers.loaders.known import Known


class LineageByVideo(Known[UUID, Lineage | None]):
    """Each video's place in its chain."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[Lineage | None]:
        found = {row.id: row for row in await Lineage.filter(id__in=keys)}
        return [found.get(key) for key in keys]
