"""Access to a cameo: its owner sets it, pauses it, resumes it, and ends it all at one tap.

Every verb locks the cameo first, then looks; what restricts raises the epoch, ends jobs, and writes one audit entry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.text.restrictions import narrower as forbids_more
from jobs.clip.gate import faults_of
from jobs.consent.change import Effects, decline_approvals, revoke_grants, stop_jobs, withdraw_for
from models.audit import append, chain_of
from models.base import new_id
from models.cameo import NO_SCOPES, Cameo, CameoState
from models.consent.epochs import raise_for_all
from models.consent.locks import lock_for_change
from models.consent.withdraw import Reach
from models.errors import Conflict
from models.grant import Audience, Grant, GrantState, RevokeMode
from models.likeness import WithdrawalReason
from models.video import Video
from resolvers.cameo import no_such_cameo
from resolvers.context import Context
from resolvers.step_up import require_step_up
from resolvers.terms import Terms, check_times, narrows, not_understood, read_terms, unsupported, widens
from resolvers.tier import is_of_age


@dataclass(frozen=True)
class AccessRequest:
    """What an owner sets. ``keep_restrictions``, ``keep_preferences``: what is set stays, whatever the terms say."""

    cameo_id: UUID
    terms: Terms
    keep_restrictions: bool = False
    keep_preferences: bool = False


@dataclass(frozen=True)
class AccessSet:
    """What became of it: the cameo, and the owner's words that could not be made into rules."""

    cameo: Cameo
    not_understood: list[str]
    unsupported: list[str]


async def lock_own_cameo(connection: BaseDBAsyncClient, context: Context, cameo_id: UUID) -> Cameo:
    """The viewer's cameo, locked for a change. Raises `NotFound` for anybody else's and for one that is erased."""
    if not await Cameo.filter(id=cameo_id, owner_id=context.member.id).using_db(connection).exists():
        raise no_such_cameo()
    await lock_for_change(connection, [cameo_id])
    cameo = await Cameo.get(id=cameo_id, using_db=connection)
    if cameo.state in (CameoState.ERASING, CameoState.ERASED):
        raise no_such_cameo()
    return cameo


async def access_in_force(connection: BaseDBAsyncClient, cameo: Cameo) -> Grant:
    """The cameo's access grant. Raises `Conflict` before its first capture."""
    rows = Grant.filter(cameo_id=cameo.id, audience__isnull=False, state=GrantState.ACTIVE)
    access = await rows.using_db(connection).first()
    if access is None:
        raise Conflict("Record this cameo first: nobody can use it yet.", field="cameoId")
    return access


async def set_access(context: Context, request: AccessRequest) -> AccessSet:
    """Put a new access grant in force. Narrowing stops jobs at once; widening needs a step-up.

    ONLY_ME ends every permission that names somebody. Raises `NotFound`, `Conflict` (no capture yet), `Invalid`,
    `StepUpRequired`.
    """
    effects = Effects()
    wanted = await read_terms(request.terms)
    async with in_transaction() as connection:
        cameo = await lock_own_cameo(connection, context, request.cameo_id)
        access = await access_in_force(connection, cameo)
        old = Terms.of(access)
        new = _kept(request, wanted, old)
        if new != old:
            await check_times(connection, new)
            effects = await _change(connection, context, cameo, access, new)
    await effects.follow_up(context.stores.doorbell)
    return AccessSet(cameo, await not_understood(new.restrictions), await unsupported(new.preferences))


async def pause(context: Context, cameo_id: UUID) -> Cameo:
    """Nobody uses the cameo until it is resumed; jobs stop. Raises `NotFound`, `Conflict` (no capture yet)."""
    effects = Effects()
    async with in_transaction() as connection:
        cameo = await lock_own_cameo(connection, context, cameo_id)
        if cameo.state is CameoState.EMPTY:
            raise Conflict("This cameo has no recording yet; there is nothing to pause.", field="cameoId")
        if cameo.state is CameoState.ACTIVE:
            await _set_state(connection, cameo, CameoState.PAUSED)
            await raise_for_all(connection, [cameo.id])
            effects.jobs = await stop_jobs(connection, [cameo.id])
            await append(connection, chain_of(cameo.id), "CAMEO_PAUSED", _facts(context, effects))
    await effects.follow_up(context.stores.doorbell)
    return cameo


async def resume(context: Context, cameo_id: UUID) -> Cameo:
    """Let the cameo be used again as it is set. Raises `NotFound`, `Conflict`, `StepUpRequired`."""
    async with in_transaction() as connection:
        cameo = await lock_own_cameo(connection, context, cameo_id)
        if cameo.state is CameoState.EMPTY:
            raise Conflict("This cameo has no recording yet. Record it first.", field="cameoId")
        if cameo.state is CameoState.PAUSED:
            await require_step_up(context)
            await _check_age(connection, context, cameo)
            await _set_state(connection, cameo, CameoState.ACTIVE)
            await append(connection, chain_of(cameo.id), "CAMEO_RESUMED", _facts(context, Effects()))
    return cameo


async def revoke_all(context: Context, cameo_id: UUID, mode: RevokeMode) -> tuple[Cameo, Effects]:
    """End every permission at once; WITHDRAW also takes the likeness out of everything made with it.

    Raises `NotFound`. The owner's own videos with it go as well: it is the cameo that is withdrawn.
    """
    async with in_transaction() as connection:
        cameo = await lock_own_cameo(connection, context, cameo_id)
        if cameo.state is CameoState.EMPTY:
            return cameo, Effects()
        access = await access_in_force(connection, cameo)
        if access.audience != Audience.ONLY_ME:
            closed = replace(Terms.of(access), audience=Audience.ONLY_ME, scopes=NO_SCOPES, expires_at=None)
            await _supersede(connection, access, closed)
        effects = await _revoke_named(connection, cameo)
        await raise_for_all(connection, [cameo.id])
        effects.add(Effects(jobs=await stop_jobs(connection, [cameo.id])))
        if mode is RevokeMode.WITHDRAW:
            effects.add(await withdraw_for(connection, cameo.id, WithdrawalReason.REVOKED, Reach()))
        await append(connection, chain_of(cameo.id), "CAMEO_REVOKED", _facts(context, effects, mode=mode))
    await effects.follow_up(context.stores.doorbell)
    return cameo, effects


def _kept(request: AccessRequest, terms: Terms, old: Terms) -> Terms:
    if request.keep_restrictions:
        terms = replace(terms, restrictions=old.restrictions)
    return replace(terms, preferences=old.preferences) if request.keep_preferences else terms


async def _change(connection: BaseDBAsyncClient, context: Context, cameo: Cameo, access: Grant, new: Terms) -> Effects:
    old = Terms.of(access)
    wider, tighter = widens(old, new), narrows(old, new)
    if wider:
        await check_may_share(connection, cameo)
        await require_step_up(context)
    grant = await _supersede(connection, access, new)
    effects = await _revoke_named(connection, cameo) if new.nobody else Effects()
    if tighter:
        await raise_for_all(connection, [cameo.id])
        effects.add(Effects(jobs=await stop_jobs(connection, [cameo.id])))
    if forbids_more(old.restrictions, new.restrictions):
        effects.add(await recheck_drafts(connection, cameo.id))
    facts = _facts(context, effects, grant=grant.id, audience=new.audience, scopes=int(new.scopes))
    facts |= {"widened": wider, "narrowed": tighter}
    await append(connection, chain_of(cameo.id), "ACCESS_SET", facts)
    return effects


async def recheck_drafts(connection: BaseDBAsyncClient, cameo_id: UUID) -> Effects:
    """Decline the drafts that wait for approval and break what the cameo's owner forbids now; quota goes back.

    The caller holds the cameo, and has put the new restrictions in force.
    """
    waiting = await connection.execute_query_dict(
        "SELECT video_id FROM approval WHERE cameo_id = $1 AND state = 'PENDING' ORDER BY id", [cameo_id]
    )
    breaking: list[UUID] = []
    for video in await Video.filter(id__in=[row["video_id"] for row in waiting]).using_db(connection):
        faults = await faults_of(connection, video.generation_id, video.author_id, video.recipe)
        if any(fault.cameo_id == cameo_id for fault in faults):
            breaking.append(video.id)
    return await decline_approvals(connection, cameo_id, breaking)


async def _supersede(connection: BaseDBAsyncClient, access: Grant, terms: Terms) -> Grant:
    await connection.execute_query(
        "UPDATE cameo_grant SET state = 'SUPERSEDED', ended_at = yume_now() WHERE id = $1", [access.id]
    )
    return await store_terms(connection, access.cameo_id, terms, supersedes=access.id)


async def check_may_share(connection: BaseDBAsyncClient, cameo: Cameo) -> None:
    """Raise `Conflict` where the owner is a teen: then it is for nobody else, and nothing is kept for a birthday."""
    if not await is_of_age(cameo.owner_id, connection):
        raise Conflict("Until you are of age your cameo is for you alone. Leave it as ONLY_ME.", field="cameoId")


async def store_terms(
    connection: BaseDBAsyncClient, cameo_id: UUID, terms: Terms, *, supersedes: UUID | None, **more: Any
) -> Grant:
    """A new grant with these terms; ``more`` are its other columns."""
    return await Grant.create(
        using_db=connection,
        id=new_id(),
        cameo_id=cameo_id,
        audience=terms.audience,
        scopes=int(terms.scopes),
        restrictions=terms.restrictions.as_dict() if terms.restrictions else {},
        preferences=terms.preferences,
        not_before=terms.not_before,
        expires_at=terms.expires_at,
        on_expiry=terms.on_expiry,
        per_use_approval=terms.per_use_approval,
        supersedes_id=supersedes,
        **more,
    )


async def _revoke_named(connection: BaseDBAsyncClient, cameo: Cameo) -> Effects:
    named = Grant.filter(cameo_id=cameo.id, subject_id__isnull=False, state__in=[GrantState.ACTIVE, GrantState.PENDING])
    ids = [UUID(str(found)) for found in await named.using_db(connection).values_list("id", flat=True)]
    return await revoke_grants(connection, cameo.id, ids, RevokeMode.STOP_FUTURE)


async def _set_state(connection: BaseDBAsyncClient, cameo: Cameo, state: CameoState) -> None:
    cameo.state = state
    await cameo.save(using_db=connection, update_fields=["state"])


async def _check_age(connection: BaseDBAsyncClient, context: Context, cameo: Cameo) -> None:
    if not cameo.captured_minor:
        return
    if await is_of_age(context.member.id, connection):
        raise Conflict(
            "It was recorded before you were of age. Record it anew, as an adult, to use it again.",
            field="cameoId",
        )


def _facts(context: Context, effects: Effects, **more: Any) -> dict[str, Any]:
    said = {"by": context.member.id, "jobs": len(effects.jobs), "withdrawals": effects.withdrawal_ids}
    return said | {"videos": effects.videos} | more
