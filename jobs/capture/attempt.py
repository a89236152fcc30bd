"""One attempt at one recording: from a fresh claim to a version, a repeated step, a moderator, or an end."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog
from redis.asyncio import Redis
from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from engine.capture.protocol import Report
from engine.capture.runner import CHILD_COMMAND, check_capture
from engine.capture.spec import (
    CaptureRefused,
    CaptureReport,
    CaptureRequest,
    CheckName,
    CheckResult,
    Step,
    make_challenge,
)
from jobs.capture.accept import accept, seal_version
from jobs.capture.end import end_captures, give_up_upload
from jobs.capture.held import Held, again, hold, merged, resume
from jobs.capture.lease import CaptureLease, beat, note_check, release
from jobs.capture.lookalikes import known_fingerprints
from jobs.capture.suspects import suspects
from jobs.clip.lease import HEARTBEAT_SECONDS
from jobs.failures import STORE_AWAY
from jobs.progress.writer import ProgressWriter, SupersededError
from jobs.queue import Doorbell
from models.audit import Transition, append_all, chain_of
from models.capture import CHALLENGE_SECONDS, MOST_TRIES, CaptureState, Review
from models.keys import Keys
from models.sealed_media import SealedMedia
from models.storage import MediaStore
from models.upload import UploadPurpose, capture_nonce, capture_token, hash_of, issue, upload_folder, upload_subject
from models.vault import Vault

SETTLE_SECONDS = 60.0
WORDS_AFTER = 2
"""Recordings after which words are to be read for digits: who was not understood twice will not be a third time."""
_RETRY_SECONDS = 0.3

T = TypeVar("T")
_log = structlog.get_logger()


@dataclass(frozen=True)
class CaptureTools:
    """What a worker checks recordings with. ``timeout``: seconds that checking one may take."""

    redis: Redis
    media: MediaStore
    vault: Vault
    keys: Keys
    scratch: Path
    timeout: float = 120.0
    command: Sequence[str] = CHILD_COMMAND


class LeaseLost(Exception):
    """Another worker has this capture now, or it has ended: what was found out is thrown away."""


class CaptureAttempt:
    """The work that one `CaptureLease` covers."""

    def __init__(self, tools: CaptureTools, lease: CaptureLease) -> None:
        self._tools, self._lease = tools, lease
        self._sealed = SealedMedia(tools.media, tools.vault)
        self._doorbell = Doorbell(tools.redis)
        self._writer = ProgressWriter(tools.redis, lease.capture_id, lease.fence, lease.attempt)
        self._scratch = tools.scratch / f"capture-{lease.capture_id}-{lease.fence}"
        self._log = _log.bind(capture=str(lease.capture_id), fence=lease.fence, attempt=lease.attempt)

    async def run(self) -> str:
        """Do it. Returns how it ended, in a word. When cancelled (the worker shuts down), hands the capture back."""
        working = asyncio.create_task(self._work(), name="checking")
        beating = asyncio.create_task(self._keep(), name="capture-heart")
        try:
            await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
            with contextlib.suppress(LeaseLost):
                return await working if working.done() else await beating
        except asyncio.CancelledError:
            async with asyncio.timeout(2.0):
                await release(connections.get("default"), self._lease)
            return "handed_back"
        finally:
            await _stop(beating)
            await _stop(working)
            await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)
        return "lost"

    async def _keep(self) -> str:
        """Beat until the lease is lost."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                if not await beat(connections.get("default"), self._lease):
                    return "lost"
            except STORE_AWAY as error:
                self._log.warning("heartbeat_missed", error=repr(error))

    async def _work(self) -> str:
        self._scratch.mkdir(parents=True, mode=0o700)
        held = await resume(
            self._sealed, self._tools.vault, self._lease.capture_id, self._lease.carried, self._scratch / "held"
        )
        if self._lease.reviewed and held is not None:
            return await self._accept(held.report)
        report = await self._check(held)
        steps = again(report, self._lease.challenge.steps)
        if steps:
            return await self._repeat(held, report, steps)
        whole = merged(held and held.report, report)
        review, matches = await suspects(self._tools.vault, self._lease, whole)
        if review is not None:
            return await self._ask_moderator(Held(whole, tuple(str(cameo) for cameo in matches)), review)
        return await self._accept(whole)

    async def _check(self, held: Held | None) -> CaptureReport:
        """What the recording shows; one that cannot be checked at all is a report with that one failure."""
        lease, tools = self._lease, self._tools
        recording, out_dir = self._scratch / "recording", self._scratch / "made"
        out_dir.mkdir(mode=0o700)
        if lease.upload_id is None:
            raise LeaseLost
        await self._sealed.fetch(upload_subject(lease.upload_id), upload_folder(lease.upload_id), recording)
        request = CaptureRequest(
            path=str(recording),
            challenge=lease.challenge,
            out_dir=str(out_dir),
            known_fingerprints=await known_fingerprints(tools.vault, lease.account_id),
            earlier_face=None if held is None else held.report.face_embedding,
        )
        try:
            async with aclosing(check_capture(request, timeout=tools.timeout, command=tools.command)) as messages:
                async for message in messages:
                    if isinstance(message, Report):
                        return message.report
                    await self._note(message.result)
        except CaptureRefused as refused:
            failed = CheckResult(name=CheckName.FILE, passed=False, code=refused.code, message=refused.message)
            await self._note(failed)
            return CaptureReport(checks=(failed,), seconds=0.0)
        raise LeaseLost  # unreachable while the runner keeps its word: a report, or a refusal

    async def _note(self, check: CheckResult) -> None:
        said = {
            "name": check.name.value,
            "passed": check.passed,
            "code": check.code,
            "message": check.message,
            "recording": self._lease.recording,
        }
        if not await self._settle(lambda db: note_check(db, self._lease, said)):
            raise LeaseLost
        await self._tell()

    async def _tell(self) -> None:
        """Wake whoever follows this capture: the row has changed."""
        try:
            await self._writer.changed()
        except SupersededError:
            raise LeaseLost from None

    async def _repeat(self, held: Held | None, report: CaptureReport, steps: tuple[Step, ...]) -> str:
        lease = self._lease
        if lease.recording >= MOST_TRIES:
            return await self._reject()
        carried = lease.carried
        if set(steps) != set(lease.challenge.steps):
            kept = Held(msgspec.structs.replace(merged(held and held.report, report), clip=None))
            place = f"{lease.recording}-{lease.fence}"
            carried = await hold(self._sealed, self._tools.vault, lease.cameo_id, lease.capture_id, place, kept)
        if not await self._settle(lambda db: self._challenge_again(db, steps, carried)):
            raise LeaseLost
        await self._tell()
        return "repeat"

    async def _challenge_again(
        self, connection: BaseDBAsyncClient, steps: tuple[Step, ...], carried: bytes | None
    ) -> bool:
        lease, asked = self._lease, self._lease.challenge
        challenge = make_challenge(
            asked.kind,
            asked.language,
            accessible=asked.accessible,
            accessible_for=asked.accessible_for,
            only=steps,
            words=lease.recording >= WORDS_AFTER,
        )
        keys, tries = self._tools.keys, lease.recording
        rows = await connection.execute_query_dict(
            """
            UPDATE capture
            SET state = 'CHALLENGED', tries = $3, challenge = $4::jsonb, nonce_hash = $5, carried = $6, attempt = 0,
                heartbeat_at = NULL, expires_at = yume_now() + make_interval(secs => $7)
            WHERE id = $1 AND fence = $2 AND state = 'CHECKING' RETURNING 1
            """,
            [
                lease.capture_id, lease.fence, tries, msgspec.json.encode(challenge).decode(),
                hash_of(capture_nonce(keys, lease.capture_id, tries)), carried, CHALLENGE_SECONDS,
            ],
        )  # fmt: skip
        if not rows:
            return False
        await give_up_upload(connection, lease.upload_id)
        ticket = await issue(
            connection,
            UploadPurpose.CAPTURE,
            lease.account_id,
            capture_token(keys, lease.capture_id, tries),
            seconds=CHALLENGE_SECONDS,
        )
        await connection.execute_query("UPDATE capture SET upload_id = $2 WHERE id = $1", [lease.capture_id, ticket.id])
        facts = {"capture": lease.capture_id, "recording": lease.recording}
        await append_all(connection, [Transition(chain_of(lease.cameo_id), "CAPTURE_REPEATED", facts)])
        return True

    async def _reject(self) -> str:
        async def write(connection: BaseDBAsyncClient) -> bool:
            if not await _still_ours(connection, self._lease):
                return False
            entries = await end_captures(connection, [self._lease.capture_id], CaptureState.REJECTED)
            await append_all(connection, entries)
            return True

        if not await self._settle(write):
            raise LeaseLost
        await self._tell()
        return "rejected"

    async def _ask_moderator(self, held: Held, review: Review) -> str:
        """Keep everything, sealed, until a moderator has decided."""
        lease = self._lease
        place = f"review-{lease.fence}"
        carried = await hold(self._sealed, self._tools.vault, lease.cameo_id, lease.capture_id, place, held)

        async def write(connection: BaseDBAsyncClient) -> bool:
            rows = await connection.execute_query_dict(
                """
                UPDATE capture SET review = $3, carried = $4, heartbeat_at = NULL, attempt = 0, upload_id = NULL
                WHERE id = $1 AND fence = $2 AND state = 'CHECKING' RETURNING 1
                """,
                [lease.capture_id, lease.fence, review.value, carried],
            )
            if not rows:
                return False
            await give_up_upload(connection, lease.upload_id)
            facts = {"capture": lease.capture_id, "review": review}
            await append_all(connection, [Transition(chain_of(lease.cameo_id), "CAPTURE_HELD", facts)])
            return True

        if not await self._settle(write):
            raise LeaseLost
        await self._tell()
        return "review"

    async def _accept(self, report: CaptureReport) -> str:
        version = await seal_version(self._sealed, self._tools.vault, self._lease, report)
        done = await self._settle(lambda db: accept(db, self._lease, version))
        if done is None or (done.version is None and not done.refused):
            raise LeaseLost
        await self._doorbell.request_cancels(done.jobs)
        with contextlib.suppress(LeaseLost):
            await self._tell()
        return "rejected" if done.refused else "accepted"

    async def _settle(self, write: Callable[[BaseDBAsyncClient], Awaitable[T]]) -> T | None:
        """Run ``write`` in a transaction, again while Postgres is away, for `SETTLE_SECONDS`; then None."""
        end = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                async with in_transaction() as connection:
                    return await write(connection)
            except STORE_AWAY as error:
                if time.monotonic() >= end:
                    self._log.error("end_not_written", error=repr(error))
                    return None
            await asyncio.sleep(_RETRY_SECONDS)


async def _still_ours(connection: BaseDBAsyncClient, lease: CaptureLease) -> bool:
    rows = await connection.execute_query_dict(
        "SELECT 1 FROM capture WHERE id = $1 AND fence = $2 AND state = 'CHECKING' FOR UPDATE",
        [lease.capture_id, lease.fence],
    )
    return bool(rows)


async def _stop(task: asyncio.Task[object]) -> None:
    """Cancel ``task`` and wait until it has ended; what it raised has been seen, or is not wanted any more."""
    task.cancel()
    await asyncio.wait({task}, timeout=6.0)
