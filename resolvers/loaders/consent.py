"""The public consent state of videos."""

from __future__ import annotations

from uuid import UUID

from tortoise import connections

from models.consent.public_state import PublicState, states_of
from resolvers.loaders.known import Known


class ConsentByVideo(Known[UUID, PublicState]):
    """Each video's state, for videos that were already loaded under a rule."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[PublicState]:
        found = await states_of(connections.get("default"), keys)
        return [found[key] for key in keys]
