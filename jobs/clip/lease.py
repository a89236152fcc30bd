"""Who may work on a generation: claiming, keeping, giving back and ending, each guarded by the fencing token.

Every function runs in the transaction (or on the connection) it is given; all times are Postgres's own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from jobs.queue import enqueue_announcement, enqueue_generation, enqueue_purge_of
from models.generation import GenerationState

LEASE_SECONDS = 10.0
"""A claim without a heartbeat for so long is anybody's."""
HEARTBEAT_SECONDS = 3.0
MAX_ATTEMPTS = 3

ATTEMPTS_SPENT = ("ENGINE_DIED", "The engine stopped unexpectedly several times while making this clip.")
"""Failure code and message of a generation whose workers died under it."""


@dataclass(frozen=True)
class Lease:
    """One claim of one generation. ``spec`` is what the engine is asked, as JSON."""

    generation_id: UUID
    account_id: UUID
    fence: int
    attempt: int
    engine: str
    spec: dict[str, Any]
    age_seconds: float
    """Since the generation was asked for."""
    parent_id: UUID | None = None
    """The video it remixes."""
    guarded: bool = False
    """Whether somebody's consent may end it: it shows a likeness, or remixes a video."""
    background: bool = False
    """Whether it gives way to whoever waits (`models.generation.BACKGROUND`)."""

    @property
    def media_prefix(self) -> str:
        """Where this claim stores its objects: a later claim never writes over them, nor they over its own."""
        return f"{media_prefix(self.generation_id)}{self.fence}/"

    @property
    def live_prefix(self) -> str:
        """Where this claim stores what can be watched before the clip is finished."""
        return live_prefix(self.generation_id, self.fence)


@dataclass(frozen=True)
class Pulse:
    """What a heartbeat learnt: whether the claim still holds, and whether its author wants it stopped."""

    ours: bool
    cancel_requested: bool


@dataclass(frozen=True)
class Failure:
    """Why a generation ends without a clip. ``retry`` says whether another attempt may help."""

    code: str
    message: str
    retry: bool = False


CONSENT_ENDED = Failure("CONSENT_ENDED", "A person in this clip no longer allows it. It was not charged.")
"""How a generation ends whose likeness may no longer be used: no name, no reason."""
PARENT_GONE = Failure("CONSENT_ENDED", "The video that this remixes is no longer available. It was not charged.")


def media_prefix(generation_id: UUID) -> str:
    """Where every object of a generation is stored."""
    return f"videos/{generation_id}/"


def live_prefix(generation_id: UUID, fence: int) -> str:
    """Where the claim ``fence`` stores the live segments of a generation."""
    return f"{media_prefix(generation_id)}{fence}/live/"


async def claim(connection: BaseDBAsyncClient, worker_id: UUID, engine: str) -> Lease | None:
    """Take the next queued generation for ``engine``, or None. Two workers never take the same one.

    One of the server's own is taken only while nobody else's is at work with this engine: it may be the same machine.
    """
    rows = await connection.execute_query_dict(
        """
        UPDATE generation
        SET state = 'RUNNING', fence = fence + 1, attempt = attempt + 1, worker_id = $1, heartbeat_at = yume_now(),
            started_at = coalesce(started_at, yume_now()), phase = NULL, fraction = 0
        WHERE id = (
            SELECT id FROM generation WHERE state = 'QUEUED' AND engine = $2
                AND (priority >= 0 OR NOT EXISTS (
                    SELECT 1 FROM generation other
                    WHERE other.state IN ('RUNNING', 'CHECKING') AND other.engine = $2 AND other.priority >= 0
                ))
            ORDER BY priority DESC, id FOR UPDATE SKIP LOCKED LIMIT 1
        )
        RETURNING id, account_id, fence, attempt, engine, spec, parent_id, priority < 0 AS background,
            extract(epoch FROM yume_now() - created_at)::float AS age,
            (parent_id IS NOT NULL OR EXISTS (
                SELECT 1 FROM generation_likeness l WHERE l.generation_id = generation.id
            )) AS guarded
        """,
        [worker_id, engine],
    )
    if not rows:
        return None
    row = rows[0]
    spec = json.loads(row["spec"]) if isinstance(row["spec"], str) else row["spec"]
    return Lease(
        row["id"], row["account_id"], row["fence"], row["attempt"], row["engine"], spec, row["age"],
        parent_id=row["parent_id"], guarded=row["guarded"], background=row["background"],
    )  # fmt: skip


async def heartbeat(
    connection: BaseDBAsyncClient, lease: Lease, *, phase: str | None, fraction: float, checking: bool = False
) -> Pulse:
    """Keep ``lease`` for another `LEASE_SECONDS` and record how far the clip is (``fraction`` 0 … 1)."""
    rows = await connection.execute_query_dict(
        """
        UPDATE generation SET heartbeat_at = yume_now(), phase = $3, fraction = $4, state = $5
        WHERE id = $1 AND fence = $2 AND state IN ('RUNNING', 'CHECKING')
        RETURNING cancel_requested_at IS NOT NULL AS cancel
        """,
        [lease.generation_id, lease.fence, phase, fraction, "CHECKING" if checking else "RUNNING"],
    )
    return Pulse(ours=bool(rows), cancel_requested=bool(rows and rows[0]["cancel"]))


async def somebody_waits(connection: BaseDBAsyncClient, engine: str) -> bool:
    """Whether anybody's job waits for ``engine`` or is at work with it: then what runs in the background gives way."""
    rows = await connection.execute_query_dict(
        """
        SELECT EXISTS (
            SELECT 1 FROM generation WHERE state = 'QUEUED' AND engine = $1 AND priority >= 0
        ) OR EXISTS (
            SELECT 1 FROM generation WHERE state IN ('RUNNING', 'CHECKING') AND engine = $1 AND priority >= 0
        ) AS waits
        """,
        [engine],
    )
    return bool(rows[0]["waits"])


async def release(connection: BaseDBAsyncClient, lease: Lease) -> bool:
    """Hand the generation back, its attempt not counted, so that another worker takes it at once.

    One whose author asked for a stop ends as CANCELLED instead. False when the lease was lost before. The fence does
    not move: this worker writes no more, and it tells of the change itself.
    """
    rows = await connection.execute_query_dict(
        """
        UPDATE generation
        SET state = 'QUEUED', attempt = attempt - 1, worker_id = NULL, heartbeat_at = NULL, phase = NULL, fraction = 0
        WHERE id = $1 AND fence = $2 AND state IN ('RUNNING', 'CHECKING')
        RETURNING cancel_requested_at IS NOT NULL AS cancel
        """,
        [lease.generation_id, lease.fence],
    )
    if rows and rows[0]["cancel"]:
        await cancel(connection, lease.generation_id)
    elif rows:
        await enqueue_purge_of(connection, [lease.live_prefix])
        await enqueue_generation(connection, lease.generation_id)
    return bool(rows)


async def fail(connection: BaseDBAsyncClient, lease: Lease, failure: Failure) -> GenerationState | None:
    """Requeue for another attempt when that may help, else end as FAILED with the charge refunded.

    Returns the new state, or None when the lease was lost before.
    """
    rows = await connection.execute_query_dict(
        """
        SELECT attempt, cancel_requested_at IS NOT NULL AS cancel FROM generation
        WHERE id = $1 AND fence = $2 AND state IN ('RUNNING', 'CHECKING') FOR UPDATE
        """,
        [lease.generation_id, lease.fence],
    )
    if not rows:
        return None
    return await give_up(
        connection, lease.generation_id, attempt=rows[0]["attempt"], cancelled=rows[0]["cancel"], failure=failure
    )


async def cancelled(connection: BaseDBAsyncClient, lease: Lease) -> bool:
    """End as CANCELLED, as its author asked, with the charge refunded. False when the lease was lost before."""
    failure = Failure("CANCELLED", "The clip was cancelled.")
    rows = await connection.execute_query_dict(
        "SELECT 1 FROM generation WHERE id = $1 AND fence = $2 AND state IN ('RUNNING', 'CHECKING') FOR UPDATE",
        [lease.generation_id, lease.fence],
    )
    if rows:
        await give_up(connection, lease.generation_id, attempt=lease.attempt, cancelled=True, failure=failure)
    return bool(rows)


async def cancel(connection: BaseDBAsyncClient, generation_id: UUID) -> GenerationState | None:
    """Stop a generation in the caller's transaction: a queued one ends here, a running one is asked to.

    Returns its state afterwards (None: no such row); one that has ended keeps its end. After the commit, hint with
    `jobs.queue.Doorbell.request_cancel`.
    """
    rows = await connection.execute_query_dict("SELECT state FROM generation WHERE id = $1 FOR UPDATE", [generation_id])
    if not rows:
        return None
    state = GenerationState(rows[0]["state"])
    if state is GenerationState.QUEUED:
        await end(connection, generation_id, GenerationState.CANCELLED)
        return GenerationState.CANCELLED
    await connection.execute_query(
        """
        UPDATE generation SET cancel_requested_at = coalesce(cancel_requested_at, yume_now())
        WHERE id = $1 AND state IN ('RUNNING', 'CHECKING')
        """,
        [generation_id],
    )
    return state


async def give_up(
    connection: BaseDBAsyncClient, generation_id: UUID, *, attempt: int, cancelled: bool, failure: Failure
) -> GenerationState:
    """What becomes of a locked, active generation whose attempt ended without a clip. Returns its new state."""
    if cancelled:
        await end(connection, generation_id, GenerationState.CANCELLED)
        return GenerationState.CANCELLED
    if not failure.retry or attempt >= MAX_ATTEMPTS:
        await end(connection, generation_id, GenerationState.FAILED, failure)
        return GenerationState.FAILED
    await requeue(connection, generation_id)
    return GenerationState.QUEUED


async def requeue(connection: BaseDBAsyncClient, generation_id: UUID) -> None:
    """Put a locked, active generation back into the queue under a new fence, so that its old worker is refused."""
    rows = await connection.execute_query_dict(
        """
        UPDATE generation
        SET state = 'QUEUED', fence = fence + 1, worker_id = NULL, heartbeat_at = NULL, phase = NULL, fraction = 0
        WHERE id = $1 RETURNING fence
        """,
        [generation_id],
    )
    fence: int = rows[0]["fence"]
    await enqueue_purge_of(connection, [f"{media_prefix(generation_id)}{fence - 1}/"])
    await enqueue_generation(connection, generation_id)
    await enqueue_announcement(connection, generation_id, fence=fence)


async def end(
    connection: BaseDBAsyncClient,
    generation_id: UUID,
    state: GenerationState,
    failure: Failure | None = None,
    *,
    refund: bool = True,
) -> None:
    """End a locked generation without a clip: the final state, the one refund, the promises of its last word and of
    a clean storage.

    The fence rises, so that nothing its worker writes afterwards is accepted anywhere. ``refund`` False keeps the
    charge: only for who tries out what is forbidden.
    """
    rows = await connection.execute_query_dict(
        """
        UPDATE generation
        SET state = $2, failure_code = $3, failure_message = $4, finished_at = yume_now(), fence = fence + 1,
            heartbeat_at = NULL
        WHERE id = $1 RETURNING fence
        """,
        [generation_id, state.value, failure and failure.code, failure and failure.message],
    )
    if refund:
        await connection.execute_query(
            "UPDATE quota_charge SET refunded_at = yume_now() WHERE generation_id = $1 AND refunded_at IS NULL",
            [generation_id],
        )
    fence: int = rows[0]["fence"]
    if fence > 1:  # it was claimed: something may be stored, now or by a worker that does not know yet
        await enqueue_purge_of(connection, [media_prefix(generation_id)])
        await enqueue_purge_of(connection, [media_prefix(generation_id)], later=True)
    await enqueue_announcement(connection, generation_id, fence=fence)
