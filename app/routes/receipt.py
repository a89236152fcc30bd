"""``/receipts/{token}``: signed JSON about what was destroyed or is consented to."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from models.errors import NotFound
from resolvers.receipt import open_receipt


async def receipt(request: Request) -> Response:
    """Answer with the document as a file to keep; `yume receipt verify` checks it without this server."""
    try:
        document = await open_receipt(request.app.state.stores, request.path_params["token"])
    except NotFound as error:
        return PlainTextResponse(error.message, 404)
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="yume-receipt-{document["id"]}.json"',
        "content-security-policy": "default-src 'none'",
    }
    return Response(orjson.dumps(document, option=orjson.OPT_INDENT_2), media_type="application/json", headers=headers)
