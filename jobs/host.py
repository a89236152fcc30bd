"""The row by which the API knows that an engine is alive and what it can do."""

from __future__ import annotations

import asyncio
import os
import platform
from uuid import UUID

import msgspec
import structlog
from tortoise import connections

from engine.runner import EngineChild
from jobs.failures import STORE_AWAY

PERIOD_SECONDS = 5.0

_log = structlog.get_logger()


async def declare(worker_id: UUID, engine: EngineChild, *, name: str, device: str) -> None:
    """Write or refresh this worker's row."""
    capabilities = msgspec.json.encode(engine.capabilities).decode()
    await connections.get("default").execute_query(
        """
        INSERT INTO engine_host (id, created_at, host, engine, device, capabilities, weights, heartbeat_at)
        VALUES ($1, yume_now(), $2, $3, $4, $5, $6, yume_now())
        ON CONFLICT (id) DO UPDATE SET heartbeat_at = yume_now(), capabilities = excluded.capabilities,
            weights = excluded.weights
        """,
        [worker_id, f"{platform.node()[:100]}:{os.getpid()}", name, device, capabilities, engine.weights],
    )


async def keep_declared(worker_id: UUID, engine: EngineChild, *, name: str, device: str) -> None:
    """Refresh this worker's row until cancelled."""
    while True:
        try:
            await declare(worker_id, engine, name=name, device=device)
        except STORE_AWAY as error:
            _log.warning("host_not_declared", error=repr(error))
        await asyncio.sleep(PERIOD_SECONDS)


async def withdraw(worker_id: UUID) -> None:
    """Remove this worker's row: it takes no more work."""
    await connections.get("default").execute_query("DELETE FROM engine_host WHERE id = $1", [worker_id])
