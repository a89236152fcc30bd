"""``PUT /uploads/{ticket}``: one file, streamed and sealed as it comes, for whoever holds the ticket."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.auth import context_for, http_token
from app.routes.encode import encode, refusal_body
from models.errors import RateLimited
from resolvers.context import Stores
from resolvers.upload import Reason, UploadRefused, receive


async def upload(request: Request) -> Response:
    """Take the body as the file. 201 with its length and SHA-256, or an error in words with its code and reason."""
    stores: Stores = request.app.state.stores
    context = await context_for(request, stores, http_token(request, production=stores.production))
    try:
        row = await receive(context, request.path_params["ticket"], _announced(request), _body(request))
    except RateLimited as refusal:
        answer = _refusal(429, refusal.code, "RATE_LIMITED", refusal.message)
        answer.headers["retry-after"] = str(refusal.retry_after)
        return answer
    except UploadRefused as refusal:
        return _refusal(refusal.status, refusal.code, refusal.reason.name, refusal.message)
    return Response(encode({"bytes": row.bytes, "sha256": row.sha256}), 201, media_type="application/json")


def _announced(request: Request) -> int | None:
    given = request.headers.get("content-length", "")
    return int(given) if given.isascii() and given.isdecimal() else None


async def _body(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        raise UploadRefused(Reason.INCOMPLETE) from None


def _refusal(status: int, code: str, reason: str, message: str) -> Response:
    body = refusal_body(message)
    body["errors"][0]["extensions"] = {"code": code, "reason": reason}
    # The rest of a refused body is never read: a client that keeps sending is cut off.
    return Response(encode(body), status, headers={"connection": "close"}, media_type="application/json")
