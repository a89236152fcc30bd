"""The guarantee: every worker looks, every second or two, for what nobody is working on any more."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.capture.end import sweep_captures
from jobs.chores import Chores
from jobs.clip.lease import ATTEMPTS_SPENT, LEASE_SECONDS, Failure, give_up
from jobs.consent.sweep import sweep_consent
from jobs.consent.versions import sweep_versions
from jobs.daily_head import keep_daily_head
from jobs.export.end import sweep_exports
from jobs.failures import STORE_AWAY
from jobs.inbox import forget_old
from jobs.metrics import EXPIRED
from jobs.outbox import drain
from jobs.queue import Doorbell
from jobs.shred import shred_pending
from jobs.tasks.check_capture import CaptureBench
from jobs.tasks.generate_video import Bench
from jobs.uploads import sweep_uploads
from jobs.waiting import sweep_waiting
from models.keys import Keys
from models.storage import MediaStore

PERIOD_SECONDS = 1.5
CONSENT_SECONDS = 15.0
"""Between looks for what time has ended; every gate reads the clock itself, so nothing waits for it."""
RANKING_SECONDS = 15.0
"""Between looks for what the ranked feed goes by: what is met every second is worked out no oftener."""
TRENDS_SECONDS = 20.0
"""Between two times that this worker asks whether trends, and what is scheduled like them, are due."""
BATCH = 50
_DEAD_HOST = "1 minute"
_OLD_SESSION = "30 days"
_TIDY_SECONDS = 600.0

_log = structlog.get_logger()


async def sweep_leases() -> int:
    """Take generations away from workers that fell silent: into the queue again, or to their end after the last try.

    Any number of sweeps may run at once (each row is swept by one). Returns how many were found.
    """
    async with in_transaction() as connection:
        rows = await connection.execute_query_dict(
            """
            SELECT id, attempt, cancel_requested_at IS NOT NULL AS cancel FROM generation
            WHERE state IN ('RUNNING', 'CHECKING') AND heartbeat_at < yume_now() - make_interval(secs => $1)
            ORDER BY heartbeat_at FOR UPDATE SKIP LOCKED LIMIT $2
            """,
            [LEASE_SECONDS, BATCH],
        )
        for row in rows:
            failure = Failure(*ATTEMPTS_SPENT, retry=True)
            state = await give_up(
                connection, row["id"], attempt=row["attempt"], cancelled=row["cancel"], failure=failure
            )
            _log.warning("lease_expired", generation=str(row["id"]), attempt=row["attempt"], now=state.value)
    EXPIRED.inc(len(rows))
    return len(rows)


async def sweep_sessions() -> None:
    """Forget sessions that ended long ago, a batch at a time."""
    await connections.get("default").execute_query(
        f"""
        DELETE FROM session WHERE id IN (
            SELECT id FROM session WHERE least(expires_at, revoked_at) < yume_now() - interval '{_OLD_SESSION}'
            LIMIT 1000
        )
        """  # noqa: S608 - constant
    )


class Sweep:
    """The loop of one worker. `nudge` makes it run at once, after this worker has made a promise."""

    def __init__(
        self,
        *,
        redis: Redis,
        media: MediaStore,
        bench: Bench,
        captures: CaptureBench,
        chores: Chores,
        keys: Keys,
        key_folder: Path,
    ) -> None:
        self._redis, self._media, self._bench, self._captures = redis, media, bench, captures
        self._chores, self._keys, self._key_folder = chores, keys, key_folder
        self._doorbell = Doorbell(redis)
        self._nudged = asyncio.Event()
        self._slow: dict[str, asyncio.Task[int]] = {}
        self._ailing: set[str] = set()
        self._tidy_at = self._consent_at = self._trends_at = self._ranking_at = 0.0

    def nudge(self) -> None:
        """Sweep now rather than at the next turn."""
        self._nudged.set()

    async def run(self) -> None:
        """Sweep until cancelled."""
        try:
            while True:
                self._nudged.clear()
                await self.once()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PERIOD_SECONDS):
                        await self._nudged.wait()
        finally:
            for slow in self._slow.values():
                slow.cancel()

    async def once(self) -> None:
        """One turn. Each part may fail by itself: Redis may be away while Postgres is not."""
        with self._watch("leases"):
            await sweep_leases()
            await self._tidy()
        self._bench.wake()
        with self._watch("captures"):
            await sweep_captures()
            await sweep_versions()
            await sweep_uploads()
        self._captures.wake()
        if time.monotonic() >= self._consent_at:
            self._consent_at = time.monotonic() + CONSENT_SECONDS
            with self._watch("consent"):
                await (await sweep_consent()).follow_up(self._doorbell)
                await sweep_exports()
        await self.keep_promises()
        self._beside("purge", self._purge)
        self._beside("export", self._chores.export)
        self._beside("counts", self._chores.count)
        self._beside("describe", self._chores.describe)
        if time.monotonic() >= self._ranking_at:
            self._ranking_at = time.monotonic() + RANKING_SECONDS
            self._beside("ranking", self._chores.prepare_ranking)
        if time.monotonic() >= self._trends_at:
            self._trends_at = time.monotonic() + TRENDS_SECONDS
            self._beside("trends", self._chores.find_trends)
            self._beside("leaders", self._chores.rank_leaders)
            self._beside("forget", self._chores.forget)

    async def keep_promises(self) -> None:
        """Ring for what is queued and say last words, while Redis is there."""
        with self._watch("outbox"):
            await drain(self._redis, self._doorbell)
        with self._watch("telling"):
            await self._chores.tell()

    def _beside(self, name: str, work: Callable[[], Awaitable[int]]) -> None:
        """Do slow work beside the sweep, one of a name at a time: nobody's clip waits for it."""
        if name not in self._slow or self._slow[name].done():
            self._slow[name] = asyncio.create_task(self._watched(name, work), name=name)

    async def _watched(self, name: str, work: Callable[[], Awaitable[int]]) -> int:
        with self._watch(name):
            return await work()
        return 0

    async def _purge(self) -> int:
        with self._watch("shred"):
            await shred_pending(self._captures.tools.vault)
        return await self._chores.destroy()

    async def _tidy(self) -> None:
        await connections.get("default").execute_query(
            f"DELETE FROM engine_host WHERE heartbeat_at < yume_now() - interval '{_DEAD_HOST}'"  # noqa: S608 - constant
        )
        if time.monotonic() >= self._tidy_at:
            await sweep_sessions()
            await forget_old()
            await sweep_waiting()
            await keep_daily_head(self._keys, self._key_folder)
            self._tidy_at = time.monotonic() + _TIDY_SECONDS

    @contextlib.contextmanager
    def _watch(self, part: str) -> Generator[None]:
        """Log the first failure of ``part`` and its recovery, not every turn in between."""
        try:
            yield
        except (RedisError, *STORE_AWAY) as error:
            if part not in self._ailing:
                _log.warning("sweep_waits", part=part, error=repr(error))
            self._ailing.add(part)
        except Exception:  # noqa: BLE001 - a part that fails must not keep the others from their turn
            _log.exception("sweep_failed", part=part)
        else:
            if part in self._ailing:
                self._ailing.discard(part)
                _log.info("sweep_recovered", part=part)
