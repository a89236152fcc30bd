"""Comments: words under a video, in threads one level deep."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row

LONGEST_COMMENT = 1000


class Comment(Row):
    """One comment. ``parent`` is the comment that starts its thread; None for one that starts a thread itself.

    A deleted comment loses its words; one with replies stays in its place as an empty row. A hidden one (by the
    video's author or a moderator, ``hidden_by``) is shown to its own author and to those two.
    """

    video: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Video", related_name="comments")
    author: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="comments")
    parent: fields.ForeignKeyNullableRelation[Comment] = fields.ForeignKeyField(
        "models.Comment", null=True, related_name="replies"
    )
    body = fields.CharField(max_length=LONGEST_COMMENT)
    reply_count = fields.IntField(default=0, db_default=0)
    hidden_at: datetime | None = fields.DatetimeField(null=True)
    hidden_by_id: UUID | None = fields.UUIDField(null=True)
    deleted_at: datetime | None = fields.DatetimeField(null=True)
    idempotency_key = fields.CharField(max_length=200, null=True)
    request_hash = fields.CharField(max_length=64, null=True)
    """SHA-256 (hex) of what was sent with the key."""

    video_id: UUID
    author_id: UUID
    parent_id: UUID | None

    class Meta:
        table = "comment"
        indexes: ClassVar = [("video_id", "parent_id", "id"), ("parent_id", "id"), ("author_id", "id")]
