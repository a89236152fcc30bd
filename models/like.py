"""Likes: who likes which video, once each."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class Like(Row):
    """``account`` likes ``video``. Counted in `models.counts.VideoCounts`."""

    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="likes")
    video: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Video", related_name="likes")

    account_id: UUID
    video_id: UUID

    class Meta:
        table = "video_like"
        unique_together: ClassVar = [("account_id", "video_id")]
        indexes: ClassVar = [("video_id", "id"), ("account_id", "id")]
