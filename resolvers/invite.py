"""Invites: 128-bit codes that admit one newcomer each, stored as HMAC."""

from __future__ import annotations

import base64
import secrets
from uuid import UUID

from tortoise.transactions import in_transaction

from models.account import Account, Invite, Role
from models.base import new_id
from models.errors import Denied, NotFound, QuotaExceeded
from models.keys import Keys
from models.policy import policy_in_force
from resolvers.context import Context
from resolvers.idempotency import check_idempotency_key
from resolvers.limit import Limit

UNLIMITED = (Role.ADMIN,)
"""Roles that may invite without limit."""
_CODE_BYTES = 16
_TRIES = Limit("create-invite", 60, 3600)
_GIVEN_SHOWN = 50


def code_digest(keys: Keys, code: str) -> str:
    """What is stored of a code, however the person typed it (case, spaces and dashes do not matter)."""
    plain = "".join(code.split()).replace("-", "").upper()
    return keys.invite.mac(plain.encode()).hex()


async def create_invite(keys: Keys, created_by: UUID | None, *, admin: bool = False) -> str:
    """Make an invite outside the API: for the operator's command line. Returns the code, which is shown once."""
    code = spell(secrets.token_bytes(_CODE_BYTES))
    await Invite.create(code_hmac=code_digest(keys, code), created_by_id=created_by, admin=admin)
    return code


async def invite(context: Context, *, idempotency_key: str) -> tuple[str, Invite]:
    """Spend one of the viewer's invites. The same key gives the same code again.

    Raises `Invalid` (key), `Denied` (an operator closed the viewer's invites), `QuotaExceeded` when the policy's number
    is spent (admins have none), `RateLimited`: what is revoked may be made again, and rows must not grow without end.
    """
    member = context.member
    check_idempotency_key(idempotency_key)
    await _TRIES.spend(context.stores.redis, str(member.id))
    keys = context.stores.keys
    # The code follows from the key, so that a retry can show it again although only its HMAC is stored.
    code = spell(keys.invite.mac(b"code:" + member.id.bytes + idempotency_key.encode()))
    async with in_transaction() as connection:
        inviter = await Account.select_for_update(no_key=True).using_db(connection).get(id=member.id)
        known = await Invite.get_or_none(code_hmac=code_digest(keys, code), using_db=connection)
        if known is not None:
            return code, known
        await _check_allowance(inviter, (await policy_in_force(connection))["invites_per_account"])
        row = await Invite.create(
            id=new_id(), code_hmac=code_digest(keys, code), created_by_id=member.id, using_db=connection
        )
    return code, row


async def revoke_invite(context: Context, invite_id: UUID) -> Invite:
    """Make an unused invite of the viewer's worthless; it counts as never given. Raises `NotFound`."""
    async with in_transaction() as connection:
        row = (
            await Invite.select_for_update()
            .using_db(connection)
            .get_or_none(id=invite_id, created_by_id=context.member.id, used_at__isnull=True)
        )
        if row is None:
            raise NotFound("You have no unused invite like this.", field="inviteId")
        if row.revoked_at is None:
            await connection.execute_query("UPDATE invite SET revoked_at = yume_now() WHERE id = $1", [invite_id])
            await row.refresh_from_db(using_db=connection)
    return row


async def invites_of(account_id: UUID) -> list[Invite]:
    """The invites the account made last, newest first."""
    return await Invite.filter(created_by_id=account_id).order_by("-id").limit(_GIVEN_SHOWN)


async def invites_left(account: Account, allowed: int) -> int | None:
    """How many more the account may make where policy allows ``allowed``; None without limit."""
    if account.invites_closed_at is not None:
        return 0
    if account.role in UNLIMITED:
        return None
    return max(0, allowed - await Invite.filter(created_by_id=account.id, revoked_at__isnull=True).count())


async def _check_allowance(member: Account, allowed: int) -> None:
    if member.invites_closed_at is not None:
        raise Denied("The people who run this server have closed your invites. Ask them why.")
    if await invites_left(member, allowed) == 0:
        raise QuotaExceeded(
            f"You have given all {allowed} of your invites. Revoke an unused one to give it to somebody else.",
            needed=1,
            left=0,
            resets_at=None,
        )


def spell(code: bytes) -> str:
    """A code for people, of the first 128 bits of ``code``."""
    letters = base64.b32encode(code[:_CODE_BYTES]).decode().rstrip("=")
    return "-".join(letters[start : start + 5] for start in range(0, len(letters), 5))
