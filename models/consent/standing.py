"""How an account stands to cameos at one moment: what gate 1 decides by and what it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient

from models.cameo import NO_SCOPES, Scope
from models.rules.account import in_good_standing
from models.rules.grant import LIVE, USABLE, admits, permitting

_ASKING = "$2::uuid"


@dataclass(frozen=True)
class Standing:
    """One cameo as one account may use it now.

    ``usable``: may anybody use it. ``scopes``: everything that live grants together allow this account (all of them
    for the owner). ``grant_id``: the one grant that allows all that was asked; None for the owner, or when none does.
    ``restrictions`` and ``preferences`` are those that bind this use: restrictions add up over the access grant and
    every grant that admits the account, and bind everybody but the owner.
    """

    cameo_id: UUID
    owner_id: UUID
    handle: str | None
    kind: str
    version: int
    cameo_epoch: int
    account_epoch: int
    usable: bool
    owned: bool
    scopes: Scope
    wanted: Scope
    grant_id: UUID | None
    restrictions: tuple[dict[str, Any], ...]
    preferences: str
    per_use_approval: bool

    @property
    def permitted(self) -> bool:
        """May the account use the cameo with all the scopes it asked for?"""
        return self.usable and (self.owned or self.grant_id is not None)


async def standings(
    connection: BaseDBAsyncClient, account_id: UUID, wanted: Mapping[UUID, Scope]
) -> dict[UUID, Standing]:
    """How ``account_id`` stands to each cameo of ``wanted``, which says with what scopes; unknown ids are left out."""
    if not wanted:
        return {}
    rows = await connection.execute_query_dict(
        _STATEMENT, [list(wanted), account_id, [int(s) for s in wanted.values()]]
    )
    return {row["id"]: _standing(row, wanted[row["id"]]) for row in rows}


def _standing(row: dict[str, Any], wanted: Scope) -> Standing:
    return Standing(
        cameo_id=row["id"],
        owner_id=row["owner_id"],
        handle=row["handle"],
        kind=row["kind"],
        version=row["version"],
        cameo_epoch=row["epoch"],
        account_epoch=row["account_epoch"],
        usable=row["usable"],
        owned=row["owned"],
        scopes=Scope(31) if row["owned"] else Scope(row["scopes"] or NO_SCOPES),
        wanted=wanted,
        grant_id=None if row["owned"] else row["grant_id"],
        restrictions=() if row["owned"] else tuple(orjson.loads(row["restrictions"] or "[]")),
        preferences=row["preferences"] or "",
        per_use_approval=bool(row["per_use_approval"]) and not row["owned"],
    )


_STATEMENT = f"""
    SELECT c.id, c.owner_id, c.handle, c.kind, c.version, c.epoch, coalesce(e.epoch, 0) AS account_epoch,
        {USABLE} AND {in_good_standing(_ASKING)} AS usable,
        c.owner_id = {_ASKING} AS owned,
        (SELECT bit_or(g.scopes) FROM cameo_grant g
            WHERE g.cameo_id = c.id AND {LIVE} AND {admits(_ASKING)}) AS scopes,
        {permitting(_ASKING, "w.scopes")} AS grant_id,
        (SELECT jsonb_agg(g.restrictions)::text FROM cameo_grant g
            WHERE g.cameo_id = c.id AND g.restrictions <> '{{}}'::jsonb AND g.state = 'ACTIVE'
            AND (g.audience IS NOT NULL OR ({LIVE} AND {admits(_ASKING)}))) AS restrictions,
        access.preferences, access.per_use_approval
    FROM unnest($1::uuid[], $3::int[]) AS w (id, scopes)
    JOIN cameo c ON c.id = w.id
    LEFT JOIN cameo_epoch e ON e.cameo_id = c.id AND e.account_id = {_ASKING}
    LEFT JOIN cameo_grant access ON access.cameo_id = c.id AND access.audience IS NOT NULL AND access.state = 'ACTIVE'
"""
