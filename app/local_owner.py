"""The account of whoever sits at the machine: it spares a developer the sign-up, and exists on loopback only."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tortoise import connections

from app.private import write_private
from models.account import Account, Invite, Role
from models.house import HOUSE_IDS
from models.keys import load_keys
from resolvers.invite import create_invite
from resolvers.session import open_link, open_session, session_for_token

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings import Settings

HANDLE = "owner"
SESSION_DAYS = 3650.0
LINK_MINUTES = 15


def token_file(data_dir: Path) -> Path:
    """Where the local owner's session token is."""
    return data_dir / "owner.token"


def is_local(settings: Settings) -> bool:
    """Whether only this machine can reach the server and nobody of the public is served."""
    if settings.production or settings.public_url is not None:
        return False
    if settings.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        return False


async def settle_local_owner(settings: Settings) -> bool:
    """See that the local owner has a session where there may be one, and none elsewhere; returns which it is."""
    path = token_file(settings.data_dir)
    if not is_local(settings):
        await _sign_out_everywhere()
        path.unlink(missing_ok=True)
        return False
    if path.exists() and await session_for_token(path.read_text().strip()) is not None:
        return True
    account = await Account.get_or_none(handle=HANDLE)
    if account is None:
        account = await Account.create(handle=HANDLE, display_name="Owner", role=Role.ADMIN)
    token, _ = await open_session(account.id, days=SESSION_DAYS)
    write_private(path, token)
    return True


async def sign_in_link(settings: Settings) -> str:
    """A page address that signs the local owner in in a browser, once, within `LINK_MINUTES`.

    The token is in the fragment, which browsers send nowhere.
    """
    account = await Account.get(handle=HANDLE)
    token = await open_link(account.id, minutes=LINK_MINUTES)
    return f"{settings.address}/login#token={token}"


async def first_invite(settings: Settings) -> str | None:
    """An admin's invite code while nobody has signed up yet; an unused one of an earlier start becomes worthless."""
    if await Account.exclude(handle=HANDLE).exclude(id__in=HOUSE_IDS).exists():
        return None
    await Invite.filter(created_by_id__isnull=True, admin=True, used_at__isnull=True).delete()
    return await create_invite(load_keys(settings.keys), None, admin=True)


async def _sign_out_everywhere() -> None:
    await connections.get("default").execute_query(
        """
        UPDATE session SET revoked_at = yume_now() FROM account
        WHERE account.id = session.account_id AND account.handle = $1 AND account.password_hash IS NULL
            AND session.revoked_at IS NULL
        """,
        [HANDLE],
    )
