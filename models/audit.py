"""The audit log's tables: one hash chain a cameo and one for all else, their heads, and a signed head a day.

Rows are written by `models/audit_log.py` only; a trigger refuses to change or delete entries and daily heads.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.base import new_id


class AuditEntry(Model):
    """One transition. ``hash`` covers every other column; ``facts`` are ids, enums, numbers and times, never text.

    ``personal_hash`` is the SHA-256 of the sealed personal data in `AuditPersonal`, which can be erased: the commitment
    stays, so the chain still verifies.
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    chain = fields.CharField(max_length=60)
    seq = fields.BigIntField()
    kind = fields.CharField(max_length=40)
    facts: dict[str, Any] = fields.JSONField()
    personal_hash: bytes | None = fields.BinaryField(null=True)
    prev_hash = fields.BinaryField()
    hash = fields.BinaryField()
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "audit_entry"
        unique_together: ClassVar = [("chain", "seq")]


class AuditHead(Model):
    """The last entry of a chain. Its row is what appenders lock, last of all."""

    chain = fields.CharField(max_length=60, primary_key=True)
    seq = fields.BigIntField()
    hash = fields.BinaryField()

    class Meta:
        table = "audit_head"


class AuditPersonal(Model):
    """Personal data of the entry with the same id, sealed under ``subject``'s key in the vault."""

    id: UUID = fields.UUIDField(primary_key=True)
    subject = fields.CharField(max_length=120)
    sealed = fields.BinaryField()

    class Meta:
        table = "audit_personal"
        indexes: ClassVar = [("subject",)]


class AuditDailyHead(Model):
    """A Merkle root over the last entry before ``cut`` of each of ``chains`` chains, signed by the key ``kid``."""

    day: date = fields.DateField(primary_key=True)
    cut: datetime = fields.DatetimeField()
    root = fields.BinaryField()
    chains = fields.IntField()
    kid = fields.CharField(max_length=16)
    signature = fields.BinaryField()

    class Meta:
        table = "audit_daily_head"
