"""Follows: who wants to see whose videos. Two that point at each other make mutuals."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class Follow(Row):
    """``follower`` follows ``followee``."""

    follower: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="follows")
    followee: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="followed_by")

    follower_id: UUID
    followee_id: UUID

    class Meta:
        table = "follow"
        unique_together: ClassVar = [("follower_id", "followee_id")]
        indexes: ClassVar = [("followee_id", "follower_id")]
