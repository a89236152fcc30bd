"""Mutes: whose videos and comments the viewer does not want to meet. Nobody learns that they are muted."""

from __future__ import annotations

from uuid import UUID

from tortoise import connections

from models.account import Account
from models.base import new_id
from models.errors import Invalid
from models.mute import Mute
from resolvers.context import Context
from resolvers.follow import check_not_blocked, member_once_met, member_page, member_to_meet
from resolvers.limit import Limit
from resolvers.page import Page, Window

_MUTES = Limit("mute", 300, 3600)


async def mute(context: Context, account_id: UUID) -> Account:
    """Mute a member; twice is success. Raises `NotFound`, `Invalid` (oneself), `RateLimited`."""
    member = context.member
    await _MUTES.spend(context.stores.redis, str(member.id))
    target = await member_to_meet(context, account_id)
    if target.id == member.id:
        raise Invalid("You cannot mute yourself.", field="accountId")
    await connections.get("default").execute_query(
        """
        INSERT INTO mute (id, created_at, muter_id, muted_id) VALUES ($1, yume_now(), $2, $3)
        ON CONFLICT (muter_id, muted_id) DO NOTHING
        """,
        [new_id(), member.id, target.id],
    )
    return target


async def unmute(context: Context, account_id: UUID) -> Account:
    """Meet a member again; who was not muted is success. Raises `NotFound`."""
    target = await member_once_met(account_id)
    if not await Mute.filter(muter_id=context.member.id, muted_id=target.id).delete():
        await check_not_blocked(context.member.id, target.id)
    return target


async def muted(context: Context, window: Window) -> Page[Account]:
    """Whom the viewer mutes, the newest first."""
    statement = """
        SELECT m.id, m.created_at AS moment, a.id AS account_id FROM mute m JOIN account a ON a.id = m.muted_id
        WHERE m.muter_id = $1 AND a.deleted_at IS NULL
    """
    return await member_page(context, f"mutes:{context.member.id}", statement, context.member.id, window)
