"""After a restore: whatever the erasure ledger says was destroyed is destroyed again before anybody is served."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.consent import stop_jobs, withdraw_for
from jobs.queue import enqueue_purge_of
from models.audit import SERVER, append, chain_of
from models.base import new_id
from models.cameo import CameoState
from models.consent.epochs import raise_for_all
from models.consent.locks import lock_account, lock_for_change
from models.consent.withdraw import Reach
from models.erasure import ErasureKind
from models.likeness import WithdrawalReason
from models.vault import Vault

_log = structlog.get_logger()


@dataclass
class Restored:
    """What a restore had brought back and `replay_erasures` took away again."""

    versions: int = 0
    cameos: list[UUID] = field(default_factory=list[UUID])
    accounts: list[UUID] = field(default_factory=list[UUID])


@dataclass
class _Ledger:
    """What the ledger names, by kind."""

    accounts: set[UUID] = field(default_factory=set[UUID])
    cameos: set[UUID] = field(default_factory=set[UUID])
    versions: dict[UUID, set[int]] = field(default_factory=lambda: defaultdict[UUID, set[int]](set))


async def replay_erasures(vault: Vault) -> Restored:
    """Shred again, and erase again in the database; nothing is left to do when nothing was restored.

    Every process calls it before it serves; any number may at once. Raises `models.ledger.LedgerBroken`, and what
    Postgres raises: who cannot do this must not serve. Asks no store when nothing was ever erased.
    """
    named = _sorted(await asyncio.to_thread(vault.replay_erasures))
    done = Restored()
    for account_id in await _standing_accounts(named.accounts):
        await _delete_again(account_id, done)
    for cameo_id in await _standing_cameos(named):
        await _erase_again(cameo_id, named, done)
    if done.versions or done.cameos or done.accounts:
        _log.warning("erasures_replayed", versions=done.versions, cameos=len(done.cameos), accounts=len(done.accounts))
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
                named.versions[UUID(cameo_id)].add(int(number))
            case _:
                # Of an upload or a capture nothing is readable without its key, and both expire within minutes.
                pass
    return named


async def _standing_accounts(accounts: set[UUID]) -> list[UUID]:
    if not accounts:
        return []
    rows = await connections.get("default").execute_query_dict(
        "SELECT id FROM account WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL ORDER BY id", [list(accounts)]
    )
    return [row["id"] for row in rows]


async def _standing_cameos(named: _Ledger) -> list[UUID]:
    """Cameos of which something is left that was destroyed."""
    if not named.cameos and not named.versions:
        return []
    pairs = [(cameo_id, number) for cameo_id, numbers in named.versions.items() for number in numbers]
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT id FROM cameo WHERE id = ANY ($1::uuid[]) AND state NOT IN ('ERASING', 'ERASED')
        UNION
        SELECT v.cameo_id FROM cameo_version v
        JOIN unnest($2::uuid[], $3::int[]) AS gone (cameo_id, number) USING (cameo_id, number)
        WHERE v.destroyed_at IS NULL
        ORDER BY id
        """,
        [list(named.cameos), [cameo_id for cameo_id, _ in pairs], [number for _, number in pairs]],
    )
    return [row["id"] for row in rows]


async def _delete_again(account_id: UUID, done: Restored) -> None:
    """The account's cameos are in the ledger by themselves; what else it had is destroyed by the chore of erasures."""
    async with in_transaction() as connection:
        await lock_account(connection, account_id)
        rows = await connection.execute_query_dict(
            "UPDATE account SET deleted_at = yume_now() WHERE id = $1 AND deleted_at IS NULL RETURNING id", [account_id]
        )
        if not rows:
            return
        await connection.execute_query(
            "UPDATE session SET revoked_at = yume_now() WHERE account_id = $1 AND revoked_at IS NULL", [account_id]
        )
        await _promise(connection, ErasureKind.ACCOUNT, account_id, account_id)
        await append(connection, SERVER, "ACCOUNT_ERASED_AGAIN", {"account": account_id})
        done.accounts.append(account_id)


async def _erase_again(cameo_id: UUID, named: _Ledger, done: Restored) -> None:
    whole = cameo_id in named.cameos
    async with in_transaction() as connection:
        await lock_for_change(connection, [cameo_id])
        [cameo] = await connection.execute_query_dict(
            "SELECT owner_id, state, version FROM cameo WHERE id = $1", [cameo_id]
        )
        standing = cameo["state"] not in (CameoState.ERASING, CameoState.ERASED)
        erased_now = whole and standing
        numbers = await _destroy_versions(connection, cameo_id, None if whole else sorted(named.versions[cameo_id]))
        if not erased_now and not numbers:
            return
        videos = 0
        if standing:
            await raise_for_all(connection, [cameo_id])
            await stop_jobs(connection, [cameo_id])
        if erased_now:
            effects = await withdraw_for(connection, cameo_id, WithdrawalReason.ERASED, Reach())
            videos = effects.videos
            await _set_state(connection, cameo_id, CameoState.ERASING)
            await _promise(connection, ErasureKind.CAMEO, cameo_id, cameo["owner_id"])
            done.cameos.append(cameo_id)
        elif cameo["version"] in numbers and cameo["state"] == CameoState.ACTIVE:
            # A newer capture had taken its place, and is lost: the owner has to record another.
            await _set_state(connection, cameo_id, CameoState.PAUSED)
        done.versions += len(numbers)
        facts = {"versions": len(numbers), "videos": videos, "whole": erased_now}
        await append(connection, chain_of(cameo_id), "CAMEO_ERASED_AGAIN", facts)


async def _destroy_versions(connection: BaseDBAsyncClient, cameo_id: UUID, numbers: list[int] | None) -> set[int]:
    """Empty these versions, or all; returns which were not empty. Their objects are unreadable, and purged as well."""
    rows = await connection.execute_query_dict(
        """
        WITH standing AS (
            SELECT id, files FROM cameo_version
            WHERE cameo_id = $1 AND ($2::int[] IS NULL OR number = ANY ($2::int[])) AND destroyed_at IS NULL
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
    return {row["number"] for row in rows}


async def _set_state(connection: BaseDBAsyncClient, cameo_id: UUID, state: CameoState) -> None:
    await connection.execute_query("UPDATE cameo SET state = $2 WHERE id = $1", [cameo_id, state.value])


async def _promise(connection: BaseDBAsyncClient, kind: ErasureKind, subject_id: UUID, account_id: UUID) -> None:
    """What the erasure's chore does not find done, it does: everything else that derives from the subject."""
    await connection.execute_query(
        """
        INSERT INTO erasure (id, created_at, kind, subject_id, account_id, erased)
        VALUES ($1, yume_now(), $2, $3, $4, '{}')
        ON CONFLICT (kind, subject_id) DO UPDATE SET done_at = NULL, receipt = NULL
        """,
        [new_id(), kind.value, subject_id, account_id],
    )
