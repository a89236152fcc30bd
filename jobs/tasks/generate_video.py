"""The task behind the doorbell: claim the next generation and make it, until none is left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from tortoise import connections

from jobs.clip.attempt import Attempt, Tools
from jobs.clip.lease import Lease, claim
from jobs.failures import STORE_AWAY
from jobs.metrics import ATTEMPT_SECONDS, CLAIMED, SETTLED, WAIT_SECONDS

_log = structlog.get_logger()


class Bench:
    """One engine and the generation on it. Whoever wants work done calls `wake`; it is done one at a time."""

    def __init__(self, *, worker_id: UUID, engine: str, tools: Tools) -> None:
        self._worker_id, self._engine, self._tools = worker_id, engine, tools
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self.attempt: tuple[UUID, Attempt] | None = None
        """The generation at work and its attempt."""
        self.on_settled: Callable[[], None] = lambda: None
        """Called after each attempt: there may be promises to keep."""

    @property
    def tools(self) -> Tools:
        """What this worker works with."""
        return self._tools

    @property
    def busy(self) -> bool:
        """Whether something is at work."""
        return self._task is not None and not self._task.done()

    def wake(self) -> None:
        """Look for work now, unless some is being done. Never raises."""
        if not self.busy and not self._closed:
            self._task = asyncio.create_task(self._work(), name="bench")

    async def rest(self) -> None:
        """Return when nothing is at work."""
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task})

    def hint(self, generation_id: UUID) -> None:
        """The author of ``generation_id`` may have asked for a stop."""
        if self.attempt is not None and self.attempt[0] == generation_id:
            self.attempt[1].heart.hint()

    async def close(self) -> None:
        """Hand back what is at work and take no more."""
        self._closed = True
        if self._task is not None and self.attempt is not None:
            self._task.cancel()
        await self.rest()  # a claim on its way is waited for, and given back

    async def _work(self) -> None:
        while not self._closed:
            try:
                lease = await claim(connections.get("default"), self._worker_id, self._engine)
            except STORE_AWAY as error:
                _log.warning("claim_failed", error=repr(error))
                return
            if lease is None:
                return
            CLAIMED.inc()
            if lease.attempt == 1:
                WAIT_SECONDS.observe(lease.age_seconds)
            await self._attempt(lease)

    async def _attempt(self, lease: Lease) -> None:
        started, attempt, outcome = time.monotonic(), Attempt(self._tools, lease, self.on_settled), "crashed"
        self.attempt = (lease.generation_id, attempt)
        try:
            outcome = await (attempt.hand_back() if self._closed else attempt.run())
        except Exception:  # noqa: BLE001 - the lease runs out and the sweep takes it from there; this worker goes on
            _log.exception("attempt_crashed", generation=str(lease.generation_id))
        finally:
            self.attempt = None
            SETTLED.labels(outcome).inc()
            ATTEMPT_SECONDS.labels(outcome).observe(time.monotonic() - started)
            _log.info("attempt_ended", generation=str(lease.generation_id), outcome=outcome)
            self.on_settled()


async def generate_video(ctx: dict[Any, Any]) -> None:
    """Arq task: somebody rang. ``ctx["bench"]`` is the worker's `Bench`."""
    bench: Bench = ctx["bench"]
    # Not awaited: arq's own limits and crashes must not touch a clip that is being made.
    bench.wake()
