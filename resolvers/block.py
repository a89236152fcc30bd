"""Blocks: who wants nothing to do with whom; a block by the person shown takes their likeness out of the other's."""

from __future__ import annotations

from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.consent.change import Effects, revoke_grants, stop_jobs, withdraw_for
from models.account import Account
from models.audit import Transition, append_all, chain_of
from models.base import new_id
from models.consent.epochs import raise_for
from models.consent.locks import lock_for_change, lock_pair
from models.consent.withdraw import Reach
from models.errors import Invalid
from models.grant import RevokeMode
from models.likeness import WithdrawalReason
from resolvers.comment import hide_between
from resolvers.context import Context
from resolvers.follow import (
    are_mutual,
    cameos_of,
    check_not_blocked,
    end_mutual,
    member_once_met,
    member_page,
    no_such_member,
)
from resolvers.page import Page, Window


async def block(context: Context, account_id: UUID) -> Account:
    """Block a member; twice is success, and so is blocking back. Raises `NotFound`, `Invalid` (oneself).

    Follows end both ways, and what either wrote under the other's videos is hidden. No grant reaches them any more,
    their jobs with the viewer's cameos stop, and their videos that carry one are withdrawn. What the viewer made with a
    cameo of theirs is untouched but for an ended mutual.
    """
    member = context.member
    target = await Account.get_or_none(id=account_id, deleted_at__isnull=True)
    if target is None:
        raise no_such_member()
    if target.id == member.id:
        raise Invalid("You cannot block yourself.", field="accountId")
    effects = Effects()
    async with in_transaction() as connection:
        await lock_pair(connection, member.id, target.id)
        mine = await cameos_of(connection, [member.id])
        await lock_for_change(connection, [*mine, *await cameos_of(connection, [target.id])])
        if await _insert(connection, member.id, target.id):
            transitions: list[Transition] = []
            if await are_mutual(connection, member.id, target.id):
                ended, transitions = await end_mutual(connection, member.id, target.id, but_not_of=member.id)
                effects.add(ended)
            for cameo_id in sorted(mine):
                done = await _shut_out(connection, cameo_id, target.id)
                facts = {"account": target.id, "jobs": len(done.jobs), "withdrawals": done.withdrawal_ids}
                transitions.append(Transition(chain_of(cameo_id), "ACCOUNT_BLOCKED", facts | {"videos": done.videos}))
                effects.add(done)
            await connection.execute_query(
                "DELETE FROM follow WHERE (follower_id, followee_id) IN (($1, $2), ($2, $1))", [member.id, target.id]
            )
            await hide_between(connection, member.id, target.id)
            await append_all(connection, transitions)
    await effects.follow_up(context.stores.doorbell)
    return target


async def unblock(context: Context, account_id: UUID) -> Account:
    """End a block of the viewer's; without one it is success. What was withdrawn stays so. Raises `NotFound`."""
    member = context.member
    target = await member_once_met(account_id)
    async with in_transaction() as connection:
        await lock_pair(connection, member.id, target.id)
        mine = await cameos_of(connection, [member.id])
        await lock_for_change(connection, mine)
        rows = await connection.execute_query_dict(
            "DELETE FROM block WHERE blocker_id = $1 AND blocked_id = $2 RETURNING id", [member.id, target.id]
        )
        if not rows:
            await check_not_blocked(member.id, target.id, connection)
            return target
        facts = {"account": target.id}
        await append_all(
            connection, [Transition(chain_of(cameo_id), "ACCOUNT_UNBLOCKED", facts) for cameo_id in sorted(mine)]
        )
    return target


async def blocked(context: Context, window: Window) -> Page[Account]:
    """Whom the viewer blocks, the newest first."""
    statement = """
        SELECT b.id, b.created_at AS moment, a.id AS account_id FROM block b JOIN account a ON a.id = b.blocked_id
        WHERE b.blocker_id = $1 AND a.deleted_at IS NULL
    """
    return await member_page(context, f"blocks:{context.member.id}", statement, context.member.id, window)


async def _insert(connection: BaseDBAsyncClient, blocker: UUID, blocked: UUID) -> bool:
    rows = await connection.execute_query_dict(
        """
        INSERT INTO block (id, created_at, blocker_id, blocked_id) VALUES ($1, yume_now(), $2, $3)
        ON CONFLICT (blocker_id, blocked_id) DO NOTHING RETURNING id
        """,
        [new_id(), blocker, blocked],
    )
    return bool(rows)


async def _shut_out(connection: BaseDBAsyncClient, cameo_id: UUID, account_id: UUID) -> Effects:
    """No more of this cameo for this account: requests, jobs and videos of theirs with it."""
    asked = await connection.execute_query_dict(
        "SELECT id FROM cameo_grant WHERE cameo_id = $1 AND subject_id = $2 AND state = 'PENDING'",
        [cameo_id, account_id],
    )
    effects = await revoke_grants(connection, cameo_id, [row["id"] for row in asked], RevokeMode.STOP_FUTURE)
    await raise_for(connection, [cameo_id], account_id)
    effects.jobs += await stop_jobs(connection, [cameo_id], account_id)
    effects.add(await withdraw_for(connection, cameo_id, WithdrawalReason.BLOCKED, Reach(author=account_id)))
    return effects
