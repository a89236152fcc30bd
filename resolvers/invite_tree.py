"""The tree of who invited whom, for admins: who is below a member, and what a branch amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tortoise import connections

from models.errors import Invalid, NotFound
from models.invitees import LEVELS, Invitee, path_to, places
from resolvers.context import Context
from resolvers.keyset import rows_page
from resolvers.page import Page, Window

DEEPEST = 50


@dataclass(frozen=True)
class Place:
    """A member below another one, ``depth`` levels down."""

    member: Invitee
    depth: int


@dataclass(frozen=True)
class Branch:
    """The top of what is looked at (None: the whole server), and those above it, the first member first."""

    top: Invitee | None
    path: list[Invitee]


async def branch(context: Context, account_id: UUID | None) -> Branch:
    """A member's branch; None: all members. Raises `Denied` (no admin), `NotFound`."""
    _ = context.admin
    if account_id is None:
        return Branch(None, [])
    connection = connections.get("default")
    above = await path_to(connection, account_id)
    found = await places(connection, [account_id, *above])
    if account_id not in found:
        raise NotFound("There is no such member.", field="accountId")
    return Branch(found[account_id], [found[each] for each in above])


async def invitees(context: Context, account_id: UUID | None, depth: int, window: Window) -> Page[Place]:
    """The members up to ``depth`` levels below, newest first. Raises `Denied`, `Invalid` (depth, first, after)."""
    _ = context.admin
    if not 1 <= depth <= DEEPEST:
        raise Invalid(f"Look 1 to {DEEPEST} levels deep.", field="depth")
    page = await rows_page(context, f"invitees:{account_id}:{depth}", LEVELS, [account_id, depth], window)
    found = await places(connections.get("default"), [row["id"] for row in page.rows])
    return page.map(lambda row: Place(found[row["id"]], row["depth"]))
