"""``/v/{code}``: a video's page for whoever has its link, its picture and bytes, a bare player, and oEmbed."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.routes import share_page
from app.routes.encode import encode
from app.routes.media import serve_rendition
from models.errors import NotFound
from models.video import RenditionKind
from resolvers.context import Stores
from resolvers.share import code_in, shared_rendition, shared_video

_FILES = {"clip.mp4": RenditionKind.MP4, "poster.webp": RenditionKind.POSTER}
_KEPT_SECONDS = 30
"""How long others may keep what they fetched without asking again: what is withdrawn is refused within a minute."""
_EMBEDDED_WIDTH = 360
_SIZE = re.compile("[1-9][0-9]{0,5}")


async def share(request: Request) -> Response:
    """The page, with all that other sites read from it. Where there is nothing to see 404, whatever the reason."""
    stores, words = _asked(request)
    try:
        video = await shared_video(stores, request.path_params["code"])
    except NotFound:
        return _html(share_page.nothing(words), status=404)
    return _html(share_page.page(video, words, home=stores.address))


async def share_player(request: Request) -> Response:
    """The bare player, which any site may frame."""
    stores, words = _asked(request)
    try:
        video = await shared_video(stores, request.path_params["code"])
    except NotFound:
        return _html(share_page.nothing(words), status=404)
    return _html(share_page.player(video, words), framed_by="*")


async def share_file(request: Request) -> Response:
    """The clip or its picture, at an address that stays; whether it may be seen is asked on every request."""
    name = request.path_params["name"]
    try:
        rendition = await shared_rendition(request.path_params["code"], _FILES[name])
        response = await serve_rendition(request, rendition, request.app.state.stores.media, name)
    except (KeyError, NotFound):  # whose words may name a place in storage
        return PlainTextResponse("There is nothing here.", 404)
    response.headers["cross-origin-resource-policy"] = "cross-origin"
    return response


async def oembed(request: Request) -> Response:
    """OEmbed (https://oembed.com) for share links of this server, in JSON."""
    stores, _ = _asked(request)
    if request.query_params.get("format", "json") != "json":
        return PlainTextResponse("Only JSON is spoken here: format=json.", 501)
    try:
        video = await shared_video(stores, code_in(stores, request.query_params.get("url", "")))
    except (NotFound, ValueError):  # ValueError: no address at all
        return PlainTextResponse("There is nothing here.", 404)
    width, height = _fitting(request, video.width, video.height)
    body = {
        "version": "1.0",
        "type": "video",
        "provider_name": "Yume",
        "provider_url": stores.address,
        "title": share_page.title_of(video),
        "author_name": share_page.plain(video.author_name) or video.author_handle,
        "html": share_page.frame(video, width, height),
        "width": width,
        "height": height,
        "thumbnail_url": f"{video.url}/poster.webp",
        "thumbnail_width": video.width,
        "thumbnail_height": video.height,
        "cache_age": _KEPT_SECONDS,
    }
    headers = {"access-control-allow-origin": "*", "cache-control": f"public, max-age={_KEPT_SECONDS}"}
    return Response(encode(body), media_type="application/json", headers=headers)


def _asked(request: Request) -> tuple[Stores, share_page.Words]:
    return request.app.state.stores, share_page.words_for(request.headers.get("accept-language", ""))


def _fitting(request: Request, width: int, height: int) -> tuple[int, int]:
    """The player's size: as wide as a phone, and within what was asked for."""
    scale = min(1.0, _EMBEDDED_WIDTH / width)
    for name, side in (("maxwidth", width), ("maxheight", height)):
        most = request.query_params.get(name, "")
        if _SIZE.fullmatch(most):
            scale = min(scale, int(most) / side)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _html(content: bytes, *, status: int = 200, framed_by: str = "'none'") -> Response:
    policy = (
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {framed_by}"
    )
    headers = {
        "content-security-policy": policy,
        "cache-control": f"public, max-age={_KEPT_SECONDS}, must-revalidate",
        "vary": "accept-language",
    }
    return Response(content, status, media_type="text/html; charset=utf-8", headers=headers)
