"""The parameters of a GraphQL request, from a body or a query string."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
from starlette.requests import ClientDisconnect, Request

MOST_BODY_BYTES = 256 * 1024


class BadRequest(Exception):
    """The request is not GraphQL over HTTP; ``status`` and the message are the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Parameters(msgspec.Struct, frozen=True):
    """What the client asks to run."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


async def read_body(request: Request) -> bytes:
    """The body, at most 256 KB of it. Raises `BadRequest` (413)."""
    if int(request.headers.get("content-length") or 0) > MOST_BODY_BYTES:
        raise BadRequest(413, f"The body is larger than {MOST_BODY_BYTES:,} bytes.")
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > MOST_BODY_BYTES:
                raise BadRequest(413, f"The body is larger than {MOST_BODY_BYTES:,} bytes.")
            pieces.append(piece)
    except ClientDisconnect:
        raise BadRequest(400, "The body ended early.") from None
    return b"".join(pieces)


async def from_post(request: Request) -> Parameters:
    """Read a JSON body. Raises `BadRequest` (400, 413, 415)."""
    kind, _, options = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "application/json":
        raise BadRequest(415, "Send the operation as application/json.")
    charset = next((o.partition("=")[2] for o in options.split(";") if o.strip().lower().startswith("charset=")), "")
    if charset.strip().strip('"').lower() not in ("", "utf-8", "utf8"):
        raise BadRequest(415, "Send the operation in UTF-8.")
    return from_json(_decoded(await read_body(request), "The body"))


def from_query(request: Request) -> Parameters:
    """Read a query string. Raises `BadRequest` (400)."""
    given: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _decoded(given[name], f"The parameter {name!r}")
    return from_json(given)


def from_json(body: object) -> Parameters:
    """Check decoded parameters. Raises `BadRequest` (400)."""
    if not isinstance(body, dict):
        raise BadRequest(400, "The request must be one JSON object; batches are not taken.")
    query = body.get("query")
    if not isinstance(query, str) or not query:
        raise BadRequest(400, "The parameter 'query' must be a GraphQL document.")
    for name, kind, words in (
        ("operationName", str, "a string"),
        ("variables", dict, "an object"),
        ("extensions", dict, "an object"),
    ):
        if body.get(name) is not None and not isinstance(body[name], kind):
            raise BadRequest(400, f"The parameter {name!r} must be {words}.")
    return Parameters(query, body.get("variables"), body.get("operationName"), body.get("extensions"))


def _decoded(text: str | bytes, what: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest(400, f"{what} is not valid JSON.") from None
