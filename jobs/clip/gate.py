"""Gates 2 and 3 in a worker: a generation ends when consent does, or when what was made is forbidden."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient

from engine.text.check import Company, check_result
from engine.text.pool import in_pool
from engine.text.restrictions import Restrictions, add, restrictions_of
from jobs.clip.lease import CONSENT_ENDED, PARENT_GONE, Failure, Lease, end
from models.base import new_id
from models.cameo import Scope
from models.consent.company import company
from models.consent.gates import consent_has_ended
from models.consent.locks import lock_account, lock_for_use
from models.consent.standing import Standing, standings
from models.decision import DecisionStage
from models.generation import GenerationState
from models.notification import NotificationKind, notify
from models.policy import policy_in_force

RESULT_FORBIDDEN = Failure(
    "RESTRICTED", "The finished clip shows something that a person in it does not allow, so it was not kept."
)


class ConsentEnded(Exception):
    """Somebody no longer consents. ``cause`` is the cameo, or the generation's own id where its parent is gone."""

    def __init__(self, cause: UUID) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclass(frozen=True)
class Fault:
    """A rule of one cameo that the result breaks."""

    cameo_id: UUID
    rule: str


class ResultForbidden(Exception):
    """What was made breaks restrictions of people in it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(fault.rule for fault in faults))
        self.faults = tuple(faults)


async def check_consent(lease: Lease) -> None:
    """Raise `ConsentEnded` unless everybody in this generation still consents, now."""
    if (
        lease.guarded
        and (cause := await consent_has_ended(connections.get("default"), lease.generation_id)) is not None
    ):
        raise ConsentEnded(cause)


async def end_for_consent(connection: BaseDBAsyncClient, lease: Lease, cause: UUID) -> bool:
    """End it as FAILED with CONSENT_ENDED, the charge refunded, the owner told. False when the lease was lost before.

    ``cause`` is what `ConsentEnded` named.
    """
    shown = cause != lease.generation_id
    # The decision refers to the cameo: locked first, as everywhere, or this and a revocation could wait for each other.
    await lock_for_use(connection, [cause] if shown else [])
    if not await _still_ours(connection, lease):
        return False
    await end_locked(connection, lease, cause)
    return True


async def end_locked(connection: BaseDBAsyncClient, lease: Lease, cause: UUID) -> None:
    """As `end_for_consent`, for a caller that holds the cameo and the generation."""
    shown = cause != lease.generation_id
    await end(connection, lease.generation_id, GenerationState.FAILED, CONSENT_ENDED if shown else PARENT_GONE)
    if shown:
        await note(connection, lease, DecisionStage.RUNNING, [Fault(cause, "grant.ended")])


async def end_as_forbidden(connection: BaseDBAsyncClient, lease: Lease, faults: Sequence[Fault]) -> bool:
    """End it as BLOCKED, the owners told which rule. False when the lease was lost before."""
    # One account's blocks are counted one at a time: its cost comes back for so many of a day (UTC), and no more, or
    # filters could be probed free.
    await lock_account(connection, lease.account_id)
    await lock_for_use(connection, {fault.cameo_id for fault in faults})
    if not await _still_ours(connection, lease):
        return False
    [today] = await connection.execute_query_dict(
        """
        SELECT count(*) AS blocked FROM generation
        WHERE account_id = $1 AND state = 'BLOCKED' AND finished_at >= date_trunc('day', yume_now(), 'UTC')
        """,
        [lease.account_id],
    )
    refund = today["blocked"] < (await policy_in_force(connection))["blocks_given_back_per_day"]
    await end(connection, lease.generation_id, GenerationState.BLOCKED, RESULT_FORBIDDEN, refund=refund)
    await note(connection, lease, DecisionStage.RESULT, faults)
    return True


async def note(connection: BaseDBAsyncClient, lease: Lease, stage: DecisionStage, faults: Sequence[Fault]) -> None:
    """A "no" in the decision log of each cameo's owner; of a forbidden result they are told as well."""
    for cameo_id, rule in dict.fromkeys((fault.cameo_id, fault.rule) for fault in faults):
        await connection.execute_query(
            """
            INSERT INTO decision (id, created_at, cameo_id, actor_id, stage, allowed, rule, generation_id)
            VALUES ($1, yume_now(), $2, $3, $4, false, $5, $6)
            """,
            [new_id(), cameo_id, lease.account_id, stage.value, rule, lease.generation_id],
        )
    if stage is DecisionStage.RESULT:
        owners = await owners_of(connection, {fault.cameo_id for fault in faults})
        for fault in faults:
            await notify(
                connection, owners[fault.cameo_id], NotificationKind.CAMEO_REFUSED,
                actor=lease.account_id, cameo=fault.cameo_id, generation=lease.generation_id, rule=fault.rule,
            )  # fmt: skip


async def check_recipe(lease: Lease, recipe: Mapping[str, Any]) -> None:
    """Raise `ResultForbidden` when what the engine made breaks what somebody in it forbids.

    The restrictions are today's: should they be narrowed between this and the finish, the epoch stops it there.
    """
    faults = await faults_of(connections.get("default"), lease.generation_id, lease.account_id, recipe)
    if faults:
        raise ResultForbidden(faults)


async def faults_of(
    connection: BaseDBAsyncClient, generation_id: UUID, account_id: UUID, recipe: Mapping[str, Any]
) -> list[Fault]:
    """The rules of its cameos that a clip with this ``recipe`` breaks, made by ``account_id`` for this generation."""
    standing = await standings(connection, account_id, await wanted_by(connection, generation_id))
    if not any(one.restrictions for one in standing.values()):
        return []
    others = await company(connection, standing)
    found = await asyncio.gather(*(_faults(one, recipe, Company(others[one.cameo_id])) for one in standing.values()))
    return [fault for each in found for fault in each]


async def _faults(one: Standing, recipe: Mapping[str, Any], others: Company) -> list[Fault]:
    forbidden = binding(one)
    if not forbidden:
        return []
    breaches = await in_pool(check_result, forbidden, recipe, other_people=others)
    return [Fault(one.cameo_id, breach.rule) for breach in breaches]


def binding(standing: Standing) -> Restrictions:
    """Everything that this use may not contain: the restrictions of all grants that apply, added up."""
    return add(*(restrictions_of(one) for one in standing.restrictions))


async def wanted_by(connection: BaseDBAsyncClient, generation_id: UUID) -> dict[UUID, Scope]:
    """The cameos in a generation's snapshot, with the scopes it uses."""
    rows = await connection.execute_query_dict(
        "SELECT cameo_id, scopes FROM generation_likeness WHERE generation_id = $1", [generation_id]
    )
    return {row["cameo_id"]: Scope(row["scopes"]) for row in rows}


async def owners_of(connection: BaseDBAsyncClient, cameo_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Whose each cameo is."""
    rows = await connection.execute_query_dict(
        "SELECT id, owner_id FROM cameo WHERE id = ANY ($1::uuid[])", [list(cameo_ids)]
    )
    return {row["id"]: row["owner_id"] for row in rows}


async def _still_ours(connection: BaseDBAsyncClient, lease: Lease) -> bool:
    rows = await connection.execute_query_dict(
        "SELECT 1 FROM generation WHERE id = $1 AND fence = $2 AND state IN ('RUNNING', 'CHECKING') FOR UPDATE",
        [lease.generation_id, lease.fence],
    )
    return bool(rows)
