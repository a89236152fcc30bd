"""Age tiers: whether somebody is of age, by their birth date and the rules in force, at the moment it is asked."""

from __future__ import annotations

from uuid import UUID

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient

from models.rules.account import of_age


async def is_of_age(account_id: UUID, connection: BaseDBAsyncClient | None = None) -> bool:
    """Is this member an adult? Nothing is stored: on a birthday the answer changes by itself."""
    [row] = await (connection or connections.get("default")).execute_query_dict(
        f"SELECT {of_age('$1::uuid')} AS adult", [account_id]
    )
    return row["adult"]
