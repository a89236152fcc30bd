"""Branches of the tree of invitees: an admin closes one, with or without suspending its members, or opens it again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.consent.change import Effects
from models.account import Account
from models.audit import SERVER, append
from models.consent.locks import lock_accounts
from models.errors import Conflict
from models.invitees import LARGEST_BRANCH, branch_of
from resolvers.context import Context
from resolvers.follow import no_such_member
from resolvers.step_up import require_step_up
from resolvers.suspension import suspend_all

_CLOSING = 0x59554D49
"""Advisory lock: branches may share members, and are closed one by one."""


@dataclass(frozen=True)
class Closed:
    """What happened to a branch: its members, invites that became worthless, members suspended by this."""

    accounts: int
    invites: int
    suspended: int


async def revoke_branch(context: Context, account_id: UUID, *, size: int, suspend: bool) -> Closed:
    """Make every unused invite of a member and of all below worthless, and keep them from making others.

    ``size`` is how many members the admin was shown: when there are more or fewer by now, nothing happens. ``suspend``
    also suspends them all. One transaction, one entry of the audit log. Raises `Denied` (no admin), `StepUpRequired`,
    `NotFound`, `Conflict` (another size, too large, the admin is in it).
    """
    admin = context.admin
    await require_step_up(context)
    effects, suspended = Effects(), 0
    async with in_transaction() as connection:
        await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [_CLOSING])
        members, invites = await _close(connection, account_id)
        standing = await Account.filter(id__in=members, deleted_at__isnull=True).using_db(connection).count()
        _check(members, standing, size, admin.id)
        facts = {"by": admin.id, "account": account_id, "accounts": standing, "invites": invites}
        if suspend:
            done = await suspend_all(connection, members)
            effects, suspended = done.effects, done.accounts
            facts |= {"suspended": suspended, "jobs": len(set(effects.jobs)), "cameos": done.cameos}
        await append(connection, SERVER, "INVITE_BRANCH_REVOKED", facts)
    await effects.follow_up(context.stores.doorbell)
    await context.stores.doorbell.ring_purge()
    return Closed(standing, invites, suspended)


async def reopen_branch(context: Context, account_id: UUID) -> int:
    """Let a member and all below invite again; suspensions stay. Returns how many. Raises `Denied`, `NotFound`."""
    admin = context.admin
    async with in_transaction() as connection:
        await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [_CLOSING])
        members = await branch_of(connection, account_id)
        if not members:
            raise no_such_member()
        await lock_accounts(connection, members)
        rows = await connection.execute_query_dict(
            """
            UPDATE account SET invites_closed_at = NULL
            WHERE id = ANY ($1::uuid[]) AND invites_closed_at IS NOT NULL RETURNING id
            """,
            [members],
        )
        facts = {"by": admin.id, "account": account_id, "accounts": len(rows)}
        await append(connection, SERVER, "INVITE_BRANCH_REOPENED", facts)
    return len(rows)


async def _close(connection: BaseDBAsyncClient, account_id: UUID) -> tuple[list[UUID], int]:
    """The branch, none of which can invite any more, and how many invites became worthless.

    Somebody may join while it is walked. Once a member's invites are closed nobody does any more by them: whoever held
    one was waited for, and is found by the next walk. It ends when a walk finds nobody new.
    """
    members: set[UUID] = set()
    invites = 0
    while fresh := sorted(set(await branch_of(connection, account_id)) - members):
        members.update(fresh)
        if len(members) > LARGEST_BRANCH:
            raise Conflict(f"This branch has over {LARGEST_BRANCH:,} members. Take the ones below it one by one.")
        await lock_accounts(connection, fresh)
        await connection.execute_query(
            """
            UPDATE account SET invites_closed_at = coalesce(invites_closed_at, yume_now()) WHERE id = ANY ($1::uuid[])
            """,
            [fresh],
        )
        rows = await connection.execute_query_dict(
            """
            UPDATE invite SET revoked_at = yume_now()
            WHERE created_by_id = ANY ($1::uuid[]) AND used_at IS NULL AND revoked_at IS NULL RETURNING id
            """,
            [fresh],
        )
        invites += len(rows)
    if not members:
        raise no_such_member()
    return sorted(members), invites


def _check(members: list[UUID], standing: int, size: int, admin_id: UUID) -> None:
    if admin_id in members:
        raise Conflict("You are in this branch yourself. Take the branches below you one by one.", field="accountId")
    if standing != size:
        raise Conflict(
            f"This branch has {standing:,} members now, not {size:,}. Look at it again, then confirm that number.",
            field="branchSize",
        )
