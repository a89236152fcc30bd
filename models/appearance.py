"""Shown appearances: which videos of others with their likeness a member put on their own profile."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class ShownAppearance(Row):
    """``account`` shows ``video``, in which they are cast, on their profile. Others see it while it is public."""

    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="shown_appearances")
    video: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Video", related_name="shown_by")

    account_id: UUID
    video_id: UUID

    class Meta:
        table = "shown_appearance"
        unique_together: ClassVar = [("account_id", "video_id")]
        indexes: ClassVar = [("account_id", "created_at", "id"), ("video_id",)]
