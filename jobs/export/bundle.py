"""The bundle itself: a ZIP that is written while it is read, so that it is never whole anywhere but in storage."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from tortoise import connections

from jobs.export.schema import SCHEMA, json_schema
from jobs.export.sections import ACCOUNT, PAGE, SECTIONS, pages_of
from models.storage import MediaStore

PORTRAIT = "avatar.webp"


class _Sink:
    """What `ZipFile` writes to: holds bytes until they are fetched."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        """Hold ``data``."""
        self._held += data
        return len(data)

    def flush(self) -> None:
        """Nothing lies behind this."""

    def close(self) -> None:
        """Nothing to let go of."""

    def drain(self) -> bytes:
        """Everything held; it is forgotten."""
        held = bytes(self._held)
        self._held.clear()
        return held


async def pack(
    export_id: UUID, asked_at: datetime, media: MediaStore, renew: Callable[[float], Awaitable[None]]
) -> AsyncGenerator[bytes, None]:
    """The bytes of a bundle: ``bundle.json`` and its schema, the portrait, then the clips that were chosen for it.

    ``renew`` is told after each piece of work how much is done (0 to 1), and what it raises goes through. Raises
    `models.errors.NotFound` when a clip is gone meanwhile.
    """
    sink = _Sink()
    account = await _account(export_id)
    portrait: str | None = account.pop("avatar_key")
    account["avatar"] = None if portrait is None else PORTRAIT
    with ZipFile(sink, "w") as bundle:
        bundle.writestr(_entry("bundle.schema.json", asked_at, compressed=True), json_schema())
        with bundle.open(_entry("bundle.json", asked_at, compressed=True), "w") as file:
            async for text in _document(export_id, asked_at, account):
                file.write(text.encode())
                await renew(0.0)
                yield sink.drain()
        if portrait is not None:
            picture = b"".join([piece async for piece in media.stream(portrait)])
            bundle.writestr(_entry(PORTRAIT, asked_at), picture)
        [counted] = await connections.get("default").execute_query_dict(
            "SELECT count(*)::int AS n FROM export_part WHERE export_id = $1 AND cameo_id IS NULL", [export_id]
        )
        done = 0
        async for video_id, key in _clips(export_id):
            with bundle.open(_entry(f"videos/{video_id}.mp4", asked_at), "w") as file:
                async for piece in media.stream(key):
                    file.write(piece)
                    yield sink.drain()
            done += 1
            await renew(done / max(counted["n"], 1))
    yield sink.drain()


async def _account(export_id: UUID) -> dict[str, Any]:
    [account] = [row async for page in pages_of(ACCOUNT, export_id) for row in page]
    return json.loads(account)


async def _document(export_id: UUID, asked_at: datetime, account: dict[str, Any]) -> AsyncGenerator[str, None]:
    """``bundle.json``, a page of a section at a time."""
    head = {"schema": SCHEMA, "id": str(export_id), "asked_at": asked_at.isoformat()}
    yield json.dumps(head)[:-1] + f',\n"account": {json.dumps(account)}'
    for name, statement in SECTIONS.items():
        yield f',\n"{name}": ['
        between = "\n"
        async for page in pages_of(statement, export_id):
            yield between + ",\n".join(page)
            between = ",\n"
        yield "]"
    yield "}\n"


async def _clips(export_id: UUID) -> AsyncGenerator[tuple[UUID, str], None]:
    """Each chosen clip and where its MP4 lies; a clip whose bytes were purged since is passed over.

    Whatever purged them also voids the bundle.
    """
    last = UUID(int=0)
    while True:
        rows = await connections.get("default").execute_query_dict(_CLIPS, [export_id, last, PAGE])
        for row in rows:
            yield row["video_id"], row["key"]
        if len(rows) < PAGE:
            return
        last = rows[-1]["video_id"]


def _entry(name: str, at: datetime, *, compressed: bool = False) -> ZipInfo:
    entry = ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    entry.external_attr = 0o600 << 16
    if compressed:
        entry.compress_type = ZIP_DEFLATED
    return entry


_CLIPS = """
    SELECT p.video_id, r.key FROM export_part p JOIN rendition r ON r.video_id = p.video_id AND r.kind = 'MP4'
    WHERE p.export_id = $1 AND p.cameo_id IS NULL AND p.video_id > $2 ORDER BY p.video_id LIMIT $3
"""
