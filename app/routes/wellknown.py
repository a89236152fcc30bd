"""What anybody needs to check what this server signed: its public keys and the newest audit head."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tortoise import connections

from models.audit_head import latest_head
from resolvers.context import Stores

_OPEN = {"cache-control": "public, max-age=300", "access-control-allow-origin": "*"}
"""Pages of other sites may read it: there is nothing here that is not meant for everybody."""


async def keys(request: Request) -> Response:
    """``GET /.well-known/yume/keys.json``: every public key this server ever signed with, as a JSON Web Key Set."""
    stores: Stores = request.app.state.stores
    published = sorted(stores.keys.published.values(), key=lambda key: (key.purpose, key.kid))
    return JSONResponse({"keys": [key.to_jwk() for key in published]}, headers=_OPEN)


async def audit_head(_: Request) -> Response:
    """``GET /.well-known/yume/audit-head.json``: the newest signed head of the audit log; 404 before there is one."""
    head = await latest_head(connections.get("default"))
    if head is None:
        return JSONResponse({"error": "The audit log has no signed head yet."}, 404, {"cache-control": "no-store"})
    return JSONResponse(head.document, headers=_OPEN)
