"""Blocks: who wants nothing to do with whom."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class Block(Row):
    """``blocker`` blocks ``blocked``. A block outlives neither of the two accounts."""

    blocker: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="blocks")
    blocked: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="blocked_by")

    blocker_id: UUID
    blocked_id: UUID

    class Meta:
        table = "block"
        unique_together: ClassVar = [("blocker_id", "blocked_id")]
        indexes: ClassVar = [("blocked_id", "blocker_id")]
