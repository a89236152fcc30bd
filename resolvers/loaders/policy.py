"""The rules in force."""

from __future__ import annotations

from typing import Any

from strawberry.dataloader import DataLoader

from models.policy import policy_in_force


class PolicyInForce(DataLoader[None, dict[str, Any]]):
    """Every rule, key → value, read once: all of an operation's fields see the same rules."""

    def __init__(self) -> None:
        super().__init__(load_fn=self._load)

    @staticmethod
    async def _load(keys: list[None]) -> list[dict[str, Any]]:
        rules = await policy_in_force()
        return [rules for _ in keys]
