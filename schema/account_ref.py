"""How other types name `Account` without importing its module in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.types import Info

if TYPE_CHECKING:
    from schema.account import Account

AccountRef = Annotated["Account", strawberry.lazy("schema.account")]


async def account_of(info: Info, account_id: UUID) -> Any:
    """The account behind a foreign key, batched with the operation's other accounts."""
    from schema.account import Account  # noqa: PLC0415 - schema.account lists videos, so the circle is closed late

    row = await info.context.loaders.accounts.load(account_id)
    return Account.of(row)
