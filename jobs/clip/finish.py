"""The end of a good attempt: its files into storage, then one transaction that makes the draft (gate 4a)."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from engine.media.alike import MOMENTS_LISTED, PICTURES_LISTED, picture_keys, sound_keys
from engine.protocol import ClipMessage
from engine.spec import GenerationSpec
from jobs.clip.draft import carry_likenesses, place_in_chain, record_use
from jobs.clip.gate import end_locked
from jobs.clip.lease import Lease, end, media_prefix
from jobs.queue import enqueue_announcement, enqueue_purge_of
from models.base import new_id
from models.consent.gates import cameos_of_generation, consent_has_ended
from models.consent.locks import lock_for_use
from models.generation import Generation, GenerationState
from models.storage import MediaStore
from models.video import Rendition, RenditionKind, Video, VideoVisibility


@dataclass(frozen=True)
class StoredObject:
    """One file of a clip, in storage."""

    kind: RenditionKind
    key: str
    content_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Finished:
    """How an attempt ended. ``video_id`` is set for SUCCEEDED only; ``state`` is None when the lease was lost."""

    state: GenerationState | None
    video_id: UUID | None = None


async def store_files(media: MediaStore, lease: Lease, clip: ClipMessage) -> list[StoredObject]:
    """Upload what the engine left in its scratch folder, under keys that only this claim uses."""
    parts = [
        (RenditionKind.MP4, clip.path, "clip.mp4", "video/mp4"),
        (RenditionKind.POSTER, clip.poster, "poster.webp", "image/webp"),
        (RenditionKind.PREVIEW, clip.preview, "preview.webp", "image/webp"),
    ]
    if clip.latent is not None:
        parts.append((RenditionKind.LATENT, clip.latent, "latent.safetensors", "application/octet-stream"))
    return [await _store(media, lease, kind, Path(path), name, what) for kind, path, name, what in parts]


async def _store(
    media: MediaStore, lease: Lease, kind: RenditionKind, path: Path, name: str, content_type: str
) -> StoredObject:
    key = lease.media_prefix + name
    size, digest = await asyncio.to_thread(_measure, path)
    await media.put_file(key, path, content_type)
    return StoredObject(kind, key, content_type, size, digest)


def _measure(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


async def finish(
    connection: BaseDBAsyncClient, lease: Lease, spec: GenerationSpec, clip: ClipMessage, objects: list[StoredObject]
) -> Finished:
    """Make the draft, in the given transaction: lock, then check, then write everything or nothing.

    Locked are the cameos, then the parent, then the generation; what later statements check stays true to the commit.
    May be repeated when the answer to a commit was lost: the second call finds the first one's work.
    """
    cameos = await cameos_of_generation(connection, lease.generation_id)
    await lock_for_use(connection, cameos, [lease.parent_id] if lease.parent_id else [])
    row = await Generation.select_for_update().using_db(connection).get(id=lease.generation_id)
    if row.fence == lease.fence and row.state is GenerationState.SUCCEEDED:
        made = await Video.get(generation_id=lease.generation_id, using_db=connection)
        return Finished(GenerationState.SUCCEEDED, made.id)
    if row.fence != lease.fence or row.state not in (GenerationState.RUNNING, GenerationState.CHECKING):
        await enqueue_purge_of(connection, [lease.media_prefix])
        return Finished(None)
    if row.cancel_requested_at is not None:
        await end(connection, lease.generation_id, GenerationState.CANCELLED)
        return Finished(GenerationState.CANCELLED)
    cause = await consent_has_ended(connection, lease.generation_id)
    if cause is not None:
        await end_locked(connection, lease, cause)
        return Finished(GenerationState.FAILED)
    video_id = await _make_draft(connection, lease, spec, clip, objects)
    await connection.execute_query(
        """
        UPDATE generation
        SET state = 'SUCCEEDED', phase = NULL, fraction = 1, finished_at = yume_now(), heartbeat_at = NULL,
            recipe = (SELECT recipe FROM video WHERE id = $2)
        WHERE id = $1
        """,
        [lease.generation_id, video_id],
    )
    await enqueue_purge_of(connection, [lease.live_prefix])
    if lease.fence > 1:
        # Workers of earlier claims may be alive, and late.
        earlier = [f"{media_prefix(lease.generation_id)}{fence}/" for fence in range(1, lease.fence)]
        await enqueue_purge_of(connection, earlier, later=True)
    await enqueue_announcement(connection, lease.generation_id, fence=lease.fence)
    await record_use(connection, lease, video_id)
    return Finished(GenerationState.SUCCEEDED, video_id)


async def _make_draft(
    connection: BaseDBAsyncClient, lease: Lease, spec: GenerationSpec, clip: ClipMessage, objects: list[StoredObject]
) -> UUID:
    video = await Video.create(
        using_db=connection,
        id=new_id(),
        generation_id=lease.generation_id,
        author_id=lease.account_id,
        prompt=spec.prompt,
        seconds=clip.seconds,
        width=clip.width,
        height=clip.height,
        fps=round(clip.fps),
        has_audio=clip.has_audio,
        waveform=list(clip.waveform),
        recipe=clip.recipe,
    )
    await VideoVisibility.create(using_db=connection, id=video.id, author_id=lease.account_id)
    await place_in_chain(connection, video.id, lease.parent_id)
    await carry_likenesses(connection, lease, video.id, clip.sha256)
    await _keep_print(connection, video.id, clip)
    for stored in objects:
        await Rendition.create(
            using_db=connection,
            video_id=video.id,
            kind=stored.kind,
            key=stored.key,
            content_type=stored.content_type,
            bytes=stored.bytes,
            sha256=stored.sha256,
        )
    return video.id


async def _keep_print(connection: BaseDBAsyncClient, video_id: UUID, clip: ClipMessage) -> None:
    """By what moderators find copies of it; it goes with the clip's file."""
    await connection.execute_query(
        "INSERT INTO video_print (id, pictures, sound, picture_keys, sound_keys) VALUES ($1, $2, $3, $4, $5)",
        [
            video_id,
            clip.picture_signs,
            clip.sound_signs,
            picture_keys(clip.picture_signs, every=PICTURES_LISTED),
            sound_keys(clip.sound_signs, every=MOMENTS_LISTED),
        ],
    )
