"""Whom a new capture may show besides its owner, and which recordings are known: all kept versions, opened in turn."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from tortoise import connections

from models.cameo import vault_subject
from models.vault import Shredded, Vault

FACE_LABEL, VOICE_LABEL, FINGERPRINT_LABEL, CROPS_LABEL = "face_embedding", "voice_embedding", "fingerprint", "crops"
"""What the sealed columns of `models.cameo.CameoVersion` are sealed as."""
_PAGE = 500
MOST_FINGERPRINTS = 4_000
"""Of earlier recordings to compare with: each costs 1.6 ms of CPU (2026, one core)."""

_EMBEDDINGS = """
    SELECT v.id, v.cameo_id, v.number, v.{part}_embedding AS sealed
    FROM cameo_version v JOIN cameo c ON c.id = v.cameo_id
    WHERE v.id > $1 AND v.destroyed_at IS NULL AND v.{part}_embedding IS NOT NULL AND v.{part}_model = $3
        AND c.owner_id <> $4
    ORDER BY v.id LIMIT $2
"""
_FACES, _VOICES = _EMBEDDINGS.format(part="face"), _EMBEDDINGS.format(part="voice")
_FINGERPRINTS = """
    SELECT v.cameo_id, v.number, v.fingerprint AS sealed FROM cameo_version v JOIN cameo c ON c.id = v.cameo_id
    WHERE v.destroyed_at IS NULL AND v.fingerprint IS NOT NULL ORDER BY c.owner_id = $1 DESC, v.id DESC LIMIT $2
"""


def pack_embedding(values: Sequence[float]) -> bytes:
    """An embedding as it is sealed: little-endian floats of 32 bits."""
    return struct.pack(f"<{len(values)}f", *values)


def unpack_embedding(raw: bytes) -> tuple[float, ...]:
    """Undo `pack_embedding`."""
    return struct.unpack(f"<{len(raw) // 4}f", raw)


def is_near(one: Sequence[float], other: Sequence[float], threshold: float) -> bool:
    """Whether the cosine of two embeddings of unit length reaches ``threshold``."""
    return len(one) == len(other) and float(np.dot(np.asarray(one), np.asarray(other))) >= threshold


async def lookalikes(
    vault: Vault, owner_id: UUID, embedding: Sequence[float], face_model: str, *, threshold: float
) -> list[UUID]:
    """Cameos of other members whose face's cosine with ``embedding`` reaches ``threshold``.

    Embeddings are opened one by one, each under its own version's key, and nothing of them is kept.
    """
    return await _near(vault, _FACES, FACE_LABEL, embedding, threshold, face_model, owner_id)


async def soundalikes(
    vault: Vault, owner_id: UUID, embedding: Sequence[float], voice_model: str, *, threshold: float
) -> list[UUID]:
    """As `lookalikes`, for voices."""
    return await _near(vault, _VOICES, VOICE_LABEL, embedding, threshold, voice_model, owner_id)


async def known_fingerprints(vault: Vault, owner_id: UUID) -> tuple[bytes, ...]:
    """The fingerprints of recordings that became versions: the owner's own, and the newest of all others'."""
    rows = await connections.get("default").execute_query_dict(_FINGERPRINTS, [owner_id, MOST_FINGERPRINTS])
    opened = await asyncio.to_thread(lambda: list(_opened(vault, rows, FINGERPRINT_LABEL)))
    return tuple(raw for _, raw in opened)


async def _near(
    vault: Vault, statement: str, label: str, embedding: Sequence[float], threshold: float, *values: object
) -> list[UUID]:
    def near(page: list[dict[str, Any]]) -> list[UUID]:
        opened = _opened(vault, page, label)
        return [cameo for cameo, raw in opened if is_near(unpack_embedding(raw), embedding, threshold)]

    found: set[UUID] = set()
    async for page in _pages(statement, *values):
        found.update(await asyncio.to_thread(near, page))
    return sorted(found)


async def _pages(statement: str, *values: object) -> AsyncIterator[list[dict[str, Any]]]:
    after = UUID(int=0)
    while rows := await connections.get("default").execute_query_dict(statement, [after, _PAGE, *values]):
        yield rows
        after = rows[-1]["id"]


def _opened(vault: Vault, rows: list[dict[str, Any]], label: str) -> Iterator[tuple[UUID, bytes]]:
    for row in rows:
        try:
            yield row["cameo_id"], vault.open(vault_subject(row["cameo_id"], row["number"]), row["sealed"], label=label)
        except Shredded:
            continue  # it was given up a moment ago
