"""Engines: what the living workers declare. The API knows engines only through the database."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from tortoise import connections

from engine.spec import Capabilities
from models.errors import Conflict, Invalid


@dataclass(frozen=True)
class EngineReading:
    """One backend as its newest worker declares it. ``available``: some worker's heartbeat is under 15 s old."""

    name: str
    device: str
    capabilities: Capabilities
    available: bool
    workers: int


async def engines() -> list[EngineReading]:
    """Every backend that workers have declared, by name."""
    rows = await connections.get("default").execute_query_dict(
        """
        SELECT DISTINCT ON (engine) engine, device, capabilities::text AS capabilities,
            bool_or(fresh) OVER w AS available, count(*) FILTER (WHERE fresh) OVER w AS workers
        FROM (SELECT *, heartbeat_at > yume_now() - interval '15 seconds' AS fresh FROM engine_host) host
        WINDOW w AS (PARTITION BY engine)
        ORDER BY engine, heartbeat_at DESC
        """
    )
    return [
        EngineReading(
            name=row["engine"],
            device=row["device"],
            capabilities=msgspec.json.decode(row["capabilities"], type=Capabilities),
            available=row["available"],
            workers=row["workers"],
        )
        for row in rows
    ]


async def choose_engine(name: str | None) -> EngineReading:
    """The engine a request names, or the best for one that names none. Raises `Invalid` or `Conflict`."""
    known = await engines()
    if not known:
        raise Conflict("No engine is running on this server right now. Try again in a minute.", field="engine")
    if name is None:
        return max(known, key=lambda engine: (engine.available, engine.workers))
    for engine in known:
        if engine.name == name:
            return engine
    raise Invalid(f"There is no engine called {name!r}. Known: {', '.join(e.name for e in known)}.", field="engine")
