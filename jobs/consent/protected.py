"""People without an account who asked not to be shown: their names and faces, and what a worker compares with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient

from engine.text.names import Names
from jobs.capture.lookalikes import FACE_LABEL, is_near, unpack_embedding
from jobs.clip.gate import Fault, ResultForbidden
from jobs.clip.lease import Lease
from models.cameo import vault_subject
from models.protect import FACE_LABEL as PROTECTED_FACE
from models.protect import NAME_LABEL, block_subject
from models.vault import Shredded, Vault

FACE_RULE = "protected.face"
DRAWS_ONLY_THE_CAST = frozenset({"diorama"})
"""Engines whose people are drawn, but for the faces of cameos: what they make shows no face that no cameo has."""
LOOK_SECONDS = 60.0


class ProtectedFace(msgspec.Struct, frozen=True):
    """An embedding of unit length and the network that made it: only those of one network compare."""

    model: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Entry:
    """A face that is protected since ``filed_at``."""

    id: UUID
    face: ProtectedFace
    filed_at: datetime


class ProtectedNames:
    """The names of all entries in force, opened once and kept until an entry is filed or lifted."""

    def __init__(self) -> None:
        self._marker: tuple[Any, ...] | None = None
        self._names = Names(())

    async def load(self, connection: BaseDBAsyncClient, vault: Vault) -> Names:
        """The index to look prompts up in."""
        [row] = await connection.execute_query_dict(
            "SELECT count(*) AS n, count(lifted_at) AS lifted, max(id::text) AS last FROM block_entry"
        )
        marker = (id(vault), row["n"], row["lifted"], row["last"])
        if marker != self._marker:
            rows = await connection.execute_query_dict(
                "SELECT id, name FROM block_entry WHERE lifted_at IS NULL AND name IS NOT NULL"
            )
            self._names = await asyncio.to_thread(_opened_names, vault, rows)
            self._marker = marker
        return self._names


async def protected_faces(connection: BaseDBAsyncClient, vault: Vault) -> list[Entry]:
    """Every face in force, opened."""
    rows = await connection.execute_query_dict(
        "SELECT id, face, created_at FROM block_entry WHERE lifted_at IS NULL AND face IS NOT NULL ORDER BY id"
    )
    return await asyncio.to_thread(_opened_faces, vault, rows)


async def is_protected(vault: Vault, embedding: Sequence[float], face_model: str, *, threshold: float) -> bool:
    """Whether a face's cosine with a protected one reaches ``threshold``."""
    entries = await protected_faces(connections.get("default"), vault)
    return any(each.face.model == face_model and is_near(each.face.values, embedding, threshold) for each in entries)


async def check_cast(vault: Vault, lease: Lease) -> None:
    """Raise `ResultForbidden` when a cameo of this generation shows somebody who asked for protection later.

    A cameo recorded later was compared then, and a moderator let it pass.
    """
    connection = connections.get("default")
    entries = await protected_faces(connection, vault)
    if entries:
        cast = await connection.execute_query_dict(_CAST, [lease.generation_id])
        threshold = await asyncio.to_thread(_threshold)
        faults = await asyncio.to_thread(_faults, vault, entries, cast, threshold)
        if faults:
            raise ResultForbidden(faults)


async def check_faces(vault: Vault, lease: Lease, clip: Path) -> None:
    """Raise `ResultForbidden` when a finished clip shows a protected face; engines that draw none are not looked at."""
    if lease.engine in DRAWS_ONLY_THE_CAST:
        return
    entries = await protected_faces(connections.get("default"), vault)
    if not entries:
        return
    # Late, as in jobs/capture/suspects.py: only now is there something to compare.
    from engine.capture.runner import faces_in  # noqa: PLC0415

    threshold = await asyncio.to_thread(_threshold)
    for seen in await faces_in([clip], timeout=LOOK_SECONDS):
        if any(is_near(each.face.values, seen, threshold) for each in entries):
            raise ResultForbidden(())


def _opened_names(vault: Vault, rows: list[dict[str, Any]]) -> Names:
    found: list[str] = []
    for row in rows:
        try:
            found.append(vault.open(block_subject(row["id"]), row["name"], label=NAME_LABEL).decode())
        except Shredded:
            continue  # lifted since the rows were read
    return Names(found)


def _opened_faces(vault: Vault, rows: list[dict[str, Any]]) -> list[Entry]:
    found: list[Entry] = []
    for row in rows:
        try:
            raw = vault.open(block_subject(row["id"]), row["face"], label=PROTECTED_FACE)
        except Shredded:
            continue
        found.append(Entry(row["id"], msgspec.json.decode(raw, type=ProtectedFace), row["created_at"]))
    return found


def _faults(vault: Vault, entries: list[Entry], cast: list[dict[str, Any]], threshold: float) -> list[Fault]:
    found: list[Fault] = []
    for row in cast:
        try:
            raw = vault.open(vault_subject(row["cameo_id"], row["number"]), row["sealed"], label=FACE_LABEL)
        except Shredded:
            continue  # its own gate says so
        values = unpack_embedding(raw)
        later = [each for each in entries if each.face.model == row["model"] and each.filed_at > row["created_at"]]
        if any(is_near(each.face.values, values, threshold) for each in later):
            found.append(Fault(row["cameo_id"], FACE_RULE))
    return found


def _threshold() -> float:
    from engine.identity.face import MAY_BE_SAME  # noqa: PLC0415 - with it comes OpenCV

    return MAY_BE_SAME


_CAST = """
    SELECT v.cameo_id, v.number, v.face_embedding AS sealed, v.face_model AS model, v.created_at
    FROM generation_likeness l
    JOIN cameo_version v ON v.cameo_id = l.cameo_id AND v.number = l.version
    WHERE l.generation_id = $1 AND v.face_embedding IS NOT NULL AND v.destroyed_at IS NULL
"""
