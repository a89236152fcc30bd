"""Accounts by id, and how much they published."""

from __future__ import annotations

from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise import connections

from models.account import Account
from resolvers.loaders.known import Known


class AccountsById(Known[UUID, Account | None]):
    """One statement for all accounts an operation names; None where there is none."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[Account | None]:
        found = {row.id: row for row in await Account.filter(id__in=keys)}
        return [found.get(key) for key in keys]


class PublishedByAccount(DataLoader[UUID, int]):
    """How many videos this account has published to all, as anybody may know; `MOST_PUBLISHED` stands for more."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[UUID]) -> list[int]:
        rows = await connections.get("default").execute_query_dict(_PUBLISHED, [keys, MOST_PUBLISHED])
        found = {row["id"]: row["published"] for row in rows}
        return [found.get(key, 0) for key in keys]


MOST_PUBLISHED = 1_000
# The columns of an index; what ran out is counted until the sweep that withdraws it, as in all counts.
_PUBLISHED = """
    SELECT a.id, (SELECT count(*)::int FROM (
        SELECT 1 FROM video_visibility v
        WHERE v.author_id = a.id AND v.author_state = 'PUBLISHED' AND v.consent = 'LIVE' AND v.moderation = 'CLEAR'
            AND v.audience = 'PUBLIC'
        LIMIT $2
    ) AS found) AS published
    FROM account a WHERE a.id = ANY ($1::uuid[]) AND a.suspended_at IS NULL AND a.deleted_at IS NULL
"""
