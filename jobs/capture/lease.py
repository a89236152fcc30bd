"""Who may check a recording: claiming a capture, keeping it and giving it back, guarded by its fencing token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec
from tortoise.backends.base.client import BaseDBAsyncClient

from engine.capture.spec import Challenge
from jobs.clip.lease import LEASE_SECONDS, MAX_ATTEMPTS
from models.cameo import CameoKind
from models.capture import Review


@dataclass(frozen=True)
class CaptureLease:
    """One claim of one capture. ``recording`` counts what was sent for it, from 1."""

    capture_id: UUID
    account_id: UUID
    cameo_id: UUID
    upload_id: UUID | None
    kind: CameoKind
    fence: int
    attempt: int
    recording: int
    challenge: Challenge
    carried: bytes | None
    reviewed: bool
    retire_old: bool


async def claim(connection: BaseDBAsyncClient) -> CaptureLease | None:
    """Take the next capture that waits to be checked, or whose worker fell silent. None when there is none.

    What an earlier attempt at the same recording had found out is forgotten: it is found out again.
    """
    rows = await connection.execute_query_dict(
        """
        UPDATE capture
        SET fence = fence + 1, attempt = attempt + 1, heartbeat_at = yume_now(),
            checks = coalesce((SELECT jsonb_agg(c.value ORDER BY c.ordinality) FROM jsonb_array_elements(checks)
                WITH ORDINALITY c WHERE (c.value ->> 'recording')::int <= tries OR review = $3), '[]')
        WHERE id = (
            SELECT id FROM capture
            WHERE state = 'CHECKING' AND (review IS NULL OR review = $3) AND attempt < $2
                AND (heartbeat_at IS NULL OR heartbeat_at < yume_now() - make_interval(secs => $1))
            ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1
        )
        RETURNING id, account_id, cameo_id, upload_id, kind, fence, attempt, tries, challenge::text AS challenge,
            carried, review, retire_old
        """,
        [LEASE_SECONDS, MAX_ATTEMPTS, Review.ACCEPTED.value],
    )
    if not rows:
        return None
    row = rows[0]
    return CaptureLease(
        capture_id=row["id"],
        account_id=row["account_id"],
        cameo_id=row["cameo_id"],
        upload_id=row["upload_id"],
        kind=CameoKind(row["kind"]),
        fence=row["fence"],
        attempt=row["attempt"],
        recording=row["tries"] + 1,
        challenge=msgspec.json.decode(row["challenge"], type=Challenge),
        carried=row["carried"],
        reviewed=row["review"] == Review.ACCEPTED,
        retire_old=row["retire_old"],
    )


async def beat(connection: BaseDBAsyncClient, lease: CaptureLease) -> bool:
    """Keep ``lease`` for another `LEASE_SECONDS`. False when it is lost."""
    rows = await connection.execute_query_dict(
        "UPDATE capture SET heartbeat_at = yume_now() WHERE id = $1 AND fence = $2 AND state = 'CHECKING' RETURNING 1",
        [lease.capture_id, lease.fence],
    )
    return bool(rows)


async def note_check(connection: BaseDBAsyncClient, lease: CaptureLease, check: Mapping[str, object]) -> bool:
    """Add a check's result to the row, which counts as a heartbeat. False when the lease is lost."""
    rows = await connection.execute_query_dict(
        """
        UPDATE capture SET checks = checks || $3::jsonb, heartbeat_at = yume_now()
        WHERE id = $1 AND fence = $2 AND state = 'CHECKING' RETURNING 1
        """,
        [lease.capture_id, lease.fence, json.dumps([dict(check)])],
    )
    return bool(rows)


async def release(connection: BaseDBAsyncClient, lease: CaptureLease) -> None:
    """Hand the capture back, its attempt not counted, so that another worker takes it at once."""
    await connection.execute_query(
        """
        UPDATE capture SET attempt = attempt - 1, heartbeat_at = NULL
        WHERE id = $1 AND fence = $2 AND state = 'CHECKING'
        """,
        [lease.capture_id, lease.fence],
    )
