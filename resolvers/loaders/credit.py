"""Who made what each video comes from, as far as the viewer may know."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections

from models.rules.sql import account
from models.rules.video import may_be_named_in_chain


@dataclass(frozen=True)
class CreditReading:
    """One link. ``author_id`` and ``handle`` are None for a tombstone."""

    video_id: UUID
    author_id: UUID | None
    handle: str | None


class CreditsByVideo(DataLoader[UUID, list[CreditReading]]):
    """Every link above each video, the parent first. One statement, however long the chains are."""

    def __init__(self, viewer_id: UUID | None) -> None:
        self.viewer_id = viewer_id
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[list[CreditReading]]:
        rows = await connections.get("default").execute_query_dict(
            f"""
            SELECT t.id, link.id AS video_id, a.id AS author_id, a.handle
            FROM lineage t CROSS JOIN LATERAL unnest(t.path) WITH ORDINALITY AS link (id, place)
            LEFT JOIN LATERAL (
                SELECT video_visibility.author_id FROM video_visibility
                WHERE video_visibility.id = link.id AND {may_be_named_in_chain(account(self.viewer_id))} LIMIT 1
            ) AS known ON true
            LEFT JOIN account a ON a.id = known.author_id
            WHERE t.id = ANY ($1::uuid[]) ORDER BY t.id, link.place DESC
            """,  # noqa: S608 - rules
            [keys],
        )
        found: dict[UUID, list[CreditReading]] = {key: [] for key in keys}
        for row in rows:
            found[row["id"]].append(CreditReading(row["video_id"], row["author_id"], row["handle"]))
        return [found[key] for key in keys]
