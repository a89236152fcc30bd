"""Accounts: who is a member, in which region, admitted by whom."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import RawSQL
from tortoise.queryset import QuerySet

from models.base import Row


class Role(StrEnum):
    """What an account may do beyond being a member."""

    MEMBER = "MEMBER"
    MODERATOR = "MODERATOR"
    ADMIN = "ADMIN"


class Account(Row):
    """One member. ``handle`` is stored in lower case; ``password_hash`` is Argon2id, None for the local owner."""

    handle = fields.CharField(max_length=30, unique=True)
    display_name = fields.CharField(max_length=60)
    bio = fields.CharField(max_length=300, default="", db_default="")
    password_hash = fields.CharField(max_length=200, null=True)
    birth_date: date | None = fields.DateField(null=True)
    region = fields.CharField(max_length=2, null=True)
    role = fields.CharEnumField(Role, max_length=12, default=Role.MEMBER, db_default=Role.MEMBER.value)
    invited_by: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "models.Account", null=True, on_delete=fields.SET_NULL, related_name="invitees"
    )
    suspended_at: datetime | None = fields.DatetimeField(null=True)
    deleted_at: datetime | None = fields.DatetimeField(null=True)
    invites_closed_at: datetime | None = fields.DatetimeField(null=True)
    """Since when an operator keeps them from inviting anybody."""
    avatar_key = fields.CharField(max_length=300, null=True)
    """Where the portrait is in media storage."""
    remixable_default = fields.BooleanField(default=True, db_default=True)
    """Whether a video is remixable when its publishing does not say."""
    on_leaderboards = fields.BooleanField(default=False, db_default=False)
    """Whether they asked to be ranked with others."""

    invited_by_id: UUID | None

    class Meta:
        table = "account"


def avatar_prefix(account_id: UUID) -> str:
    """Under what in media storage an account's portraits lie (with the slash): the one in force, none beside it."""
    return f"avatars/{account_id}/"


class Purpose(StrEnum):
    """What a session's token is good for."""

    CLIENT = "CLIENT"
    LINK = "LINK"


class Session(Row):
    """A signed-in client, or (LINK) a link that signs one browser in, once.

    Only the SHA-256 (hex) of the 256-bit token is stored, so a leaked table signs nobody in.
    """

    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("models.Account", related_name="sessions")
    token_hash = fields.CharField(max_length=64, unique=True)
    purpose = fields.CharEnumField(Purpose, max_length=6, default=Purpose.CLIENT, db_default=Purpose.CLIENT.value)
    expires_at = fields.DatetimeField()
    revoked_at: datetime | None = fields.DatetimeField(null=True)
    stepped_up_at: datetime | None = fields.DatetimeField(null=True)
    """When the password was last given again."""

    account_id: UUID

    @classmethod
    def live(cls) -> QuerySet[Self]:
        """Signed-in clients neither revoked nor past their end, by the database's clock."""
        return (
            cls.filter(purpose=Purpose.CLIENT, revoked_at__isnull=True)
            .annotate(live=RawSQL("(expires_at > yume_now())"))
            .filter(live=True)
        )

    class Meta:
        table = "session"
        indexes: ClassVar = [("account_id",)]


class Invite(Row):
    """A seat for one newcomer. ``code_hmac`` is the HMAC-SHA256 (hex) of the 128-bit code under the invite key."""

    code_hmac = fields.CharField(max_length=64, unique=True)
    created_by: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "models.Account", null=True, on_delete=fields.CASCADE, related_name="invites"
    )
    used_by: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "models.Account", null=True, on_delete=fields.SET_NULL, related_name="admitted_by"
    )
    used_at: datetime | None = fields.DatetimeField(null=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)
    admin = fields.BooleanField(default=False, db_default=False)
    """True for the first invite of a server: whoever uses it becomes its admin, from any region."""

    created_by_id: UUID | None
    used_by_id: UUID | None

    class Meta:
        table = "invite"
        indexes: ClassVar = [("created_by_id",)]
