"""Signing up: an invite, an age and a region admit a newcomer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from jobs.waiting import forget_joined
from models.account import Account, Invite, Role
from models.cameo import Cameo, CameoState
from models.errors import Conflict, Denied, Invalid, NotFound
from models.policy import policy_in_force
from models.rules.account import in_good_standing
from models.rules.sql import holding
from resolvers.context import Context
from resolvers.handle import RESERVED, read_handle
from resolvers.invite import code_digest
from resolvers.limit import Limit
from resolvers.password import check_password, hash_password
from resolvers.region import check_region, read_region
from resolvers.session import open_session

_CODE_TRIES = Limit("invite-code", 20, 3600)


@dataclass(frozen=True)
class SignUp:
    """What a newcomer tells about themselves. ``region`` is an ISO 3166-1 alpha-2 code."""

    invite_code: str
    handle: str
    password: str
    birth_date: date
    region: str


async def sign_up(context: Context, request: SignUp) -> tuple[str, datetime, Account]:
    """Admit a newcomer: their first session's token and end, and the account.

    Raises `Invalid` (handle, password), `NotFound` (code), `Denied` (age, region), `Conflict` (handle taken),
    `RateLimited`. Nothing is stored and the invite stays unused unless all is well.
    """
    handle = read_handle(request.handle)
    if handle is None or handle in RESERVED:
        raise Invalid("A handle has 3 to 30 letters a–z, digits or _, and is not reserved.", field="handle")
    region = read_region(request.region)
    check_password(request.password)
    await _CODE_TRIES.spend(context.stores.redis, context.client)
    digest = code_digest(context.stores.keys, request.invite_code)
    await _usable_invite(digest)
    password_hash = await hash_password(request.password)
    async with in_transaction() as connection:
        seat = await _usable_invite(digest, lock=True)
        policy = await policy_in_force()
        _check_age(request.birth_date, policy["minimum_age"])
        if not seat.admin:
            await check_region(region, context.client, policy["regions"], context.stores.regions)
        account = await _insert(request, handle, region, password_hash, seat)
        seat.used_by_id, seat.used_at = account.id, datetime.now(UTC)
        await seat.save(update_fields=["used_by_id", "used_at"])
        await forget_joined(connection, seat.id)
        token, expires_at = await open_session(account.id)
    context.sign_in_cookie = token
    return token, expires_at, account


def _check_age(birth_date: date, minimum: int) -> None:
    today = datetime.now(UTC).date()
    age = today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    if birth_date > today or age > 130:
        raise Invalid("This birth date cannot be right.", field="birthDate")
    if age < minimum:
        raise Denied(f"Members of this server are at least {minimum} years old.", field="birthDate")


async def _usable_invite(digest: str, *, lock: bool = False) -> Invite:
    # What somebody gave before they were suspended admits nobody until that is lifted.
    standing = f"invite.created_by_id IS NULL OR {in_good_standing('invite.created_by_id')}"
    rows = holding(Invite.filter(code_hmac=digest, used_at__isnull=True, revoked_at__isnull=True), standing)
    seat = await (rows.select_for_update() if lock else rows).first()
    if seat is None:
        raise NotFound("This invite code is unknown or already used. Ask for another one.", field="inviteCode")
    return seat


async def _insert(request: SignUp, handle: str, region: str, password_hash: str, seat: Invite) -> Account:
    # Members and cameos share one set of names: nobody is cast under somebody else's.
    if await Cameo.filter(handle=handle).exclude(state=CameoState.EMPTY).exists():
        raise _taken(handle)
    try:
        return await Account.create(
            handle=handle,
            display_name=handle,
            password_hash=password_hash,
            birth_date=request.birth_date,
            region=region,
            role=Role.ADMIN if seat.admin else Role.MEMBER,
            invited_by_id=seat.created_by_id,
        )
    except IntegrityError:
        raise _taken(handle) from None


def _taken(handle: str) -> Conflict:
    return Conflict(f"The handle @{handle} is taken. Choose another one.", field="handle")
