"""Cameos: consented likenesses, their versions, and the counters that every restriction raises."""

from __future__ import annotations

from datetime import datetime
from enum import IntFlag, StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class CameoKind(StrEnum):
    """Whose likeness it is."""

    PERSON = "PERSON"
    OBJECT = "OBJECT"
    PET = "PET"
    DRAWN = "DRAWN"


class CameoState(StrEnum):
    """EMPTY → ACTIVE ⇄ PAUSED → ERASING → ERASED; the last is a tombstone."""

    EMPTY = "EMPTY"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    ERASING = "ERASING"
    ERASED = "ERASED"


class Scope(IntFlag):
    """What a grant allows; stored as the sum. One never implies another."""

    FACE = 1
    VOICE = 2
    REMIX = 4
    PUBLISH = 8
    DOWNLOAD = 16


NO_SCOPES = Scope(0)
ALL_SCOPES = Scope.FACE | Scope.VOICE | Scope.REMIX | Scope.PUBLISH | Scope.DOWNLOAD


class Cameo(Row):
    """One likeness.

    ``version`` is the accepted capture that serves (0: none yet). ``epoch`` rises on every restrictive change that
    concerns everybody; `CameoEpoch` counts those that concern one account. ``captured_minor`` says that its owner
    was under age when it was captured.
    """

    owner: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Account", on_delete=fields.RESTRICT, related_name="cameos"
    )
    handle = fields.CharField(max_length=40, unique=True, null=True)
    """Without the ``@``, lower case; None once erased."""
    kind = fields.CharEnumField(CameoKind, max_length=8, default=CameoKind.PERSON)
    state = fields.CharEnumField(CameoState, max_length=8, default=CameoState.EMPTY)
    version = fields.IntField(default=0, db_default=0)
    epoch = fields.BigIntField(default=0, db_default=0)
    captured_minor = fields.BooleanField(default=False, db_default=False)

    owner_id: UUID

    class Meta:
        table = "cameo"
        indexes: ClassVar = [("owner_id",)]


class CameoEpoch(Row):
    """How often something that concerns one account alone was restricted. No row means 0."""

    cameo: fields.ForeignKeyRelation[Cameo] = fields.ForeignKeyField(
        "models.Cameo", on_delete=fields.RESTRICT, related_name="epochs"
    )
    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Account", on_delete=fields.RESTRICT, related_name="cameo_epochs"
    )
    epoch = fields.BigIntField(default=0, db_default=0)

    cameo_id: UUID
    account_id: UUID

    class Meta:
        table = "cameo_epoch"
        unique_together: ClassVar = [("cameo_id", "account_id")]


class CameoVersion(Row):
    """What an accepted capture left behind, all of it sealed under the vault subject ``cameo/<cameo>/<number>``.

    ``files`` lists the stored objects: ``{"class", "key", "bytes"}``. ``sealed`` holds where the features of each crop
    are. ``retired_at``: a newer version serves; ``destroyed_at``: key shredded and objects given up.
    """

    cameo: fields.ForeignKeyRelation[Cameo] = fields.ForeignKeyField(
        "models.Cameo", on_delete=fields.RESTRICT, related_name="versions"
    )
    number = fields.IntField()
    capture_id: UUID = fields.UUIDField()
    face_model = fields.CharField(max_length=120, null=True)
    voice_model = fields.CharField(max_length=120, null=True)
    face_embedding: bytes | None = fields.BinaryField(null=True)
    voice_embedding: bytes | None = fields.BinaryField(null=True)
    fingerprint: bytes | None = fields.BinaryField(null=True)
    sealed: bytes | None = fields.BinaryField(null=True)
    files: list[dict[str, Any]] = fields.JSONField()
    retired_at: datetime | None = fields.DatetimeField(null=True)
    destroyed_at: datetime | None = fields.DatetimeField(null=True)

    cameo_id: UUID

    class Meta:
        table = "cameo_version"
        unique_together: ClassVar = [("cameo_id", "number")]


def vault_subject(cameo_id: UUID, number: int) -> str:
    """Under which subject the vault seals a version's data."""
    return f"cameo/{cameo_id}/{number}"
