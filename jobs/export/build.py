"""Building exports: any number of workers, one try at a bundle at a time, begun anew after a crash."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.export.bundle import pack
from models.consent.export import choose_parts, still_good
from models.errors import NotFound
from models.export import export_folder, export_subject
from models.sealed_media import Kept, SealedMedia
from models.storage import MediaStore
from models.vault import Shredded, Vault

LEASE_SECONDS = 120.0
"""A builder that says nothing for so long is taken for dead."""
TRIES = 5
LIFE_SECONDS = 24 * 3600.0
"""How long a bundle can be fetched."""

_log = structlog.get_logger()


class LostExport(Exception):
    """The try is somebody else's by now, or the bundle is not wanted any more."""


@dataclass(frozen=True)
class _Try:
    export_id: UUID
    fence: int
    asked_at: datetime

    async def renew(self, progress: float) -> None:
        """Say that this try lives. Raises `LostExport`."""
        rows = await connections.get("default").execute_query_dict(
            """
            UPDATE export SET claimed_at = yume_now(), progress = $3
            WHERE id = $1 AND fence = $2 AND state = 'BUILDING' RETURNING id
            """,
            [self.export_id, self.fence, progress],
        )
        if not rows:
            raise LostExport


async def build_pending(media: MediaStore, vault: Vault) -> int:
    """Build every bundle that is asked for and that nobody works on; returns how many became ready.

    Raises what storage raises; that bundle is tried again once its lease is over.
    """
    done = 0
    while (attempt := await _claim()) is not None:
        done += await _build(media, vault, attempt)
    return done


async def _build(media: MediaStore, vault: Vault, attempt: _Try) -> bool:
    subject, folder = export_subject(attempt.export_id), export_folder(attempt.export_id, attempt.fence)
    ready = False
    try:
        await asyncio.to_thread(vault.create, subject)
        pieces = pack(attempt.export_id, attempt.asked_at, media, attempt.renew)
        kept = await SealedMedia(media, vault).keep(subject, folder, pieces)
        ready = await _complete(attempt, kept)
    except (LostExport, Shredded):
        _log.info("export_lost", export=str(attempt.export_id), attempt=attempt.fence)
    except NotFound:
        await _again(attempt)
    if not ready:
        await media.delete_under(f"{folder}/")
    return ready


async def _claim() -> _Try | None:
    async with in_transaction() as connection:
        rows = await connection.execute_query_dict(_CLAIM, [LEASE_SECONDS, TRIES])
        if not rows:
            return None
        await choose_parts(connection, rows[0]["id"])
    return _Try(rows[0]["id"], rows[0]["fence"], rows[0]["created_at"])


async def _complete(attempt: _Try, kept: Kept) -> bool:
    """Hand the bundle out, unless consent to a part of it ended meanwhile: then it is built again without it.

    Should it end between the look and the write, the look at each download finds it.
    """
    connection = connections.get("default")
    if attempt.export_id not in await still_good(connection, [attempt.export_id]):
        await _again(attempt)
        return False
    rows = await connection.execute_query_dict(
        """
        UPDATE export SET state = 'READY', progress = 1, bytes = $3,
            expires_at = yume_now() + make_interval(secs => $4)
        WHERE id = $1 AND fence = $2 AND state = 'BUILDING' RETURNING id
        """,
        [attempt.export_id, attempt.fence, kept.bytes, LIFE_SECONDS],
    )
    return bool(rows)


async def _again(attempt: _Try) -> None:
    await connections.get("default").execute_query(
        "UPDATE export SET state = 'QUEUED', progress = 0 WHERE id = $1 AND fence = $2 AND state = 'BUILDING'",
        [attempt.export_id, attempt.fence],
    )


_CLAIM = """
    UPDATE export SET state = 'BUILDING', fence = fence + 1, claimed_at = yume_now(), progress = 0
    WHERE id = (
        SELECT id FROM export
        WHERE fence < $2 AND (state = 'QUEUED'
            OR (state = 'BUILDING' AND claimed_at < yume_now() - make_interval(secs => $1)))
        ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1
    ) RETURNING id, fence, created_at
"""
