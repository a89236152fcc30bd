"""Follows: who wants to see whose videos; two that point at each other make mutuals, whom a cameo may admit."""

from __future__ import annotations

from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.consent.change import Effects, stop_jobs, withdraw_for
from models.account import Account
from models.audit import Transition, append_all, chain_of
from models.base import new_id
from models.block import Block
from models.consent.epochs import raise_for
from models.consent.locks import lock_for_change, lock_pair
from models.consent.withdraw import Reach
from models.errors import Conflict, Invalid, NotFound
from models.likeness import WithdrawalReason
from models.notification import NotificationKind, notify
from models.rules.account import blocks
from models.rules.grant import VISIBLE_BY
from models.rules.sql import account
from resolvers.context import Context
from resolvers.keyset import rows_page
from resolvers.limit import Limit
from resolvers.page import Page, Window

_FOLLOWS = Limit("follow", 300, 3600)


async def follow(context: Context, account_id: UUID) -> Account:
    """Follow a member; twice is success. Raises `NotFound`, `Invalid` (oneself), `Conflict`, `RateLimited`."""
    member = context.member
    target = await member_to_meet(context, account_id)
    if target.id == member.id:
        raise Invalid("You cannot follow yourself.", field="accountId")
    await _FOLLOWS.spend(context.stores.redis, str(member.id))
    async with in_transaction() as connection:
        await lock_pair(connection, member.id, target.id)
        await check_not_blocked(member.id, target.id, connection)
        between = Block.all().using_db(connection)
        if await between.filter(blocker_id=member.id, blocked_id=target.id).exists():
            raise Conflict("You block this member. Unblock them first.", field="accountId")
        added = await connection.execute_query_dict(
            """
            INSERT INTO follow (id, created_at, follower_id, followee_id) VALUES ($1, yume_now(), $2, $3)
            ON CONFLICT (follower_id, followee_id) DO NOTHING RETURNING id
            """,
            [new_id(), member.id, target.id],
        )
        if added:
            await notify(connection, target.id, NotificationKind.FOLLOWED, actor=member.id)
    return target


async def unfollow(context: Context, account_id: UUID) -> Account:
    """Stop following a member; twice is success. What rested on being mutuals ends. Raises `NotFound`."""
    member = context.member
    target = await member_once_met(account_id)
    effects = Effects()
    async with in_transaction() as connection:
        await lock_pair(connection, member.id, target.id)
        if await are_mutual(connection, member.id, target.id):
            await lock_for_change(connection, await cameos_of(connection, [member.id, target.id]))
            effects, transitions = await end_mutual(connection, member.id, target.id)
            await _forget(connection, member.id, target.id)
            await append_all(connection, transitions)
        elif not await _forget(connection, member.id, target.id):
            await check_not_blocked(member.id, target.id, connection)
    await effects.follow_up(context.stores.doorbell)
    return target


async def member_to_meet(context: Context, account_id: UUID) -> Account:
    """The member with this id, to whom the viewer wants to do something.

    Raises `NotFound` when there is none, they are suspended or gone, or they block the viewer: no difference shows.
    """
    found = await Account.get_or_none(id=account_id, suspended_at__isnull=True, deleted_at__isnull=True)
    if found is None:
        raise no_such_member()
    await check_not_blocked(context.member.id, found.id)
    return found


async def member_once_met(account_id: UUID) -> Account:
    """The member with this id, whatever became of them, of whom the viewer takes something back. Raises `NotFound`.

    Where nothing was to be taken back the caller lets `check_not_blocked` answer.
    """
    found = await Account.get_or_none(id=account_id)
    if found is None:
        raise no_such_member()
    return found


async def check_not_blocked(
    member_id: UUID, by: UUID, connection: BaseDBAsyncClient | None = None, *, field: str = "accountId"
) -> None:
    """Raise `NotFound`, as of somebody who is not there, when that member blocks this one."""
    if await Block.filter(blocker_id=by, blocked_id=member_id).using_db(connection).exists():
        raise no_such_member(field)


def no_such_member(field: str = "accountId") -> NotFound:
    """What is said of a member who is not there, or who blocks the viewer."""
    return NotFound("There is no such member.", field=field)


async def are_mutual(connection: BaseDBAsyncClient, one: UUID, other: UUID) -> bool:
    """Do the two follow each other?"""
    rows = await connection.execute_query_dict(
        "SELECT 1 FROM follow WHERE (follower_id, followee_id) IN (($1, $2), ($2, $1))", [one, other]
    )
    return len(rows) == 2


async def cameos_of(connection: BaseDBAsyncClient, account_ids: list[UUID]) -> list[UUID]:
    """The cameos of these accounts, to be locked in one go."""
    rows = await connection.execute_query_dict("SELECT id FROM cameo WHERE owner_id = ANY ($1::uuid[])", [account_ids])
    return [row["id"] for row in rows]


async def end_mutual(
    connection: BaseDBAsyncClient, one: UUID, other: UUID, *, but_not_of: UUID | None = None
) -> tuple[Effects, list[Transition]]:
    """What rested on the two being mutuals ends: jobs with the cameos of either that admit mutuals.

    Videos stay, unless the grant they were made under goes with what it allowed. The caller holds those cameos, and
    appends the transitions last. ``but_not_of``: cameos of this owner are dealt with elsewhere.
    """
    rows = await connection.execute_query_dict(
        """
        SELECT c.id, c.owner_id FROM cameo c
        JOIN cameo_grant g ON g.cameo_id = c.id AND g.state = 'ACTIVE' AND g.audience = 'MUTUALS'
        WHERE c.owner_id IN ($1, $2) AND c.owner_id IS DISTINCT FROM $3::uuid ORDER BY c.id
        """,
        [one, other, but_not_of],
    )
    effects, transitions = Effects(), list[Transition]()
    for row in rows:
        user = other if row["owner_id"] == one else one
        await raise_for(connection, [row["id"]], user)
        done = Effects(jobs=await stop_jobs(connection, [row["id"]], user))
        leaving = await _leaving_with_the_mutual(connection, row["id"], user)
        if leaving:
            done.add(await withdraw_for(connection, row["id"], WithdrawalReason.EXPIRED, Reach(videos=leaving)))
        facts = {"account": user, "jobs": len(done.jobs), "withdrawals": done.withdrawal_ids, "videos": done.videos}
        transitions.append(Transition(chain_of(row["id"]), "MUTUAL_ENDED", facts))
        effects.add(done)
    return effects, transitions


async def _leaving_with_the_mutual(connection: BaseDBAsyncClient, cameo_id: UUID, user: UUID) -> list[UUID]:
    """Videos of this user that were made under a grant to mutuals that takes them with it."""
    rows = await connection.execute_query_dict(
        f"""
        SELECT l.video_id FROM video_likeness l JOIN video v ON v.id = l.video_id
        JOIN cameo_grant g ON g.id = {VISIBLE_BY}
        WHERE l.cameo_id = $1 AND v.author_id = $2 AND l.withdrawn_at IS NULL
            AND g.audience = 'MUTUALS' AND g.on_expiry = 'WITHDRAW'
        """,  # noqa: S608 - a rule
        [cameo_id, user],
    )
    return [row["video_id"] for row in rows]


async def _forget(connection: BaseDBAsyncClient, follower: UUID, followee: UUID) -> bool:
    """Did the one follow the other, until now?"""
    rows = await connection.execute_query_dict(
        "DELETE FROM follow WHERE follower_id = $1 AND followee_id = $2 RETURNING id", [follower, followee]
    )
    await connection.execute_query(
        "DELETE FROM notification WHERE actor_id = $1 AND account_id = $2 AND kind = 'FOLLOWED'", [follower, followee]
    )
    return bool(rows)


async def followers(context: Context, account_id: UUID, window: Window) -> Page[Account]:
    """Who follows a member, the newest first."""
    return await _page(context, f"followers:{account_id}", "f.follower_id", "f.followee_id", account_id, window)


async def following(context: Context, account_id: UUID, window: Window) -> Page[Account]:
    """Whom a member follows, the newest first."""
    return await _page(context, f"following:{account_id}", "f.followee_id", "f.follower_id", account_id, window)


async def _page(
    context: Context, connection: str, listed: str, of: str, account_id: UUID, window: Window
) -> Page[Account]:
    viewer = account(None if context.viewer is None else context.viewer.id)
    statement = f"""
        SELECT f.id, f.created_at AS moment, a.id AS account_id FROM follow f JOIN account a ON a.id = {listed}
        WHERE {of} = $1 AND a.suspended_at IS NULL AND a.deleted_at IS NULL AND NOT {blocks("a.id", viewer)}
    """  # noqa: S608 - names of columns and a rule
    return await member_page(context, connection, statement, account_id, window)


async def member_page(
    context: Context, connection: str, statement: str, account_id: UUID, window: Window
) -> Page[Account]:
    """The members that ``statement`` selects as ``account_id`` for ``$1``, the newest of its moments first."""
    page = await rows_page(context, connection, statement, [account_id], window)
    rows = await context.loaders.accounts.load_many([row["account_id"] for row in page.rows])
    kept = [(row, place) for row, place in zip(rows, page.cursors, strict=True) if row is not None]
    return Page([row for row, _ in kept], [place for _, place in kept], page.more, page.after)
