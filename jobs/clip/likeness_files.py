"""A consented likeness laid out for the engine: exactly what the scopes allow, in clear, in a job's scratch folder."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from engine.spec import FaceCrop
from jobs.capture.lookalikes import CROPS_LABEL
from models.cameo import CameoVersion, Scope, vault_subject
from models.sealed_media import SealedMedia
from models.storage import MediaStore
from models.vault import Shredded, Vault


@dataclass(frozen=True)
class LaidOut:
    """Parts of an `engine.spec.CastMember`: paths lie in the folder. What the scopes do not allow is missing."""

    faces: tuple[FaceCrop, ...] = ()
    voice: str | None = None


async def lay_out(
    vault: Vault, media: MediaStore, cameo_id: UUID, version: int, scopes: Scope, folder: Path
) -> LaidOut:
    """Open a version's crops (only with FACE) and voice sample (only with VOICE) into the existing ``folder`` (0700).

    What a scope does not name is not even read. The caller has passed the gates, and deletes the folder. Raises
    `models.vault.Shredded` when the version was destroyed.
    """
    row = await CameoVersion.get_or_none(cameo_id=cameo_id, number=version)
    if row is None or row.destroyed_at is not None:
        raise Shredded("This version of the cameo was destroyed.")
    sealed, subject = SealedMedia(media, vault), vault_subject(cameo_id, version)
    faces: list[FaceCrop] = []
    if Scope.FACE in scopes and row.sealed is not None:
        opened = await asyncio.to_thread(vault.open, subject, row.sealed, label=CROPS_LABEL)
        for index, crop in enumerate(msgspec.json.decode(opened, type=list[FaceCrop])):
            target = folder / f"face-{index}"
            await sealed.fetch(subject, crop.path, target)
            faces.append(msgspec.structs.replace(crop, path=str(target)))
    voice: Path | None = None
    if Scope.VOICE in scopes:
        for file in row.files:
            if file["class"] == "VOICE":
                voice = folder / "voice.wav"
                await sealed.fetch(subject, file["key"], voice)
    return LaidOut(tuple(faces), None if voice is None else str(voice))
