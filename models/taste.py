"""What a member told the FOR_YOU feed: its weights, its filters, and what they want less of."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model

from models.base import Row

NEAR_HOURS = 6
"""Hours after which what is near to the taste of a member who is about is looked for again."""


class LessOf(StrEnum):
    """What somebody asked to see less of."""

    VIDEO = "VIDEO"
    AUTHOR = "AUTHOR"
    TOPIC = "TOPIC"


class SeeLess(Row):
    """One wish. ``target_id`` is the video (for VIDEO and TOPIC: that it resembles) or the author's account."""

    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="see_less")
    kind = fields.CharEnumField(LessOf, max_length=6)
    target_id: UUID = fields.UUIDField()

    account_id: UUID

    class Meta:
        table = "see_less"
        unique_together: ClassVar = [("account_id", "kind", "target_id")]


class FeedWeights(Model):
    """A member's own weights: feature → weight. Key: the account.

    Who has no row goes by policy's weights.
    """

    id: UUID = fields.UUIDField(primary_key=True)
    weights: dict[str, float] = fields.JSONField()
    steer = fields.CharField(max_length=300, default="", db_default="")
    """A sentence that is always on, read anew at each use."""
    updated_at: datetime = fields.DatetimeField(auto_now=True)

    class Meta:
        table = "feed_weights"


async def taste_changed(connection: BaseDBAsyncClient, account_id: UUID) -> None:
    """A member liked, made or finished something: their taste is due to be worked out anew (`jobs.derived.taste`)."""
    await connection.execute_query(
        """
        INSERT INTO account_taste AS t (id, due) VALUES ($1, true)
        ON CONFLICT (id) DO UPDATE SET due = true WHERE NOT t.due
        """,
        [account_id],
    )


async def taste_aged(connection: BaseDBAsyncClient, account_id: UUID) -> None:
    """A member is about: what is near to their taste is due where it is some hours old, for there are new videos."""
    await connection.execute_query(
        f"""
        UPDATE account_taste SET due = true
        WHERE id = $1 AND NOT due AND refreshed_at < yume_now() - interval '{NEAR_HOURS} hours'
        """,  # noqa: S608 - a number
        [account_id],
    )


async def authors_taste_changed(connection: BaseDBAsyncClient, video_id: UUID) -> None:
    """What a published video means was written down: its author's taste is due, for they made it."""
    rows = await connection.execute_query_dict("SELECT author_id FROM video WHERE id = $1", [video_id])
    for row in rows:
        await taste_changed(connection, row["author_id"])
