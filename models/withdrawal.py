"""Withdrawals: each time a likeness was taken out of videos, how far it reached, and the purge that follows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row
from models.likeness import WithdrawalReason


class Withdrawal(Row):
    """One act. ``reach`` is `models.consent.withdraw.Reach`; ``marked_at``: its likenesses say so too.

    ``purged`` counts what was destroyed, ``{class: {"objects", "bytes"}}``; ``receipt`` is signed JSON.
    """

    cameo: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Cameo", on_delete=fields.RESTRICT, related_name="withdrawals"
    )
    reason = fields.CharEnumField(WithdrawalReason, max_length=8)
    reach: dict[str, Any] = fields.JSONField(default=dict)
    videos = fields.IntField(default=0, db_default=0)
    marked_at: datetime | None = fields.DatetimeField(null=True)
    purged: dict[str, Any] = fields.JSONField(default=dict)
    told_at: datetime | None = fields.DatetimeField(null=True)
    purged_at: datetime | None = fields.DatetimeField(null=True)
    receipt: dict[str, Any] | None = fields.JSONField(null=True)

    cameo_id: UUID

    class Meta:
        table = "withdrawal"
        indexes: ClassVar = [("cameo_id", "id")]
