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
    """What is counted, of videos published to all: remixes by others, or likes by others."""

    MOST_REMIXED = "MOST_REMIXED"
    MOST_LIKED = "MOST_LIKED"


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


async def leave_leaderboards(connection: BaseDBAsyncClient, account_id: UUID) -> None:
    """Take a member off every board, in the transaction in which they no longer want to be ranked."""
    await connection.execute_query("DELETE FROM leader WHERE account_id = $1", [account_id])
