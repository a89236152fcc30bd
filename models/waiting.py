"""The waiting list: people without an account who would like one, kept for as long as policy says and no longer."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row

WAITING_LABEL = "waiting"
"""What ``sealed`` is sealed as."""


class WaitingEntry(Row):
    """One wish to be admitted. ``sealed`` holds contact and note as JSON, under the vault subject ``waiting/<id>``.

    ``contact_hmac`` (hex) tells entries of one contact from others, and nothing more. ``token_hash`` is the SHA-256
    (hex) of the token by which somebody leaves. ``admitted_at``: an invite was made for them, ``invite_id``.
    """

    sealed: bytes = fields.BinaryField()
    contact_hmac = fields.CharField(max_length=64)
    region = fields.CharField(max_length=2)
    token_hash = fields.CharField(max_length=64, unique=True)
    admitted_at: datetime | None = fields.DatetimeField(null=True)
    invite_id: UUID | None = fields.UUIDField(null=True)

    class Meta:
        table = "waiting"
        indexes: ClassVar = [("contact_hmac", "id"), ("created_at", "id"), ("invite_id",)]


def waiting_subject(entry_id: UUID) -> str:
    """Under which subject the vault seals an entry."""
    return f"waiting/{entry_id}"
