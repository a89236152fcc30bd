"""`yume migrate`: bring the database to the schema of this version."""

from __future__ import annotations


def migrate() -> None:
    """Create what the database lacks. Safe to run twice, and from two hosts at once."""
    import asyncio

    from app.cli.terminal import report
    from app.embedded import store_urls
    from app.migrate import migrate as bring_up_to_date
    from app.settings import settings

    applied = asyncio.run(bring_up_to_date(store_urls(settings()).database_url, report))
    report(f"The database is up to date ({applied} migrations applied now).")
