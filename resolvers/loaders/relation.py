"""How the viewer and other members stand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections

from models.block import Block
from models.rules.account import blocks, follows, mutes
from resolvers.loaders.known import Known


@dataclass(frozen=True)
class Relation:
    """The viewer and one account. That somebody blocks the viewer is never told."""

    follows: bool = False
    followed: bool = False
    blocks: bool = False
    mutes: bool = False


def relation(viewer: str, who: str) -> str:
    """The fields of `Relation` as SQL columns, of two expressions that name accounts."""
    return f"{follows(viewer, who)}, {follows(who, viewer)}, {blocks(viewer, who)}, {mutes(viewer, who)}"


class RelationsByAccount(Known[UUID, Relation]):
    """One statement for all members of a page."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[Relation]:
        if self.viewer_id is None:
            return [Relation() for _ in keys]
        _, rows = await connections.get("default").execute_query(
            f"SELECT q.id, {relation('$2::uuid', 'q.id')} FROM unnest($1::uuid[]) AS q (id)",  # noqa: S608 - rules
            [keys, self.viewer_id],
        )
        found = {row_id: Relation(*related) for row_id, *related in rows}
        return [found[key] for key in keys]


class BlockersOfViewer(DataLoader[UUID, bool]):
    """Does this account block the viewer? Apart from `Relation`, for it is never told, only acted upon."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[bool]:
        if self.viewer_id is None:
            return [False for _ in keys]
        mine = Block.filter(blocker_id__in=keys, blocked_id=self.viewer_id)
        found = set(await mine.values_list("blocker_id", flat=True))
        return [key in found for key in keys]
