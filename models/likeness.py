"""Likenesses: which cameo is in which generation and video, by which grant, and approval of single uses."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class Via(StrEnum):
    """Whether the likeness was cast, or came with the parent."""

    SHOWN = "SHOWN"
    INHERITED = "INHERITED"


class WithdrawalReason(StrEnum):
    """Why a likeness was withdrawn from a video. Told to its owner, never to anybody else."""

    REVOKED = "REVOKED"
    REMOVED = "REMOVED"
    BLOCKED = "BLOCKED"
    EXPIRED = "EXPIRED"
    DECLINED = "DECLINED"
    ERASED = "ERASED"


class GenerationLikeness(Row):
    """The snapshot taken at gate 1. ``grant`` is None when the author is the cameo's owner."""

    generation: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Generation", on_delete=fields.RESTRICT, related_name="likenesses"
    )
    cameo: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Cameo", on_delete=fields.RESTRICT, related_name="generation_likenesses"
    )
    grant: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Grant", null=True, on_delete=fields.RESTRICT, related_name="generation_likenesses"
    )
    version = fields.IntField()
    cameo_epoch = fields.BigIntField()
    account_epoch = fields.BigIntField()
    scopes = fields.SmallIntField()
    via = fields.CharEnumField(Via, max_length=9, default=Via.SHOWN)

    generation_id: UUID
    cameo_id: UUID
    grant_id: UUID | None

    class Meta:
        table = "generation_likeness"
        unique_together: ClassVar = [("generation_id", "cameo_id")]
        indexes: ClassVar = [("cameo_id", "version")]


class VideoLikeness(Row):
    """One row for each (video, cameo), kept for ever; the set is closed over ancestry.

    ``grant`` is the permission the clip was made under, ``publish_grant`` the one that was live when it was last made
    visible to more people: a revocation of either reaches the video. None for the cameo's owner.
    """

    video: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Video", on_delete=fields.RESTRICT, related_name="likenesses"
    )
    cameo: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Cameo", on_delete=fields.RESTRICT, related_name="video_likenesses"
    )
    grant: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Grant", null=True, on_delete=fields.RESTRICT, related_name="video_likenesses"
    )
    publish_grant: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Grant", null=True, on_delete=fields.RESTRICT, related_name="published_likenesses"
    )
    scopes = fields.SmallIntField()
    version = fields.IntField()
    via = fields.CharEnumField(Via, max_length=9)
    withdrawn_at: datetime | None = fields.DatetimeField(null=True)
    withdrawn_for: Any = fields.CharEnumField(WithdrawalReason, max_length=8, null=True)
    """`WithdrawalReason`, or None."""
    withdrawal_id: UUID | None = fields.UUIDField(null=True)
    """Of the act (`models.withdrawal`) that took it out."""

    video_id: UUID
    cameo_id: UUID
    grant_id: UUID | None
    publish_grant_id: UUID | None

    class Meta:
        table = "video_likeness"
        unique_together: ClassVar = [("video_id", "cameo_id")]
        indexes: ClassVar = [("cameo_id", "id"), ("grant_id",), ("publish_grant_id",)]


class ApprovalState(StrEnum):
    """Where a wish for approval is. One unanswered past its time counts as DECLINED."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"


class Approval(Row):
    """The person shown decides on one draft. ``draft_hash`` (SHA-256, hex) is what was shown to them."""

    video: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Video", on_delete=fields.RESTRICT, related_name="approvals"
    )
    cameo: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Cameo", on_delete=fields.RESTRICT, related_name="approvals"
    )
    draft_hash = fields.CharField(max_length=64)
    state = fields.CharEnumField(ApprovalState, max_length=8, default=ApprovalState.PENDING)
    expires_at = fields.DatetimeField()
    answered_at: datetime | None = fields.DatetimeField(null=True)

    video_id: UUID
    cameo_id: UUID

    class Meta:
        table = "approval"
        unique_together: ClassVar = [("video_id", "cameo_id")]
        indexes: ClassVar = [("cameo_id", "state")]
