"""The cameo that a capture is for: one of the member's, or a new one under a handle that is free."""

from __future__ import annotations

from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError

from models.account import Account
from models.cameo import Cameo, CameoKind, CameoState
from models.capture import Capture, CaptureState
from models.consent.locks import lock_for_change
from models.errors import Conflict, Invalid, NotFound
from resolvers.handle import RESERVED, read_handle

MOST_CAMEOS = 20
"""Of one account, the erased not counted."""

_GONE = (CameoState.ERASING, CameoState.ERASED)


async def cameo_to_capture(
    connection: BaseDBAsyncClient, member: Account, kind: CameoKind, cameo_id: UUID | None, handle: str | None
) -> Cameo:
    """The cameo ``cameo_id`` of the member's, or (None) one that has no recording yet, made if there is none.

    A new PERSON cameo is called as its owner unless ``handle`` says otherwise, and there is one of them a member. The
    caller holds the account's lock. Raises `NotFound`, `Invalid`, `Conflict`.
    """
    if cameo_id is not None:
        return await _again(connection, member, kind, cameo_id, handle)
    name = read_handle(handle or (member.handle if kind is CameoKind.PERSON else ""))
    if name is None or (name in RESERVED and name != member.handle):
        raise Invalid("A handle has 3 to 30 letters a–z, digits or _, and is not reserved.", field="handle")
    own = await Cameo.filter(owner_id=member.id).exclude(state__in=_GONE).using_db(connection).order_by("id")
    person = next((one for one in own if one.kind == kind == CameoKind.PERSON), None)
    if person is not None and person.state != CameoState.EMPTY:
        raise Conflict("You have a cameo of yourself. Give its `cameoId` to record it again.", field="cameoId")
    unused = person or next((one for one in own if one.state == CameoState.EMPTY and one.handle == name), None)
    if unused is None and len(own) >= MOST_CAMEOS:
        raise Conflict(f"An account has at most {MOST_CAMEOS} cameos. Erase one to make another.", field="kind")
    if unused is None or unused.handle != name:
        await _check_free(connection, member, name)
    return await _named(connection, member, kind, name, unused)


async def _again(
    connection: BaseDBAsyncClient, member: Account, kind: CameoKind, cameo_id: UUID, handle: str | None
) -> Cameo:
    cameo = await Cameo.get_or_none(id=cameo_id, owner_id=member.id, using_db=connection)
    if cameo is None or cameo.state in _GONE:
        raise NotFound("There is no such cameo.", field="cameoId")
    if cameo.kind != kind:
        raise Invalid(f"This cameo is a {cameo.kind.value}, and stays one.", field="kind")
    if handle is not None and read_handle(handle) != cameo.handle:
        raise Invalid("A cameo keeps its handle. Leave `handle` out to record it again.", field="handle")
    return cameo


async def _check_free(connection: BaseDBAsyncClient, member: Account, name: str) -> None:
    """Members and cameos share one set of names, so that nobody is cast under somebody else's."""
    taken = Conflict(f"The handle @{name} is taken. Choose another one.", field="handle")
    if await Account.filter(handle=name).exclude(id=member.id).using_db(connection).exists():
        raise taken
    holder = await Cameo.get_or_none(handle=name, using_db=connection)
    if holder is None:
        return
    # Its owner may be starting to record it at this moment: they look again under the same lock.
    await lock_for_change(connection, [holder.id])
    await holder.refresh_from_db(using_db=connection)
    waiting = Capture.filter(cameo_id=holder.id, state__in=[CaptureState.CHALLENGED, CaptureState.CHECKING])
    if holder.state != CameoState.EMPTY or await waiting.using_db(connection).exists():
        raise taken
    # Somebody wanted the name once and never recorded anything.
    await Cameo.filter(id=holder.id, state=CameoState.EMPTY).using_db(connection).update(handle=None)


async def _named(
    connection: BaseDBAsyncClient, member: Account, kind: CameoKind, name: str, unused: Cameo | None
) -> Cameo:
    try:
        if unused is None:
            return await Cameo.create(using_db=connection, owner_id=member.id, handle=name, kind=kind)
        unused.handle, unused.kind = name, kind
        await unused.save(using_db=connection, update_fields=["handle", "kind"])
    except IntegrityError:
        raise Conflict(f"The handle @{name} is taken. Choose another one.", field="handle") from None
    return unused
