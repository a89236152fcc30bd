"""What a capture holds between its recordings, sealed: what earlier ones gave, for the last one to complete."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import msgspec

from engine.capture.spec import MOST_CROPS, CaptureReport, CheckName, Step, steps_to_repeat
from models.capture import capture_subject, held_prefix
from models.sealed_media import SealedMedia
from models.vault import Vault

LABEL = "carried"
_BINDS = frozenset({CheckName.ONE_FACE, CheckName.SAME_FACE, CheckName.NOT_REPLAYED})
"""Checks without which a recording proves nothing: it may show somebody else, or be an old one."""


class Held(msgspec.Struct, frozen=True):
    """A report whose paths are folders of sealed media, and the cameos whose owners it may be (ids)."""

    report: CaptureReport
    matches: tuple[str, ...] = ()


def again(report: CaptureReport, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Which of a recording's ``steps`` to record again; all of them when nothing of it can be kept."""
    repeat = steps_to_repeat(report.checks, steps)
    unbound = any(check.name in _BINDS and not check.passed for check in report.checks)
    faceless = Step.LOOK in repeat and report.face_embedding is None
    return steps if repeat and (unbound or faceless) else repeat


def merged(earlier: CaptureReport | None, new: CaptureReport) -> CaptureReport:
    """Both reports as one: what ``new`` gives replaces what was there; crops of both are kept, up to the limit."""
    if earlier is None:
        return new
    face = new if new.face_embedding is not None and new.crops else earlier
    voice = new if new.voice_embedding is not None else earlier
    return CaptureReport(
        checks=new.checks,
        seconds=new.seconds,
        clip=new.clip or earlier.clip,
        thumbnail=new.thumbnail or earlier.thumbnail,
        fingerprint=earlier.fingerprint or new.fingerprint,
        face_embedding=face.face_embedding,
        face_model=face.face_model,
        crops=(*new.crops, *earlier.crops)[:MOST_CROPS],
        voice_embedding=voice.voice_embedding,
        voice_model=voice.voice_model,
        voice_sample=voice.voice_sample,
    )


async def moved(report: CaptureReport, move: Callable[[str, str], Awaitable[str]]) -> CaptureReport:
    """``report`` with each of its files taken elsewhere: ``move(name, path)`` says where to."""
    crops = [
        msgspec.structs.replace(crop, path=await move(f"crop-{index}", crop.path))
        for index, crop in enumerate(report.crops)
    ]
    return msgspec.structs.replace(
        report,
        clip=report.clip and await move("clip", report.clip),
        thumbnail=report.thumbnail and await move("thumbnail", report.thumbnail),
        voice_sample=report.voice_sample and await move("voice", report.voice_sample),
        crops=tuple(crops),
    )


async def hold(sealed: SealedMedia, vault: Vault, cameo_id: UUID, capture_id: UUID, place: str, held: Held) -> bytes:
    """Seal the files of ``held`` (paths on disk) under ``place``, and what is to be stored in the row."""
    subject = capture_subject(capture_id)
    await asyncio.to_thread(vault.create, subject)

    async def put(name: str, path: str) -> str:
        folder = f"{held_prefix(cameo_id, capture_id)}{place}/{name}"
        await sealed.keep_file(subject, folder, Path(path))
        return folder

    report = await moved(held.report, put)
    return await asyncio.to_thread(vault.seal, subject, msgspec.json.encode(Held(report, held.matches)), label=LABEL)


def open_held(vault: Vault, capture_id: UUID, carried: bytes) -> Held:
    """What `hold` stored in the row; its files stay sealed. Raises `models.vault.Shredded`."""
    return msgspec.json.decode(vault.open(capture_subject(capture_id), carried, label=LABEL), type=Held)


async def resume(
    sealed: SealedMedia, vault: Vault, capture_id: UUID, carried: bytes | None, folder: Path
) -> Held | None:
    """What `hold` sealed, its files in clear in ``folder`` (0700, made anew)."""
    if carried is None:
        return None
    held = await asyncio.to_thread(open_held, vault, capture_id, carried)
    await asyncio.to_thread(folder.mkdir, mode=0o700)

    async def get(name: str, place: str) -> str:
        # The engine tells pictures by their contents, sounds too.
        target = folder / name
        await sealed.fetch(capture_subject(capture_id), place, target)
        return str(target)

    return Held(await moved(held.report, get), held.matches)
