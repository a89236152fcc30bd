"""The small web page, and the exchange of a session token for the browser's cookie."""

from __future__ import annotations

from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.auth import CSRF_HEADER, set_session_cookie
from app.routes.parameters import BadRequest, read_body
from models.errors import Unauthenticated
from resolvers.session import redeem_link

WEB = Path(__file__).parents[2] / "web"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_PERMISSIONS = "camera=(self), microphone=(self), geolocation=()"
"""Members record themselves in the page, and nowhere else."""


async def page(_: Request) -> Response:
    """``GET /`` and ``/login``: the one page. A login link keeps its token in the fragment, which no server sees."""
    headers = {"content-security-policy": _POLICY, "permissions-policy": _PERMISSIONS, "cache-control": "no-cache"}
    return FileResponse(WEB / "index.html", headers=headers)


class Assets(StaticFiles):
    """``/web/…``: what the page is made of."""

    def __init__(self) -> None:
        super().__init__(directory=WEB)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file of the page; browsers ask each time whether it changed."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


async def keep_session(request: Request) -> Response:
    """``POST /session {"token"}``: sign this browser in with the token of a sign-in link, once."""
    if CSRF_HEADER not in request.headers:
        return PlainTextResponse(f"Send the header {CSRF_HEADER}.", 403)
    try:
        body = orjson.loads(await read_body(request))
    except (orjson.JSONDecodeError, BadRequest):
        return PlainTextResponse("Send a small JSON object.", 400)
    token = body.get("token") if isinstance(body, dict) else None
    try:
        opened = await redeem_link(token if isinstance(token, str) else "")
    except Unauthenticated as error:
        return PlainTextResponse(error.message, 401)
    response = Response(status_code=204)
    set_session_cookie(response, opened, production=request.app.state.stores.production)
    return response
