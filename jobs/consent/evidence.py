"""Sealed copies of withdrawn videos, for moderators with an open report about them: made before the purge, destroyed.

A copy's row is committed before its key is made, and every end of it first brings ``expires_at`` forward: whatever
crashes in between, the row leads to what has to be destroyed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from models.audit import Transition, append_all, chain_of
from models.consent.gates import cameos_of_video
from models.consent.locks import lock_for_use
from models.errors import NotFound
from models.report import EVIDENCE_LIFE, evidence_folder, evidence_subject
from models.sealed_media import SealedMedia
from models.storage import MediaStore
from models.vault import Shredded, Vault

_BATCH = 50


async def keep_copies(media: MediaStore, vault: Vault) -> int:
    """Seal a copy of each withdrawn video that an open report is about; returns how many were made.

    Nothing is kept of a video with a cameo that is erased, or whose author is gone. Outside of any transaction, and
    before the purge of these videos, which `awaiting` keeps back; may be repeated. One that storage will not read does
    not keep the others; its error is raised at the end.
    """
    kept = 0
    stuck: list[Exception] = []
    for row in await connections.get("default").execute_query_dict(f"{_WANTED} ORDER BY s.id"):
        try:
            evidence_id = await _claim(row["id"])
            if evidence_id is not None:
                kept += await _seal(media, vault, evidence_id, row["key"])
        except Exception as error:  # noqa: BLE001 - raised below, when the others had their turn
            stuck.append(error)
    if stuck:
        raise stuck[0]
    return kept


async def awaiting(connection: BaseDBAsyncClient, video_ids: Sequence[UUID]) -> bool:
    """Whether a copy of one of these videos has to be made before their bytes may go."""
    rows = await connection.execute_query_dict(f"{_WANTED} AND s.id = ANY ($1::uuid[]) LIMIT 1", [list(video_ids)])
    return bool(rows)


async def give_up(connection: BaseDBAsyncClient, video_ids: Sequence[UUID]) -> list[str]:
    """Let no one read the copies of these videos from now on; returns the vault's subjects, to be shredded.

    The caller holds the videos, or their cameos, with `models.consent.locks.lock_for_change`. What is stored goes with
    `destroy_copies`.
    """
    rows = await connection.execute_query_dict(
        """
        UPDATE evidence SET expires_at = least(expires_at, yume_now())
        WHERE video_id = ANY ($1::uuid[]) AND destroyed_at IS NULL RETURNING id
        """,
        [list(video_ids)],
    )
    return [evidence_subject(row["id"]) for row in rows]


async def destroy_copies(media: MediaStore, vault: Vault) -> int:
    """Destroy every copy whose time is over; returns how many. Any number of workers may, and storage may raise."""
    done = 0
    while True:
        async with in_transaction() as connection:
            rows = await connection.execute_query_dict(_OVER, [_BATCH])
            entries: list[Transition] = []
            for row in rows:
                await asyncio.to_thread(vault.shred, evidence_subject(row["id"]))
                await media.delete_under(evidence_folder(row["id"]))
                entries += await _entries(connection, row["id"], row["video_id"], "EVIDENCE_DESTROYED")
            await connection.execute_query(
                "UPDATE evidence SET destroyed_at = yume_now() WHERE id = ANY ($1::uuid[])",
                [[row["id"] for row in rows]],
            )
            await append_all(connection, entries)
        done += len(rows)
        if len(rows) < _BATCH:
            return done


async def _claim(video_id: UUID) -> UUID | None:
    """Commit that a copy is about to be made; None when none may be."""
    async with in_transaction() as connection:
        # An erasure waits for this, or this for it: it either finds the row, or is seen here.
        await lock_for_use(connection, await cameos_of_video(connection, video_id), [video_id])
        rows = await connection.execute_query_dict(_CLAIM, [video_id])
        if rows and rows[0]["fresh"]:
            await append_all(connection, await _entries(connection, rows[0]["id"], video_id, "EVIDENCE_KEPT"))
    return rows[0]["id"] if rows else None


async def _seal(media: MediaStore, vault: Vault, evidence_id: UUID, key: str) -> bool:
    subject, folder = evidence_subject(evidence_id), evidence_folder(evidence_id)
    try:
        await asyncio.to_thread(vault.create, subject)
        kept = await SealedMedia(media, vault).keep(subject, folder, media.stream(key))
    except (Shredded, NotFound):
        # Given up meanwhile, or there is nothing to copy: unless another worker made the copy and purged, no one will.
        statement, values = _GIVEN_UP, [evidence_id]
    else:
        statement, values = _KEPT, [evidence_id, kept.bytes]
    [found] = await connections.get("default").execute_query_dict(statement, values) or [{"kept": False}]
    if not found["kept"]:
        await media.delete_under(folder)
    return found["kept"]


async def _entries(connection: BaseDBAsyncClient, evidence_id: UUID, video_id: UUID, kind: str) -> list[Transition]:
    facts = {"report": evidence_id, "video": video_id}
    return [Transition(chain_of(each), kind, facts) for each in await cameos_of_video(connection, video_id)]


_REPORTED = """
    FROM video_visibility s
    JOIN account a ON a.id = s.author_id AND a.deleted_at IS NULL
    JOIN report p ON p.video_id = s.id AND p.kind = 'REPORT' AND p.verdict IS NULL
    JOIN rendition r ON r.video_id = s.id AND r.kind = 'MP4'
    WHERE s.consent = 'WITHDRAWN' AND s.author_state <> 'DELETED'
        AND NOT EXISTS (
            SELECT 1 FROM video_likeness l JOIN cameo c ON c.id = l.cameo_id
            WHERE l.video_id = s.id AND c.state IN ('ERASING', 'ERASED')
        )
"""
_ENDS = f"""(
    coalesce((
        SELECT min(w.created_at) FROM video_likeness l JOIN withdrawal w ON w.id = l.withdrawal_id
        WHERE l.video_id = s.id
    ), yume_now()) + interval '{EVIDENCE_LIFE}'
)"""  # noqa: S608 - constant
_WANTED = f"""
    SELECT DISTINCT s.id, r.key {_REPORTED} AND {_ENDS} > yume_now()
    AND NOT EXISTS (
        SELECT 1 FROM evidence e WHERE e.video_id = s.id AND (e.kept_at IS NOT NULL OR e.expires_at <= yume_now())
    )
"""  # noqa: S608 - constants
# The earliest of the open reports gives the copy its name.
_CLAIM = f"""
    INSERT INTO evidence (id, created_at, video_id, expires_at)
    SELECT p.id, yume_now(), s.id, {_ENDS} {_REPORTED} AND s.id = $1 AND {_ENDS} > yume_now()
    ORDER BY p.id LIMIT 1
    ON CONFLICT (video_id) DO UPDATE SET bytes = 0
        WHERE evidence.kept_at IS NULL AND evidence.expires_at > yume_now()
    RETURNING id, xmax = 0 AS fresh
"""
_KEPT = """
    UPDATE evidence SET kept_at = yume_now(), bytes = $2
    WHERE id = $1 AND destroyed_at IS NULL AND expires_at > yume_now() RETURNING true AS kept
"""
_GIVEN_UP = """
    UPDATE evidence SET expires_at = CASE WHEN kept_at IS NULL THEN least(expires_at, yume_now()) ELSE expires_at END
    WHERE id = $1 AND destroyed_at IS NULL RETURNING kept_at IS NOT NULL AS kept
"""
_OVER = """
    SELECT id, video_id FROM evidence WHERE destroyed_at IS NULL AND expires_at <= yume_now()
    ORDER BY id FOR UPDATE SKIP LOCKED LIMIT $1
"""
