"""Profiles: what members say of themselves, their portrait, and their defaults."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from tortoise.transactions import in_transaction

from jobs.queue import enqueue_purge
from models.account import Account
from models.consent.locks import lock_account
from models.errors import Conflict, Invalid, NotFound
from models.leader import leave_leaderboards
from resolvers.avatar import keep, take_portrait
from resolvers.context import Context
from resolvers.limit import Limit
from resolvers.tier import is_of_age

LONGEST_NAME, LONGEST_BIO = 60, 300
_CHANGES = Limit("profile", 60, 3600)
_PORTRAITS = Limit("avatar", 20, 3600)
_BREAKS = {"Cc", "Zl", "Zp"}
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and a symbol that show nothing."""
# Marks that turn the writing direction of what stands after them, and of no use but to pass for somebody else.
_UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff]")


@dataclass(frozen=True)
class ProfileChange:
    """What somebody changes of their profile; None leaves a thing as it is."""

    display_name: str | None = None
    bio: str | None = None
    avatar_upload_id: UUID | None = None
    remove_avatar: bool = False
    remixable_default: bool | None = None
    on_leaderboards: bool | None = None


async def update_profile(context: Context, change: ProfileChange) -> Account:
    """Change the viewer's own profile; all of it, or nothing.

    Raises `Invalid` (displayName, bio, avatarUploadId, removeAvatar), `NotFound` (avatarUploadId), `Conflict`
    (avatarUploadId, onLeaderboards), `RateLimited`.
    """
    member = context.member
    fields, portrait = _words(change), None
    if change.remove_avatar and change.avatar_upload_id is not None:
        raise Invalid("Either a new picture or none: leave one of the two out.", field="removeAvatar")
    await _CHANGES.spend(context.stores.redis, str(member.id))
    if change.avatar_upload_id is not None:
        await _PORTRAITS.spend(context.stores.redis, str(member.id))
        portrait = await take_portrait(context, change.avatar_upload_id)
    async with in_transaction() as connection:
        await lock_account(connection, member.id)
        row = await Account.get_or_none(id=member.id, deleted_at__isnull=True, using_db=connection)
        if row is None:
            raise NotFound("This account is gone.")
        if portrait is not None:
            await keep(connection, portrait)
        if (portrait is not None or change.remove_avatar) and row.avatar_key is not None:
            await enqueue_purge(connection, [row.avatar_key])
        if portrait is not None or change.remove_avatar:
            fields["avatar_key"] = None if portrait is None else portrait.key
        if change.on_leaderboards and not await is_of_age(member.id, connection):
            raise Conflict("Leaderboards are for adults.", field="onLeaderboards")
        if change.on_leaderboards is False:
            await leave_leaderboards(connection, member.id)
        if fields:
            await row.update_from_dict(fields).save(using_db=connection, update_fields=list(fields))
    await context.stores.doorbell.ring_purge()
    return row


def _words(change: ProfileChange) -> dict[str, str | bool | None]:
    """The columns that change, checked."""
    fields: dict[str, str | bool | None] = {}
    if change.display_name is not None:
        fields["display_name"] = name = _clean(change.display_name, "displayName", LONGEST_NAME)
        if not any(map(_shows, name)) or any(unicodedata.category(each) in _BREAKS for each in name):
            raise Invalid("A name has at least one letter and is one line.", field="displayName")
    if change.bio is not None:
        fields["bio"] = bio = _clean(change.bio, "bio", LONGEST_BIO)
        if any(unicodedata.category(each) == "Cc" and each not in "\n\t" for each in bio):
            raise Invalid("There are characters in this text that cannot be shown.", field="bio")
    if change.remixable_default is not None:
        fields["remixable_default"] = change.remixable_default
    if change.on_leaderboards is not None:
        fields["on_leaderboards"] = change.on_leaderboards
    return fields


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def _clean(text: str, field: str, longest: int) -> str:
    said = unicodedata.normalize("NFC", text).strip()
    if len(said) > longest:
        raise Invalid(f"At most {longest} characters.", field=field)
    if _UNSEEN.search(said) or any(unicodedata.category(each) == "Cs" for each in said):
        raise Invalid("There are characters in this text that cannot be shown.", field=field)
    return said
