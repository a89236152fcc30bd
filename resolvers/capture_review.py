"""Captures that wait for a moderator, because somebody else looks alike: listed, opened (and that is told), decided."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.capture.end import end_captures
from jobs.capture.held import open_held
from models.audit import Transition, append_all, chain_of
from models.capture import UNDER_REVIEW, Capture, CaptureState, Review
from models.decision import Decision, DecisionStage
from models.errors import Conflict, Denied, Invalid, NotFound
from models.vault import Shredded
from resolvers.capture import no_such_capture
from resolvers.context import Context
from resolvers.likeness_media import capture_urls

LONGEST_REASON = 300
_MOST = 50


@dataclass(frozen=True)
class OpenedCapture:
    """What a moderator judges by. ``matches`` are cameos of other members whose face or voice is alike."""

    row: Capture
    clip_url: str
    thumbnail_url: str
    expires_at: datetime
    matches: tuple[UUID, ...]


async def waiting_captures(context: Context) -> list[Capture]:
    """Captures that wait for a moderator, the oldest first, at most 50; the viewer's own are left out."""
    viewer = context.moderator
    waiting = Capture.filter(state=CaptureState.CHECKING, review__in=UNDER_REVIEW).exclude(account_id=viewer.id)
    return await waiting.order_by("id").limit(_MOST)


async def open_capture(context: Context, capture_id: UUID) -> OpenedCapture:
    """Let a moderator look at a capture; its owner reads in the decision log that they did.

    Raises `Denied`, `NotFound`, `Conflict` (it waits for nobody).
    """
    viewer = context.moderator
    async with in_transaction() as connection:
        row = await _locked(connection, capture_id, viewer.id)
        try:
            held = await asyncio.to_thread(open_held, context.stores.vault, row.id, row.carried or b"")
        except Shredded:
            raise no_such_capture() from None
        await _log(connection, row, viewer.id, "operator.opened_capture", allowed=True)
        facts = {"capture": row.id, "moderator": viewer.id}
        await append_all(connection, [Transition(chain_of(row.cameo_id), "CAPTURE_OPENED", facts)])
    urls, end = capture_urls(context.stores, row.id, viewer.id)
    matches = tuple(UUID(match) for match in held.matches)
    return OpenedCapture(row, urls["clip.mp4"], urls["thumbnail.webp"], end, matches)


async def resolve_capture(context: Context, capture_id: UUID, *, accept: bool, reason: str) -> Capture:
    """Decide: a worker makes the version, or all of it is destroyed and its owner is told ``reason``.

    Raises `Denied`, `NotFound`, `Conflict` (it waits for nobody), `Invalid` (reason).
    """
    viewer = context.moderator
    if not reason.strip() or len(reason) > LONGEST_REASON or "\0" in reason:
        raise Invalid(f"Say why in 1 to {LONGEST_REASON} characters: the person recorded reads it.", field="reason")
    async with in_transaction() as connection:
        row = await _locked(connection, capture_id, viewer.id)
        check = {"name": "REVIEW", "passed": accept, "code": "OK" if accept else "REFUSED", "message": reason.strip()}
        if accept:
            entries = await _accepted(connection, row, check)
        else:
            entries = await end_captures(connection, [row.id], CaptureState.REJECTED, check=check)
        await _log(connection, row, viewer.id, "operator.resolved_capture", allowed=accept)
        await append_all(connection, entries)
    await context.stores.doorbell.ring_captures()
    await context.stores.doorbell.ring_purge()
    return await Capture.get(id=capture_id)


async def _locked(connection: BaseDBAsyncClient, capture_id: UUID, moderator_id: UUID) -> Capture:
    row = await Capture.select_for_update().using_db(connection).get_or_none(id=capture_id)
    if row is None:
        raise NotFound("There is no such capture.", field="captureId")
    if row.account_id == moderator_id:
        raise Denied("Somebody else has to decide on your own capture.", field="captureId")
    if row.state != CaptureState.CHECKING or row.review not in UNDER_REVIEW:
        raise Conflict("This capture does not wait for a moderator.", field="captureId")
    return row


async def _accepted(connection: BaseDBAsyncClient, row: Capture, check: Mapping[str, object]) -> list[Transition]:
    row.checks = [*row.checks, {**check, "recording": row.tries + 1}]
    row.review, row.attempt, row.heartbeat_at = Review.ACCEPTED, 0, None
    await row.save(using_db=connection, update_fields=["checks", "review", "attempt", "heartbeat_at"])
    return [Transition(chain_of(row.cameo_id), "CAPTURE_REVIEWED", {"capture": row.id, "accepted": True})]


async def _log(connection: BaseDBAsyncClient, row: Capture, actor_id: UUID, rule: str, *, allowed: bool) -> None:
    await Decision.create(
        using_db=connection,
        cameo_id=row.cameo_id,
        actor_id=actor_id,
        stage=DecisionStage.OPERATOR,
        allowed=allowed,
        rule=rule,
    )
