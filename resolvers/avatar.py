"""Portraits of members: made anew from what was sent, in a process of its own; served while the account stands."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.capture.runner import make_portrait
from engine.capture.spec import CaptureRefused
from jobs.capture.end import give_up_upload
from jobs.queue import TOPIC_PURGE_LATER
from models.account import Account, avatar_prefix
from models.base import new_id
from models.errors import Conflict, Invalid, NotFound
from models.generation import Outbox
from models.rules.account import in_good_standing
from models.sealed_media import SealedMedia
from models.upload import UploadPurpose, upload_folder, upload_subject
from models.vault import Shredded
from resolvers.context import Context, Stores

PORTRAIT_SECONDS = 20.0
_AT_ONCE = asyncio.Semaphore(2)
"""Processes that open pictures, in one API process."""
_BROKEN = "The picture cannot be read. Send another one as JPEG, PNG or WebP."
_OF_THE_FILE = ("TOO_LARGE", "TOO_MANY_PIXELS", "TOO_FEW_PIXELS", "BROKEN_FILE", "NOT_A_PICTURE", "ANIMATED")


@dataclass(frozen=True)
class Portrait:
    """A stored portrait. Unless `keep` is called within the hour it is destroyed again: its member may be gone."""

    key: str
    promise_id: UUID


async def take_portrait(context: Context, upload_id: UUID) -> Portrait:
    """Store the portrait that an upload of the viewer's holds. The upload is used up.

    Raises `NotFound`, `Conflict` or `Invalid` (avatarUploadId): not the viewer's, not sent or used, no picture.
    """
    portrait = Portrait(f"{avatar_prefix(context.member.id)}{uuid4()}.webp", new_id())
    await _claim(context.member.id, upload_id)
    try:
        picture = await _made(context.stores, upload_id)
    finally:
        async with in_transaction() as connection:
            await give_up_upload(connection, upload_id)
            payload = {"keys": [portrait.key]}
            await Outbox.create(using_db=connection, id=portrait.promise_id, topic=TOPIC_PURGE_LATER, payload=payload)
    await context.stores.media.put_bytes(portrait.key, picture, "image/webp")
    return portrait


async def keep(connection: BaseDBAsyncClient, portrait: Portrait) -> None:
    """It is in force once this transaction commits. Raises `Conflict` (avatarUploadId) when it was too long ago."""
    if not await Outbox.filter(id=portrait.promise_id).using_db(connection).delete():
        raise Conflict("This took too long. Send the picture again.", field="avatarUploadId")


def avatar_url(stores: Stores, account: Account) -> str | None:
    """Where the portrait is, for as long as it is the one in force. None for none, and for accounts that are gone."""
    if account.avatar_key is None or account.suspended_at is not None or account.deleted_at is not None:
        return None
    return f"{stores.address}/media/avatar/{account.avatar_key.removeprefix('avatars/')}"


async def open_avatar(stores: Stores, account_id: str, name: str) -> bytes:
    """The WebP of a member's portrait in force. Raises `NotFound`, also for suspended and deleted accounts."""
    try:
        key = f"{avatar_prefix(UUID(account_id))}{UUID(name.removesuffix('.webp'))}.webp"
    except ValueError:
        raise _nothing() from None
    rows = await connections.get("default").execute_query_dict(
        f"SELECT p.id FROM account p WHERE p.id = $1 AND p.avatar_key = $2 AND {in_good_standing('p.id')}",  # noqa: S608 - a rule
        [UUID(account_id), key],
    )
    if not rows:
        raise _nothing()
    return b"".join([piece async for piece in stores.media.stream(key)])


async def _claim(account_id: UUID, upload_id: UUID) -> None:
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT received_at IS NOT NULL AND consumed_at IS NULL AS ready FROM upload
        WHERE id = $1 AND account_id = $2 AND purpose = $3
        """,
        [upload_id, account_id, UploadPurpose.AVATAR.value],
    )
    if not rows:
        raise NotFound("You have no such upload. Ask `createUpload` for one for an AVATAR.", field="avatarUploadId")
    taken = await connections.get("default").execute_query_dict(
        """
        UPDATE upload SET consumed_at = yume_now()
        WHERE id = $1 AND received_at IS NOT NULL AND consumed_at IS NULL RETURNING id
        """,
        [upload_id],
    )
    if not rows[0]["ready"] or not taken:
        raise Conflict("Nothing was sent to this upload, or it was used before.", field="avatarUploadId")


async def _made(stores: Stores, upload_id: UUID) -> bytes:
    sealed = SealedMedia(stores.media, stores.vault)
    try:
        async with _AT_ONCE:
            with TemporaryDirectory(prefix="yume-avatar-") as folder:
                source, work = Path(folder) / "picture", Path(folder) / "work"
                await asyncio.to_thread(work.mkdir, mode=0o700)
                await sealed.fetch(upload_subject(upload_id), upload_folder(upload_id), source)
                return await make_portrait(source, work, timeout=PORTRAIT_SECONDS)
    except CaptureRefused as refused:
        words = refused.message if refused.code in _OF_THE_FILE else _BROKEN
        raise Invalid(words, field="avatarUploadId") from None
    except (NotFound, Shredded):
        raise Conflict("This upload is over. Send the picture again.", field="avatarUploadId") from None


def _nothing() -> NotFound:
    return NotFound("There is nothing here.")
