"""Suspension: an admin pauses an account, reversibly; nothing of it is destroyed and nobody's permission widens."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.consent.change import Effects, stop_all_of, stop_jobs
from jobs.derived.counts import enqueue_counts_of
from jobs.feed.stream import enqueue_gone_of
from models.account import Account
from models.audit import SERVER, append
from models.consent.epochs import raise_for_all
from models.consent.locks import lock_account, lock_for_change
from models.errors import Conflict
from resolvers.context import Context
from resolvers.follow import cameos_of, no_such_member


@dataclass(frozen=True)
class Suspended:
    """How many accounts were suspended, how many cameos they own, and what ended with that."""

    accounts: int
    cameos: int
    effects: Effects = field(default_factory=Effects)


async def suspend(context: Context, account_id: UUID) -> Account:
    """Sign an account out everywhere, stop its jobs and those with its cameos, and hide what it published.

    Twice is success. Raises `Denied` (no admin), `NotFound`, `Conflict` (oneself).
    """
    admin = context.admin
    if account_id == admin.id:
        raise Conflict("You cannot suspend yourself.", field="accountId")
    effects = Effects()
    async with in_transaction() as connection:
        await lock_account(connection, account_id)
        target = await Account.get_or_none(id=account_id, deleted_at__isnull=True, using_db=connection)
        if target is None:
            raise no_such_member()
        if target.suspended_at is None:
            done = await suspend_all(connection, [account_id])
            effects = done.effects
            facts = {"by": admin.id, "account": account_id, "jobs": len(set(effects.jobs)), "cameos": done.cameos}
            await append(connection, SERVER, "ACCOUNT_SUSPENDED", facts)
            await target.refresh_from_db(using_db=connection)
    await effects.follow_up(context.stores.doorbell)
    await context.stores.doorbell.ring_purge()
    return target


async def suspend_all(connection: BaseDBAsyncClient, account_ids: list[UUID]) -> Suspended:
    """Suspend those of these accounts that are not, in a few statements whatever their number.

    The caller has locked the accounts, appends to the audit log last, and follows the effects up after the commit.
    """
    rows = await connection.execute_query_dict(
        """
        SELECT id FROM account WHERE id = ANY ($1::uuid[]) AND suspended_at IS NULL AND deleted_at IS NULL ORDER BY id
        """,
        [account_ids],
    )
    found = [row["id"] for row in rows]
    cameos = await cameos_of(connection, found)
    await lock_for_change(connection, cameos)
    await connection.execute_query("UPDATE account SET suspended_at = yume_now() WHERE id = ANY ($1::uuid[])", [found])
    await connection.execute_query(
        "UPDATE session SET revoked_at = yume_now() WHERE account_id = ANY ($1::uuid[]) AND revoked_at IS NULL", [found]
    )
    await enqueue_gone_of(connection, found)
    await enqueue_counts_of(connection, *found)
    await raise_for_all(connection, cameos)
    jobs = [*await stop_jobs(connection, cameos), *await stop_all_of(connection, *found)]
    return Suspended(len(found), len(cameos), Effects(jobs=jobs))


async def unsuspend(context: Context, account_id: UUID) -> Account:
    """End a suspension: the account is as it was, but signed out. Raises `Denied` (no admin), `NotFound`."""
    admin = context.admin
    async with in_transaction() as connection:
        await lock_account(connection, account_id)
        target = await Account.get_or_none(id=account_id, deleted_at__isnull=True, using_db=connection)
        if target is None:
            raise no_such_member()
        if target.suspended_at is not None:
            await connection.execute_query("UPDATE account SET suspended_at = NULL WHERE id = $1", [account_id])
            await enqueue_counts_of(connection, account_id)
            await append(connection, SERVER, "ACCOUNT_UNSUSPENDED", {"by": admin.id, "account": account_id})
            await target.refresh_from_db(using_db=connection)
    return target
