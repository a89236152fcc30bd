"""``/media/live/{token}/{name}``: playlist and segments of a clip that is still being made, for its author."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from models.errors import NotFound
from resolvers.context import Stores
from resolvers.live import open_live

_TYPES = {"m3u8": "application/vnd.apple.mpegurl", "mp4": "video/mp4", "m4s": "video/mp4"}
# Kept nowhere: what is withdrawn or cancelled must be gone from every cache with the next request.
_HEADERS = {"cache-control": "no-store", "content-security-policy": "default-src 'none'; sandbox"}


async def live(request: Request) -> Response:
    """Answer GET and HEAD with the file as it is now, at most a second or two of picture and sound."""
    stores: Stores = request.app.state.stores
    name = request.path_params["name"]
    try:
        key = await open_live(stores, request.path_params["token"], name)
    except NotFound as error:
        return PlainTextResponse(error.message, 404, headers=_HEADERS)
    try:
        content = b"".join([piece async for piece in stores.media.stream(key)])
    except NotFound:  # whose words name a place in storage
        return PlainTextResponse("This piece is not there.", 404, headers=_HEADERS)
    return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=_HEADERS)
