"""Sessions: opaque 256-bit tokens, of which only a hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from tortoise import connections

from models.account import Account, Purpose, Session
from models.base import new_id
from models.errors import NotFound, Unauthenticated
from models.policy import policy_in_force
from resolvers.context import Context
from resolvers.handle import read_handle
from resolvers.limit import Limit
from resolvers.password import verify_password

_BY_CLIENT = Limit("sign-in", 60, 900)
_BY_PAIR = Limit("sign-in-pair", 10, 900)
_BY_HANDLE = Limit("sign-in-handle", 100, 900)
"""Wider than one client's share: strangers must not lock a member out by being wrong in their name."""


async def open_session(account_id: UUID, *, days: float | None = None) -> tuple[str, datetime]:
    """Sign a client in: the token, shown once, and when it ends (``days`` from now, else as policy says)."""
    lasting: float = (await policy_in_force())["session_days"] if days is None else days
    return await _open(account_id, Purpose.CLIENT, lasting * 86_400.0)


async def open_link(account_id: UUID, *, minutes: float) -> str:
    """A token that signs one browser in within ``minutes``, by `redeem_link`, and is good for nothing else."""
    token, _ = await _open(account_id, Purpose.LINK, minutes * 60.0)
    return token


async def redeem_link(token: str) -> str:
    """Spend a sign-in link: a new session's token. Raises `Unauthenticated` for a link that is over or was used."""
    rows = await connections.get("default").execute_query_dict(
        """
        UPDATE session SET revoked_at = yume_now()
        WHERE token_hash = $1 AND purpose = 'LINK' AND revoked_at IS NULL AND expires_at > yume_now()
        RETURNING account_id
        """,
        [_hash(token)],
    )
    if not rows:
        raise Unauthenticated("This sign-in link is over. Ask for a new one.")
    opened, _ = await open_session(rows[0]["account_id"])
    return opened


async def _open(account_id: UUID, purpose: Purpose, seconds: float) -> tuple[str, datetime]:
    token = "yume_" + secrets.token_urlsafe(32)
    [row] = await connections.get("default").execute_query_dict(
        """
        INSERT INTO session (id, created_at, account_id, token_hash, purpose, expires_at)
        VALUES ($1, yume_now(), $2, $3, $4, yume_now() + make_interval(secs => $5)) RETURNING expires_at
        """,
        [new_id(), account_id, _hash(token), purpose.value, seconds],
    )
    return token, row["expires_at"]


async def session_for_token(token: str) -> tuple[Account, Session] | None:
    """Who holds this token, or None when it is unknown, revoked, expired, or its account suspended or deleted."""
    session = await Session.live().filter(token_hash=_hash(token)).select_related("account").first()
    if session is None or session.account.suspended_at is not None or session.account.deleted_at is not None:
        return None
    return session.account, session


async def session_is_live(session_id: UUID) -> bool:
    """Does this session still stand? Asked again for every event of an open subscription."""
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT 1 FROM session s JOIN account a ON a.id = s.account_id
        WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > yume_now() AND a.suspended_at IS NULL
            AND a.deleted_at IS NULL
        """,
        [session_id],
    )
    return bool(rows)


async def require_live_session(context: Context) -> None:
    """Raise `Unauthenticated` once the session that opened a subscription has ended; who had none needs none."""
    if context.session is not None and not await session_is_live(context.session.id):
        raise Unauthenticated("Your session has ended. Sign in again.")


async def sign_in(context: Context, *, handle: str, password: str) -> tuple[str, datetime, Account]:
    """Open a session with a password. Raises `NotFound` (the same for a wrong handle) or `RateLimited`."""
    await _BY_CLIENT.spend(context.stores.redis, context.client)
    name = read_handle(handle) or ""
    await _BY_PAIR.spend(context.stores.redis, f"{name}@{context.client}")
    await _BY_HANDLE.spend(context.stores.redis, name)
    account = await Account.get_or_none(handle=name, suspended_at__isnull=True)
    if not await verify_password(account.password_hash if account else None, password) or account is None:
        raise NotFound("No account has this handle and password.", field="password")
    token, expires_at = await open_session(account.id)
    context.sign_in_cookie = token
    return token, expires_at, account


async def sign_out(context: Context) -> None:
    """End the session that made this request."""
    _ = context.member
    if context.session is not None:
        await revoke_session(context, context.session.id)
    context.sign_in_cookie = ""


async def revoke_session(context: Context, session_id: UUID) -> None:
    """End one of the viewer's own sessions. Raises `NotFound` for anybody else's."""
    rows = await connections.get("default").execute_query_dict(
        "UPDATE session SET revoked_at = coalesce(revoked_at, yume_now()) "
        "WHERE id = $1 AND account_id = $2 RETURNING id",
        [session_id, context.member.id],
    )
    if not rows:
        raise NotFound("You have no such session.", field="sessionId")


async def live_sessions(account_id: UUID) -> list[Session]:
    """The account's sessions that still stand, newest first."""
    return await Session.live().filter(account_id=account_id).order_by("-id")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
