"""Exports: bundles of everything that is an account's own, built on request and voided when consent to a part ends."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class ExportState(StrEnum):
    """QUEUED → BUILDING → READY → VOID | EXPIRED; FAILED after too many tries."""

    QUEUED = "QUEUED"
    BUILDING = "BUILDING"
    READY = "READY"
    VOID = "VOID"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


class Export(Row):
    """One wish for a bundle. ``fence`` counts the tries, and every write of a builder names it.

    The bundle is a ZIP, sealed under the vault subject ``export/<id>`` in a folder of its own for each try.
    ``expires_at`` is set once it is READY.
    """

    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="exports")
    idempotency_key = fields.CharField(max_length=200)
    state = fields.CharEnumField(ExportState, max_length=8, default=ExportState.QUEUED)
    fence = fields.IntField(default=0, db_default=0)
    claimed_at: datetime | None = fields.DatetimeField(null=True)
    progress = fields.FloatField(default=0.0, db_default=0.0)
    bytes = fields.BigIntField(null=True)
    expires_at: datetime | None = fields.DatetimeField(null=True)

    account_id: UUID

    class Meta:
        table = "export"
        unique_together: ClassVar = [("account_id", "idempotency_key")]
        indexes: ClassVar = [("state",)]


class ExportPart(Row):
    """What must stay true of one clip in a bundle: one row for the clip, one more for each likeness of somebody else.

    ``cameo_id`` is None in the first; the others keep both epochs of the moment in which the clip was chosen.
    """

    export: fields.ForeignKeyRelation[Export] = fields.ForeignKeyField(
        "models.Export", on_delete=fields.CASCADE, related_name="parts"
    )
    video_id: UUID = fields.UUIDField()
    cameo_id: UUID | None = fields.UUIDField(null=True)
    cameo_epoch = fields.BigIntField(default=0, db_default=0)
    account_epoch = fields.BigIntField(default=0, db_default=0)

    export_id: UUID

    class Meta:
        table = "export_part"
        indexes: ClassVar = [("export_id", "video_id")]


def export_subject(export_id: UUID) -> str:
    """Under which subject the vault seals a bundle."""
    return f"export/{export_id}"


def export_prefix(export_id: UUID) -> str:
    """Under what in media storage every try at a bundle lies (with the slash)."""
    return f"exports/{export_id}/"


def export_folder(export_id: UUID, fence: int) -> str:
    """Where in media storage the bundle of one try lies, sealed."""
    return f"{export_prefix(export_id)}{fence}"
