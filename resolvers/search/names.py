"""Members and cameos by their names: whole, begun, misspelt, without accents."""

from __future__ import annotations

from typing import Any

from models.rules.account import apart, blocks, in_good_standing, mutes
from models.rules.cameo import may_be_found_by
from models.rules.sql import account
from resolvers.context import Context
from resolvers.page import Page, Window
from resolvers.search.window import MOST, ranked_page


async def accounts(context: Context, name: str, window: Window) -> Page[dict[str, Any]]:
    """Places of members by handle or display name; who blocks the viewer, or is blocked or muted by them, is none."""
    viewer = account(None if context.viewer is None else context.viewer.id)
    allowed = f"""
        {in_good_standing("p.id")} AND NOT {apart("p.id", viewer)} AND NOT {mutes(viewer, "p.id")}
    """
    return await ranked_page(
        context, f"search:ACCOUNTS:{name}", statement("accounts_called", "", allowed), [name], window
    )


async def cameos(context: Context, name: str, window: Window) -> Page[dict[str, Any]]:
    """Places of cameos by handle that the viewer may use or ask for, as `castableCameos` lists them."""
    viewer = account(None if context.viewer is None else context.viewer.id)
    allowed = f"""
        c.state = 'ACTIVE' AND {may_be_found_by(viewer)} AND NOT {blocks(viewer, "c.owner_id")}
        AND NOT {mutes(viewer, "c.owner_id")}
    """
    joined = "JOIN cameo c ON c.id = p.id"
    return await ranked_page(
        context, f"search:CAMEOS:{name}", statement("cameos_called", joined, allowed), [name], window
    )


def statement(found_by: str, joined: str, allowed: str) -> str:
    """The window for `ranked_page`; its own value is the name."""
    return f"""
        WITH placed AS (
            SELECT n.id, row_number() OVER (ORDER BY n.likeness DESC, n.id)::int AS place
            FROM {found_by}($5::text, {MOST}) AS n
        )
        SELECT p.id, p.place, coalesce($1::timestamptz, yume_now()) AS began FROM placed p {joined}
        WHERE p.place > coalesce((SELECT l.place FROM placed l WHERE l.id = $2::uuid), $3::int, 0) AND {allowed}
        ORDER BY p.place LIMIT $4::int
    """  # noqa: S608 - rules and constants
