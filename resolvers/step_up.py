"""Step-up: what widens a permission or destroys something asks who is there, once more."""

from __future__ import annotations

from datetime import datetime

from tortoise import connections

from models.errors import Conflict, Denied, StepUpRequired
from resolvers.context import Context
from resolvers.limit import Limit
from resolvers.password import verify_password

FRESH_MINUTES = 15
"""For so long a password that was given counts."""

_TRIES = Limit("step-up", 10, 900)


async def step_up(context: Context, password: str) -> datetime:
    """Note that the viewer's password was given in this session; returns until when that counts.

    Raises `Denied` (wrong password), `Conflict` (an account without one), `RateLimited`.
    """
    member = context.member
    if member.password_hash is None:
        raise Conflict("Your account has no password. Sign in again instead, then send your request.", field="password")
    await _TRIES.spend(context.stores.redis, str(member.id))
    if context.session is None or not await verify_password(member.password_hash, password):
        raise Denied("This is not your password.", field="password")
    [row] = await connections.get("default").execute_query_dict(
        """
        UPDATE session SET stepped_up_at = yume_now() WHERE id = $1
        RETURNING stepped_up_at + make_interval(mins => $2) AS until
        """,
        [context.session.id, FRESH_MINUTES],
    )
    return row["until"]


async def require_step_up(context: Context) -> None:
    """Raise `StepUpRequired` unless this session began, or stepped up, a short while ago."""
    member = context.member
    rows = context.session and await connections.get("default").execute_query_dict(
        """
        SELECT 1 FROM session
        WHERE id = $1 AND greatest(created_at, stepped_up_at) > yume_now() - make_interval(mins => $2)
        """,
        [context.session.id, FRESH_MINUTES],
    )
    if not rows:
        if member.password_hash is None:
            raise StepUpRequired("Sign in again to show that it is you, then send this again.")
        raise StepUpRequired
