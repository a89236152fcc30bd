"""Appearances: the person shown agrees to a draft or does not, and removes any video with their likeness, alone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.consent.change import Effects, decline_approvals, withdraw_for
from models.audit import Transition, append_all, chain_of
from models.consent.locks import lock_for_change
from models.consent.withdraw import Reach
from models.errors import Conflict, NotFound
from models.likeness import Approval, ApprovalState, VideoLikeness, WithdrawalReason
from models.notification import NotificationKind, notify
from models.video import Video
from resolvers.context import Context


@dataclass(frozen=True)
class Answer:
    """What the person shown says to a draft. ``draft_hash``: the draft they looked at; None: the one there is."""

    video_id: UUID
    cameo_id: UUID | None
    approve: bool
    draft_hash: str | None


async def answer(context: Context, given: Answer) -> Video:
    """Approve a draft that waits, or decline it: then it is withdrawn and its author's quota goes back.

    Raises `NotFound` (no likeness of the viewer's waits there), `Conflict` (answered before, too late, another draft).
    """
    effects = Effects()
    async with in_transaction() as connection:
        cameos = await _own_cameos_in(connection, context, given.video_id, given.cameo_id)
        await lock_for_change(connection, cameos, [given.video_id])
        waiting = await _waiting(connection, cameos, given)
        video = await Video.get(id=given.video_id, using_db=connection)
        transitions: list[Transition] = []
        for approval in waiting:
            done, kind = Effects(), "DRAFT_APPROVED" if given.approve else "DRAFT_DECLINED"
            if given.approve:
                await connection.execute_query(
                    "UPDATE approval SET state = 'APPROVED', answered_at = yume_now() WHERE id = $1", [approval.id]
                )
            else:
                done = await decline_approvals(connection, approval.cameo_id, [video.id])
            facts = {"by": context.member.id, "video": video.id, "draft": approval.draft_hash}
            transitions.append(
                Transition(chain_of(approval.cameo_id), kind, facts | {"withdrawals": done.withdrawal_ids})
            )
            effects.add(done)
            await notify(
                connection, video.author_id, NotificationKind.APPROVAL_ANSWERED,
                actor=context.member.id, cameo=approval.cameo_id, video=video.id,
            )  # fmt: skip
        await _settle_draft(connection, video.id)
        await append_all(connection, transitions)
    await effects.follow_up(context.stores.doorbell)
    return video


async def withdraw_likeness(context: Context, video_id: UUID, cameo_id: UUID | None) -> Effects:
    """Take the viewer's likeness (one cameo, or all of theirs) out of a video: it goes, with all made from it.

    Twice is success. Raises `NotFound` when it carries none of theirs. Blocks and settings do not stand in the way.
    """
    effects = Effects()
    async with in_transaction() as connection:
        cameos = await _own_cameos_in(connection, context, video_id, cameo_id)
        await lock_for_change(connection, cameos, [video_id])
        transitions: list[Transition] = []
        for each in sorted(cameos):
            done = await withdraw_for(connection, each, WithdrawalReason.REMOVED, Reach(videos=[video_id]))
            if done.withdrawals:
                facts = {"by": context.member.id, "video": video_id, "withdrawals": done.withdrawal_ids}
                transitions.append(Transition(chain_of(each), "LIKENESS_WITHDRAWN", facts | {"videos": done.videos}))
            effects.add(done)
        await append_all(connection, transitions)
    await effects.follow_up(context.stores.doorbell)
    return effects


async def _own_cameos_in(
    connection: BaseDBAsyncClient, context: Context, video_id: UUID, cameo_id: UUID | None
) -> list[UUID]:
    rows = VideoLikeness.filter(video_id=video_id, cameo__owner_id=context.member.id)
    if cameo_id is not None:
        rows = rows.filter(cameo_id=cameo_id)
    found = [UUID(str(each)) for each in await rows.using_db(connection).values_list("cameo_id", flat=True)]
    if not found:
        raise NotFound("There is no such video with your likeness.", field="videoId")
    return found


async def _waiting(connection: BaseDBAsyncClient, cameos: list[UUID], given: Answer) -> list[Approval]:
    """The approvals to be answered, by the database's clock still in time. A draft that is gone awaits none."""
    asked = Approval.filter(video_id=given.video_id, cameo_id__in=cameos).using_db(connection).order_by("id")
    waiting = [row for row in await asked if row.state is ApprovalState.PENDING]
    over = await connection.execute_query_dict(
        """
        SELECT 1 FROM approval a JOIN video_visibility v ON v.id = a.video_id
        WHERE a.id = ANY ($1::uuid[]) AND (
            a.expires_at <= yume_now() OR v.consent = 'WITHDRAWN' OR v.author_state = 'DELETED'
        )
        """,
        [[row.id for row in waiting]],
    )
    if not waiting or over:
        raise Conflict("This draft does not wait for your answer any more.", field="videoId")
    if given.draft_hash is not None and any(row.draft_hash != given.draft_hash for row in waiting):
        raise Conflict("This is not the draft you looked at. Look at it again.", field="draftHash")
    return waiting


async def _settle_draft(connection: BaseDBAsyncClient, video_id: UUID) -> None:
    """Once everybody shown agreed, the draft is its author's to publish."""
    await connection.execute_query(
        """
        UPDATE video_visibility SET author_state = 'DRAFT'
        WHERE id = $1 AND author_state = 'AWAITING'
            AND NOT EXISTS (SELECT 1 FROM approval WHERE video_id = $1 AND state <> 'APPROVED')
        """,
        [video_id],
    )
