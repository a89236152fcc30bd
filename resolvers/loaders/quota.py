"""Members' days."""

from __future__ import annotations

from uuid import UUID

from strawberry.dataloader import DataLoader

from resolvers.loaders.policy import PolicyInForce
from resolvers.quota import Day, days_of


class QuotaByAccount(DataLoader[UUID, Day]):
    """Each account's day as it stands, under the rules that ``policy`` has read."""

    def __init__(self, policy: PolicyInForce) -> None:
        self.policy = policy
        super().__init__(load_fn=self._load)

    async def _load(self, keys: list[UUID]) -> list[Day]:
        rules = await self.policy.load(None)
        found = await days_of(keys, rules)
        return [found[key] for key in keys]
