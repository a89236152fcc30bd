"""The tree of who invited whom, as statements over ``account``: what is below a member, what is above.

The tree has no circles, since an account is invited once, before it exists; rows that somebody forged by hand may have.
Every walk ends nevertheless: an account is visited once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

LARGEST_BRANCH = 100_000
"""Members that are counted, or acted on, at once."""
LONGEST_PATH = 1_000

LEVELS = """
    WITH RECURSIVE tree (id, depth) AS (
        SELECT a.id, 1 FROM account a
        WHERE a.invited_by_id = $1::uuid OR ($1::uuid IS NULL AND a.invited_by_id IS NULL)
        UNION
        SELECT a.id, t.depth + 1 FROM tree t JOIN account a ON a.invited_by_id = t.id WHERE t.depth < $2::int
    )
    SELECT a.id, a.created_at AS moment, min(t.depth) AS depth FROM tree t JOIN account a ON a.id = t.id GROUP BY a.id
"""
"""Parameters: a member (NULL: the server; nobody invited its invitees) and how many levels. One row for each below."""

_BELOW = f"""
    WITH RECURSIVE below (id) AS (
        SELECT $1::uuid UNION SELECT a.id FROM below b JOIN account a ON a.invited_by_id = b.id
    )
    SELECT a.id FROM (SELECT id FROM below LIMIT {LARGEST_BRANCH + 1}) b JOIN account a ON a.id = b.id
"""  # noqa: S608 - constants
_COUNTS = f"""
    WITH RECURSIVE below (top, id) AS (
        SELECT top, top FROM unnest($1::uuid[]) AS top
        UNION SELECT b.top, a.id FROM below b JOIN account a ON a.invited_by_id = b.id
    ), sizes AS (
        SELECT b.top, count(*) AS size FROM (SELECT * FROM below LIMIT {LARGEST_BRANCH}) b
        JOIN account a ON a.id = b.id AND a.deleted_at IS NULL GROUP BY b.top
    )
    SELECT a.id, a.invited_by_id, a.handle, a.created_at, a.suspended_at, a.deleted_at, a.invites_closed_at,
        coalesce(s.size, 0) AS size,
        (SELECT count(*) FROM account i WHERE i.invited_by_id = a.id) AS invitees,
        (SELECT count(*) FROM invite i WHERE i.created_by_id = a.id AND i.used_at IS NULL AND i.revoked_at IS NULL)
            AS unused
    FROM account a LEFT JOIN sizes s ON s.top = a.id WHERE a.id = ANY ($1::uuid[])
"""  # noqa: S608 - constants
_ABOVE = f"""
    WITH RECURSIVE up (id, parent, steps) AS (
        SELECT id, invited_by_id, 0 FROM account WHERE id = $1
        UNION ALL
        SELECT a.id, a.invited_by_id, u.steps + 1 FROM up u JOIN account a ON a.id = u.parent
        WHERE u.steps < {LONGEST_PATH}
    ) CYCLE id SET looped USING trail
    SELECT id FROM up WHERE NOT looped AND steps > 0 ORDER BY steps DESC
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class Invitee:
    """A member's place in the tree. ``size``: members of the branch, they and all below, deleted ones left out.

    ``invitees`` came by their invites; ``unused`` of those are still open.
    """

    id: UUID
    invited_by_id: UUID | None
    handle: str
    created_at: datetime
    suspended_at: datetime | None
    deleted_at: datetime | None
    invites_closed_at: datetime | None
    size: int
    invitees: int
    unused: int


async def levels(connection: BaseDBAsyncClient, account_id: UUID | None, depth: int, most: int) -> list[UUID]:
    """At most so many members up to ``depth`` levels below, those nearest to the top first."""
    rows = await connection.execute_query_dict(
        f"SELECT id FROM ({LEVELS}) AS row ORDER BY depth, moment, id LIMIT $3::int",  # noqa: S608 - a constant
        [account_id, depth, most],
    )
    return [row["id"] for row in rows]


async def places(connection: BaseDBAsyncClient, account_ids: Sequence[UUID]) -> dict[UUID, Invitee]:
    """The place of each of these accounts. Beyond `LARGEST_BRANCH` members in all, sizes are at least what is told."""
    rows = await connection.execute_query_dict(_COUNTS, [list(account_ids)])
    return {row["id"]: Invitee(**row) for row in rows}


async def path_to(connection: BaseDBAsyncClient, account_id: UUID) -> list[UUID]:
    """Who invited whom down to this account: from the top to its own inviter."""
    return [row["id"] for row in await connection.execute_query_dict(_ABOVE, [account_id])]


async def branch_of(connection: BaseDBAsyncClient, account_id: UUID) -> list[UUID]:
    """The account and all below it, deleted ones among them; at most one more than `LARGEST_BRANCH`."""
    return [row["id"] for row in await connection.execute_query_dict(_BELOW, [account_id])]
