"""What a restriction does to jobs, grants and videos, in its own transaction; and what follows once it is committed.

Whoever calls holds `models.consent.locks.lock_for_change` on the cameos concerned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from jobs.clip.lease import CONSENT_ENDED, PARENT_GONE, Failure, cancel, end
from jobs.queue import Doorbell
from models.consent.epochs import raise_for_each
from models.consent.withdraw import Reach, Withdrawn, withdraw
from models.generation import GenerationState, Outbox
from models.grant import RevokeMode
from models.likeness import WithdrawalReason

TOPIC_WITHDRAWN = "withdrawn"
"""Outbox: a withdrawal whose bytes are to be purged, whose watchers and people are to be told."""


@dataclass
class Effects:
    """What a transaction ended. ``jobs`` are generations that stopped or must; ``withdrawals`` what it took out."""

    jobs: list[UUID] = field(default_factory=list[UUID])
    withdrawals: list[Withdrawn] = field(default_factory=list[Withdrawn])

    @property
    def videos(self) -> int:
        """How many videos were hidden."""
        return sum(one.videos for one in self.withdrawals)

    @property
    def withdrawal_ids(self) -> list[UUID]:
        """Ids of the withdrawals, for the audit log."""
        return [one.id for one in self.withdrawals]

    def add(self, other: Effects) -> None:
        """Count what ``other`` did as well; a job that both must stop is one job."""
        self.jobs = list(dict.fromkeys((*self.jobs, *other.jobs)))
        self.withdrawals += other.withdrawals

    async def follow_up(self, doorbell: Doorbell) -> None:
        """After the commit: hint to workers. Best effort, for gate 3 and the sweep find everything by themselves."""
        await doorbell.request_cancels(self.jobs)
        if self.withdrawals:
            await doorbell.ring_purge()


async def stop_jobs(
    connection: BaseDBAsyncClient, cameo_ids: Iterable[UUID], account_id: UUID | None = None
) -> list[UUID]:
    """End the queued generations with any of these cameos, of one account or of all, and give their quota back.

    Returns the ids to hint at after the commit: those that ended here, so that their last word is said at once, and
    those at work, which end at gate 3. The caller raised the epoch that makes them end.
    """
    return await _stop_with(connection, cameo_ids, None if account_id is None else [account_id])


async def stop_remixes(connection: BaseDBAsyncClient) -> list[UUID]:
    """As `stop_jobs`, for generations that remix a video which has been withdrawn."""
    return await _stop(
        connection,
        "EXISTS (SELECT 1 FROM video_visibility v WHERE v.id = gen.parent_id AND v.consent = 'WITHDRAWN')",
        [],
        PARENT_GONE,
    )


async def stop_all_of(connection: BaseDBAsyncClient, *account_ids: UUID) -> list[UUID]:
    """Stop every generation of these accounts, with whatever cast, as if their authors had cancelled them."""
    rows = await connection.execute_query_dict(
        """
        SELECT id FROM generation
        WHERE account_id = ANY ($1::uuid[]) AND state IN ('QUEUED', 'RUNNING', 'CHECKING') ORDER BY id
        """,
        [list(account_ids)],
    )
    for row in rows:
        await cancel(connection, row["id"])
    return [row["id"] for row in rows]


async def enqueue_withdrawn(connection: BaseDBAsyncClient, withdrawal_id: UUID) -> None:
    """Promise, in the caller's transaction, that a withdrawal's bytes are purged and its watchers told."""
    await Outbox.create(using_db=connection, topic=TOPIC_WITHDRAWN, payload={"withdrawal_id": str(withdrawal_id)})


async def withdraw_for(
    connection: BaseDBAsyncClient, cameo_id: UUID, reason: WithdrawalReason, reach: Reach
) -> Effects:
    """Hide what ``reach`` names, with all descendants, stop remixes of it, and promise the purge."""
    withdrawn = await withdraw(connection, cameo_id, reason, reach)
    if withdrawn is None:
        return Effects()
    await enqueue_withdrawn(connection, withdrawn.id)
    return Effects(jobs=await stop_remixes(connection), withdrawals=[withdrawn])


async def revoke_grants(
    connection: BaseDBAsyncClient, cameo_id: UUID, grant_ids: Sequence[UUID], mode: RevokeMode
) -> Effects:
    """End grants of one cameo that name a subject, pending requests among them, and stop those subjects' jobs.

    WITHDRAW also hides every video that names one of them, or one it superseded. Ended grants only do the latter.
    """
    rows = await connection.execute_query_dict(
        """
        UPDATE cameo_grant g SET state = 'REVOKED', ended_at = yume_now()
        FROM cameo_grant old
        WHERE old.id = g.id AND g.id = ANY ($1::uuid[]) AND g.cameo_id = $2 AND g.subject_id IS NOT NULL
            AND g.state IN ('PENDING', 'ACTIVE')
        RETURNING g.subject_id, old.state AS state
        """,
        [list(grant_ids), cameo_id],
    )
    effects = Effects()
    subjects = sorted({row["subject_id"] for row in rows if row["state"] == "ACTIVE"})
    if subjects:
        await raise_for_each(connection, cameo_id, subjects)
        effects.jobs += await _stop_with(connection, [cameo_id], subjects)
    if mode is RevokeMode.WITHDRAW:
        reach = Reach(grants=list(grant_ids))
        effects.add(await withdraw_for(connection, cameo_id, WithdrawalReason.REVOKED, reach))
    return effects


async def decline_approvals(connection: BaseDBAsyncClient, cameo_id: UUID, video_ids: Sequence[UUID]) -> Effects:
    """The person shown did not agree to these drafts, in time or at all: they are withdrawn, their quota goes back."""
    rows = await connection.execute_query_dict(
        """
        UPDATE approval SET state = 'DECLINED', answered_at = yume_now()
        WHERE cameo_id = $1 AND video_id = ANY ($2::uuid[]) AND state = 'PENDING' RETURNING video_id
        """,
        [cameo_id, list(video_ids)],
    )
    declined = [row["video_id"] for row in rows]
    if not declined:
        return Effects()
    await connection.execute_query(
        """
        UPDATE quota_charge q SET refunded_at = yume_now() FROM video v
        WHERE v.id = ANY ($1::uuid[]) AND q.generation_id = v.generation_id AND q.refunded_at IS NULL
        """,
        [declined],
    )
    return await withdraw_for(connection, cameo_id, WithdrawalReason.DECLINED, Reach(videos=declined))


async def _stop_with(
    connection: BaseDBAsyncClient, cameo_ids: Iterable[UUID], account_ids: Sequence[UUID] | None
) -> list[UUID]:
    return await _stop(
        connection,
        """
        EXISTS (SELECT 1 FROM generation_likeness l WHERE l.generation_id = gen.id AND l.cameo_id = ANY ($1::uuid[]))
        AND ($2::uuid[] IS NULL OR gen.account_id = ANY ($2::uuid[]))
        """,
        [list(cameo_ids), account_ids],
        CONSENT_ENDED,
    )


async def _stop(connection: BaseDBAsyncClient, condition: str, values: list[object], failure: Failure) -> list[UUID]:
    active = f"SELECT gen.id FROM generation gen WHERE {condition} AND gen.state"  # noqa: S608 - one of two constants
    queued = await connection.execute_query_dict(f"{active} = 'QUEUED' ORDER BY gen.id FOR UPDATE", values)
    for row in queued:
        await end(connection, row["id"], GenerationState.FAILED, failure)
    # A row claimed while the statement above waited for it is at work now.
    working = await connection.execute_query_dict(f"{active} IN ('RUNNING', 'CHECKING')", values)
    return [row["id"] for row in (*queued, *working)]
