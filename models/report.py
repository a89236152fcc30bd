"""Reports of videos, appeals against what moderators decided, and the sealed copies that open reports may need."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class ReportKind(StrEnum):
    """A member reports a video; its author appeals against a moderator's decision about it."""

    REPORT = "REPORT"
    APPEAL = "APPEAL"


class ReportReason(StrEnum):
    """What a report says is wrong. APPEAL is an appeal's."""

    LIKENESS = "LIKENESS"
    MINOR = "MINOR"
    SEXUAL = "SEXUAL"
    VIOLENCE = "VIOLENCE"
    HATE = "HATE"
    DECEPTION = "DECEPTION"
    OTHER = "OTHER"
    APPEAL = "APPEAL"


class Verdict(StrEnum):
    """What moderators decide. CLEAR restores only what moderation itself took, and only on an appeal."""

    CLEAR = "CLEAR"
    HIDE = "HIDE"
    REMOVE = "REMOVE"


class Report(Row):
    """Open while ``verdict`` is None. A verdict settles every open report and appeal about the video.

    ``text`` is the reporter's, ``note`` the moderator's; both go with whoever they may be about.
    """

    kind = fields.CharEnumField(ReportKind, max_length=6, default=ReportKind.REPORT)
    video: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Video", on_delete=fields.RESTRICT, related_name="reports"
    )
    reporter: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Account", null=True, on_delete=fields.SET_NULL, related_name="reports"
    )
    reason = fields.CharEnumField(ReportReason, max_length=10)
    text = fields.CharField(max_length=1000, default="", db_default="")
    idempotency_key = fields.CharField(max_length=200)
    request_hash = fields.CharField(max_length=64)
    verdict: Any = fields.CharEnumField(Verdict, max_length=6, null=True)
    """`Verdict`, or None."""
    note = fields.CharField(max_length=1000, default="", db_default="")
    resolved_by_id: UUID | None = fields.UUIDField(null=True)
    resolved_at: datetime | None = fields.DatetimeField(null=True)

    video_id: UUID
    reporter_id: UUID | None

    class Meta:
        table = "report"
        unique_together: ClassVar = [("reporter_id", "idempotency_key")]


class Evidence(Row):
    """The copy of a withdrawn video that an open report needs; ``id`` is that report's. See `jobs/consent/evidence.py`.

    It lies in media storage under `evidence_folder`, sealed under `evidence_subject`. The row is written before the
    copy is; ``kept_at`` says that it is whole, ``destroyed_at`` that it is gone.
    """

    video: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Video", on_delete=fields.RESTRICT, related_name="evidence"
    )
    bytes = fields.BigIntField(default=0, db_default=0)
    expires_at = fields.DatetimeField()
    kept_at: datetime | None = fields.DatetimeField(null=True)
    destroyed_at: datetime | None = fields.DatetimeField(null=True)

    video_id: UUID

    class Meta:
        table = "evidence"
        unique_together: ClassVar = [("video_id",)]


EVIDENCE_LIFE = "30 days"
"""How long a copy is kept at most, from the withdrawal on."""


def evidence_subject(report_id: UUID) -> str:
    """Under which subject the vault seals a copy."""
    return f"evidence/{report_id}"


def evidence_folder(report_id: UUID) -> str:
    """Where in media storage a copy lies."""
    return f"evidence/{report_id}"
