"""Grants: ask for a cameo, answer, permit somebody, end a permission."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import msgspec
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.text.restrictions import Restrictions
from engine.text.restrictions import narrower as forbids_more
from jobs.consent.change import Effects, revoke_grants, stop_jobs
from models.account import Account
from models.audit import append, chain_of
from models.cameo import Cameo, Scope
from models.consent.epochs import raise_for
from models.consent.locks import lock_account, lock_for_use
from models.errors import Conflict, IdempotencyConflict, Invalid, NotFound
from models.grant import Audience, Grant, GrantState, RevokeMode
from models.notification import NotificationKind, notify
from models.rules.account import blocks
from models.rules.grant import askable
from resolvers.cameo import hydrate, no_such_cameo
from resolvers.cameo_access import access_in_force, check_may_share, lock_own_cameo, recheck_drafts, store_terms
from resolvers.context import Context
from resolvers.follow import check_not_blocked, no_such_member
from resolvers.idempotency import check_idempotency_key
from resolvers.keyset import rows_page
from resolvers.limit import Limit
from resolvers.page import Page, Window
from resolvers.step_up import require_step_up
from resolvers.terms import Terms, check_times, narrows, not_understood, read_terms, widens

LONGEST_NOTE = 300

_REQUESTS = Limit("cameo-request", 30, 3600)
_REQUESTS_FOR_ONE = Limit("cameo-request-one", 3, 86_400)


@dataclass(frozen=True)
class Given:
    """A permission, and the owner's words in it that could not be made into rules."""

    grant: Grant
    not_understood: list[str]


async def ask(context: Context, cameo_id: UUID, *, scopes: Scope, note: str, idempotency_key: str) -> Grant:
    """Ask a cameo's owner for permission: a PENDING grant. The same key and body give the same request again.

    Raises `NotFound` (hidden, or the owner blocks the viewer: no difference shows), `Conflict` (own cameo, an
    unanswered request), `Invalid` (scopes, note), `IdempotencyConflict`, `RateLimited`.
    """
    member = context.member
    _check_words(scopes, note)
    key, body = _idempotent(member.id, idempotency_key, [cameo_id, int(scopes), note])
    async with in_transaction() as connection:
        await lock_account(connection, member.id)
        known = await Grant.get_or_none(subject_id=member.id, idempotency_key=key, using_db=connection)
        if known is not None:
            return _same(known, body)
        await _REQUESTS.spend(context.stores.redis, str(member.id))
        await _REQUESTS_FOR_ONE.spend(context.stores.redis, f"{member.id}:{cameo_id}")
        await lock_for_use(connection, [cameo_id])
        cameo = await _askable(connection, cameo_id, member.id)
        pending = Grant.filter(cameo_id=cameo_id, subject_id=member.id, state=GrantState.PENDING)
        if await pending.using_db(connection).exists():
            raise Conflict("You have asked already. Wait for an answer.", field="cameoId")
        grant = await store_terms(
            connection, cameo_id, Terms(scopes=scopes), supersedes=None, subject_id=member.id, note=note.strip(),
            state=GrantState.PENDING, idempotency_key=key, request_hash=body,
        )  # fmt: skip
        await notify(
            connection, cameo.owner_id, NotificationKind.CAMEO_REQUESTED,
            actor=member.id, cameo=cameo_id, grant=grant.id,
        )  # fmt: skip
        await append(
            connection, chain_of(cameo_id), "CAMEO_REQUESTED",
            {"by": member.id, "grant": grant.id, "scopes": int(scopes)},
        )  # fmt: skip
    return grant


async def answer(context: Context, request_id: UUID, terms: Terms | None) -> Given:
    """Accept a request under ``terms`` (scopes NO_SCOPES: those that were asked for), or decline it (None).

    Raises `NotFound` (no request for a cameo of the viewer's), `Conflict` (answered before; the cameo is only for its
    owner; the subject is blocked), `Invalid`, and when accepting `StepUpRequired`.
    """
    found = await _own_grant(context, request_id, "requestId")
    wanted = None if terms is None else await read_terms(terms)
    effects = Effects()
    async with in_transaction() as connection:
        cameo = await lock_own_cameo(connection, context, found.cameo_id)
        request = await Grant.get(id=request_id, using_db=connection)
        if request.state is not GrantState.PENDING or request.subject_id is None:
            raise Conflict("This request was answered before, or taken back.", field="requestId")
        if wanted is None:
            await revoke_grants(connection, cameo.id, [request.id], RevokeMode.STOP_FUTURE)
            grant, kind, facts = request, "REQUEST_DECLINED", {"grant": request.id}
        else:
            wanted = wanted if wanted.scopes else replace(wanted, scopes=Scope(request.scopes))
            grant, effects, facts = await _give(connection, context, cameo, request.subject_id, wanted)
            kind = "REQUEST_ACCEPTED"
        await notify(
            connection, request.subject_id, NotificationKind.CAMEO_REQUEST_ANSWERED,
            actor=context.member.id, cameo=cameo.id, grant=grant.id,
        )  # fmt: skip
        await append(connection, chain_of(cameo.id), kind, facts | {"request": request.id, "by": context.member.id})
        await grant.refresh_from_db(using_db=connection)
    await effects.follow_up(context.stores.doorbell)
    return Given(grant, [] if wanted is None else await not_understood(wanted.restrictions))


async def permit(context: Context, cameo_id: UUID, subject_id: UUID, terms: Terms, *, idempotency_key: str) -> Given:
    """Permit one account, in place of whatever it was permitted by name before. The same key gives the same again.

    Raises `NotFound` (cameo, subject), `Conflict` (no capture; only for its owner; blocked), `Invalid`,
    `IdempotencyConflict`, and `StepUpRequired` unless it only narrows.
    """
    member = context.member
    if not terms.scopes:
        raise Invalid("Choose at least one scope.", field="scopes")
    body = [cameo_id, subject_id, int(terms.scopes), terms.restrictions.as_dict(), terms.not_before]
    key, digest = _idempotent(member.id, idempotency_key, [*body, terms.expires_at, terms.on_expiry])
    wanted = await read_terms(terms)
    async with in_transaction() as connection:
        cameo = await lock_own_cameo(connection, context, cameo_id)
        known = await Grant.get_or_none(cameo_id=cameo_id, idempotency_key=key, using_db=connection)
        if known is not None:
            return Given(_same(known, digest), await not_understood(wanted.restrictions))
        grant, effects, facts = await _give(
            connection, context, cameo, subject_id, wanted, idempotency_key=key, request_hash=digest
        )
        await notify(
            connection, subject_id, NotificationKind.GRANT_CHANGED, actor=member.id, cameo=cameo.id, grant=grant.id
        )
        await append(connection, chain_of(cameo.id), "GRANT_GIVEN", facts | {"by": member.id})
    await effects.follow_up(context.stores.doorbell)
    return Given(grant, await not_understood(wanted.restrictions))


async def revoke(context: Context, grant_id: UUID, mode: RevokeMode) -> tuple[Grant, Effects]:
    """End a permission that names somebody, or the one that replaced it. WITHDRAW also takes out what it allowed.

    A permission that has ended before can still be withdrawn. Raises `NotFound`, `Conflict` (the cameo's own access).
    """
    found = await _own_grant(context, grant_id, "grantId")
    if found.subject_id is None:
        raise Conflict("This is the cameo's own access: change it with `setCameoAccess`.", field="grantId")
    async with in_transaction() as connection:
        cameo = await lock_own_cameo(connection, context, found.cameo_id)
        last = await _last_of_line(connection, grant_id)
        before = await Grant.get(id=last, using_db=connection)
        effects = await revoke_grants(connection, cameo.id, [last], mode)
        grant = await Grant.get(id=last, using_db=connection)
        if before.state is not grant.state or effects.withdrawals:
            await notify(
                connection, found.subject_id, NotificationKind.GRANT_CHANGED,
                actor=context.member.id, cameo=cameo.id, grant=last,
            )  # fmt: skip
            facts = {"by": context.member.id, "grant": last, "mode": mode, "jobs": len(effects.jobs)}
            facts |= {"withdrawals": effects.withdrawal_ids, "videos": effects.videos}
            await append(connection, chain_of(cameo.id), "GRANT_REVOKED", facts)
    await effects.follow_up(context.stores.doorbell)
    return grant, effects


async def requests(context: Context, window: Window) -> Page[Grant]:
    """Unanswered requests for the viewer's cameos, newest first."""
    member = context.member.id
    statement = """
        SELECT g.id, g.created_at AS moment FROM cameo_grant g JOIN cameo c ON c.id = g.cameo_id
        WHERE c.owner_id = $1 AND g.state = 'PENDING'
    """
    return await hydrate(Grant, await rows_page(context, f"requests:{member}", statement, [member], window))


def _check_words(scopes: Scope, note: str) -> None:
    if not scopes:
        raise Invalid("Choose at least one scope to ask for.", field="scopes")
    if len(note) > LONGEST_NOTE or "\0" in note:
        raise Invalid(f"A note has at most {LONGEST_NOTE} characters, and no NUL.", field="note")


def _idempotent(member_id: UUID, key: str, body: list[Any]) -> tuple[str, str]:
    """How a key is stored (one member's keys never meet another's) and the SHA-256 of the request's body."""
    check_idempotency_key(key)
    digest = hashlib.sha256(msgspec.json.encode(body)).hexdigest()
    return hashlib.sha256(f"{member_id}:{key}".encode()).hexdigest(), digest


def _same(known: Grant, digest: str) -> Grant:
    if known.request_hash != digest:
        raise IdempotencyConflict(
            "This idempotency key was used for another request. Use a new key.", field="idempotencyKey"
        )
    return known


async def _askable(connection: BaseDBAsyncClient, cameo_id: UUID, account_id: UUID) -> Cameo:
    rows = await connection.execute_query_dict(
        f"SELECT {askable('$2::uuid')} AS askable FROM cameo c WHERE c.id = $1",  # noqa: S608 - a rule
        [cameo_id, account_id],
    )
    if not rows or not rows[0]["askable"]:
        raise no_such_cameo()
    cameo = await Cameo.get(id=cameo_id, using_db=connection)
    if cameo.owner_id == account_id:
        raise Conflict("This cameo is yours: you need no permission.", field="cameoId")
    return cameo


async def _own_grant(context: Context, grant_id: UUID, field: str) -> Grant:
    found = await Grant.get_or_none(id=grant_id, cameo__owner_id=context.member.id)
    if found is None:
        raise NotFound("There is no such permission for a cameo of yours.", field=field)
    return found


async def _give(
    connection: BaseDBAsyncClient, context: Context, cameo: Cameo, subject_id: UUID, new: Terms, **more: Any
) -> tuple[Grant, Effects, dict[str, Any]]:
    """A new grant that replaces what names the subject now; its effects, and what the audit log says of it."""
    await _check_subject(connection, cameo, subject_id)
    if (await access_in_force(connection, cameo)).audience == Audience.ONLY_ME:
        raise Conflict("This cameo is only for you: choose “people I approve” first.", field="cameoId")
    await check_times(connection, new)
    rows = Grant.filter(cameo_id=cameo.id, subject_id=subject_id).using_db(connection)
    old = await rows.filter(state=GrantState.ACTIVE).order_by("-id").first()
    if old is None or widens(Terms.of(old), new):
        # Nothing new for who blocks the owner, nor is that told; what they have is narrowed all the same.
        await check_not_blocked(cameo.owner_id, subject_id, connection, field="subject")
        await check_may_share(connection, cameo)
        await require_step_up(context)
    await connection.execute_query(
        """
        UPDATE cameo_grant SET state = 'SUPERSEDED', ended_at = yume_now()
        WHERE cameo_id = $1 AND subject_id = $2 AND state IN ('ACTIVE', 'PENDING')
        """,
        [cameo.id, subject_id],
    )
    grant = await store_terms(
        connection, cameo.id, new, supersedes=None if old is None else old.id, subject_id=subject_id, **more
    )
    effects = Effects()
    # Restrictions add up over all grants that apply: a first one by name may forbid what an audience was allowed.
    tighter = bool(new.restrictions) if old is None else narrows(Terms.of(old), new)
    if tighter:
        await raise_for(connection, [cameo.id], subject_id)
        effects.jobs = await stop_jobs(connection, [cameo.id], subject_id)
    if forbids_more(Restrictions() if old is None else Terms.of(old).restrictions, new.restrictions):
        effects.add(await recheck_drafts(connection, cameo.id))
    facts = {"grant": grant.id, "subject": subject_id, "scopes": int(new.scopes), "narrowed": tighter}
    return grant, effects, facts | {"jobs": len(effects.jobs), "withdrawals": effects.withdrawal_ids}


async def _check_subject(connection: BaseDBAsyncClient, cameo: Cameo, subject_id: UUID) -> None:
    if subject_id == cameo.owner_id:
        raise Invalid("You need no permission for your own cameo.", field="subject")
    standing = Account.filter(id=subject_id, suspended_at__isnull=True, deleted_at__isnull=True)
    if not await standing.using_db(connection).exists():
        raise no_such_member("subject")
    [row] = await connection.execute_query_dict(
        f"SELECT {blocks('$1::uuid', '$2::uuid')} AS blocked",
        [cameo.owner_id, subject_id],
    )
    if row["blocked"]:
        raise Conflict("You block this member. Unblock them first.", field="subject")


async def _last_of_line(connection: BaseDBAsyncClient, grant_id: UUID) -> UUID:
    """The grant that replaced this one, and so on to the last; itself when none did."""
    [row] = await connection.execute_query_dict(
        """
        WITH RECURSIVE line AS (
            SELECT $1::uuid AS id, 0 AS step
            UNION ALL SELECT g.id, line.step + 1 FROM cameo_grant g JOIN line ON g.supersedes_id = line.id
        )
        SELECT id FROM line ORDER BY step DESC LIMIT 1
        """,
        [grant_id],
    )
    return row["id"]
