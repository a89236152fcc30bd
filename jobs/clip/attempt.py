"""One attempt at one generation: from a fresh claim to a draft, a failure, a stop, or a hand-back."""

from __future__ import annotations

import asyncio
import io
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec
import PIL.Image
import structlog
from redis.asyncio import Redis
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.protocol import ClipMessage, SegmentMessage, StepMessage
from engine.runner import EngineChild
from engine.spec import GenerationSpec, Phase
from jobs.clip.check import check_file
from jobs.clip.finish import Finished, finish, store_files
from jobs.clip.gate import (
    ConsentEnded,
    Fault,
    ResultForbidden,
    check_consent,
    check_recipe,
    end_as_forbidden,
    end_for_consent,
)
from jobs.clip.handover import hand_over
from jobs.clip.heart import Heart, Verdict
from jobs.clip.lease import Lease, cancelled, fail, release
from jobs.clip.live import LiveSegments
from jobs.consent.protected import check_cast, check_faces
from jobs.failures import STORE_AWAY, CheckFailed, failure_of
from jobs.progress.writer import PreviewBytes, ProgressWriter, SupersededError
from jobs.queue import enqueue_purge_of
from models.policy import policy_in_force
from models.storage import MediaStore
from models.vault import Vault

SETTLE_SECONDS = 60.0
"""How long the end of an attempt is tried while Postgres is away; its lease guards it all the while."""
FINISH_GRACE = 2.5
"""Seconds that a clip whose end is being written has left when the worker shuts down."""
_RETRY_SECONDS = 0.3
_ENGINE_SHARE = 0.97
"""Of the whole fraction; checking and storing are the rest."""

T = TypeVar("T")
_log = structlog.get_logger()


@dataclass(frozen=True)
class Tools:
    """What a worker works with."""

    engine: EngineChild
    redis: Redis
    media: MediaStore
    scratch: Path
    vault: Vault
    timeout: float
    """Seconds a clip may take."""


class Attempt:
    """The work that one `Lease` covers. ``on_ended`` is called when it was ended from outside and the engine has yet to
    stop: whoever waits for the last word need not wait for that.
    """

    def __init__(self, tools: Tools, lease: Lease, on_ended: Callable[[], None] = lambda: None) -> None:
        self._tools, self._lease, self._on_ended = tools, lease, on_ended
        self.heart = Heart(lease)
        self._writer = ProgressWriter(tools.redis, lease.generation_id, lease.fence, lease.attempt)
        self._live = LiveSegments(tools.media, lease, self._writer)
        self._scratch = tools.scratch / f"{lease.generation_id}-{lease.fence}"
        self._settling = False
        self._stopped = False
        self._log = _log.bind(generation=str(lease.generation_id), fence=lease.fence, attempt=lease.attempt)

    async def run(self) -> str:
        """Do it. Returns how it ended, in a word. When cancelled (the worker shuts down), hands the generation back."""
        making = asyncio.create_task(self._make_and_settle(), name="making")
        beating = asyncio.create_task(self.heart.keep(), name="heart")
        try:
            await asyncio.wait({making, beating}, return_when=asyncio.FIRST_COMPLETED)
            if not making.done() and self._settling:
                # Its end is being written; the transaction itself finds out whether the lease still holds.
                await asyncio.wait({making})
            if making.done():
                return making.result()
            return await self._obey(beating.result())
        except asyncio.CancelledError:
            return await self._leave(making)
        finally:
            self._stopped = True
            await _stop(beating)
            await _stop(making)
            await self._live.clear()
            await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)

    async def _obey(self, verdict: Verdict) -> str:
        # The state first: whoever waits for it need not wait until the engine has stopped.
        self._silence()
        if verdict is Verdict.CONSENT and self.heart.ended_by is not None:
            return await self._end_for_consent(self.heart.ended_by)
        if verdict is Verdict.YIELD:
            return await self.hand_back()
        if verdict is Verdict.CANCEL and await self._settle(lambda db: cancelled(db, self._lease)):
            self._on_ended()
            return "cancelled"
        self._log.warning("lease_lost")
        await self._settle(self._discard)
        return "lost"

    async def _end_for_consent(self, cause: UUID) -> str:
        self._settling = True
        self._silence()
        if not await self._settle(lambda db: end_for_consent(db, self._lease, cause)):
            return "lost"
        self._on_ended()
        await self._writer.forget_previews()
        return "consent_ended"

    async def _end_as_forbidden(self, faults: Sequence[Fault]) -> str:
        self._settling = True
        ended = await self._settle(lambda db: end_as_forbidden(db, self._lease, faults))
        await self._writer.forget_previews()
        return "blocked" if ended else "lost"

    async def _leave(self, making: asyncio.Task[str]) -> str:
        if self._settling:
            await asyncio.wait({making}, timeout=FINISH_GRACE)
        if making.done() and not making.cancelled():
            return making.result()
        self._silence()
        return await self.hand_back()

    def _silence(self) -> None:
        self._stopped = True
        self._live.stop()

    async def hand_back(self) -> str:
        """Put the generation back into the queue, its attempt not counted. Returns how it ended, in a word."""
        released = await self._settle(lambda db: release(db, self._lease), patience=FINISH_GRACE)
        if released:
            await self._writer.queued()
        self._log.info("handed_back", released=bool(released))
        return "handed_back"

    async def _make_and_settle(self) -> str:
        try:
            await check_consent(self._lease)
            await check_cast(self._tools.vault, self._lease)
            spec = msgspec.convert(self._lease.spec, GenerationSpec)
            clip = await self._make(spec)
            await self._check(spec, clip)
            await check_recipe(self._lease, clip.recipe)
            await check_faces(self._tools.vault, self._lease, Path(clip.path))
            await self._tell(Phase.STORE, 0.99, checking=True)
            objects = await store_files(self._tools.media, self._lease, clip)
            await self._live.finish()
            self._settling = True
            done = await self._settle(lambda db: finish(db, self._lease, spec, clip, objects))
        except ConsentEnded as ended:
            return await self._end_for_consent(ended.cause)
        except ResultForbidden as forbidden:
            return await self._end_as_forbidden(forbidden.faults)
        except SupersededError:
            self._log.warning("lease_lost", told_by="redis")
            self._settling = True
            await self._settle(self._discard)
            return "lost"
        except Exception as error:  # noqa: BLE001 - the table says what each means; nothing may stay RUNNING
            return await self._fail(error)
        return done.state.value.lower() if isinstance(done, Finished) and done.state else "lost"

    async def _make(self, spec: GenerationSpec) -> ClipMessage:
        self._scratch.mkdir(parents=True, mode=0o700)
        spec = await hand_over(self._tools.vault, self._tools.media, self._lease, spec, self._scratch)
        async with aclosing(self._tools.engine.run(spec, self._scratch, timeout=self._tools.timeout)) as messages:
            async for message in messages:
                if self._stopped:
                    # asyncio.wait_for of Python 3.11 can swallow the cancellation that came with a message.
                    raise asyncio.CancelledError
                if isinstance(message, ClipMessage):
                    return message
                if isinstance(message, SegmentMessage):
                    self._live.take(message)
                else:
                    await self._step(message)
        raise CheckFailed("The engine ended without a clip.")

    async def _step(self, message: StepMessage) -> None:
        fraction = message.fraction * _ENGINE_SHARE
        self.heart.note(phase=message.phase.value, fraction=fraction)
        preview = await asyncio.to_thread(_read_preview, message.preview) if message.preview is not None else None
        await self._writer.step(
            phase=message.phase.value,
            step=message.index,
            total=message.total,
            fraction=fraction,
            eta_seconds=message.eta_seconds,
            preview=preview,
        )

    async def _check(self, spec: GenerationSpec, clip: ClipMessage) -> None:
        await self._tell(Phase.CHECK, 0.98, checking=True)
        policy = await self._settle(policy_in_force)
        if policy is None:
            raise CheckFailed("The rules for clips could not be read.")
        found = await asyncio.to_thread(
            check_file, Path(clip.path), spec, audio=clip.has_audio, seconds_max=policy["clip_seconds_max"]
        )
        if found.sha256 != clip.sha256:
            raise CheckFailed("The finished clip changed on its way to storage, so it was not kept.")

    async def _tell(self, phase: Phase, fraction: float, *, checking: bool) -> None:
        self.heart.note(phase=phase.value, fraction=fraction, checking=checking)
        await self._writer.step(phase=phase.value, step=1, total=1, fraction=fraction, eta_seconds=0.0)

    async def _fail(self, error: Exception) -> str:
        failure = failure_of(error)
        self._settling = True
        # What nobody foresaw is logged with its trace, once, here.
        self._log.warning("attempt_failed", code=failure.code, exc_info=error if failure.code == "INTERNAL" else None)
        state = await self._settle(lambda db: fail(db, self._lease, failure))
        return state.value.lower() if state is not None else "lost"

    async def _discard(self, connection: BaseDBAsyncClient) -> bool:
        """Have this claim's objects deleted, unless they were published after all (a commit's answer may be lost)."""
        rows = await connection.execute_query_dict(
            "SELECT 1 FROM generation WHERE id = $1 AND fence = $2 AND state = 'SUCCEEDED'",
            [self._lease.generation_id, self._lease.fence],
        )
        if not rows:
            await enqueue_purge_of(connection, [self._lease.media_prefix])
        return True

    async def _settle(
        self, write: Callable[[BaseDBAsyncClient], Awaitable[T]], *, patience: float = SETTLE_SECONDS
    ) -> T | None:
        """Run ``write`` in a transaction, again while Postgres is away, for ``patience`` seconds; then None."""
        end = time.monotonic() + patience
        while True:
            try:
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + end - time.monotonic()):
                    async with in_transaction() as connection:
                        return await write(connection)
            except STORE_AWAY as error:
                if time.monotonic() >= end:
                    self._log.error("end_not_written", error=repr(error))
                    return None
            await asyncio.sleep(_RETRY_SECONDS)


def _read_preview(path: str) -> PreviewBytes:
    content = Path(path).read_bytes()
    with PIL.Image.open(io.BytesIO(content)) as picture:
        return PreviewBytes(content, *picture.size)


async def _stop(task: asyncio.Task[object]) -> None:
    """Cancel ``task`` and wait until it has ended, asking again should the first request be swallowed."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=6.0)
