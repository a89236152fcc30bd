"""Accounts by id."""

from __future__ import annotations

from uuid import UUID

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
