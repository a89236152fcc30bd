"""Trends: remix trees, prompts and sounds that rise, and the videos that belong to each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class TrendKind(StrEnum):
    """What the videos of a trend have in common: their first clip, their prompt's words, or their sound."""

    REMIX = "REMIX"
    PROMPT = "PROMPT"
    SOUND = "SOUND"


class Trend(Row):
    """One trend, found by a scheduled job. ``key`` is the root's id, the folded phrase or the sound's name.

    ``score`` decays; a trend whose score fell below policy's floor is ``ended_at`` and no longer listed, but its
    videos can still be browsed by whoever holds its id.
    """

    kind = fields.CharEnumField(TrendKind, max_length=6)
    key = fields.CharField(max_length=120)
    title = fields.CharField(max_length=120)
    score = fields.FloatField(default=0.0, db_default=0.0)
    video_count = fields.IntField(default=0, db_default=0)
    sample_id: UUID | None = fields.UUIDField(null=True)
    refreshed_at: datetime | None = fields.DatetimeField(null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "trend"
        unique_together: ClassVar = [("kind", "key")]
        indexes: ClassVar = [("score", "id")]


class TrendVideo(Row):
    """``video`` belongs to ``trend``: found so by the job, or made to join it (``joined``)."""

    trend: fields.ForeignKeyRelation[Trend] = fields.ForeignKeyField("models.Trend", related_name="members")
    video: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Video", related_name="trends")
    joined = fields.BooleanField(default=False, db_default=False)

    trend_id: UUID
    video_id: UUID

    class Meta:
        table = "trend_video"
        unique_together: ClassVar = [("trend_id", "video_id")]
        indexes: ClassVar = [("video_id",)]
