"""Chosen people: whom an author picked, by name, to see a video that is published to CHOSEN."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class ChosenViewer(Row):
    """``account`` was picked for ``video``. Kept when the audience changes, so that it can be chosen again."""

    video: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Video", related_name="chosen_viewers")
    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="chosen_for")

    video_id: UUID
    account_id: UUID

    class Meta:
        table = "chosen_viewer"
        unique_together: ClassVar = [("video_id", "account_id")]
        indexes: ClassVar = [("account_id", "video_id")]
