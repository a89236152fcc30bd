"""``/media/avatar/{account}/{name}``: a member's portrait, while it is theirs and their account stands."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from models.errors import NotFound
from resolvers.avatar import open_avatar


async def avatar(request: Request) -> Response:
    """Answer with the WebP. An address names one picture, which never changes: only whether it is there is asked."""
    account, name = request.path_params["account"], request.path_params["name"]
    try:
        picture = await open_avatar(request.app.state.stores, account, name)
    except NotFound:
        return PlainTextResponse("There is nothing here.", 404)
    etag = f'"{name}"'
    headers = {
        "etag": etag,
        "cache-control": "private, max-age=60, must-revalidate",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(picture, media_type="image/webp", headers=headers)
