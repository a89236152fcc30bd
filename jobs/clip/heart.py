"""The heartbeat of one attempt: keeps the lease, records progress, learns of a lost lease, a stop, ended consent."""

from __future__ import annotations

import asyncio
import contextlib
import time
from enum import Enum
from uuid import UUID

import structlog
from tortoise import connections

from jobs.clip.lease import HEARTBEAT_SECONDS, LEASE_SECONDS, Lease, heartbeat, somebody_waits
from jobs.failures import STORE_AWAY
from models.consent.gates import consent_has_ended

RECORD_SECONDS = 1.0
"""Progress reaches Postgres at most so often."""
RETRY_SECONDS = 0.5
CONSENT_SECONDS = 1.5
"""Between looks whether everybody in the clip still consents (gate 3: at least every 2 s)."""
YIELD_SECONDS = 0.4
"""Between looks whether somebody waits for whom a background job gives way."""
_STATEMENT_SECONDS = 3.0

_log = structlog.get_logger()


class Verdict(Enum):
    """Why an attempt must stop."""

    LOST = "lost"
    CANCEL = "cancel"
    CONSENT = "consent"
    YIELD = "yield"


class Heart:
    """Beats from `keep` on, at least every `HEARTBEAT_SECONDS`."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._phase: str | None = None
        self._fraction = 0.0
        self._checking = False
        self._beat_now = asyncio.Event()
        self._alive_at = time.monotonic()
        self._pause = CONSENT_SECONDS if lease.guarded else HEARTBEAT_SECONDS
        if lease.background:
            self._pause = YIELD_SECONDS
        self._waited_for = False
        self.ended_by: UUID | None = None
        """With `Verdict.CONSENT`: the cause, as `jobs.clip.gate.ConsentEnded` names it."""

    def note(self, *, phase: str, fraction: float, checking: bool = False) -> None:
        """Where the clip is now; the next beat records it, which comes early when a second has passed."""
        self._phase, self._fraction, self._checking = phase, fraction, checking
        if time.monotonic() - self._alive_at >= RECORD_SECONDS:
            self._beat_now.set()

    def hint(self) -> None:
        """Beat at once: the author may have asked for a stop, or somebody shown may have taken back their consent."""
        self._beat_now.set()

    async def keep(self) -> Verdict:
        """Beat until the attempt must stop. Postgres may be away for less than the lease lasts."""
        while True:
            self._beat_now.clear()
            verdict, pause = await self._beat()
            if verdict is not None:
                return verdict
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._beat_now.wait()

    async def _beat(self) -> tuple[Verdict | None, float]:
        # Taken before the statement: what Postgres records is later, so this process never believes in a lease longer
        # than Postgres does.
        asked_at = time.monotonic()
        try:
            async with asyncio.timeout(_STATEMENT_SECONDS):
                pulse = await heartbeat(
                    connections.get("default"),
                    self._lease,
                    phase=self._phase,
                    fraction=self._fraction,
                    checking=self._checking,
                )
                if pulse.ours and not pulse.cancel_requested and self._lease.guarded:
                    self.ended_by = await consent_has_ended(connections.get("default"), self._lease.generation_id)
                if self._lease.background:
                    self._waited_for = await somebody_waits(connections.get("default"), self._lease.engine)
        except STORE_AWAY as error:
            _log.warning("heartbeat_missed", generation=str(self._lease.generation_id), error=repr(error))
            lapsed = time.monotonic() - self._alive_at >= LEASE_SECONDS
            await asyncio.sleep(RETRY_SECONDS)
            return (Verdict.LOST if lapsed else None), 0.0
        self._alive_at = asked_at
        if not pulse.ours:
            return Verdict.LOST, 0.0
        if pulse.cancel_requested:
            return Verdict.CANCEL, 0.0
        if self.ended_by is not None:
            return Verdict.CONSENT, 0.0
        return (Verdict.YIELD if self._waited_for else None), self._pause
