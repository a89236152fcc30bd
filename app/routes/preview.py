"""``/media/preview/{token}``: the small picture of one step, kept in memory for some minutes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from models.errors import NotFound
from resolvers.media import open_preview


async def preview(request: Request) -> Response:
    """Answer with the WebP; a token names one picture, which never changes."""
    try:
        picture = await open_preview(request.app.state.stores, request.path_params["token"])
    except NotFound as error:
        return PlainTextResponse(error.message, 404)
    headers = {"cache-control": "private, max-age=30, must-revalidate", "content-security-policy": "default-src 'none'"}
    return Response(picture, media_type="image/webp", headers=headers)
