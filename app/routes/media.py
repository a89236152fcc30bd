"""``/media/{token}/{name}``: a clip's bytes, whole or in ranges, while its token and its visibility last."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from models.errors import NotFound
from models.storage import MediaStore
from models.video import Rendition
from resolvers.context import Stores
from resolvers.media import open_media

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_REVALIDATE_SECONDS = 30
"""How long a browser may play what it has without asking: withdrawn bytes must be refused within a minute."""


@dataclass(frozen=True)
class _Part:
    """Bytes ``start`` up to, not including, ``end`` of ``size``."""

    start: int
    end: int
    size: int

    @property
    def content_range(self) -> str:
        """As the header says it: the last byte is inclusive there."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


async def media(request: Request) -> Response:
    """Answer GET and HEAD, with ETag, If-None-Match, Range and If-Range. Visibility is checked every time."""
    stores: Stores = request.app.state.stores
    name = request.path_params["name"]
    if not _NAME.fullmatch(name):
        return PlainTextResponse("There is nothing here.", 404)
    try:
        rendition = await open_media(stores, request.path_params["token"])
    except NotFound as error:
        return PlainTextResponse(error.message, 404)
    try:
        return await serve_rendition(request, rendition, stores.media, name)
    except NotFound:  # whose words name a place in storage
        return PlainTextResponse("There is nothing here.", 404)


async def serve_rendition(request: Request, rendition: Rendition, store: MediaStore, name: str) -> Response:
    """The bytes of a rendition that may be served, whole or in part. Raises `NotFound` when storage lacks them."""
    etag = f'"{rendition.sha256}"'
    disposition = "attachment" if "download" in request.query_params else "inline"
    headers = {
        "etag": etag,
        "accept-ranges": "bytes",
        "cache-control": f"private, max-age={_REVALIDATE_SECONDS}, must-revalidate",
        "content-disposition": f'{disposition}; filename="{name}"',
        "content-security-policy": "default-src 'none'; sandbox",
    }
    if _matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    part = _wanted(request, rendition.bytes, etag)
    if part is None:
        return Response(status_code=416, headers=headers | {"content-range": f"bytes */{rendition.bytes}"})
    whole = part.end - part.start == rendition.bytes
    headers |= {"content-type": rendition.content_type, "content-length": str(part.end - part.start)}
    if not whole:
        headers["content-range"] = part.content_range
    status = 200 if whole else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    pieces = store.stream(rendition.key, part.start, part.end)
    # Fetched before the head is sent: an object that is gone is a 404, not a broken answer.
    first = await anext(aiter(pieces), b"")
    return StreamingResponse(_chain(first, pieces), status, headers=headers)


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _matches(given: str | None, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in (given or "").split(",")]
    return etag in tags or tags == ["*"]


def _wanted(request: Request, size: int, etag: str) -> _Part | None:
    """What to send: everything, the one range that was asked for, or None when it lies outside.

    Several ranges at once are answered with everything, as the specification allows.
    """
    everything = _Part(0, size, size)
    found = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or found.group(1) == found.group(2) == "":
        return everything
    if request.headers.get("if-range", etag) != etag:
        return everything
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return _Part(size - length, size, size) if length else None
    start, end = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return everything
    return _Part(start, end, size) if start < size else None
