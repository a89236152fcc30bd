"""Watching a generation: its progress stream, with Postgres as the judge of how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from jobs.failures import STORE_AWAY
from jobs.progress import Cursor, EventKind, FailureDetail, ProgressEvent
from models.generation import FINAL_STATES, Generation, GenerationState
from models.likeness import GenerationLikeness
from models.video import Video
from resolvers.context import Context
from resolvers.generation import generation_by_id, queue_position
from resolvers.media import consent_stands
from resolvers.session import require_live_session
from resolvers.waiting import next_or_silence

_LOOK_SECONDS = 1.0
"""How long silence lasts before the row is read, and how long an authorisation is trusted (at most 1 s)."""

_END_SEQ = 2**63
"""The ``seq`` of a terminal event told from Postgres, when the stream never brought it: after every real one."""


_OUTAGE_SECONDS = 30.0
"""How long an open subscription waits for a Postgres that has gone away, saying nothing meanwhile."""

_RETRY_SECONDS = 0.5

T = TypeVar("T")


@dataclass(frozen=True)
class Told:
    """An event and, for a snapshot, the row it stands for."""

    event: ProgressEvent
    row: Generation


class _Watch:
    """One subscriber's view of one generation."""

    def __init__(self, context: Context, row: Generation, after: str | None) -> None:
        self.context = context
        self.row = row
        self.cursor = after or "0-0"
        self.checked_at = -_LOOK_SECONDS
        self.position: int | None = None
        self.quiet = int(row.state in FINAL_STATES)
        self.consented = True
        self.guarded: bool | None = None

    async def authorise(self) -> None:
        """Raise `Unauthenticated` once the session has ended, and note the end of consent: a socket outlives both."""
        if time.monotonic() - self.checked_at < _LOOK_SECONDS:
            return
        await require_live_session(self.context)
        if self.guarded is None:
            cast = await GenerationLikeness.filter(generation_id=self.row.id).exists()
            self.guarded = cast or self.row.parent_id is not None
        self.consented = not self.guarded or await consent_stands(self.row.id)
        self.checked_at = time.monotonic()

    def may_tell(self, told: Told) -> bool:
        """Gate 5: of a clip that somebody no longer allows nothing is told but how it ends."""
        return self.consented or told.event.kind not in (EventKind.STEP, EventKind.SEGMENT)

    async def hear(self, event: ProgressEvent) -> Told:
        """An event of the stream."""
        self.cursor = event.cursor
        if event.kind is not EventKind.STEP:
            await self._look()
        if event.kind is EventKind.QUEUED:
            self.position = await queue_position(self.row)
            event = msgspec.structs.replace(event, position=self.position or 0)
        return Told(event, self.row)

    async def silence(self) -> Told | None:
        """What the row has to say while the stream says nothing."""
        await self._look()
        if self.row.state in FINAL_STATES:
            # The stream's own terminal event gets one more silence to arrive.
            self.quiet += 1
        return await self.queued() or (await self.end() if self.quiet > 1 else None)

    async def queued(self) -> Told | None:
        """The place in the queue, when it is queued and the place has changed."""
        position = await queue_position(self.row)
        if position is None or position == self.position:
            return None
        self.position = position
        return self._told(EventKind.QUEUED, self.cursor, position=position)

    async def end(self) -> Told | None:
        """The terminal event as Postgres tells it; None while the job is not over."""
        if self.row.state not in FINAL_STATES:
            return None
        cursor = str(Cursor(self.row.fence, _END_SEQ))
        if self.row.state == GenerationState.SUCCEEDED:
            video_id = await Video.filter(generation_id=self.row.id).values_list("id", flat=True)
            return self._told(EventKind.FINISHED, cursor, video_id=next(iter(video_id), None))
        if self.row.state == GenerationState.CANCELLED:
            return self._told(EventKind.CANCELLED, cursor)
        failure = FailureDetail(code=self.row.failure_code or "FAILED", message=self.row.failure_message or "")
        return self._told(EventKind.FAILED, cursor, failure=failure)

    async def _look(self) -> None:
        self.row = await Generation.get(id=self.row.id)

    def _told(self, kind: EventKind, cursor: str, **extra: Any) -> Told:
        event = ProgressEvent(generation_id=self.row.id, attempt=self.row.attempt, kind=kind, cursor=cursor, **extra)
        return Told(event, self.row)


async def _patiently(read: Callable[[], Awaitable[T]]) -> T:
    """What ``read`` says, waiting out a Postgres that restarts: a watcher should not have to care."""
    deadline = time.monotonic() + _OUTAGE_SECONDS
    while True:
        try:
            return await read()
        except STORE_AWAY:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_RETRY_SECONDS)


async def watch_generation(context: Context, generation_id: UUID, after: str | None) -> AsyncGenerator[Told, None]:
    """Every event after the cursor ``after`` (None: from the start) up to the terminal one, which always comes.

    Raises `NotFound` for anybody else's generation, `Unauthenticated` when the session ends meanwhile.
    """
    watch = _Watch(context, await generation_by_id(context, generation_id), after)
    heard = Cursor.parse(after) if after else None
    if watch.row.state in FINAL_STATES and heard is not None and heard.seq == _END_SEQ:
        return
    stream = context.stores.progress.subscribe(generation_id, after)
    async with contextlib.aclosing(next_or_silence(stream, _LOOK_SECONDS)) as heard_or_not:
        told = await watch.queued()
        if told is not None:
            yield told
        async for event in heard_or_not:
            await _patiently(watch.authorise)
            told = await _patiently(watch.silence if event is None else partial(watch.hear, event))
            if told is not None and watch.may_tell(told):
                yield told
            if told is not None and told.event.terminal:
                return
