"""What the engine is handed besides the words: the cast's crops and voices, a remix's parent; all in the job's scratch.

A stored spec names cameos and a parent only. Their files exist for the time of one attempt, in a folder that goes away
with it, or with the next worker should this one be killed.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import msgspec
from tortoise import connections

from engine.spec import CastMember, GenerationSpec, Source
from jobs.clip.gate import ConsentEnded
from jobs.clip.lease import Lease
from jobs.clip.likeness_files import lay_out
from models.cameo import Scope
from models.consent.standing import Standing, standings
from models.errors import NotFound
from models.likeness import GenerationLikeness
from models.lineage import Lineage
from models.storage import MediaStore
from models.vault import Shredded, Vault
from models.video import Rendition, RenditionKind, Video, VideoVisibility, Visibility

LATENT_NAME = "parent.safetensors"
MOST_CREDITS = 15
"""Links of a chain that a file names, beside the first clip."""


async def hand_over(
    vault: Vault, media: MediaStore, lease: Lease, spec: GenerationSpec, folder: Path
) -> GenerationSpec:
    """``spec`` with the files it needs, laid out in ``folder``; gate 2 has passed.

    A member gets a face only where the snapshot has FACE, a voice only where it has VOICE. Raises `ConsentEnded` when
    a version was destroyed, or the parent is gone.
    """
    if not spec.cast and spec.source is None:
        return spec
    rows = {row.cameo_id: row for row in await GenerationLikeness.filter(generation_id=lease.generation_id)}
    cast = [await _member(vault, media, one, rows.get(UUID(one.cameo_id)), folder) for one in spec.cast]
    standing = await standings(
        connections.get("default"), lease.account_id, {row.cameo_id: Scope(row.scopes) for row in rows.values()}
    )
    cast = [_as_preferred(one, standing.get(UUID(one.cameo_id))) for one in cast]
    source = None if spec.source is None else await _source(media, lease, spec.source, folder)
    return msgspec.structs.replace(spec, cast=tuple(cast), source=source)


async def _member(
    vault: Vault, media: MediaStore, member: CastMember, row: GenerationLikeness | None, folder: Path
) -> CastMember:
    cameo_id = UUID(member.cameo_id)
    if row is None:
        raise ConsentEnded(cameo_id)
    place = folder / f"cast-{cameo_id}"
    await asyncio.to_thread(place.mkdir, mode=0o700)
    try:
        parts = await lay_out(vault, media, cameo_id, row.version, Scope(row.scopes), place)
    except (Shredded, NotFound) as error:
        raise ConsentEnded(cameo_id) from error
    return msgspec.structs.replace(member, version=row.version, faces=parts.faces, voice=parts.voice)


def _as_preferred(member: CastMember, standing: Standing | None) -> CastMember:
    """With what its owner always wants ("wears a fedora"), as it is now: it is nobody else's to keep."""
    wish = None if standing is None else standing.preferences or None
    return msgspec.structs.replace(member, preferences=wish)


async def _source(media: MediaStore, lease: Lease, source: Source, folder: Path) -> Source:
    parent = await Video.get_or_none(id=lease.parent_id)
    if parent is None:
        raise ConsentEnded(lease.generation_id)
    latent = await Rendition.get_or_none(video_id=parent.id, kind=RenditionKind.LATENT)
    path = None if latent is None else folder / LATENT_NAME
    if latent is not None and path is not None:
        try:
            await _fetch(media, latent.key, path)
        except NotFound as error:
            raise ConsentEnded(lease.generation_id) from error
    return Source(
        recipe=parent.recipe,
        latent=None if path is None else str(path),
        strength=source.strength,
        credits=await _credits(parent.id),
    )


async def _credits(parent_id: UUID) -> tuple[str, ...]:
    """Ids only: a file that was downloaded keeps what it says for ever, and a tombstone has no author.

    What goes by link is left out: whoever holds the file would hold the link.
    """
    place = await Lineage.get_or_none(id=parent_id)
    chain = [*([] if place is None else place.path), parent_id]
    secret = VideoVisibility.filter(id__in=chain, audience=Visibility.LINK)
    unnamed = set(await secret.values_list("id", flat=True))
    above = [each for each in chain if each not in unnamed]
    nearest = above[::-1]
    return tuple(
        str(each) for each in (nearest if len(nearest) <= MOST_CREDITS else [*nearest[:MOST_CREDITS], above[0]])
    )


async def _fetch(media: MediaStore, key: str, path: Path) -> None:
    with path.open("xb") as file:
        async for piece in media.stream(key):
            await asyncio.to_thread(file.write, piece)
