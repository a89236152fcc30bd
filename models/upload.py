"""Uploads: tickets for files that travel beside GraphQL, and what became of them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields
from tortoise.backends.base.client import BaseDBAsyncClient

from models.base import Row, new_id
from models.keys import Keys


class UploadPurpose(StrEnum):
    """What a file is for; it decides how large it may be and who may send it."""

    CAPTURE = "CAPTURE"
    START_FRAME = "START_FRAME"
    AVATAR = "AVATAR"
    VERIFY = "VERIFY"
    NOTICE = "NOTICE"


MOST_BYTES = {
    UploadPurpose.CAPTURE: 50 << 20,
    UploadPurpose.START_FRAME: 10 << 20,
    UploadPurpose.AVATAR: 5 << 20,
    UploadPurpose.VERIFY: 100 << 20,
    UploadPurpose.NOTICE: 10 << 20,
}
"""How large a file for each purpose may be."""


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


@dataclass(frozen=True)
class Ticket:
    """A ticket as its holder has it; ``token`` is the secret."""

    id: UUID
    purpose: UploadPurpose
    token: str = field(repr=False)
    max_bytes: int
    expires_at: datetime


def upload_subject(upload_id: UUID) -> str:
    """Under which subject the vault seals an uploaded file."""
    return f"upload/{upload_id}"


def upload_folder(upload_id: UUID) -> str:
    """Where in media storage an uploaded file lies, sealed."""
    return f"uploads/{upload_id}"


def derived_token(keys: Keys, *parts: str) -> str:
    """A 256-bit token that only this server can make, and makes again for the same parts: so a retry gets the same."""
    said = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return base64.urlsafe_b64encode(keys.upload.mac(said)).rstrip(b"=").decode()


def capture_token(keys: Keys, capture_id: UUID, tries: int) -> str:
    """The token of the ticket for a capture's recording number ``tries`` (from 0)."""
    return derived_token(keys, "capture ticket", str(capture_id), str(tries))


def capture_nonce(keys: Keys, capture_id: UUID, tries: int) -> str:
    """The single-use nonce that goes with a capture's challenge number ``tries`` (from 0)."""
    return derived_token(keys, "capture nonce", str(capture_id), str(tries))


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def issue(
    connection: BaseDBAsyncClient, purpose: UploadPurpose, account_id: UUID | None, token: str, *, seconds: float
) -> Ticket:
    """Write a ticket that is good for ``seconds``."""
    upload_id = new_id()
    [row] = await connection.execute_query_dict(
        """
        INSERT INTO upload (id, created_at, account_id, purpose, token_hash, max_bytes, expires_at)
        VALUES ($1, yume_now(), $2, $3, $4, $5, yume_now() + make_interval(secs => $6)) RETURNING expires_at
        """,
        [upload_id, account_id, purpose.value, hash_of(token), MOST_BYTES[purpose], seconds],
    )
    return Ticket(upload_id, purpose, token, MOST_BYTES[purpose], row["expires_at"])
