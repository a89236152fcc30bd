"""Files in media storage that only the vault can open: sealed piece by piece, so that memory stays flat."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from models.storage import MediaStore
from models.vault import Forged, Vault

PIECE = 4 << 20
"""Bytes of a file in one object, before sealing."""

_MORE, _LAST = b"\0", b"\1"
_READ = 1 << 18


@dataclass(frozen=True)
class Kept:
    """What a sealed file holds: its length in clear, and the SHA-256 (hex) of that."""

    bytes: int
    sha256: str


class SealedMedia:
    """A file is a folder of objects, ``<folder>/000000`` and on, each sealed under the file's subject with its place.

    Whether a piece is the last one is sealed with it: a file that lost its end, or whose pieces were exchanged, does
    not open. Nothing of it ever touches a disk in clear.
    """

    def __init__(self, media: MediaStore, vault: Vault) -> None:
        self._media, self._vault = media, vault

    async def keep(self, subject: str, folder: str, content: AsyncIterator[bytes]) -> Kept:
        """Seal ``content`` into ``folder`` (no slash at the end) under ``subject``, whose key must exist.

        Whatever ``content`` raises goes through; the caller then deletes the folder. Raises `models.vault.Shredded`.
        """
        digest, size, index = hashlib.sha256(), 0, 0
        waiting = bytearray()
        async for part in content:
            digest.update(part)
            size += len(part)
            waiting += part
            while len(waiting) > PIECE:
                await self._put(subject, folder, index, _MORE + waiting[:PIECE])
                del waiting[:PIECE]
                index += 1
        await self._put(subject, folder, index, _LAST + waiting)
        return Kept(size, digest.hexdigest())

    async def keep_file(self, subject: str, folder: str, path: Path) -> Kept:
        """As `keep`, for a file on disk."""
        return await self.keep(subject, folder, _parts(path))

    async def read(self, subject: str, folder: str) -> AsyncIterator[bytes]:
        """The file in clear, a piece at a time. Raises `NotFound`, `models.vault.Shredded`, `models.vault.Forged`."""
        index, more = 0, True
        while more:
            sealed = b"".join([part async for part in self._media.stream(_key(folder, index))])
            piece = await asyncio.to_thread(self._vault.open, subject, sealed, label=_key(folder, index))
            if piece[:1] not in (_MORE, _LAST):
                raise Forged("A piece does not say whether it is the last one.")
            yield piece[1:]
            more, index = piece[:1] == _MORE, index + 1

    async def fetch(self, subject: str, folder: str, target: Path) -> None:
        """Write the file in clear to ``target``, which must not exist and is readable by its owner alone."""
        await asyncio.to_thread(target.touch, mode=0o600, exist_ok=False)
        async for piece in self.read(subject, folder):
            await asyncio.to_thread(_append, target, piece)

    async def _put(self, subject: str, folder: str, index: int, piece: bytes | bytearray) -> None:
        key = _key(folder, index)
        sealed = await asyncio.to_thread(self._vault.seal, subject, bytes(piece), label=key)
        await self._media.put_bytes(key, sealed, "application/octet-stream")


def _key(folder: str, index: int) -> str:
    return f"{folder}/{index:06d}"


async def _parts(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while part := await asyncio.to_thread(file.read, _READ):
            yield part


def _append(path: Path, piece: bytes) -> None:
    with path.open("ab") as file:
        file.write(piece)
