"""The peer of `bench/feed.py`: the same feed page, hand-written over bare Starlette and asyncpg, no GraphQL, no ORM.

It signs the same addresses and cursors with the same keys, so that its JSON is equal byte for byte in value.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.embedded import store_urls
from app.settings import settings
from models.keys import load_keys
from models.video import Rendition, RenditionKind
from resolvers.cursor import encode_cursor
from resolvers.media import media_address
from schema.node import global_id

PAGE = """
SELECT v.id, v.caption, v.width, v.height, v.seconds, v.has_audio, v.created_at, s.published_at,
       a.id AS author_id, a.handle, a.display_name,
       max(r.id::text) FILTER (WHERE r.kind = 'MP4') AS mp4,
       max(r.id::text) FILTER (WHERE r.kind = 'POSTER') AS poster,
       max(r.id::text) FILTER (WHERE r.kind = 'PREVIEW') AS preview
FROM (
    SELECT id, published_at FROM video_visibility
    WHERE consent = 'LIVE' AND moderation = 'CLEAR' AND author_state = 'PUBLISHED' AND audience = 'PUBLIC'
    ORDER BY published_at DESC, id DESC LIMIT $1
) s JOIN video v USING (id) JOIN account a ON a.id = v.author_id JOIN rendition r ON r.video_id = v.id
GROUP BY v.id, s.published_at, a.id ORDER BY s.published_at DESC, v.id DESC
"""


class _Address:
    """What `media_address` needs of a server."""

    def __init__(self) -> None:
        self.keys = load_keys(settings().keys)
        self.address = settings().address


async def feed(request: Request) -> Response:
    """The first page of ``first`` videos."""
    first = int(request.query_params["first"])
    rows = await request.app.state.pool.fetch(PAGE, first + 1)
    server: Any = request.app.state.server
    now = datetime.now(UTC)
    edges = [_edge(server, row, now) for row in rows[:first]]
    info = {"hasNextPage": len(rows) > first, "endCursor": edges[-1]["cursor"] if edges else None}
    return Response(orjson.dumps({"data": {"feed": {"edges": edges, "pageInfo": info}}}), media_type="application/json")


def _edge(server: Any, row: asyncpg.Record, now: datetime) -> dict[str, Any]:
    addresses = {
        kind: media_address(server, Rendition(id=row[kind.value.lower()], kind=kind), now)
        for kind in (RenditionKind.MP4, RenditionKind.POSTER, RenditionKind.PREVIEW)
    }
    media = {
        "url": addresses[RenditionKind.MP4].url,
        "posterUrl": addresses[RenditionKind.POSTER].url,
        "previewUrl": addresses[RenditionKind.PREVIEW].url,
        "width": row["width"],
        "height": row["height"],
        "seconds": row["seconds"],
        "hasAudio": row["has_audio"],
        "expiresAt": addresses[RenditionKind.MP4].expires_at,
    }
    author = {
        "id": global_id("Account", row["author_id"]),
        "handle": row["handle"],
        "displayName": row["display_name"],
    }
    node = {
        "id": global_id("Video", row["id"]),
        "caption": row["caption"],
        "author": author,
        "media": media,
        "createdAt": row["created_at"],
        "publishedAt": row["published_at"],
    }
    return {"cursor": encode_cursor(server.keys.cursor, "feed:LATEST", row["published_at"], row["id"]), "node": node}


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncGenerator[None]:
    app.state.server = _Address()
    async with asyncpg.create_pool(store_urls(settings()).database_url) as app.state.pool:
        yield


app = Starlette(routes=[Route("/feed", feed)], lifespan=_lifespan)
