"""Protection of people without an account: they file notices, moderators decide, and names in prompts are looked up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from tortoise import connections
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from engine.text.names import Certainty
from engine.text.pool import in_pool
from jobs.consent.protected import ProtectedNames
from jobs.shred import enqueue_shred
from models.audit import SERVER, append
from models.base import new_id
from models.errors import Blocked, Conflict, IdempotencyConflict, Invalid, NotFound
from models.protect import (
    FACE_LABEL,
    NAME_LABEL,
    NOTICE_LABEL,
    BlockEntry,
    Notice,
    NoticeState,
    block_subject,
    notice_subject,
)
from models.upload import Upload, UploadPurpose
from models.vault import Shredded, Vault
from resolvers.context import Context
from resolvers.idempotency import check_idempotency_key
from resolvers.keyset import rows_page
from resolvers.limit import Limit
from resolvers.page import Page, Window

NAME_RULE = "protected.name"
LONGEST_NAME, LONGEST_CONTACT, LONGEST_WORDS = 100, 200, 2000
_NAMED = Limit("protected-name", 20, 24 * 3600)
"""Refusals of a day, or prompts could be used to ask who is on the list."""
_NOTICES = Limit("notice", 5, 24 * 3600)
_names = ProtectedNames()


class NoticeWords(msgspec.Struct, frozen=True):
    """What a notice says: whom it is about, how to answer, and why."""

    name: str
    contact: str
    words: str


@dataclass(frozen=True)
class Filing:
    """A notice as it is sent. ``upload_id`` is a photo that shows the person alone, sent with purpose NOTICE."""

    said: NoticeWords
    upload_id: UUID | None
    idempotency_key: str


@dataclass(frozen=True)
class OpenNotice:
    """A notice as a moderator reads it; ``said`` is None once it is decided, for then nothing of it is left."""

    row: Notice
    said: NoticeWords | None


@dataclass(frozen=True)
class OpenEntry:
    """A block entry as a moderator reads it."""

    id: UUID
    name: str
    has_face: bool
    filed_at: datetime


async def file_notice(context: Context, filing: Filing) -> Notice:
    """Take a notice in; nobody need be signed in. The same key and body give the same notice again.

    Raises `Invalid`, `NotFound` (upload), `IdempotencyConflict`, `RateLimited`.
    """
    check_idempotency_key(filing.idempotency_key)
    said = _checked(filing.said)
    asked = f"{context.client}\0{filing.idempotency_key}".encode()
    notice_id = UUID(bytes=context.stores.keys.cursor.mac(b"notice\0" + asked)[:16], version=4)
    if (known := await Notice.get_or_none(id=notice_id)) is not None:
        return await _same(context.stores.vault, known, said)
    await _NOTICES.spend(context.stores.redis, context.client)
    if filing.upload_id is not None:
        await _check_photo(filing.upload_id)
    sealed = await asyncio.to_thread(_seal_notice, context.stores.vault, notice_id, said)
    state = NoticeState.OPEN if filing.upload_id is None else NoticeState.EXAMINING
    try:
        notice = await Notice.create(id=notice_id, sealed=sealed, upload_id=filing.upload_id, state=state)
    except IntegrityError:
        return await _same(context.stores.vault, await Notice.get(id=notice_id), said)
    await context.stores.doorbell.ring_purge()
    return notice


async def notices(context: Context, window: Window) -> Page[OpenNotice]:
    """Notices, newest first, for moderators. Raises `Denied`."""
    _ = context.moderator
    statement = "SELECT n.id, n.created_at AS moment FROM notice n"
    page = await rows_page(context, "notices", statement, [], window)
    found = {row.id: row for row in await Notice.filter(id__in=[row["id"] for row in page.rows])}
    opened = {key: await _opened(context.stores.vault, row) for key, row in found.items()}
    return page.map(lambda row: opened[row["id"]])


async def resolve_notice(context: Context, notice_id: UUID, *, file: bool) -> OpenNotice:
    """File a block entry from a notice, or refuse it; either way what the notice said is destroyed.

    Raises `Denied`, `NotFound`, `Conflict` (decided before, or its photo is still looked at).
    """
    moderator, vault = context.moderator, context.stores.vault
    async with in_transaction() as connection:
        row = await Notice.filter(id=notice_id).select_for_update().using_db(connection).first()
        if row is None:
            raise NotFound("There is no such notice.", field="noticeId")
        if row.state is not NoticeState.OPEN:
            raise Conflict("This notice is decided already, or its photo is still being looked at.", field="noticeId")
        entry_id = None
        if file:
            entry_id = new_id()
            sealed_name, sealed_face = await asyncio.to_thread(_carry_over, vault, row, entry_id)
            await BlockEntry.create(
                using_db=connection, id=entry_id, name=sealed_name, face=sealed_face, filed_by_id=moderator.id,
                notice_id=row.id,
            )  # fmt: skip
        await connection.execute_query(
            """
            UPDATE notice SET state = $2, sealed = NULL, face = NULL, decided_by_id = $3, decided_at = yume_now()
            WHERE id = $1
            """,
            [row.id, (NoticeState.FILED if file else NoticeState.REFUSED).value, moderator.id],
        )
        await enqueue_shred(connection, [notice_subject(row.id)])
        facts = {"notice": row.id, "by": moderator.id, "entry": entry_id, "face": row.face is not None}
        await append(connection, SERVER, "NOTICE_FILED" if file else "NOTICE_REFUSED", facts)
    await context.stores.doorbell.ring_purge()
    return OpenNotice(await Notice.get(id=notice_id), None)


async def block_entries(context: Context, window: Window) -> Page[OpenEntry]:
    """Entries in force, newest first, for moderators. Raises `Denied`."""
    _ = context.moderator
    statement = "SELECT e.id, e.created_at AS moment FROM block_entry e WHERE e.lifted_at IS NULL"
    page = await rows_page(context, "block-entries", statement, [], window)
    found = {row.id: row for row in await BlockEntry.filter(id__in=[row["id"] for row in page.rows])}
    names = {key: await asyncio.to_thread(_name_of, context.stores.vault, row) for key, row in found.items()}

    def entry(row_id: UUID) -> OpenEntry:
        row = found[row_id]
        return OpenEntry(row.id, names[row_id], row.face is not None, row.created_at)

    return page.map(lambda row: entry(row["id"]))


async def lift_block_entry(context: Context, entry_id: UUID) -> None:
    """Take a block entry back and destroy it. Raises `Denied`, `NotFound`."""
    moderator = context.moderator
    async with in_transaction() as connection:
        rows = await connection.execute_query_dict(
            """
            UPDATE block_entry SET lifted_at = yume_now(), name = NULL, face = NULL
            WHERE id = $1 AND lifted_at IS NULL RETURNING id
            """,
            [entry_id],
        )
        if not rows:
            raise NotFound("There is no such entry.", field="entryId")
        await enqueue_shred(connection, [block_subject(entry_id)])
        await append(connection, SERVER, "BLOCK_ENTRY_LIFTED", {"entry": entry_id, "by": moderator.id})
    await context.stores.doorbell.ring_purge()


async def check_names(context: Context, *texts: str, field: str = "prompt") -> None:
    """Raise `Blocked` when a text names somebody who asked not to be shown here, however it is spelt.

    Raises `RateLimited` after many such refusals.
    """
    names = await _names.load(connections.get("default"), context.stores.vault)
    for text in texts:
        for mention in await in_pool(names.mentions, text):
            if mention.certainty is Certainty.FULL:
                await _NAMED.spend(context.stores.redis, str(context.member.id))
                raise Blocked(
                    "This names a person who asked not to be shown here. Leave the name out.",
                    rule=NAME_RULE,
                    excerpt=mention.excerpt,
                    appealable=True,
                    field=field,
                )


def _checked(said: NoticeWords) -> NoticeWords:
    for field, text, most in (
        ("name", said.name, LONGEST_NAME),
        ("contact", said.contact, LONGEST_CONTACT),
        ("words", said.words, LONGEST_WORDS),
    ):
        if not text.strip() or len(text) > most or "\0" in text:
            raise Invalid(f"This needs 1 to {most} characters, and no NUL.", field=field)
    return NoticeWords(said.name.strip(), said.contact.strip(), said.words.strip())


async def _check_photo(upload_id: UUID) -> None:
    found = Upload.filter(id=upload_id, purpose=UploadPurpose.NOTICE, received_at__isnull=False)
    used = await Notice.filter(upload_id=upload_id).exists()
    if used or not await found.filter(key__isnull=False).exists():
        raise NotFound("There is no such photo. Send it to its ticket first.", field="uploadId")


async def _same(vault: Vault, known: Notice, said: NoticeWords) -> Notice:
    opened = await _opened(vault, known)
    if opened.said is not None and opened.said != said:
        raise IdempotencyConflict("This idempotency key was used for another notice.", field="idempotencyKey")
    return known


async def _opened(vault: Vault, row: Notice) -> OpenNotice:
    return OpenNotice(row, await asyncio.to_thread(_said, vault, row))


def _said(vault: Vault, row: Notice) -> NoticeWords | None:
    if row.sealed is None:
        return None
    try:
        raw = vault.open(notice_subject(row.id), row.sealed, label=NOTICE_LABEL)
    except Shredded:
        return None
    return msgspec.json.decode(raw, type=NoticeWords)


def _seal_notice(vault: Vault, notice_id: UUID, said: NoticeWords) -> bytes:
    vault.create(notice_subject(notice_id))
    return vault.seal(notice_subject(notice_id), msgspec.json.encode(said), label=NOTICE_LABEL)


def _carry_over(vault: Vault, row: Notice, entry_id: UUID) -> tuple[bytes, bytes | None]:
    """Name and face sealed anew, under the entry's own key."""
    said = _said(vault, row)
    if said is None:
        raise Conflict("What this notice said is gone.", field="noticeId")
    subject = block_subject(entry_id)
    vault.create(subject)
    face = None
    if row.face is not None:
        opened = vault.open(notice_subject(row.id), row.face, label=FACE_LABEL)
        face = vault.seal(subject, opened, label=FACE_LABEL)
    return vault.seal(subject, said.name.encode(), label=NAME_LABEL), face


def _name_of(vault: Vault, row: BlockEntry) -> str:
    if row.name is None:
        return ""
    try:
        return vault.open(block_subject(row.id), row.name, label=NAME_LABEL).decode()
    except Shredded:
        return ""
