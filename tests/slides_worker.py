"""A real worker process over the `slides` engine; its settings come from the environment, as any worker's."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from app.embedded import store_urls
from app.logging import configure_logging
from app.settings import settings
from app.worker import run_worker

COMMAND = (sys.executable, str(Path(__file__).with_name("slides_child.py")))

if __name__ == "__main__":
    configure_logging(settings())
    asyncio.run(run_worker(settings(), store_urls(settings()), engine_command=COMMAND))
