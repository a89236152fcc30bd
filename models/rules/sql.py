"""Rules as SQL: how a fragment joins a query, and how a value joins a fragment."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from tortoise.expressions import RawSQL
from tortoise.models import Model
from tortoise.queryset import QuerySet

RowT = TypeVar("RowT", bound=Model)


def account(account_id: UUID | None) -> str:
    """An account's id as a literal; nobody's is NULL, which equals nothing."""
    return "NULL::uuid" if account_id is None else f"'{UUID(str(account_id))}'::uuid"


def holding(rows: QuerySet[RowT], rule: str) -> QuerySet[RowT]:
    """Those of ``rows`` for which ``rule`` holds. The rule names the table it speaks of, never an alias."""
    return rows.annotate(allowed=RawSQL(f"({rule})")).filter(allowed=True)
