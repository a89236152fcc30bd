"""After a restore: whatever was destroyed since the backup is destroyed again before anybody is served.

The erasure ledger in the key folder and the database each know what was destroyed; either may be the older one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.consent.change import stop_jobs
from jobs.erasure.begin import Begun, begin_account, begin_cameo, shred
from jobs.queue import enqueue_purge_of
from jobs.waiting import forget_shredded
from models.audit import append, chain_of
from models.cameo import CameoState
from models.consent.epochs import raise_for_all
from models.consent.locks import lock_for_change
from models.vault import Vault

_log = structlog.get_logger()


@dataclass
class Restored:
    """What a restore had brought back, and `replay_erasures` took away again."""

    keys: list[str] = field(default_factory=list[str])
    """Subjects of the vault that the database knew to be destroyed, and the ledger did not."""
    versions: int = 0
    cameos: list[UUID] = field(default_factory=list[UUID])
    accounts: list[UUID] = field(default_factory=list[UUID])
    waiting: int = 0
    """Entries of the waiting list."""


@dataclass
class _Ledger:
    """What the ledger names, by kind."""

    accounts: set[UUID] = field(default_factory=set[UUID])
    cameos: set[UUID] = field(default_factory=set[UUID])
    versions: set[tuple[UUID, int]] = field(default_factory=set[tuple[UUID, int]])
    waiting: set[UUID] = field(default_factory=set[UUID])


async def replay_erasures(vault: Vault) -> Restored:
    """Shred again, and erase again in the database; nothing is left to do when nothing was restored.

    Every process calls it before it serves; any number may at once. Raises `models.ledger.LedgerBroken`, and what
    Postgres raises: who cannot do this must not serve.
    """
    done = Restored()
    subjects = await asyncio.to_thread(vault.replay_erasures)
    done.keys = await _destroyed_in_the_database(set(subjects))
    await asyncio.to_thread(shred, vault, done.keys)
    named = _sorted(subjects)
    for account_id in await _standing_accounts(named):
        async with in_transaction() as connection:
            begun = await begin_account(connection, account_id)
        if begun is not None:
            await _shred(vault, begun)
            done.accounts.append(account_id)
    for cameo_id, owner_id in await _standing_cameos(named):
        async with in_transaction() as connection:
            begun = await begin_cameo(connection, owner_id, cameo_id)
        await _shred(vault, begun)
        done.cameos += begun.erasures
    for cameo_id, numbers in await _standing_versions(named):
        done.versions += await _destroy_versions(cameo_id, numbers)
    done.waiting = await forget_shredded(connections.get("default"), named.waiting)
    if done != Restored():
        _log.warning(
            "erasures_replayed", keys=len(done.keys), versions=done.versions, cameos=len(done.cameos),
            accounts=len(done.accounts), waiting=done.waiting,
        )  # fmt: skip
    return done


def _sorted(subjects: Iterable[str]) -> _Ledger:
    named = _Ledger()
    for subject in subjects:
        match subject.split("/"):
            case ["account", account_id]:
                named.accounts.add(UUID(account_id))
            case ["cameo", cameo_id]:
                named.cameos.add(UUID(cameo_id))
            case ["cameo", cameo_id, number]:
                named.versions.add((UUID(cameo_id), int(number)))
            case ["waiting", entry_id]:
                named.waiting.add(UUID(entry_id))
            case _:
                # Of an upload, a capture or an export nothing is readable without its key; their rows expire by
                # themselves.
                pass
    return named


async def _shred(vault: Vault, begun: Begun) -> None:
    await asyncio.to_thread(shred, vault, begun.subjects)


async def _destroyed_in_the_database(in_ledger: set[str]) -> list[str]:
    """Subjects that the ledger lacks: the key folder is from an older backup than the database."""
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT 'account/' || id AS subject FROM account WHERE deleted_at IS NOT NULL
        UNION ALL SELECT 'cameo/' || id FROM cameo WHERE state IN ('ERASING', 'ERASED')
        UNION ALL SELECT 'cameo/' || cameo_id || '/' || number FROM cameo_version WHERE destroyed_at IS NOT NULL
        UNION ALL SELECT 'evidence/' || id FROM evidence WHERE destroyed_at IS NOT NULL OR expires_at <= yume_now()
        """
    )
    return sorted({row["subject"] for row in rows} - in_ledger)


async def _standing_accounts(named: _Ledger) -> list[UUID]:
    rows = await connections.get("default").execute_query_dict(
        "SELECT id FROM account WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL ORDER BY id", [list(named.accounts)]
    )
    return [row["id"] for row in rows]


async def _standing_cameos(named: _Ledger) -> list[tuple[UUID, UUID]]:
    """Cameo and owner."""
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT id, owner_id FROM cameo WHERE id = ANY ($1::uuid[]) AND state NOT IN ('ERASING', 'ERASED') ORDER BY id
        """,
        [list(named.cameos)],
    )
    return [(row["id"], row["owner_id"]) for row in rows]


async def _standing_versions(named: _Ledger) -> list[tuple[UUID, list[int]]]:
    """Cameo and which of its versions, where the cameo itself stands."""
    pairs = list(named.versions)
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT v.cameo_id, array_agg(v.number ORDER BY v.number) AS numbers
        FROM cameo_version v
        JOIN unnest($1::uuid[], $2::int[]) AS gone (cameo_id, number) USING (cameo_id, number)
        JOIN cameo c ON c.id = v.cameo_id
        WHERE v.destroyed_at IS NULL AND c.state NOT IN ('ERASING', 'ERASED')
        GROUP BY v.cameo_id ORDER BY v.cameo_id
        """,
        [[cameo_id for cameo_id, _ in pairs], [number for _, number in pairs]],
    )
    return [(row["cameo_id"], row["numbers"]) for row in rows]


async def _destroy_versions(cameo_id: UUID, numbers: list[int]) -> int:
    """Empty versions whose key is gone; returns how many were not empty. One that served pauses the cameo."""
    async with in_transaction() as connection:
        await lock_for_change(connection, [cameo_id])
        gone = await _empty(connection, cameo_id, numbers)
        if not gone:
            return 0
        await raise_for_all(connection, [cameo_id])
        jobs = await stop_jobs(connection, [cameo_id])
        # A newer capture had taken its place and is lost with the restore: the owner has to record another.
        await connection.execute_query(
            "UPDATE cameo SET state = $3 WHERE id = $1 AND state = $2 AND version = ANY ($4::int[])",
            [cameo_id, CameoState.ACTIVE.value, CameoState.PAUSED.value, gone],
        )
        facts = {"versions": gone, "jobs": len(jobs)}
        await append(connection, chain_of(cameo_id), "VERSIONS_DESTROYED_AGAIN", facts)
    return len(gone)


async def _empty(connection: BaseDBAsyncClient, cameo_id: UUID, numbers: list[int]) -> list[int]:
    rows = await connection.execute_query_dict(
        """
        WITH standing AS (
            SELECT id, files FROM cameo_version
            WHERE cameo_id = $1 AND number = ANY ($2::int[]) AND destroyed_at IS NULL
        )
        UPDATE cameo_version v
        SET face_embedding = NULL, voice_embedding = NULL, fingerprint = NULL, sealed = NULL, files = '[]',
            retired_at = coalesce(v.retired_at, yume_now()), destroyed_at = yume_now()
        FROM standing s WHERE v.id = s.id
        RETURNING v.number, s.files::text AS files
        """,
        [cameo_id, numbers],
    )
    folders = [file["key"] for row in rows for file in json.loads(row["files"])]
    if folders:
        await enqueue_purge_of(connection, folders)
    return sorted(row["number"] for row in rows)
