"""Leaderboards: who asked to be ranked, worked out by a scheduled job; leaving takes effect at once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields
from tortoise.backends.base.client import BaseDBAsyncClient

from models.base import Row


class LeaderKind(StrEnum):
    """What is counted: remixes by others, likes by others, or clips that others made from theirs at any depth."""

    MOST_REMIXED = "MOST_REMIXED"
    MOST_LIKED = "MOST_LIKED"
    LARGEST_TREES = "LARGEST_TREES"


class LeaderPeriod(StrEnum):
    """Since when."""

    WEEK = "WEEK"
    MONTH = "MONTH"
    ALL = "ALL"


class Leader(Row):
    """One member's score on one board. Whether they are shown is decided at each read (`models.rules.leader`)."""

    kind = fields.CharEnumField(LeaderKind, max_length=14)
    period = fields.CharEnumField(LeaderPeriod, max_length=5)
    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="led")
    score = fields.IntField()
    refreshed_at: datetime = fields.DatetimeField()

    account_id: UUID

    class Meta:
        table = "leader"
        unique_together: ClassVar = [("kind", "period", "account_id")]
        indexes: ClassVar = [("account_id",)]


async def set_on_leaderboards(connection: BaseDBAsyncClient, account_id: UUID, wanted: bool) -> None:  # noqa: FBT001 - what is set
    """Let a member be ranked with others, from the next turn of the job; or take them off every board at once."""
    await connection.execute_query("UPDATE account SET on_leaderboards = $2 WHERE id = $1", [account_id, wanted])
    if not wanted:
        await connection.execute_query("DELETE FROM leader WHERE account_id = $1", [account_id])
