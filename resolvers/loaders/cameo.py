"""Cameos: those the viewer may find, those shown in what they see, how they stand to each, and its access grant."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections

from models.cameo import NO_SCOPES, Cameo, Scope
from models.consent.standing import standings
from models.grant import Grant, GrantState
from models.rules.cameo import may_be_found_by
from models.rules.grant import askable
from models.rules.sql import account
from resolvers.loaders.known import Known

CASTING = Scope.FACE | Scope.VOICE
"""To show or to speak: without one of them there is nothing to cast."""


@dataclass(frozen=True)
class MayUse:
    """With which scopes somebody may use a cameo; ``reason`` is OK, ASK or UNAVAILABLE, whatever the reason is."""

    scopes: Scope
    reason: str


NOT_AT_ALL = MayUse(NO_SCOPES, "UNAVAILABLE")


class CameosById(DataLoader[UUID, Cameo | None]):
    """Cameos the viewer may find; None for the rest, so that hidden and missing look alike."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[Cameo | None]:
        rows = await connections.get("default").execute_query_dict(
            f"SELECT c.id FROM cameo c WHERE c.id = ANY ($1::uuid[]) AND {may_be_found_by(account(self.viewer_id))}",  # noqa: S608 - rules
            [keys],
        )
        found = {row.id: row for row in await Cameo.filter(id__in=[row["id"] for row in rows])}
        return [found.get(key) for key in keys]


class CameosShown(Known[UUID, Cameo]):
    """Cameos named by something the viewer was already allowed to load: a video's likeness, their own grant."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[Cameo]:
        found = {row.id: row for row in await Cameo.filter(id__in=keys)}
        return [found[key] for key in keys]


class CameosByOwner(DataLoader[UUID, list[Cameo]]):
    """Each member's cameos that the viewer may find, the oldest first; the erased are left out."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[list[Cameo]]:
        rows = await connections.get("default").execute_query_dict(
            f"""
            SELECT c.id FROM cameo c
            WHERE c.owner_id = ANY ($1::uuid[]) AND c.state NOT IN ('ERASING', 'ERASED')
                AND {may_be_found_by(account(self.viewer_id))}
            """,  # noqa: S608 - rules
            [keys],
        )
        found: dict[UUID, list[Cameo]] = {key: [] for key in keys}
        for row in await Cameo.filter(id__in=[row["id"] for row in rows]).order_by("id"):
            found[row.owner_id].append(row)
        return [found[key] for key in keys]


class MayUseByCameo(DataLoader[UUID, MayUse]):
    """How the viewer stands to each cameo. Nobody who is not signed in may use any."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[MayUse]:
        if self.viewer_id is None:
            return [NOT_AT_ALL for _ in keys]
        connection = connections.get("default")
        found = await standings(connection, self.viewer_id, dict.fromkeys(keys, NO_SCOPES))
        rows = await connection.execute_query_dict(
            f"SELECT c.id FROM cameo c WHERE c.id = ANY ($1::uuid[]) AND {askable('$2::uuid')}",  # noqa: S608 - rules
            [keys, self.viewer_id],
        )
        open_to_requests = {row["id"] for row in rows}
        answers: dict[UUID, MayUse] = {}
        for cameo_id, standing in found.items():
            if standing.usable and standing.scopes & CASTING:
                answers[cameo_id] = MayUse(standing.scopes, "OK")
            elif cameo_id in open_to_requests:
                answers[cameo_id] = MayUse(standing.scopes, "ASK")
        return [answers.get(key, NOT_AT_ALL) for key in keys]


class AccessByCameo(DataLoader[UUID, Grant | None]):
    """Each cameo's access grant in force; None before its first capture. For its owner's eyes."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[Grant | None]:
        rows = await Grant.filter(cameo_id__in=keys, audience__isnull=False, state=GrantState.ACTIVE)
        found = {row.cameo_id: row for row in rows}
        return [found.get(key) for key in keys]


class AskedByCameo(DataLoader[UUID, bool]):
    """Has the viewer an unanswered request for each cameo?"""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[bool]:
        if self.viewer_id is None:
            return [False for _ in keys]
        asked = await Grant.filter(cameo_id__in=keys, subject_id=self.viewer_id, state=GrantState.PENDING).values_list(
            "cameo_id", flat=True
        )
        return [key in set(asked) for key in keys]


class GrantsOver(DataLoader[UUID, bool]):
    """Has each grant's time run out, by the database's clock?"""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[bool]:
        rows = await connections.get("default").execute_query_dict(
            "SELECT id FROM cameo_grant WHERE id = ANY ($1::uuid[]) AND expires_at <= yume_now()", [keys]
        )
        over = {row["id"] for row in rows}
        return [key in over for key in keys]
