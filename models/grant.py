"""Grants: immutable permissions to use a cameo. What changes is only their state, and only forwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class Audience(StrEnum):
    """Whom a cameo's own access grant admits without naming them."""

    ONLY_ME = "ONLY_ME"
    APPROVED = "APPROVED"
    MUTUALS = "MUTUALS"
    EVERYONE = "EVERYONE"


class GrantState(StrEnum):
    """PENDING → ACTIVE → REVOKED | SUPERSEDED. That one has expired is read from its time, never stored."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    REVOKED = "REVOKED"
    SUPERSEDED = "SUPERSEDED"


class OnExpiry(StrEnum):
    """What becomes of published videos when a grant runs out."""

    KEEP = "KEEP"
    WITHDRAW = "WITHDRAW"


class RevokeMode(StrEnum):
    """How far back a revocation reaches."""

    STOP_FUTURE = "STOP_FUTURE"
    WITHDRAW = "WITHDRAW"


class Grant(Row):
    """One permission, for one account (``subject``) or for an ``audience``: exactly one of the two.

    A cameo has exactly one ACTIVE audience grant from its first capture on: its *access grant*, whose restrictions,
    preferences and wish for approval bind every use, whoever it is by and whichever grant admits it. ``scopes`` is a
    sum of `models.cameo.Scope`; ``restrictions`` is `engine.text.restrictions.Restrictions` as JSON. A request for a
    cameo is a PENDING grant.
    """

    cameo: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Cameo", on_delete=fields.RESTRICT, related_name="grants"
    )
    subject: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Account", null=True, on_delete=fields.RESTRICT, related_name="grants"
    )
    audience: Any = fields.CharEnumField(Audience, max_length=8, null=True)
    """`Audience`, or None: the ORM's types know no nullable enumeration."""
    scopes = fields.SmallIntField()
    restrictions: dict[str, Any] = fields.JSONField(default=dict)
    preferences = fields.CharField(max_length=300, default="", db_default="")
    per_use_approval = fields.BooleanField(default=False, db_default=False)
    note = fields.CharField(max_length=300, default="", db_default="")
    not_before: datetime | None = fields.DatetimeField(null=True)
    expires_at: datetime | None = fields.DatetimeField(null=True)
    on_expiry = fields.CharEnumField(OnExpiry, max_length=8, default=OnExpiry.KEEP)
    state = fields.CharEnumField(GrantState, max_length=10, default=GrantState.ACTIVE)
    supersedes: fields.ForeignKeyNullableRelation[Grant] = fields.ForeignKeyField(
        "models.Grant", null=True, on_delete=fields.RESTRICT, related_name="superseded_by"
    )
    ended_at: datetime | None = fields.DatetimeField(null=True)
    idempotency_key = fields.CharField(max_length=200, null=True)
    request_hash = fields.CharField(max_length=64, null=True)

    cameo_id: UUID
    subject_id: UUID | None
    supersedes_id: UUID | None

    class Meta:
        table = "cameo_grant"
        indexes: ClassVar = [("cameo_id", "state"), ("subject_id", "state"), ("supersedes_id",)]
