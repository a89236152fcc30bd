"""Media storage: clips, posters and previews as objects in a local folder, or in any S3 by a setting."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

from models.errors import NotFound

if TYPE_CHECKING:
    from obstore import Attributes, GetOptions

THREADS = 16
"""Calls to storage at a time, each in a thread of its own."""

SHARED = "shared/"
"""Under this lie objects that many made-up videos show: none of them takes them along when it goes."""

T = TypeVar("T")


class MediaStore:
    """Objects under keys such as ``videos/<generation>/<fence>/clip.mp4``.

    An object appears whole or not at all: local files are written beside their place and renamed, S3 uploads are
    completed at the end. Every method that reads raises `NotFound` for a key that is not there.
    """

    def __init__(self, store: ObjectStore, *, folder: Path | None) -> None:
        """``folder`` is where a local store keeps its files; None for S3."""
        self._store = store
        self._folder = folder
        # obstore's own coroutines are resumed from a thread of Rust's, which now and then aborts a process that ends
        # at that moment (3 of 20 here). Its blocking calls let go of the interpreter, so threads do as well.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="media")

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
        await self._call(lambda: obstore.put(self._store, key, path, attributes=self._attributes(content_type)))

    async def put_bytes(self, key: str, content: bytes, content_type: str) -> None:
        """Store ``content`` under ``key``, replacing what was there."""
        await self._call(lambda: obstore.put(self._store, key, content, attributes=self._attributes(content_type)))

    async def get_range(self, key: str, start: int, end: int) -> bytes:
        """The bytes from ``start`` up to, not including, ``end``."""
        with _naming(key):
            return bytes(await self._call(lambda: obstore.get_range(self._store, key, start=start, end=end)))

    async def stream(
        self, key: str, start: int = 0, end: int | None = None, chunk: int = 1 << 18
    ) -> AsyncIterator[bytes]:
        """The bytes from ``start`` up to, not including, ``end`` (None: the last), in pieces of about ``chunk``."""
        if end is not None and end <= start:
            return
        options: GetOptions = {"range": {"offset": start} if end is None else (start, end)}
        with _naming(key):
            found = await self._call(lambda: obstore.get(self._store, key, options=options))
        pieces = iter(found.stream(min_chunk_size=chunk))
        while (piece := await self._call(lambda: next(pieces, None))) is not None:
            yield bytes(piece)

    async def size(self, key: str) -> int:
        """Length in bytes."""
        with _naming(key):
            return (await self._call(lambda: obstore.head(self._store, key)))["size"]

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove ``keys``; those that are not there are already as asked, and what is `SHARED` stays."""

        async def remove(key: str) -> None:
            with contextlib.suppress(FileNotFoundError):
                await self._call(lambda: obstore.delete(self._store, key))

        async with asyncio.TaskGroup() as group:
            for key in keys:
                if not key.startswith(SHARED):
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
        pages = iter(obstore.list(self._store, prefix=prefix))
        while (page := await self._call(lambda: next(pages, None))) is not None:
            for found in page:
                yield found["path"]

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _attributes(self, content_type: str) -> Attributes | None:
        # A local folder has nowhere to keep a content type; the rendition row has it in any case.
        return {"Content-Type": content_type} if self._folder is None else None


@contextlib.contextmanager
def _naming(key: str) -> Generator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFound(f"There is no media object {key!r}.") from None
