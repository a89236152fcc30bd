"""Captures: start one with a challenge, hand the recording in, read how it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.capture.spec import CameoKind as EngineKind
from engine.capture.spec import Challenge, Language, Need, make_challenge
from jobs.capture.end import end_captures, end_open_captures
from models.account import Account
from models.audit import Transition, append_all, chain_of
from models.base import new_id
from models.cameo import Cameo, CameoKind
from models.capture import CHALLENGE_SECONDS, OVER, Capture, CaptureState
from models.consent.locks import lock_account, lock_for_change
from models.errors import Conflict, Denied, IdempotencyConflict, Invalid, NotFound
from models.policy import policy_in_force
from models.upload import Ticket, Upload, UploadPurpose, capture_nonce, capture_token, hash_of, issue
from resolvers.cameo_handle import cameo_to_capture
from resolvers.consent_text import VERSION, consent_text
from resolvers.context import Context, Stores
from resolvers.idempotency import check_idempotency_key
from resolvers.limit import Limit

_STARTS = Limit("capture-start", 12, 3600)

_NOT_OPEN = "This capture has ended. Start another one."


@dataclass(frozen=True)
class CaptureWish:
    """What a member asks for, as the API spells it."""

    kind: CameoKind
    cameo_id: UUID | None
    handle: str | None
    accessible: bool
    accessible_for: tuple[Need, ...]
    language: Language
    consent_version: int
    retire_old: bool
    idempotency_key: str

    def digest(self) -> str:
        """SHA-256 of the request's body: the same key with another body is a mistake worth naming."""
        return hashlib.sha256(msgspec.json.encode(asdict(self), order="sorted")).hexdigest()


async def start_capture(context: Context, wish: CaptureWish) -> Capture:
    """Open a capture: a random challenge with a single-use nonce, and a ticket for one recording.

    The same idempotency key and body give the same capture again. Raises `Invalid` (consentVersion, handle, kind,
    idempotencyKey), `NotFound` (cameoId), `Conflict` (the handle is taken, there is a cameo already, a recording is
    still being checked), `Denied` (age), `IdempotencyConflict`, `RateLimited`.
    """
    member = context.member
    check_idempotency_key(wish.idempotency_key)
    if wish.consent_version != VERSION:
        raise Invalid(
            f"Read the consent text in force (version {VERSION}, `biometricConsent`) and agree to it.",
            field="consentVersion",
        )
    await _STARTS.spend(context.stores.redis, str(member.id))
    async with in_transaction() as connection:
        await lock_account(connection, member.id)
        known = await _known(connection, member.id, wish)
        if known is not None:
            return known
        await _check_age(connection, member, wish.kind)
        cameo = await cameo_to_capture(connection, member, wish.kind, wish.cameo_id, wish.handle)
        await lock_for_change(connection, [cameo.id])
        await _check_free(connection, cameo.id)
        entries = await end_open_captures(connection, cameo.id)
        capture_id = await _open(connection, context.stores, member, cameo, wish)
        digest = consent_text(wish.language).digest
        facts = {"capture": capture_id, "consent_version": VERSION, "consent_hash": digest, "kind": wish.kind}
        await append_all(connection, [*entries, Transition(chain_of(cameo.id), "CAPTURE_STARTED", facts)])
    return await own_capture(context, capture_id)


async def finish_capture(context: Context, capture_id: UUID, nonce: str) -> Capture:
    """Hand in the recording that was sent; its checks follow on the `capture` subscription.

    Safe to repeat. Raises `NotFound`, `Invalid` (the nonce is not this challenge's), `Conflict` (nothing was sent, the
    challenge is over, the capture has ended).
    """
    member = context.member
    async with in_transaction() as connection:
        rows = await connection.execute_query_dict(
            f"""
            SELECT state, nonce_hash, cameo_id, upload_id, tries, {OVER} AS over,
                EXISTS (SELECT 1 FROM upload u WHERE u.id = upload_id AND u.received_at IS NOT NULL) AS received
            FROM capture WHERE id = $1 AND account_id = $2 FOR UPDATE
            """,  # noqa: S608 - constant
            [capture_id, member.id],
        )
        if not rows:
            raise no_such_capture()
        [row] = rows
        ours = row["nonce_hash"] == hash_of(nonce)
        refusal = None
        if row["state"] == CaptureState.CHALLENGED and row["over"]:
            await append_all(connection, await end_captures(connection, [capture_id], CaptureState.EXPIRED))
            refusal = Conflict("The time for this challenge is over. Start another capture.", field="captureId")
        elif row["state"] == CaptureState.CHALLENGED and not ours:
            refusal = Invalid("This nonce does not belong to the present challenge.", field="nonce")
        elif row["state"] == CaptureState.CHALLENGED and not row["received"]:
            refusal = Conflict("Send the recording to the capture's upload address first.", field="captureId")
        elif row["state"] == CaptureState.CHALLENGED:
            await _hand_in(connection, capture_id, row["cameo_id"], row["upload_id"], row["tries"] + 1)
        elif not ours:
            refusal = Conflict(_NOT_OPEN, field="captureId")
    # Raised after the commit: that time was over is written all the same.
    if refusal is not None:
        raise refusal
    await context.stores.doorbell.ring_captures()
    return await own_capture(context, capture_id)


async def cancel_capture(context: Context, capture_id: UUID) -> Capture:
    """Take back the consent to a capture that has not ended: everything of it is destroyed. Twice is success.

    Also while a moderator has not decided. Raises `NotFound`, `Conflict` (it was accepted: then the cameo is erased).
    """
    async with in_transaction() as connection:
        row = (
            await Capture.select_for_update()
            .using_db(connection)
            .get_or_none(id=capture_id, account_id=context.member.id)
        )
        if row is None:
            raise no_such_capture()
        if row.state == CaptureState.ACCEPTED:
            raise Conflict("This capture was accepted. Erase the cameo to destroy what it left.", field="captureId")
        await append_all(connection, await end_captures(connection, [capture_id], CaptureState.EXPIRED))
    await context.stores.doorbell.ring_purge()
    return await own_capture(context, capture_id)


async def own_capture(context: Context, capture_id: UUID) -> Capture:
    """A capture of the viewer's as it stands now. Raises `NotFound` for anybody else's."""
    found = await _as_it_stands([capture_id], context.member.id)
    if not found:
        raise no_such_capture()
    return found[0]


async def captures_of(context: Context, cameo: Cameo) -> list[Capture]:
    """The newest captures of a cameo of the viewer's, at most 50. Nobody else is told of any."""
    if context.viewer is None or context.viewer.id != cameo.owner_id:
        return []
    newest = await Capture.filter(cameo_id=cameo.id).order_by("-id").limit(50).only("id")
    return await _as_it_stands([row.id for row in newest], cameo.owner_id)


def no_such_capture() -> NotFound:
    """What is said of a capture that is not there, or not the viewer's."""
    return NotFound("There is no such capture.", field="captureId")


def challenge_of(row: Capture) -> Challenge:
    """What its owner is asked to record."""
    return msgspec.convert(row.challenge, Challenge)


def nonce_of(stores: Stores, row: Capture) -> str:
    """The nonce of the present challenge, for its owner."""
    return capture_nonce(stores.keys, row.id, row.tries)


async def ticket_of(context: Context, row: Capture) -> Ticket:
    """The ticket for the present challenge's recording, for its owner. Raises `NotFound` when it is gone."""
    token = capture_token(context.stores.keys, row.id, row.tries)
    upload = await Upload.get_or_none(token_hash=hash_of(token), account_id=context.member.id)
    if upload is None:
        raise NotFound("The upload address of this capture is gone. Start another capture.", field="captureId")
    return Ticket(upload.id, upload.purpose, token, upload.max_bytes, upload.expires_at)


async def _as_it_stands(ids: Sequence[UUID], account_id: UUID) -> list[Capture]:
    """Rows in order. One whose time ran out reads EXPIRED, though nobody has written it yet."""
    rows = await connections.get("default").execute_query_dict(
        f"SELECT id, {OVER} AS over FROM capture WHERE id = ANY ($1::uuid[]) AND account_id = $2",  # noqa: S608 - constant
        [list(ids), account_id],
    )
    over = {row["id"]: row["over"] for row in rows}
    found = {row.id: row for row in await Capture.filter(id__in=list(over))}
    for row in found.values():
        if over[row.id] and row.state == CaptureState.CHALLENGED:
            row.state = CaptureState.EXPIRED
    return [found[key] for key in ids if key in found]


async def _known(connection: BaseDBAsyncClient, account_id: UUID, wish: CaptureWish) -> Capture | None:
    known = await Capture.get_or_none(account_id=account_id, idempotency_key=wish.idempotency_key, using_db=connection)
    if known is not None and known.request_hash != wish.digest():
        raise IdempotencyConflict(
            "This idempotency key was used for another request. Use a new key for a new capture.",
            field="idempotencyKey",
        )
    return known


async def _check_age(connection: BaseDBAsyncClient, member: Account, kind: CameoKind) -> None:
    least: int = (await policy_in_force(connection))["cameo_minimum_age"]
    if kind is CameoKind.PERSON and member.birth_date is not None and _age(member.birth_date) < least:
        raise Denied(f"Members of this server lend their own face and voice from {least} years on.")


def _age(birth_date: date) -> int:
    today = datetime.now(UTC).date()
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


async def _check_free(connection: BaseDBAsyncClient, cameo_id: UUID) -> None:
    """What was read before the lock may have changed: the handle of an unused cameo goes to whoever records first."""
    cameo = await Cameo.get(id=cameo_id, using_db=connection)
    if cameo.handle is None:
        raise Conflict("Somebody else took this handle. Choose another one.", field="handle")
    if await Capture.filter(cameo_id=cameo_id, state=CaptureState.CHECKING).using_db(connection).exists():
        raise Conflict("A recording of this cameo is still being checked. Wait for its result.", field="cameoId")


async def _open(
    connection: BaseDBAsyncClient, stores: Stores, member: Account, cameo: Cameo, wish: CaptureWish
) -> UUID:
    capture_id = new_id()
    challenge = make_challenge(
        EngineKind(wish.kind.value), wish.language, accessible=wish.accessible, accessible_for=wish.accessible_for
    )
    token = capture_token(stores.keys, capture_id, 0)
    ticket = await issue(connection, UploadPurpose.CAPTURE, member.id, token, seconds=CHALLENGE_SECONDS)
    await connection.execute_query(
        """
        INSERT INTO capture (id, created_at, account_id, cameo_id, kind, state, challenge, nonce_hash, upload_id,
            checks, expires_at, consent_version, consent_hash, retire_old, idempotency_key, request_hash)
        VALUES ($1, yume_now(), $2, $3, $4, 'CHALLENGED', $5::jsonb, $6, $7, '[]', $8, $9, $10, $11, $12, $13)
        """,
        [
            capture_id, member.id, cameo.id, wish.kind.value, msgspec.json.encode(challenge).decode(),
            hash_of(capture_nonce(stores.keys, capture_id, 0)), ticket.id, ticket.expires_at, VERSION,
            consent_text(wish.language).digest, wish.retire_old, wish.idempotency_key, wish.digest(),
        ],
    )  # fmt: skip
    return capture_id


async def _hand_in(
    connection: BaseDBAsyncClient, capture_id: UUID, cameo_id: UUID, upload_id: UUID, recording: int
) -> None:
    await connection.execute_query(
        "UPDATE capture SET state = 'CHECKING', heartbeat_at = NULL, attempt = 0 WHERE id = $1", [capture_id]
    )
    await connection.execute_query("UPDATE upload SET consumed_at = yume_now() WHERE id = $1", [upload_id])
    facts = {"capture": capture_id, "recording": recording}
    await append_all(connection, [Transition(chain_of(cameo_id), "CAPTURE_SENT", facts)])
