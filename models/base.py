"""What every table shares: UUIDv7 keys made in Python. Deadlines are compared by Postgres, with ``yume_now()``."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import uuid_utils.compat
from tortoise import fields
from tortoise.models import Model


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): sorts by the time it was made."""
    return uuid_utils.compat.uuid7()


class Row(Model):
    """A table with a UUIDv7 key and the time of its birth."""

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        abstract = True
