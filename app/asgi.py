"""The web server: `create_app` is a factory for uvicorn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import strawberry
import structlog
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route, WebSocketRoute
from tortoise import Tortoise

from app.draining import Draining
from app.embedded import StoreUrls, store_urls
from app.metrics import metrics
from app.middleware import Around
from app.regions import open_regions
from app.routes.avatar import avatar
from app.routes.export import export
from app.routes.graphql import GraphQLOverHTTP
from app.routes.health import healthz, readyz
from app.routes.likeness import capture, evidence, thumbnail
from app.routes.live import live
from app.routes.media import media
from app.routes.page import Assets, keep_session, page
from app.routes.preview import preview
from app.routes.receipt import receipt
from app.routes.share import oembed, share, share_file, share_player
from app.routes.socket import SocketGraphQL
from app.routes.sse import EventStreams
from app.routes.upload import upload
from app.routes.wellknown import audit_head, keys
from app.settings import Settings
from app.settings import settings as settings_of_process
from app.starter import keep_starter_clips
from app.vault import open_vault
from jobs.feed.stream import FEED_STREAM
from jobs.inbox import INBOX_STREAM
from jobs.progress import ProgressReader
from jobs.queue import Doorbell
from jobs.restore import replay_erasures
from jobs.tail import Tail
from models.keys import load_keys
from models.storage import MediaStore
from models.tables import connect
from resolvers.context import Stores
from schema.root import build_schema

_log = structlog.get_logger()


def create_app(settings: Settings | None = None) -> Starlette:
    """The application. Connections open when it starts; Postgres and Redis must have been started before."""
    settings = settings or settings_of_process()
    return application(settings, build_schema(production=settings.production))


def application(settings: Settings, schema: strawberry.Schema) -> Starlette:
    """The routes over ``schema``."""
    draining = Draining()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        app.state.draining = draining
        async with (
            _open_stores(settings, store_urls(settings)) as app.state.stores,
            _making_starter_clips(app.state.stores, settings.starters),
        ):
            with draining.listening():
                yield

    socket = SocketGraphQL(schema, production=settings.production, allowed_origins=_origins(settings))
    graphql = GraphQLOverHTTP(schema, production=settings.production)
    streams = EventStreams(schema, draining, production=settings.production)
    return Starlette(
        routes=[
            Route("/graphql", graphql.serve, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", socket.serve),
            Route("/graphql/stream", streams.serve, methods=["GET", "POST", "PUT", "DELETE"]),
            Route("/media/preview/{token}", preview, methods=["GET"]),
            Route("/media/live/{token}/{name}", live, methods=["GET"]),
            Route("/media/cameo/{token}/thumbnail.webp", thumbnail, methods=["GET"]),
            Route("/media/capture/{token}/{name}", capture, methods=["GET"]),
            Route("/media/evidence/{token}/clip.mp4", evidence, methods=["GET"]),
            Route("/media/avatar/{account}/{name}", avatar, methods=["GET"]),
            Route("/media/{token}/{name}", media, methods=["GET"]),
            Route("/v/{code}", share, methods=["GET"]),
            Route("/v/{code}/player", share_player, methods=["GET"]),
            Route("/v/{code}/{name}", share_file, methods=["GET"]),
            Route("/oembed", oembed, methods=["GET"]),
            Route("/uploads/{ticket}", upload, methods=["PUT"]),
            Route("/exports/{token}", export, methods=["GET"]),
            Route("/receipts/{token}", receipt, methods=["GET"]),
            Route("/healthz", healthz, methods=["GET"]),
            Route("/readyz", readyz, methods=["GET"]),
            Route("/metrics", metrics, methods=["GET"]),
            Route("/.well-known/yume/keys.json", keys, methods=["GET"]),
            Route("/.well-known/yume/audit-head.json", audit_head, methods=["GET"]),
            Route("/session", keep_session, methods=["POST"]),
            Route("/", page, methods=["GET"]),
            Route("/login", page, methods=["GET"]),
            Mount("/web", Assets(), name="web"),
        ],
        middleware=[Middleware(Around, https=settings.address.startswith("https://"))],
        lifespan=lifespan,
    )


@asynccontextmanager
async def _open_stores(settings: Settings, urls: StoreUrls) -> AsyncGenerator[Stores]:
    vault = open_vault(settings)
    regions = open_regions(settings.region_db)
    await connect(urls.database_url)
    redis = Redis.from_url(urls.redis_url)
    progress = ProgressReader(redis)
    await progress.start()
    feed, inbox = Tail(redis, FEED_STREAM), Tail(redis, INBOX_STREAM)
    try:
        await replay_erasures(vault)
        yield Stores(
            redis=redis,
            media=MediaStore.from_url(settings.media_url, settings.data_dir),
            progress=progress,
            feed=feed,
            inbox=inbox,
            doorbell=Doorbell(redis),
            keys=load_keys(settings.keys),
            vault=vault,
            production=settings.production,
            address=settings.address,
            regions=regions,
        )
    finally:
        await progress.stop()
        await feed.stop()
        await inbox.stop()
        await redis.aclose()
        await Tortoise.close_connections()


@asynccontextmanager
async def _making_starter_clips(stores: Stores, count: int) -> AsyncGenerator[None]:
    if not count:
        yield
        return
    task = asyncio.create_task(keep_starter_clips(stores, count), name="starter-clips")
    task.add_done_callback(_report_end)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=2.0)


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("starter_clips_stopped", exc_info=error)


def _origins(settings: Settings) -> list[str]:
    """Origins besides the request's own host whose pages may open sockets: the public address, behind a proxy."""
    further = [origin.strip() for origin in settings.allowed_origins.split(",") if origin.strip()]
    return [*further, *([settings.public_url] if settings.public_url else [])]
