"""The waiting list: anybody joins and leaves without an account, admins admit. Yume writes to nobody: admins do."""

from __future__ import annotations

import asyncio
import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from jobs.waiting import KEPT, KEPT_DAYS, forget_by_token, forget_surplus
from models.account import Invite
from models.base import new_id
from models.errors import Conflict, IdempotencyConflict, Invalid, NotFound
from models.keys import Keys
from models.policy import policy_in_force
from models.vault import Shredded, Vault
from models.waiting import WAITING_LABEL, WaitingEntry, waiting_subject
from resolvers.context import Context
from resolvers.idempotency import check_idempotency_key
from resolvers.invite import code_digest, spell
from resolvers.limit import Limit
from resolvers.page import Page, Window
from resolvers.region import read_region

LONGEST_CONTACT, LONGEST_NOTE = 200, 500
_JOINS = Limit("waiting-join", 5, 24 * 3600)
_LEAVES = Limit("waiting-leave", 30, 3600)


class Said(msgspec.Struct, frozen=True):
    """What somebody who waits has told: how to reach them, and what they like to add."""

    contact: str
    note: str


@dataclass(frozen=True)
class Waiting:
    """An entry as an admin reads it; ``said`` is None where its key is gone, as after a restore."""

    row: WaitingEntry
    said: Said | None


@dataclass(frozen=True)
class Joined:
    """The token by which this entry is taken back, and until when it is kept."""

    token: str
    kept_until: datetime


@dataclass(frozen=True)
class Admitted:
    """The code of an invite for somebody who waited."""

    code: str
    entry: Waiting


async def join(context: Context, *, contact: str, region: str, note: str, idempotency_key: str) -> Joined:
    """Wait to be admitted; nobody need be signed in. Nothing in the answer tells whether the contact waited before.

    The same key and body, from the same address, give the same token. Raises `Invalid`, `IdempotencyConflict`,
    `Conflict` (closed or full), `RateLimited`.
    """
    check_idempotency_key(idempotency_key)
    said, where = _checked(contact, note), read_region(region)
    keys, vault = context.stores.keys, context.stores.vault
    asked = f"{context.client}\0{idempotency_key}".encode()
    entry_id = UUID(bytes=keys.invite.mac(b"waiting\0" + asked)[:16], version=4)
    token = keys.invite.mac(b"waiting-token\0" + entry_id.bytes)[:16].hex()
    known = await WaitingEntry.get_or_none(id=entry_id)
    if known is None:
        await _JOINS.spend(context.stores.redis, context.client)
        await _check_room()
        entry = WaitingEntry(
            id=entry_id, sealed=await asyncio.to_thread(_seal, vault, entry_id, said), region=where,
            contact_hmac=_contact_mac(keys, said.contact), token_hash=_hash(token),
        )  # fmt: skip
        try:
            async with in_transaction() as connection:
                await entry.save(using_db=connection, force_create=True)
                await forget_surplus(connection, entry.contact_hmac)
        except IntegrityError:
            known = await WaitingEntry.get(id=entry_id)
    if known is not None and (await _opened(vault, known)).said not in (None, said):
        raise IdempotencyConflict("This idempotency key was used for something else.", field="idempotencyKey")
    return Joined(token, await _kept_until(entry_id))


async def leave(context: Context, token: str) -> None:
    """Forget the entry that this token was given for. An unknown token is answered in the same way.

    Raises `RateLimited`.
    """
    await _LEAVES.spend(context.stores.redis, context.client)
    async with in_transaction() as connection:
        await forget_by_token(connection, _hash(token.strip().lower()))
    await context.stores.doorbell.ring_purge()


async def waiting(context: Context, window: Window) -> Page[Waiting]:
    """Who waits, one entry a contact, who has waited longest first; admitted ones until they join. Raises `Denied`."""
    _ = context.admin
    key, name = context.stores.keys.cursor, "waiting"
    place = window.place(key, name)
    after = "" if place is None else "AND (w.created_at, w.id) > ($2::timestamptz, $3::uuid)"
    rows = await connections.get("default").execute_query_dict(
        f"""
        SELECT w.id, w.created_at FROM waiting w WHERE {KEPT} {after} AND NOT EXISTS (
            SELECT 1 FROM waiting o
            WHERE o.contact_hmac = w.contact_hmac AND (o.created_at, o.id) < (w.created_at, w.id)
        ) ORDER BY w.created_at, w.id LIMIT $1::int
        """,  # noqa: S608 - constants
        [window.first + 1, *(place or ())],
    )
    found = {row.id: row for row in await WaitingEntry.filter(id__in=[row["id"] for row in rows])}
    page = window.page(key, name, [row for row in rows if row["id"] in found], _place_of)
    opened = {row["id"]: await _opened(context.stores.vault, found[row["id"]]) for row in page.rows}
    return page.map(lambda row: opened[row["id"]])


async def admit(context: Context, entry_id: UUID, *, idempotency_key: str) -> Admitted:
    """Make an invite for somebody who waits; the admin sends its code. The same key shows the same code again.

    Raises `Denied` (no admin), `NotFound`, `Conflict` (admitted before; the region is not admitted), `Invalid`.
    """
    admin, keys = context.admin, context.stores.keys
    check_idempotency_key(idempotency_key)
    code = spell(keys.invite.mac(b"admitted:" + entry_id.bytes + admin.id.bytes + idempotency_key.encode()))
    async with in_transaction() as connection:
        entry = await _kept(connection, entry_id)
        if entry.admitted_at is None:
            await _check_region(connection, entry)
            invite = await Invite.create(
                using_db=connection, id=new_id(), code_hmac=code_digest(keys, code), created_by_id=admin.id
            )
            await connection.execute_query(
                "UPDATE waiting SET admitted_at = yume_now(), invite_id = $2 WHERE id = $1", [entry_id, invite.id]
            )
            await entry.refresh_from_db(using_db=connection)
        elif not await Invite.filter(id=entry.invite_id, code_hmac=code_digest(keys, code)).exists():
            raise Conflict("They were admitted before. `createInvite` makes another code.", field="entryId")
    return Admitted(code, await _opened(context.stores.vault, entry))


def _checked(contact: str, note: str) -> Said:
    for field, text, least, most in (("contact", contact, 3, LONGEST_CONTACT), ("note", note, 0, LONGEST_NOTE)):
        if not least <= len(text.strip()) <= most or "\0" in text:
            raise Invalid(f"This needs {least} to {most} characters, and no NUL.", field=field)
    return Said(contact.strip(), note.strip())


async def _check_room() -> None:
    places: int = (await policy_in_force())["waiting_list_places"]
    if places == 0:
        raise Conflict("This server has no waiting list at the moment.")
    if await WaitingEntry.all().count() >= places:
        raise Conflict("The waiting list is full. Try again in a few weeks.")


async def _check_region(connection: BaseDBAsyncClient, entry: WaitingEntry) -> None:
    allowed: list[str] = (await policy_in_force(connection))["regions"]
    if entry.region not in allowed:
        raise Conflict(
            f"They could not join: they are in {entry.region}, and the rule `regions` admits {', '.join(allowed)}.",
            field="entryId",
        )


async def _kept(connection: BaseDBAsyncClient, entry_id: UUID) -> WaitingEntry:
    """The entry, locked. Raises `NotFound`."""
    rows = await connection.execute_query_dict(
        f"SELECT w.id FROM waiting w WHERE w.id = $1 AND {KEPT} FOR UPDATE",  # noqa: S608 - constants
        [entry_id],
    )
    if not rows:
        raise NotFound("Nobody waits under this id, or no longer.", field="entryId")
    return await WaitingEntry.get(id=entry_id, using_db=connection)


async def _kept_until(entry_id: UUID) -> datetime:
    rows = await connections.get("default").execute_query_dict(
        f"""
        SELECT coalesce((SELECT w.created_at FROM waiting w WHERE w.id = $1), yume_now()) + {KEPT_DAYS} AS until
        """,  # noqa: S608 - constants
        [entry_id],
    )
    return rows[0]["until"]


def _place_of(row: dict[str, Any]) -> tuple[datetime, UUID]:
    return row["created_at"], row["id"]


def _contact_mac(keys: Keys, contact: str) -> str:
    """One contact in any spelling of it; nothing can be looked up by it without the key."""
    plain = unicodedata.normalize("NFKC", contact).casefold()
    return keys.invite.mac(b"waiting-contact\0" + "".join(plain.split()).encode()).hex()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _seal(vault: Vault, entry_id: UUID, said: Said) -> bytes:
    vault.create(waiting_subject(entry_id))
    return vault.seal(waiting_subject(entry_id), msgspec.json.encode(said), label=WAITING_LABEL)


async def _opened(vault: Vault, row: WaitingEntry) -> Waiting:
    return Waiting(row, await asyncio.to_thread(_said, vault, row))


def _said(vault: Vault, row: WaitingEntry) -> Said | None:
    try:
        return msgspec.json.decode(vault.open(waiting_subject(row.id), row.sealed, label=WAITING_LABEL), type=Said)
    except Shredded:
        return None
