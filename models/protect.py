"""Protection of people without an account: notices they file, and the block entries that moderators make of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class NoticeState(StrEnum):
    """EXAMINING (a photo is being looked at) → OPEN → FILED | REFUSED."""

    EXAMINING = "EXAMINING"
    OPEN = "OPEN"
    FILED = "FILED"
    REFUSED = "REFUSED"


class Notice(Row):
    """What somebody who need not be a member asks for. All of it is sealed under the vault subject ``notice/<id>``.

    ``sealed`` holds name, contact and words as JSON. ``face`` is the embedding of the photo they sent, which itself is
    not kept; ``photo`` says what became of it: None (none was sent), "FACE", or the code of why it shows none. A
    decided notice keeps neither: what a moderator filed lies in `BlockEntry`, and the key is shredded.
    """

    sealed: bytes | None = fields.BinaryField(null=True)
    face: bytes | None = fields.BinaryField(null=True)
    photo = fields.CharField(max_length=40, null=True)
    upload_id: UUID | None = fields.UUIDField(null=True)
    state = fields.CharEnumField(NoticeState, max_length=9, default=NoticeState.OPEN)
    decided_by_id: UUID | None = fields.UUIDField(null=True)
    decided_at: datetime | None = fields.DatetimeField(null=True)
    heartbeat_at: datetime | None = fields.DatetimeField(null=True)
    tries = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "notice"
        indexes: ClassVar = [("state", "id")]


class BlockEntry(Row):
    """A name, and perhaps a face, that nobody may make clips of. Sealed under the vault subject ``block/<id>``.

    ``lifted_at``: a moderator took it back, and the key is shredded.
    """

    name: bytes | None = fields.BinaryField(null=True)
    face: bytes | None = fields.BinaryField(null=True)
    filed_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Account", null=True, on_delete=fields.SET_NULL, related_name="block_entries"
    )
    notice_id: UUID | None = fields.UUIDField(null=True)
    lifted_at: datetime | None = fields.DatetimeField(null=True)

    filed_by_id: UUID | None

    class Meta:
        table = "block_entry"


NOTICE_LABEL, NAME_LABEL, FACE_LABEL = "notice", "name", "face"
"""What the columns are sealed as."""


def notice_subject(notice_id: UUID) -> str:
    """Under which subject the vault seals a notice."""
    return f"notice/{notice_id}"


def block_subject(entry_id: UUID) -> str:
    """Under which subject the vault seals a block entry."""
    return f"block/{entry_id}"
