"""`yume recount`: work every count out anew."""

from __future__ import annotations


def recount() -> None:
    """Count likes, comments and remixes anew, after a restore or work by hand. The server may go on meanwhile."""
    import asyncio

    from app.cli.terminal import report

    report(f"Every count is right now ({asyncio.run(_recount())} were not).")


async def _recount() -> int:
    from tortoise import Tortoise

    from app.embedded import store_urls
    from app.settings import settings
    from jobs.derived.recount import recount as count_anew
    from models.tables import connect

    await connect(store_urls(settings()).database_url)
    try:
        return await count_anew()
    finally:
        await Tortoise.close_connections()
