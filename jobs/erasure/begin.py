"""Erasing a cameo or an account, first half: the transaction after which nobody uses or sees any of it.

The second half, which destroys what is stored, is `jobs/erasure/work.py`; keys are shredded right after the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from jobs.capture.end import end_captures
from jobs.consent.change import Effects, stop_all_of, stop_jobs, withdraw_for
from jobs.consent.evidence import give_up
from jobs.derived.counts import enqueue_counts_of
from jobs.export.end import void_exports
from jobs.feed.stream import enqueue_gone
from models.audit import SERVER, Transition, append_all, chain_of
from models.base import new_id
from models.capture import CaptureState
from models.consent.epochs import raise_for_all
from models.consent.locks import lock_account, lock_for_change
from models.consent.withdraw import Reach
from models.erasure import ErasureKind
from models.likeness import WithdrawalReason
from models.vault import Vault


@dataclass
class Begun:
    """What an erasure's transaction did. ``subjects`` are the vault's, to be shredded once it is committed."""

    effects: Effects = field(default_factory=Effects)
    subjects: list[str] = field(default_factory=list[str])
    erasures: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    """Cameo or account → id of its erasure."""
    entries: list[Transition] = field(default_factory=list[Transition])


async def begin_cameo(connection: BaseDBAsyncClient, account_id: UUID, cameo_id: UUID) -> Begun:
    """Withdraw and stop everything with this cameo and mark it as being erased; once begun, nothing is done again.

    Takes the locks, and writes the audit log at its end: nothing may follow in the transaction. The caller made sure
    that ``account_id``, its owner, asked.
    """
    await lock_account(connection, account_id)
    await lock_for_change(connection, [cameo_id])
    begun = await _cameos(connection, account_id, [cameo_id])
    await append_all(connection, begun.entries)
    return begun


async def begin_account(connection: BaseDBAsyncClient, account_id: UUID) -> Begun | None:
    """Erase an account's cameos, hide its videos, end its jobs and sessions, and free its name; None when done before.

    What others made from its videos stays, under a tombstone. As `begin_cameo` otherwise.
    """
    await lock_account(connection, account_id)
    if not await connection.execute_query_dict(
        "SELECT 1 FROM account WHERE id = $1 AND deleted_at IS NULL", [account_id]
    ):
        return None
    cameos = await _ids(connection, "SELECT id FROM cameo WHERE owner_id = $1", account_id)
    videos = await _ids(connection, "SELECT id FROM video_visibility WHERE author_id = $1", account_id)
    await lock_for_change(connection, cameos, videos)
    begun = await _cameos(connection, account_id, cameos)
    begun.effects.jobs += await stop_all_of(connection, account_id)
    listed = await connection.execute_query_dict(_HIDE, [account_id])
    await enqueue_gone(connection, [row["id"] for row in listed if row["published"]])
    await enqueue_counts_of(connection, account_id)
    await connection.execute_query(_TOMBSTONE, [account_id, f"~{account_id.hex[:29]}"])
    await connection.execute_query(
        "UPDATE session SET revoked_at = yume_now() WHERE account_id = $1 AND revoked_at IS NULL", [account_id]
    )
    begun.erasures[account_id] = await _wish(connection, ErasureKind.ACCOUNT, account_id, account_id)
    begun.subjects.append(f"account/{account_id}")
    begun.subjects += await give_up(connection, videos)
    begun.subjects += await void_exports(connection, account_id)
    facts = {"account": account_id, "cameos": len(cameos), "videos": len(listed)}
    await append_all(connection, [*begun.entries, Transition(SERVER, "ACCOUNT_DELETED", facts)])
    return begun


def shred(vault: Vault, subjects: Sequence[str]) -> None:
    """Destroy the keys of ``subjects`` and of everything under them. Slow: every key is waited for on disk."""
    for subject in subjects:
        vault.shred_all(subject)


async def _cameos(connection: BaseDBAsyncClient, account_id: UUID, cameo_ids: Sequence[UUID]) -> Begun:
    begun = Begun()
    rows = await connection.execute_query_dict(
        "SELECT id FROM cameo WHERE id = ANY ($1::uuid[]) AND state NOT IN ('ERASING', 'ERASED') ORDER BY id",
        [list(cameo_ids)],
    )
    fresh: list[UUID] = [row["id"] for row in rows]
    if not fresh:
        return begun
    await connection.execute_query(
        """
        UPDATE cameo_grant SET state = 'REVOKED', ended_at = yume_now()
        WHERE cameo_id = ANY ($1::uuid[]) AND state IN ('PENDING', 'ACTIVE')
        """,
        [fresh],
    )
    await raise_for_all(connection, fresh)
    await connection.execute_query("UPDATE cameo SET state = 'ERASING' WHERE id = ANY ($1::uuid[])", [fresh])
    captures = await connection.execute_query_dict(
        "SELECT id, upload_id FROM capture WHERE cameo_id = ANY ($1::uuid[]) ORDER BY id", [fresh]
    )
    begun.entries += await end_captures(connection, [row["id"] for row in captures], CaptureState.EXPIRED)
    begun.subjects += [f"cameo/{each}" for each in fresh]
    begun.subjects += [f"capture/{row['id']}" for row in captures]
    begun.subjects += await give_up(connection, await _ids(connection, _VIDEOS_WITH, fresh))
    begun.subjects += [f"upload/{row['upload_id']}" for row in captures if row["upload_id"] is not None]
    begun.subjects += await void_exports(connection, account_id)  # what they say of the cameo goes with it
    for cameo_id in fresh:
        effects = await withdraw_for(connection, cameo_id, WithdrawalReason.ERASED, Reach())
        effects.jobs += await stop_jobs(connection, [cameo_id])
        begun.effects.add(effects)
        erasure = begun.erasures[cameo_id] = await _wish(connection, ErasureKind.CAMEO, cameo_id, account_id)
        facts = {
            "account": account_id,
            "erasure": erasure,
            "withdrawals": effects.withdrawal_ids,
            "videos": effects.videos,
            "jobs": len(effects.jobs),
        }
        begun.entries.append(Transition(chain_of(cameo_id), "CAMEO_ERASING", facts))
    return begun


async def _wish(connection: BaseDBAsyncClient, kind: ErasureKind, subject_id: UUID, account_id: UUID) -> UUID:
    # A restored database may hold the wish, or even its end, from before: then it is begun anew.
    [row] = await connection.execute_query_dict(
        """
        INSERT INTO erasure (id, created_at, kind, subject_id, account_id, erased)
        VALUES ($1, yume_now(), $2, $3, $4, '{}')
        ON CONFLICT (kind, subject_id) DO UPDATE SET done_at = NULL, receipt = NULL RETURNING id
        """,
        [new_id(), kind.value, subject_id, account_id],
    )
    return row["id"]


async def _ids(connection: BaseDBAsyncClient, statement: str, of: UUID | list[UUID]) -> list[UUID]:
    return [row["id"] for row in await connection.execute_query_dict(statement, [of])]


_VIDEOS_WITH = """
    SELECT e.video_id AS id FROM evidence e JOIN video_likeness l ON l.video_id = e.video_id
    WHERE e.destroyed_at IS NULL AND l.cameo_id = ANY ($1::uuid[])
"""
_HIDE = """
    UPDATE video_visibility v SET author_state = 'DELETED' FROM video_visibility old
    WHERE old.id = v.id AND v.author_id = $1 AND v.author_state <> 'DELETED'
    RETURNING v.id, old.author_state = 'PUBLISHED' AS published
"""
_TOMBSTONE = """
    UPDATE account SET deleted_at = yume_now(), handle = $2, display_name = '', bio = '', password_hash = NULL,
        birth_date = NULL, region = NULL, role = 'MEMBER', avatar_key = NULL, on_leaderboards = false
    WHERE id = $1
"""
