"""`yume worker`: one worker process over stores that run already."""

from __future__ import annotations


def worker() -> None:
    """Run one worker (YUME_ENGINE on YUME_DEVICE) over the stores that are given or that `yume up` runs."""
    import asyncio

    from app.embedded import store_urls
    from app.logging import configure_logging
    from app.settings import settings
    from app.shared_metrics import serve_metrics, share_metrics

    own = settings()
    configure_logging(own)
    share_metrics(own.data_dir)
    urls = store_urls(own)
    if own.metrics_port is not None:
        serve_metrics(own.host, own.metrics_port)
    from app.worker import run_worker

    asyncio.run(run_worker(own, urls))
