"""The small web page, and the exchange of a session token for the browser's cookie."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.auth import CSRF_HEADER, set_session_cookie
from app.routes.parameters import BadRequest, read_body
from models.errors import RateLimited
from models.policy import policy_in_force
from resolvers.limit import Limit
from resolvers.session import open_session, session_for_token

_BROWSERS = Limit("browser-session", 20, 3600)
WEB = Path(__file__).parents[2] / "web"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def page(_: Request) -> Response:
    """``GET /`` and ``/login``: the one page. A login link keeps its token in the fragment, which no server sees."""
    headers = {"content-security-policy": _POLICY, "cache-control": "no-cache"}
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
    """``POST /session {"token"}``: open a session of the browser's own for whoever holds ``token``, in its cookie.

    It is another session, so that signing out of the page leaves the one that the token belongs to.
    """
    if CSRF_HEADER not in request.headers:
        return PlainTextResponse(f"Send the header {CSRF_HEADER}.", 403)
    try:
        body = orjson.loads(await read_body(request))
    except (orjson.JSONDecodeError, BadRequest):
        return PlainTextResponse("Send a small JSON object.", 400)
    token = body.get("token") if isinstance(body, dict) else None
    found = await session_for_token(token) if isinstance(token, str) else None
    if found is None:
        return PlainTextResponse("This sign-in link is over. Ask for a new one.", 401)
    try:
        await _BROWSERS.spend(request.app.state.stores.redis, str(found[0].id))
    except RateLimited as error:
        return PlainTextResponse(error.message, 429, {"retry-after": str(error.retry_after)})
    left = (found[1].expires_at - datetime.now(UTC)).total_seconds() / 86_400
    policy = await policy_in_force()
    own, _ = await open_session(found[0].id, days=min(left, policy["session_days"]))
    response = Response(status_code=204)
    set_session_cookie(response, own, production=request.app.state.stores.production)
    return response
