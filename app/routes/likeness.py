"""``/media/cameo/…``, ``capture/…`` and ``evidence/…``: sealed files, opened for whom their token names."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from models.errors import NotFound
from resolvers.context import Stores
from resolvers.likeness_media import REVIEWED, open_reviewed, open_thumbnail
from resolvers.report_media import read_evidence

_SHUT = {"content-security-policy": "default-src 'none'; sandbox"}
_KEPT = {"cache-control": "private, max-age=30, must-revalidate"} | _SHUT
"""A right that ended must be refused within a minute."""
_NOT_KEPT = {"cache-control": "no-store"} | _SHUT


async def thumbnail(request: Request) -> Response:
    """A cameo's picture (WebP), for its owner and for those who may show its face."""
    stores: Stores = request.app.state.stores
    try:
        pieces = await open_thumbnail(stores, request.path_params["token"])
    except NotFound:  # whose words may name a place in storage
        return _nothing()
    return _answer(request, pieces, "image/webp", _KEPT)


async def capture(request: Request) -> Response:
    """A file of a capture under review, for the moderator who opened it."""
    stores: Stores = request.app.state.stores
    name = request.path_params["name"]
    try:
        pieces = await open_reviewed(stores, request.path_params["token"], name)
    except NotFound:
        return _nothing()
    return _answer(request, pieces, REVIEWED[name], _NOT_KEPT)


async def evidence(request: Request) -> Response:
    """The sealed copy of a withdrawn video that an open report needs, for the moderator who opened it."""
    stores: Stores = request.app.state.stores
    try:
        pieces = await read_evidence(stores, request.path_params["token"])
    except NotFound:
        return _nothing()
    return _answer(request, pieces, "video/mp4", _NOT_KEPT)


def _answer(request: Request, pieces: AsyncIterator[bytes], kind: str, headers: dict[str, str]) -> Response:
    if request.method == "HEAD":
        return Response(headers=headers, media_type=kind)
    return StreamingResponse(pieces, headers=headers, media_type=kind)


def _nothing() -> Response:
    return PlainTextResponse("There is nothing here.", 404, headers=_NOT_KEPT)
