"""Metrics of all processes on a host, added up: each writes files in one folder, whoever is scraped reads them all.

prometheus_client looks for that folder once, when it is imported, hence the late imports here.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import tell_libraries

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus_client looks."""

_shared: list[Path] = []
"""The folder this process shares, once it does."""


def metrics_folder(data_dir: Path) -> Path:
    """Where this host's processes keep their figures."""
    return data_dir.absolute() / "run" / "metrics"


def share_metrics(data_dir: Path) -> None:
    """Have this process add its figures to the host's. Call it before anything imports prometheus_client."""
    folder = metrics_folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    tell_libraries(_VARIABLE, str(folder))
    _shared.append(folder)


def forget_metrics(data_dir: Path) -> None:
    """Drop what an earlier run left, when a host starts anew: counters restart at 0, as Prometheus expects."""
    shutil.rmtree(metrics_folder(data_dir), ignore_errors=True)


def serve_metrics(host: str, port: int) -> None:
    """Answer scrapes from a thread of this process: for a host that has workers and no web server."""
    from prometheus_client import start_http_server  # noqa: PLC0415

    start_http_server(port, addr=host, registry=_registry())


def exposition() -> bytes:
    """The host's figures in Prometheus' text format; this process's alone when it shares none."""
    from prometheus_client import generate_latest  # noqa: PLC0415

    return generate_latest(_registry())


def _registry() -> CollectorRegistry:
    from prometheus_client import REGISTRY, CollectorRegistry, multiprocess  # noqa: PLC0415

    if not _shared:
        return REGISTRY
    for pid in {int(path.stem.rpartition("_")[2]) for path in _shared[-1].glob("gauge_live*.db")}:
        if not Path(f"/proc/{pid}").exists():
            # What was open in a process ends with it; what it counted stays.
            multiprocess.mark_process_dead(pid)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return registry
