"""Hashes of finished files, kept when their bytes are purged: what `verify` knows a downloaded copy by."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from tortoise import fields
from tortoise.models import Model


class FileHash(Model):
    """SHA-256 (hex) of the MP4 of a video whose rendition is gone. A trigger writes it when that row is deleted."""

    id: UUID = fields.UUIDField(primary_key=True)
    """The video's."""
    sha256 = fields.CharField(max_length=64)

    class Meta:
        table = "file_hash"
        indexes: ClassVar = [("sha256",)]
