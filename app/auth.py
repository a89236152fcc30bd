"""Who is asking: a bearer token, or the web page's HttpOnly cookie where the request proves it came from that page."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

from resolvers.context import Context, Stores
from resolvers.session import session_for_token

CSRF_HEADER = "x-yume-csrf"
"""Any value will do: a page of another origin cannot send it without a preflight, which is never granted."""

_BEARER = "bearer "
_COOKIE = "yume_session"
_COOKIE_SECONDS = 30 * 86_400


def bearer_token(authorization: str | None) -> str | None:
    """The token of an ``Authorization`` value, or None when there is none."""
    if authorization is None or authorization[: len(_BEARER)].lower() != _BEARER:
        return None
    return authorization[len(_BEARER) :].strip() or None


def cookie_token(connection: HTTPConnection, *, production: bool) -> str | None:
    """The session of the browser's cookie. Callers make sure first that our own page sent the request."""
    return connection.cookies.get(cookie_name(production=production)) or None


def http_token(connection: HTTPConnection, *, production: bool) -> str | None:
    """The token a request carries. The cookie counts only beside the CSRF header."""
    token = bearer_token(connection.headers.get("authorization"))
    if token is None and CSRF_HEADER in connection.headers:
        token = cookie_token(connection, production=production)
    return token


async def context_for(connection: HTTPConnection, stores: Stores, token: str | None) -> Context:
    """A fresh context for whoever holds ``token``; a token that is over is the same as none."""
    found = None if token is None else await session_for_token(token)
    viewer, session = (None, None) if found is None else found
    client = connection.client.host if connection.client else ""
    return Context(stores, viewer, session, client, connection.scope.get("request_id", ""))


def set_session_cookie(response: Response, token: str, *, production: bool) -> None:
    """Keep ``token`` in the browser, out of reach of scripts and of other sites; an empty one is forgotten."""
    name = cookie_name(production=production)
    if token:
        response.set_cookie(
            name, token, max_age=_COOKIE_SECONDS, path="/", secure=production, httponly=True, samesite="strict"
        )
    else:
        response.delete_cookie(name, path="/", secure=production, httponly=True, samesite="strict")


def cookie_name(*, production: bool) -> str:
    """In production the ``__Host-`` prefix keeps sibling domains from setting it; it needs https."""
    return f"__Host-{_COOKIE}" if production else _COOKIE
