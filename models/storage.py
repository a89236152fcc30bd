"""Media storage: clips, posters and previews as objects in a local folder, or in any S3 by a setting."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

from models.errors import NotFound

DELETE_CONCURRENCY = 8


class MediaStore:
    """Objects under keys such as ``videos/<generation>/<fence>/clip.mp4``.

    An object appears whole or not at all: local files are written beside their place and renamed, S3 uploads are
    completed at the end. Every method that reads raises `NotFound` for a key that is not there.
    """

    def __init__(self, store: ObjectStore, *, folder: Path | None) -> None:
        """``folder`` is where a local store keeps its files; None for S3."""
        self._store = store
        self._folder = folder

    @classmethod
    def from_url(cls, media_url: str | None, data_dir: Path) -> MediaStore:
        """The bucket and prefix of ``media_url`` (``s3://bucket/prefix``), or the folder ``data_dir/media``.

        Credentials and region of S3 come from the machine (``AWS_*``), as every S3 client reads them. Raises
        `ValueError` for another scheme.
        """
        if media_url is None:
            folder = (data_dir / "media").absolute()
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return cls(LocalStore(folder, automatic_cleanup=True), folder=folder)
        if not media_url.startswith("s3://"):
            raise ValueError(f"media_url must be s3://bucket/prefix, not {media_url!r}")
        return cls(S3Store.from_url(media_url), folder=None)

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        """Store the bytes of ``path`` under ``key``, in flat memory, replacing what was there."""
        # A local folder has nowhere to keep a content type; the rendition row has it in any case.
        attributes = {"Content-Type": content_type} if self._folder is None else None
        await obstore.put_async(self._store, key, path, attributes=attributes)

    async def put_bytes(self, key: str, content: bytes, content_type: str) -> None:
        """Store ``content`` under ``key``, replacing what was there."""
        attributes = {"Content-Type": content_type} if self._folder is None else None
        await obstore.put_async(self._store, key, content, attributes=attributes)

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        """The bytes from ``start`` up to, not including, ``end``."""
        try:
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))
        except FileNotFoundError:
            raise _missing(key) from None

    async def stream(
        self, key: str, start: int = 0, end: int | None = None, chunk: int = 1 << 18
    ) -> AsyncIterator[bytes]:
        """The bytes from ``start`` up to, not including, ``end`` (None: the last), in pieces of about ``chunk``."""
        if end is not None and end <= start:
            return
        try:
            got = await obstore.get_async(
                self._store, key, options={"range": {"offset": start} if end is None else (start, end)}
            )
        except FileNotFoundError:
            raise _missing(key) from None
        async for piece in got.stream(min_chunk_size=chunk):
            yield bytes(piece)

    async def size(self, key: str) -> int:
        """Length in bytes."""
        try:
            return (await obstore.head_async(self._store, key))["size"]
        except FileNotFoundError:
            raise _missing(key) from None

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove ``keys``; those that are not there are already as asked."""
        turns = asyncio.Semaphore(DELETE_CONCURRENCY)

        async def remove(key: str) -> None:
            async with turns:
                try:
                    await obstore.delete_async(self._store, key)
                except FileNotFoundError:
                    return

        async with asyncio.TaskGroup() as group:
            for key in keys:
                group.create_task(remove(key))

    async def delete_under(self, prefix: str) -> int:
        """Remove everything under ``prefix`` (whole path segments), unfinished uploads of a local folder included.

        Returns how many objects were removed.
        """
        keys = [key async for key in self.list(prefix)]
        await self.delete(keys)
        if self._folder is not None and (folder := self._folder / prefix).is_dir():
            # What a killed process was writing lies beside its place under another name, which `list` does not show.
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return len(keys)

    async def list(self, prefix: str) -> AsyncIterator[str]:
        """Every key under ``prefix`` (whole path segments)."""
        async for page in obstore.list(self._store, prefix=prefix):
            for found in page:
                yield found["path"]


def _missing(key: str) -> NotFound:
    return NotFound(f"There is no media object {key!r}.")
