"""Uploads: tickets for files that travel beside GraphQL, and what became of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class UploadPurpose(StrEnum):
    """What a file is for; it decides how large it may be and who may send it."""

    CAPTURE = "CAPTURE"
    START_FRAME = "START_FRAME"
    AVATAR = "AVATAR"
    VERIFY = "VERIFY"
    NOTICE = "NOTICE"


class Upload(Row):
    """One ticket. Only the SHA-256 (hex) of its 256-bit token is stored; it is good for one file.

    ``claimed_at`` is when sending began, ``received_at`` when the whole file was there; ``key`` is its place in media
    storage, under ``uploads/``, sealed under the vault subject ``upload/<id>``.
    """

    account: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Account", null=True, related_name="uploads"
    )
    purpose = fields.CharEnumField(UploadPurpose, max_length=12)
    token_hash = fields.CharField(max_length=64, unique=True)
    max_bytes = fields.BigIntField()
    expires_at = fields.DatetimeField()
    claimed_at: datetime | None = fields.DatetimeField(null=True)
    received_at: datetime | None = fields.DatetimeField(null=True)
    consumed_at: datetime | None = fields.DatetimeField(null=True)
    key = fields.CharField(max_length=300, null=True)
    bytes = fields.BigIntField(null=True)
    sha256 = fields.CharField(max_length=64, null=True)

    account_id: UUID | None

    class Meta:
        table = "upload"
        indexes: ClassVar = [("account_id",), ("expires_at",)]
