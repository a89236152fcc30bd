"""The task behind the doorbell of captures: claim the next recording and check it, until none is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from tortoise import connections

from jobs.capture.attempt import CaptureAttempt, CaptureTools
from jobs.capture.lease import claim
from jobs.failures import STORE_AWAY
from jobs.metrics import CAPTURES

_log = structlog.get_logger()


class CaptureBench:
    """Checks recordings one at a time, beside the clip that the worker's engine makes. Wake it to look for some."""

    def __init__(self, tools: CaptureTools) -> None:
        self.tools = tools
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self.on_settled: Callable[[], None] = lambda: None
        """Called after each attempt: there may be promises to keep."""

    def wake(self) -> None:
        """Look for work now, unless some is being done. Never raises."""
        if not self._closed and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._work(), name="captures")

    async def close(self) -> None:
        """Hand back what is at work and take no more."""
        self._closed = True
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=3.0)

    async def _work(self) -> None:
        while not self._closed:
            try:
                lease = await claim(connections.get("default"))
            except STORE_AWAY as error:
                _log.warning("capture_claim_failed", error=repr(error))
                return
            if lease is None:
                return
            outcome = "crashed"
            try:
                outcome = await CaptureAttempt(self.tools, lease).run()
            except Exception:  # noqa: BLE001 - the lease runs out and is taken again; this worker goes on
                _log.exception("capture_crashed", capture=str(lease.capture_id))
            finally:
                CAPTURES.labels(outcome).inc()
                _log.info("capture_attempt_ended", capture=str(lease.capture_id), outcome=outcome)
                self.on_settled()


async def check_captures(ctx: dict[Any, Any]) -> None:
    """Arq task: somebody rang. ``ctx["captures"]`` is the worker's `CaptureBench`."""
    bench: CaptureBench = ctx["captures"]
    # Not awaited: arq's own limits must not touch a recording that is being checked.
    bench.wake()
