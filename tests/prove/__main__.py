# ruff: noqa: T201 - it reports on the terminal
"""`python -m tests.prove [crashes] [races]`: the long batteries, their figures written to docs/proofs.json and .md."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.live import ROOT
from tests.prove.crashes import crash_battery
from tests.prove.races import race_battery
from tests.prove.report import report

KILLS = 200
RACES = 1_000
RECORD = ROOT / "docs" / "proofs.json"


async def _crashes(folder: Path) -> dict[str, Any]:
    return (await crash_battery(folder, kills=KILLS)).summary()


async def _races(folder: Path) -> dict[str, Any]:
    return (await race_battery(folder, races=RACES)).summary()


BATTERIES: dict[str, Callable[[Path], Awaitable[dict[str, Any]]]] = {"crashes": _crashes, "races": _races}


def main(names: list[str]) -> int:
    """Run the named batteries (all when none is named). 1 when any found a fault."""
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for name in names or list(BATTERIES):
        print(f"{name} …", flush=True)
        with tempfile.TemporaryDirectory(prefix="yume-prove-") as folder:
            figures = asyncio.run(BATTERIES[name](Path(folder)))
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
        record[name] = figures | {"on": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine}
        print(json.dumps(figures, indent=2), flush=True)
        RECORD.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
        RECORD.with_suffix(".md").write_text(report(record))
    return int(any(figures["faults"] for figures in record.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
