"""Mutes: whose videos and comments somebody does not want to meet. The muted are never told."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class Mute(Row):
    """``muter`` no longer meets ``muted`` in feeds, search, trends and notifications; by name they still find them."""

    muter: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="mutes")
    muted: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="muted_by")

    muter_id: UUID
    muted_id: UUID

    class Meta:
        table = "mute"
        unique_together: ClassVar = [("muter_id", "muted_id")]
        indexes: ClassVar = [("muted_id",)]
