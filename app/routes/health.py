"""Whether the process lives, and whether a clip can be made here and now."""

from __future__ import annotations

import asyncio
from pathlib import Path

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tortoise import connections

import models.migrations
from app.draining import Draining
from jobs.failures import STORE_AWAY

_PATIENCE_SECONDS = 2.0


async def healthz(_: Request) -> Response:
    """``GET /healthz``: the process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """``GET /readyz``: 200 when a clip can be made, else 503 with what is missing, in words."""
    postgres, redis = await asyncio.gather(_postgres(), _redis(request))
    draining: Draining = request.app.state.draining
    missing = [*postgres, *redis, *(["This process is stopping."] if draining.asked else [])]
    if missing:
        return JSONResponse({"status": "not ready", "missing": missing}, 503, {"retry-after": "2"})
    return JSONResponse({"status": "ready", "missing": []})


async def _postgres() -> list[str]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            lacking = await _lacking_migrations()
            if lacking:
                return [f"The database lacks {len(lacking)} migrations ({', '.join(lacking)}): run `yume migrate`."]
            return (
                [] if await _engine_alive() else ["No engine has been heard from for 15 seconds: start `yume worker`."]
            )
    except TimeoutError:
        return [f"Postgres did not answer within {_PATIENCE_SECONDS:.0f} seconds."]
    except STORE_AWAY:
        return ["Postgres does not answer."]


async def _lacking_migrations() -> list[str]:
    folder = Path(models.migrations.__file__).parent
    known = {path.stem for path in folder.glob("[0-9]*.py")}
    connection = connections.get("default")
    [table] = await connection.execute_query_dict("SELECT to_regclass('tortoise_migrations') IS NOT NULL AS there")
    rows = await connection.execute_query_dict("SELECT name FROM tortoise_migrations") if table["there"] else []
    return sorted(known - {row["name"] for row in rows})


async def _engine_alive() -> bool:
    [row] = await connections.get("default").execute_query_dict(
        "SELECT EXISTS (SELECT 1 FROM engine_host WHERE heartbeat_at > yume_now() - interval '15 seconds') AS alive"
    )
    return row["alive"]


async def _redis(request: Request) -> list[str]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await request.app.state.stores.redis.ping()
    except (RedisError, OSError, TimeoutError):
        return ["Redis does not answer."]
    return []
