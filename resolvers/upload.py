"""Uploads: tickets for single files, and taking such a file in, sealed while it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from enum import Enum
from uuid import UUID

from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.failures import STORE_AWAY
from models.errors import IdempotencyConflict, Invalid
from models.sealed_media import Kept, SealedMedia
from models.upload import (
    Ticket,
    Upload,
    UploadPurpose,
    derived_token,
    hash_of,
    issue,
    upload_folder,
    upload_subject,
)
from models.vault import Shredded
from resolvers.context import Context
from resolvers.idempotency import check_idempotency_key
from resolvers.limit import Limit

TICKET_SECONDS = 15 * 60
SENDING_SECONDS = 300.0
"""How long a file may take to arrive."""
OPEN_TO_ALL = frozenset({UploadPurpose.VERIFY, UploadPurpose.NOTICE})
"""What a ticket may be had for without an account."""

_TICKETS = Limit("upload-ticket", 60, 3600)
_TICKETS_OF_STRANGERS = Limit("upload-ticket-stranger", 20, 3600)
_SENT = Limit("upload-sent", 120, 3600)


class Reason(Enum):
    """Why a file was not taken: the HTTP status, the API's error code, and words for people."""

    UNKNOWN = (404, "NOT_FOUND", "There is no such upload address. Ask the API for one.")
    SIGN_IN = (401, "UNAUTHENTICATED", "Sign in to use this upload address: it belongs to an account.")
    FOREIGN = (403, "DENIED", "This upload address belongs to somebody else. Ask the API for one of your own.")
    EXPIRED = (410, "CONFLICT", "This upload address is over. Ask the API for a new one.")
    USED = (409, "CONFLICT", "A file was already sent to this upload address. Ask the API for a new one.")
    TOO_LARGE = (413, "INVALID", "The file is too large.")
    EMPTY = (400, "INVALID", "The file is empty. Send its bytes as the body of the request.")
    INCOMPLETE = (400, "INVALID", "The file did not arrive whole. Send it again.")
    SLOW = (408, "INVALID", "Sending the file took too long. Send it again.")


class UploadRefused(Exception):
    """A file was not taken, and nothing of it was kept."""

    def __init__(self, reason: Reason, message: str | None = None) -> None:
        self.status, self.code, words = reason.value
        self.reason, self.message = reason, message or words
        super().__init__(self.message)


async def create_upload(context: Context, purpose: UploadPurpose, idempotency_key: str) -> Ticket:
    """A ticket for one file. The same key gives the same ticket again.

    Raises `Unauthenticated`, `Invalid`, `IdempotencyConflict`, `RateLimited`.
    """
    if purpose is UploadPurpose.CAPTURE:
        raise Invalid("`startCapture` gives the ticket for a capture.", field="purpose")
    viewer = context.viewer if purpose in OPEN_TO_ALL else context.member
    check_idempotency_key(idempotency_key)
    if viewer is None:
        await _TICKETS_OF_STRANGERS.spend(context.stores.redis, context.client)
    else:
        await _TICKETS.spend(context.stores.redis, str(viewer.id))
    who = f"client {context.client}" if viewer is None else f"account {viewer.id}"
    token = derived_token(context.stores.keys, "ticket", who, idempotency_key)
    async with in_transaction() as connection:
        # Two requests with one key take turns.
        await connection.execute_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [hash_of(token)])
        known = await Upload.get_or_none(token_hash=hash_of(token), using_db=connection)
        if known is None:
            account_id = None if viewer is None else viewer.id
            return await issue(connection, purpose, account_id, token, seconds=TICKET_SECONDS)
        if known.purpose != purpose:
            raise IdempotencyConflict(
                "This idempotency key was used for another kind of upload. Use a new key.", field="idempotencyKey"
            )
        return Ticket(known.id, known.purpose, token, known.max_bytes, known.expires_at)


async def receive(context: Context, token: str, announced: int | None, content: AsyncIterator[bytes]) -> Upload:
    """Take one file in. ``announced`` is its length as the client says it, when it does.

    Raises `UploadRefused`, and `RateLimited`. Whatever goes wrong, nothing of the file stays, and a ticket whose file
    did not arrive whole can be used again while it lasts.
    """
    await _SENT.spend(context.stores.redis, context.client)
    ticket = await _usable(context, token)
    if announced is not None and announced > ticket.max_bytes:
        raise _too_large(ticket.max_bytes)
    if announced == 0:
        raise UploadRefused(Reason.EMPTY)
    await _claim(ticket.id)
    taken = False
    try:
        kept = await _keep(context, ticket, announced, content)
        taken = await _note_received(ticket.id, kept)
    finally:
        if not taken:
            # Also when the client went away and this task is being cancelled.
            await asyncio.shield(_forget(context, ticket.id))
    if not taken:
        raise UploadRefused(Reason.EXPIRED)
    return await Upload.get(id=ticket.id)


async def _usable(context: Context, token: str) -> Upload:
    ticket = await Upload.get_or_none(token_hash=hash_of(token))
    if ticket is None:
        raise UploadRefused(Reason.UNKNOWN)
    if ticket.account_id is not None:
        if context.viewer is None:
            raise UploadRefused(Reason.SIGN_IN)
        if context.viewer.id != ticket.account_id:
            raise UploadRefused(Reason.FOREIGN)
    return ticket


async def _claim(upload_id: UUID) -> None:
    """Take the ticket for this request alone, by Postgres's clock."""
    connection = connections.get("default")
    claimed = await connection.execute_query_dict(
        """
        UPDATE upload SET claimed_at = yume_now()
        WHERE id = $1 AND claimed_at IS NULL AND received_at IS NULL AND expires_at > yume_now() RETURNING id
        """,
        [upload_id],
    )
    if not claimed:
        row = await Upload.get_or_none(id=upload_id)
        used = row is not None and (row.claimed_at is not None or row.received_at is not None)
        raise UploadRefused(Reason.USED if used else Reason.EXPIRED)


async def _keep(context: Context, ticket: Upload, announced: int | None, content: AsyncIterator[bytes]) -> Kept:
    subject = upload_subject(ticket.id)
    sealed = SealedMedia(context.stores.media, context.stores.vault)
    try:
        await asyncio.to_thread(context.stores.vault.create, subject)
        async with asyncio.timeout(SENDING_SECONDS), aclosing(_capped(content, ticket.max_bytes)) as pieces:
            kept = await sealed.keep(subject, upload_folder(ticket.id), pieces)
    except TimeoutError:
        raise UploadRefused(Reason.SLOW) from None
    except Shredded:
        raise UploadRefused(Reason.EXPIRED) from None
    if not kept.bytes:
        raise UploadRefused(Reason.EMPTY)
    if announced is not None and kept.bytes != announced:
        raise UploadRefused(Reason.INCOMPLETE)
    return kept


async def _capped(content: AsyncIterator[bytes], most: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for piece in content:
        size += len(piece)
        if size > most:
            raise _too_large(most)
        yield piece


def _too_large(most: int) -> UploadRefused:
    return UploadRefused(Reason.TOO_LARGE, f"The file is larger than {most >> 20} MB. Send a shorter or smaller one.")


async def _note_received(upload_id: UUID, kept: Kept) -> bool:
    rows = await connections.get("default").execute_query_dict(
        """
        UPDATE upload SET received_at = yume_now(), key = $2, bytes = $3, sha256 = $4
        WHERE id = $1 AND received_at IS NULL AND consumed_at IS NULL RETURNING id
        """,
        [upload_id, upload_folder(upload_id), kept.bytes, kept.sha256],
    )
    return bool(rows)


async def _forget(context: Context, upload_id: UUID) -> None:
    """Delete what arrived and let the ticket be used again; its key is shredded when the ticket is swept."""
    await context.stores.media.delete_under(f"{upload_folder(upload_id)}/")
    try:
        await connections.get("default").execute_query(
            "UPDATE upload SET claimed_at = NULL WHERE id = $1 AND received_at IS NULL", [upload_id]
        )
    except STORE_AWAY:
        # The bytes are gone all the same; the ticket counts as used.
        return
