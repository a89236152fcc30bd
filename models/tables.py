"""Every table, in one namespace for the ORM's registry, and how to connect to them."""

from __future__ import annotations

from typing import Any

from tortoise import Tortoise
from tortoise.context import TortoiseContext

from models.account import Account, Invite, Session
from models.generation import EngineHost, Generation, Outbox, QuotaCharge
from models.policy import PolicyRow
from models.video import Rendition, Video, VideoVisibility

__all__ = [
    "Account", "EngineHost", "Generation", "Invite", "Outbox", "PolicyRow", "QuotaCharge", "Rendition", "Session",
    "Video", "VideoVisibility", "connect", "orm_config",
]  # fmt: skip


def orm_config(database_url: str) -> dict[str, Any]:
    """Tortoise's configuration for ``database_url`` (postgresql://…)."""
    return {
        "connections": {"default": database_url.replace("postgresql://", "asyncpg://", 1)},
        "apps": {
            "models": {
                "models": ["models.tables"],
                "migrations": "models.migrations",
                "default_connection": "default",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def connect(database_url: str) -> TortoiseContext:
    """Open the connection pool for this process. Close it with ``Tortoise.close_connections()``."""
    return await Tortoise.init(config=orm_config(database_url), _enable_global_fallback=True)
