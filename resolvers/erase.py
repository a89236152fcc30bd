"""Erasing a cameo or one's whole account: nothing of it is used or seen from here on, and its keys are destroyed."""

from __future__ import annotations

import asyncio
from uuid import UUID

from tortoise.transactions import in_transaction

from jobs.consent.change import Effects
from jobs.erasure.begin import Begun, begin_account, begin_cameo, shred
from models.cameo import Cameo
from models.erasure import Erasure, ErasureKind
from models.errors import Conflict, Unauthenticated
from resolvers.cameo import own_cameo
from resolvers.context import Context
from resolvers.step_up import require_step_up


async def erase_cameo(context: Context, cameo_id: UUID) -> tuple[Cameo, Effects]:
    """Withdraw every video with a cameo of the viewer's, end every permission, and destroy what it was made from.

    When this returns nobody sees or uses any of it and its keys are gone; workers then delete what they opened, and
    sign the receipt. Returns the cameo and what was stopped. Twice is success. Raises `NotFound` (not the viewer's),
    `StepUpRequired`.
    """
    await own_cameo(context, cameo_id)
    await require_step_up(context)
    async with in_transaction() as connection:
        begun = await begin_cameo(connection, context.member.id, cameo_id)
    await _follow_up(context, begun)
    return await Cameo.get(id=cameo_id), begun.effects


async def delete_account(context: Context, handle: str) -> Erasure:
    """Erase the viewer's account: cameos, videos, drafts, prompts, sessions. ``handle`` confirms that they mean it.

    What others made from their videos stays, under a tombstone. Raises `Conflict` (another handle), `StepUpRequired`.
    """
    member = context.member
    if handle.strip().removeprefix("@").lower() != member.handle:
        raise Conflict(f"Type your handle, @{member.handle}, to confirm.", field="handle")
    await require_step_up(context)
    async with in_transaction() as connection:
        begun = await begin_account(connection, member.id)
    if begun is None:
        raise Unauthenticated("This account is deleted.")
    await _follow_up(context, begun)
    context.sign_in_cookie = ""
    return await Erasure.get(kind=ErasureKind.ACCOUNT, subject_id=member.id)


async def _follow_up(context: Context, begun: Begun) -> None:
    # Should this process die first, a worker destroys the keys: the erasure's row stays until that is done.
    await asyncio.to_thread(shred, context.stores.vault, begun.subjects)
    await begun.effects.follow_up(context.stores.doorbell)
    await context.stores.doorbell.ring_purge()
