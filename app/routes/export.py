"""``/exports/{token}``: a bundle of everything that is an account's own, opened piece by piece for its owner."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from models.errors import NotFound
from resolvers.export import open_export


async def export(request: Request) -> Response:
    """Answer with the ZIP as a file to keep. Consent to what is in it is asked at every request, and on the way."""
    try:
        found = await open_export(request.app.state.stores, request.path_params["token"])
    except NotFound as error:
        return PlainTextResponse(error.message, 404)
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="yume-export-{found.id}.zip"',
        "content-length": str(found.bytes),
        "content-security-policy": "default-src 'none'; sandbox",
    }
    return StreamingResponse(found.pieces, headers=headers, media_type="application/zip")
