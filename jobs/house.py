"""Installs the house: its accounts, and the drawn cast that everybody may use, sealed as any cameo is."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import structlog
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.diorama.art import house as art
from jobs.capture.lookalikes import CROPS_LABEL
from models.account import Account
from models.audit import Transition, append_all, chain_of
from models.cameo import ALL_SCOPES, Cameo, CameoKind, CameoState, CameoVersion, vault_subject
from models.capture import version_prefix
from models.grant import Audience, Grant
from models.house import CAST, HOUSE, HouseCameo, make_house_accounts
from models.sealed_media import SealedMedia
from models.storage import MediaStore
from models.vault import Vault

LOCK = 0x484F5553
"""Advisory lock ("HOUS"): of workers that start together one installs, and the others find it done."""
VERSION = 1

_log = structlog.get_logger()


async def install_house(vault: Vault, media: MediaStore) -> int:
    """Make what is missing of the house; returns how many cameos that were. What was erased is not made again.

    Nobody can sign in to its accounts. Its cameos are DRAWN, admit everyone with every scope and ask for nothing.
    """
    await make_house_accounts()
    known = set(await Cameo.filter(id__in=[one.id for one in CAST]).values_list("id", flat=True))
    missing = [one for one in CAST if one.id not in known]
    made = 0
    for one in missing:
        with tempfile.TemporaryDirectory() as folder:
            made += await _install(vault, media, one, Path(folder))
    if made:
        _log.info("house_cast_installed", cameos=made)
    return made


async def _install(vault: Vault, media: MediaStore, one: HouseCameo, folder: Path) -> bool:
    """Seal the drawing, then make the cameo of it. Sealing again what another worker sealed as well does no harm."""
    crop, thumbnail = await asyncio.to_thread(art.save, one.name, folder)
    subject = vault_subject(one.id, VERSION)
    await asyncio.to_thread(vault.create, subject)
    # The place of a version is named after its capture. A drawing has none: the cameo's own id stands for it.
    prefix, sealed = version_prefix(one.id, one.id), SealedMedia(media, vault)
    files: list[dict[str, Any]] = []
    for kind, path in (("CROP", Path(crop.path)), ("THUMBNAIL", thumbnail)):
        kept = await sealed.keep_file(subject, prefix + path.stem, path)
        files.append({"class": kind, "key": prefix + path.stem, "bytes": kept.bytes})
    placed = [msgspec.structs.replace(crop, path=files[0]["key"])]
    crops = await asyncio.to_thread(vault.seal, subject, msgspec.json.encode(placed), label=CROPS_LABEL)
    async with in_transaction() as connection:
        await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [LOCK])
        if await Cameo.filter(id=one.id).using_db(connection).exists():
            return False
        await _make_cameo(connection, one, crops, files)
    return True


async def _make_cameo(
    connection: BaseDBAsyncClient, one: HouseCameo, crops: bytes, files: list[dict[str, Any]]
) -> None:
    cameo = await Cameo.create(
        using_db=connection, id=one.id, owner_id=HOUSE.id, handle=await _free_handle(connection, one.name),
        kind=CameoKind.DRAWN, state=CameoState.ACTIVE, version=VERSION,
    )  # fmt: skip
    await CameoVersion.create(
        using_db=connection, cameo_id=cameo.id, number=VERSION, capture_id=one.id, sealed=crops, files=files
    )
    grant = await Grant.create(
        using_db=connection, cameo_id=cameo.id, audience=Audience.EVERYONE, scopes=ALL_SCOPES, restrictions={}
    )
    facts: dict[str, Any] = {"version": VERSION, "grant": grant.id, "audience": Audience.EVERYONE, "scopes": ALL_SCOPES}
    await append_all(connection, [Transition(chain_of(cameo.id), "HOUSE_CAMEO_MADE", facts)])


async def _free_handle(connection: BaseDBAsyncClient, name: str) -> str:
    """Its name, unless a member or a cameo is called so already."""
    taken = (
        await Account.filter(handle=name).using_db(connection).exists()
        or await Cameo.filter(handle=name).using_db(connection).exists()
    )
    return f"{name}_yume" if taken else name
