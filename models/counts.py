"""Counts of a video, kept on a row of their own: reading a page never counts, and counting never touches a video."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tortoise import fields
from tortoise.models import Model


class VideoCounts(Model):
    """One row a published video; a missing row is all zeros. The key is the video's.

    ``remix_count`` counts its direct remixes, ``tree_count`` everything made from it, at any depth; both count what
    is published to all and hidden by nobody. ``counted``: is this video itself counted in its ancestors' rows?
    ``quality`` (0 … 1) is how well those who met it received it, ``hot`` the same with the decay of time; a job
    refreshes both.
    """

    id: UUID = fields.UUIDField(primary_key=True)
    like_count = fields.IntField(default=0, db_default=0)
    comment_count = fields.IntField(default=0, db_default=0)
    view_count = fields.BigIntField(default=0, db_default=0)
    remix_count = fields.IntField(default=0, db_default=0)
    tree_count = fields.IntField(default=0, db_default=0)
    counted = fields.BooleanField(default=False, db_default=False)
    quality = fields.FloatField(default=0.0, db_default=0.0)
    hot = fields.FloatField(default=0.0, db_default=0.0)
    refreshed_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "video_counts"
        indexes: ClassVar = [("hot", "id")]
