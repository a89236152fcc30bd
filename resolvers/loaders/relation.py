"""How the viewer and other members stand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections


@dataclass(frozen=True)
class Relation:
    """The viewer and one account. That somebody blocks the viewer is never told."""

    follows: bool = False
    followed: bool = False
    blocks: bool = False


class RelationsByAccount(DataLoader[UUID, Relation]):
    """One statement for all members of a page."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[Relation]:
        if self.viewer_id is None:
            return [Relation() for _ in keys]
        rows = await connections.get("default").execute_query_dict(
            """
            SELECT a.id,
                EXISTS (SELECT 1 FROM follow f WHERE f.follower_id = $2 AND f.followee_id = a.id) AS follows,
                EXISTS (SELECT 1 FROM follow f WHERE f.follower_id = a.id AND f.followee_id = $2) AS followed,
                EXISTS (SELECT 1 FROM block b WHERE b.blocker_id = $2 AND b.blocked_id = a.id) AS blocks
            FROM unnest($1::uuid[]) AS a (id)
            """,
            [keys, self.viewer_id],
        )
        found = {row["id"]: Relation(row["follows"], row["followed"], row["blocks"]) for row in rows}
        return [found[key] for key in keys]
