"""Erasures: the wish that a cameo or an account be destroyed, how far that is, and the receipt for it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class ErasureKind(StrEnum):
    """What is destroyed."""

    CAMEO = "CAMEO"
    ACCOUNT = "ACCOUNT"


class Erasure(Row):
    """One wish; it outlives what it erased. ``account_id`` asked for it; ``subject_id`` is the cameo or the account.

    ``erased`` counts what was destroyed, ``{class: {"objects", "bytes"}}``, class by class of
    `models.erasure_manifest`; ``receipt`` is signed JSON once ``done_at`` is set.
    """

    kind = fields.CharEnumField(ErasureKind, max_length=8)
    subject_id: UUID = fields.UUIDField()
    account_id: UUID = fields.UUIDField()
    erased: dict[str, Any] = fields.JSONField(default=dict)
    done_at: datetime | None = fields.DatetimeField(null=True)
    receipt: dict[str, Any] | None = fields.JSONField(null=True)

    class Meta:
        table = "erasure"
        unique_together: ClassVar = [("kind", "subject_id")]
        indexes: ClassVar = [("account_id",)]
