"""`yume worker`: one worker process over stores that run already."""

from __future__ import annotations


def worker() -> None:
    """Run one worker (YUME_ENGINE on YUME_DEVICE) over the stores that are given or that `yume up` runs."""
    import asyncio

    from app.embedded import store_urls
    from app.logging import configure_logging
    from app.settings import settings

    own = settings()
    configure_logging(own)
    urls = store_urls(own)
    from app.worker import run_worker

    asyncio.run(run_worker(own, urls))
