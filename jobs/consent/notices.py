"""Photos of notices: looked at in a child process, measured, and destroyed before anybody has read the notice."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from uuid import UUID

import msgspec
from tortoise import connections
from tortoise.transactions import in_transaction

from engine.capture.spec import CaptureRefused, PictureReport
from jobs.capture.end import give_up_upload
from jobs.consent.protected import ProtectedFace
from models.errors import NotFound
from models.protect import FACE_LABEL, notice_subject
from models.sealed_media import SealedMedia
from models.storage import MediaStore
from models.upload import upload_folder, upload_subject
from models.vault import Shredded, Vault

LOOK_SECONDS = 60.0
LEASE_SECONDS = 90.0
MOST_TRIES = 3
FACE = "FACE"


async def examine_notices(vault: Vault, media: MediaStore, scratch: Path) -> int:
    """Measure the photos of all notices that wait for it; returns how many. Any number of workers may.

    The photo and its key are destroyed in the same transaction that opens the notice to moderators.
    """
    done = 0
    while True:
        rows = await connections.get("default").execute_query_dict(_CLAIM, [LEASE_SECONDS])
        if not rows:
            return done
        [row] = rows
        photo, face = "CHECK_DIED", None
        if row["tries"] <= MOST_TRIES:
            photo, face = await _examine(vault, media, row["id"], row["upload_id"], scratch)
        async with in_transaction() as connection:
            await connection.execute_query(
                """
                UPDATE notice SET state = 'OPEN', photo = $2, face = $3, upload_id = NULL, heartbeat_at = NULL
                WHERE id = $1 AND state = 'EXAMINING'
                """,
                [row["id"], photo, face],
            )
            await give_up_upload(connection, row["upload_id"])
        done += 1


async def _examine(
    vault: Vault, media: MediaStore, notice_id: UUID, upload_id: UUID, scratch: Path
) -> tuple[str, bytes | None]:
    """What became of the photo, and the sealed embedding of the one face on it."""
    folder = scratch / f"notice-{notice_id}"
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    await asyncio.to_thread(folder.mkdir, mode=0o700)
    try:
        sealed = SealedMedia(media, vault)
        await sealed.fetch(upload_subject(upload_id), upload_folder(upload_id), folder / "photo")
        report = await _look(folder / "photo", folder / "work")
        if report.faces != 1 or report.embedding is None:
            return ("NO_FACE" if report.faces == 0 else "SEVERAL_FACES"), None
        face = msgspec.json.encode(ProtectedFace(report.face_model, report.embedding))
        return FACE, await asyncio.to_thread(vault.seal, notice_subject(notice_id), face, label=FACE_LABEL)
    except CaptureRefused as refused:
        return refused.code[:40], None
    except (NotFound, Shredded):
        return "GONE", None
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _look(photo: Path, work: Path) -> PictureReport:
    from engine.capture.runner import examine_picture  # noqa: PLC0415 - only a worker that has a photo needs it

    await asyncio.to_thread(work.mkdir, mode=0o700)
    return await examine_picture(photo, work, timeout=LOOK_SECONDS)


_CLAIM = """
    UPDATE notice SET heartbeat_at = yume_now(), tries = tries + 1
    WHERE id = (
        SELECT id FROM notice
        WHERE state = 'EXAMINING' AND coalesce(heartbeat_at < yume_now() - make_interval(secs => $1), true)
        ORDER BY created_at FOR UPDATE SKIP LOCKED LIMIT 1
    ) RETURNING id, upload_id, tries
"""
