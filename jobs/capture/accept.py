"""The good end of a capture: its likeness sealed as the cameo's next version, then one transaction that makes it so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from tortoise.backends.base.client import BaseDBAsyncClient

from engine.capture.spec import CaptureReport
from jobs.capture.end import end_captures, give_up_held, give_up_upload
from jobs.capture.held import moved
from jobs.capture.lease import CaptureLease
from jobs.capture.lookalikes import CROPS_LABEL, FACE_LABEL, FINGERPRINT_LABEL, VOICE_LABEL, pack_embedding
from jobs.consent.change import stop_jobs
from jobs.queue import enqueue_purge_of
from jobs.shred import enqueue_shred
from models.audit import Transition, append_all, chain_of
from models.cameo import NO_SCOPES, Cameo, CameoKind, CameoState, CameoVersion, vault_subject
from models.capture import CaptureState, version_prefix
from models.consent.epochs import raise_for_all
from models.consent.locks import lock_for_change
from models.grant import Audience, Grant, GrantState
from models.notification import NotificationKind, notify
from models.rules.account import adult, in_good_standing
from models.sealed_media import SealedMedia
from models.vault import Shredded, Vault

_CLASSES = {"crop": "CROP", "voice": "VOICE", "thumbnail": "THUMBNAIL"}
_MOST_NUMBERS = 100
"""Numbers tried: those of versions that never came to be are spent for good."""

GONE = {
    "name": "FILE",
    "passed": False,
    "code": "CAMEO_GONE",
    "message": "The cameo or its account was closed meanwhile, so the recording was not kept.",
}


class Incomplete(ValueError):
    """Every check passed and yet there is no likeness: what checks recordings is at fault."""


@dataclass(frozen=True)
class SealedVersion:
    """A version on its way into the database: everything in it is sealed under its own subject."""

    number: int
    prefix: str
    row: dict[str, Any]


@dataclass(frozen=True)
class Accepted:
    """What became of it: the version, or None when the lease was lost (or ``refused``: the cameo is gone); jobs to
    hint at.
    """

    version: int | None
    refused: bool = False
    jobs: tuple[UUID, ...] = ()


async def seal_version(sealed: SealedMedia, vault: Vault, lease: CaptureLease, report: CaptureReport) -> SealedVersion:
    """Seal what ``report`` lists (files on disk) as the cameo's next version. The recording itself is not kept.

    Raises `Incomplete`, and `models.vault.Shredded` when the cameo is being erased.
    """
    if not report.crops or (lease.kind is CameoKind.PERSON and report.face_embedding is None):
        raise Incomplete("A capture passed every check and shows nothing.")
    number = await _next_number(vault, lease.cameo_id)
    subject = vault_subject(lease.cameo_id, number)
    prefix = f"{version_prefix(lease.cameo_id, lease.capture_id)}{lease.fence}/"
    files: list[dict[str, Any]] = []

    async def put(name: str, path: str) -> str:
        kept = await sealed.keep_file(subject, prefix + name, Path(path))
        files.append({"class": _CLASSES[name.partition("-")[0]], "key": prefix + name, "bytes": kept.bytes})
        return prefix + name

    placed = await moved(msgspec.structs.replace(report, clip=None), put)

    def sealed_as(content: bytes | None, label: str) -> bytes | None:
        return vault.seal(subject, content, label=label) if content else None

    face, voice = report.face_embedding, report.voice_embedding

    def columns() -> dict[str, Any]:
        return {
            "face_model": report.face_model or None,
            "voice_model": report.voice_model or None,
            "face_embedding": sealed_as(pack_embedding(face) if face else None, FACE_LABEL),
            "voice_embedding": sealed_as(pack_embedding(voice) if voice else None, VOICE_LABEL),
            "fingerprint": sealed_as(report.fingerprint, FINGERPRINT_LABEL),
            "sealed": sealed_as(msgspec.json.encode(placed.crops), CROPS_LABEL),
            "files": files,
        }

    return SealedVersion(number, prefix, await asyncio.to_thread(columns))


async def accept(connection: BaseDBAsyncClient, lease: CaptureLease, version: SealedVersion) -> Accepted:
    """Make ``version`` the one that serves, in the given transaction: lock, then check, then write.

    The first one makes the cameo ACTIVE, with its access grant: only its owner, no scopes, nothing preselected. A
    paused cameo stays paused. The version before it is retired: jobs at work end on it, or stop, if its owner said so.
    """
    await lock_for_change(connection, [lease.cameo_id])
    cameo = await Cameo.get(id=lease.cameo_id, using_db=connection)
    ours = await connection.execute_query_dict(
        "SELECT 1 FROM capture WHERE id = $1 AND fence = $2 AND state = 'CHECKING' FOR UPDATE",
        [lease.capture_id, lease.fence],
    )
    if not ours:
        await give_up_version(connection, lease.cameo_id, version, shred=False)
        return Accepted(None)
    if cameo.state in (CameoState.ERASING, CameoState.ERASED) or not await _owner_stays(connection, cameo):
        entries = await end_captures(connection, [lease.capture_id], CaptureState.REJECTED, check=GONE)
        await give_up_version(connection, lease.cameo_id, version, shred=True)
        await append_all(connection, entries)
        return Accepted(None, refused=True)
    grown = cameo.captured_minor and not await _is_minor(connection, cameo)
    stops = lease.retire_old or grown
    await _retire(connection, lease.cameo_id)
    await CameoVersion.create(
        using_db=connection, cameo_id=cameo.id, number=version.number, capture_id=lease.capture_id, **version.row
    )
    await _install(connection, cameo, version.number, grown=grown)
    jobs: list[UUID] = []
    if stops and version.number > 1:
        await raise_for_all(connection, [cameo.id])
        jobs = await stop_jobs(connection, [cameo.id])
    await _close(connection, lease, version.number)
    await notify(
        connection, cameo.owner_id, NotificationKind.CAPTURE_ACCEPTED, cameo=cameo.id, capture=lease.capture_id
    )
    facts = {"capture": lease.capture_id, "version": version.number, "retired_old": stops}
    await append_all(connection, [Transition(chain_of(cameo.id), "CAPTURE_ACCEPTED", facts)])
    return Accepted(version.number, jobs=tuple(jobs))


async def give_up_version(
    connection: BaseDBAsyncClient, cameo_id: UUID, version: SealedVersion, *, shred: bool
) -> None:
    """Promise that the files of a version that came to nothing are deleted, and its key destroyed where nobody else
    may have used it.
    """
    await enqueue_purge_of(connection, [version.prefix])
    if shred:
        await enqueue_shred(connection, [vault_subject(cameo_id, version.number)])


async def _next_number(vault: Vault, cameo_id: UUID) -> int:
    """The next version's number. One whose key was destroyed before it served is never used again."""
    newest = await CameoVersion.filter(cameo_id=cameo_id).order_by("-number").first()
    first = 1 if newest is None else newest.number + 1
    for number in range(first, first + _MOST_NUMBERS):
        try:
            await asyncio.to_thread(vault.create, vault_subject(cameo_id, number))
        except Shredded:
            continue
        return number
    raise Shredded("This cameo is being erased.")


async def _owner_stays(connection: BaseDBAsyncClient, cameo: Cameo) -> bool:
    rows = await connection.execute_query_dict(
        f"SELECT 1 FROM cameo c WHERE c.id = $1 AND {in_good_standing('c.owner_id')}",  # noqa: S608 - a rule
        [cameo.id],
    )
    return bool(rows)


async def _is_minor(connection: BaseDBAsyncClient, cameo: Cameo) -> bool:
    rows = await connection.execute_query_dict(
        f"SELECT 1 FROM account a WHERE a.id = $1 AND NOT {adult('a.birth_date')}",  # noqa: S608 - a rule
        [cameo.owner_id],
    )
    return bool(rows)


async def _retire(connection: BaseDBAsyncClient, cameo_id: UUID) -> None:
    await connection.execute_query(
        "UPDATE cameo_version SET retired_at = yume_now() WHERE cameo_id = $1 AND retired_at IS NULL", [cameo_id]
    )


async def _install(connection: BaseDBAsyncClient, cameo: Cameo, number: int, *, grown: bool) -> None:
    """Point the cameo at its new version. Who was captured as a child is asked anew: the cameo waits, paused."""
    cameo.version = number
    cameo.captured_minor = await _is_minor(connection, cameo)
    if grown:
        cameo.state = CameoState.PAUSED
    elif cameo.state is CameoState.EMPTY:
        cameo.state = CameoState.ACTIVE
    await cameo.save(using_db=connection, update_fields=["version", "captured_minor", "state"])
    has_access = await Grant.filter(cameo_id=cameo.id, audience__isnull=False, state=GrantState.ACTIVE).using_db(
        connection
    )
    if not has_access:
        await Grant.create(using_db=connection, cameo_id=cameo.id, audience=Audience.ONLY_ME, scopes=NO_SCOPES)


async def _close(connection: BaseDBAsyncClient, lease: CaptureLease, number: int) -> None:
    await connection.execute_query(
        """
        UPDATE capture
        SET state = 'ACCEPTED', version = $2, finished_at = yume_now(), carried = NULL, review = NULL,
            heartbeat_at = NULL
        WHERE id = $1
        """,
        [lease.capture_id, number],
    )
    await give_up_upload(connection, lease.upload_id)
    await give_up_held(connection, lease.cameo_id, lease.capture_id, claimed=lease.fence > 1)
    if lease.fence > 1:
        # Workers of earlier claims may be alive, and late.
        place = version_prefix(lease.cameo_id, lease.capture_id)
        earlier = [f"{place}{fence}/" for fence in range(1, lease.fence)]
        await enqueue_purge_of(connection, earlier, later=True)
