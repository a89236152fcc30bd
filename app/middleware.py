"""Around every request: an id, its log context, its metrics, safe headers, and a masked answer when all else fails."""

from __future__ import annotations

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics import REQUEST_SECONDS, REQUESTS
from app.routes.encode import encode, refusal_body

_log = structlog.get_logger()
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_NOTHING_POLICY = "default-src 'none'; frame-ancestors 'none'"
_HSTS = "max-age=31536000"


class Around:
    """ASGI middleware. ``https`` tells whether people reach the server by https, so that browsers are kept on it."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with an id, sockets and lifespans too."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope["request_id"] = _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=scope["request_id"])
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        status = 0

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._decorate(MutableHeaders(raw=message["headers"]), scope["request_id"])
                REQUEST_SECONDS.labels(_route(scope)).observe(time.perf_counter() - start)
            await send(message)

        try:
            await self._app(scope, receive, send_safely)
        except Exception as error:  # noqa: BLE001 - whatever it is, a client learns only an id
            _log.error("request_failed", route=_route(scope), correlation_id=scope["request_id"], exc_info=error)
            if status == 0:
                await _masked(scope["request_id"])(scope, receive, send_safely)
        finally:
            REQUESTS.labels(_route(scope), scope["method"], str(status)).inc()

    def _decorate(self, headers: MutableHeaders, request_id: str) -> None:
        for name, value in _SAFE_HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("content-security-policy", _NOTHING_POLICY)
        headers.setdefault("cache-control", "no-store")
        if "frame-ancestors *" in headers["content-security-policy"]:
            del headers["x-frame-options"]  # which knows no "anybody"
        headers["x-request-id"] = request_id
        if self._https:
            headers["strict-transport-security"] = _HSTS


def _request_id(scope: Scope) -> str:
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid4())


def _route(scope: Scope) -> str:
    """The route's pattern: paths hold tokens, which belong in no metric."""
    return getattr(scope.get("route"), "path", None) or "none"


def _masked(request_id: str) -> Response:
    body = refusal_body(f"Something went wrong on our side. Quote this id to the operator: {request_id}")
    body["errors"][0]["extensions"] = {"code": "INTERNAL", "correlationId": request_id}
    return Response(encode(body), 500, media_type="application/json")
