"""Following a capture: its row is the truth, its progress stream only says when to read it again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from jobs.progress import Cursor
from models.capture import Capture, CaptureState
from models.errors import Invalid
from resolvers.capture import own_capture
from resolvers.context import Context
from resolvers.session import require_live_session
from resolvers.waiting import next_or_silence

_LOOK_SECONDS = 1.0
"""How long silence lasts before the row is read, and how long an authorisation is trusted."""
_END_SEQ = 2**63
_OPEN = (CaptureState.CHALLENGED, CaptureState.CHECKING)


class CaptureEventKind(Enum):
    """What happened: a check has its result, a step is to be repeated, it became a version, or nothing."""

    CHECKED = "checked"
    RETRY = "retry"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class CaptureTold:
    """One event and the row it was read from; ``check`` belongs to CHECKED."""

    kind: CaptureEventKind
    cursor: str
    row: Capture
    check: dict[str, Any] | None = None


def events_after(row: Capture, after: Cursor) -> Iterator[CaptureTold]:
    """Everything that ``row`` tells beyond ``after``, in order.

    A cursor is ``<recording>-<number>``: the checks of a recording count from 1, number 0 of a later recording is the
    wish to record again, the end comes after everything.
    """
    checks: dict[int, list[dict[str, Any]]] = {}
    for check in row.checks:
        checks.setdefault(check["recording"], []).append(check)
    for recording in range(1, row.tries + 2):
        if recording > 1 and row.state == CaptureState.CHALLENGED and recording == row.tries + 1:
            yield from _told(CaptureEventKind.RETRY, Cursor(recording, 0), row, after)
        for number, check in enumerate(checks.get(recording, []), 1):
            yield from _told(CaptureEventKind.CHECKED, Cursor(recording, number), row, after, check)
    if row.state not in _OPEN:
        kind = CaptureEventKind.ACCEPTED if row.state == CaptureState.ACCEPTED else CaptureEventKind.REJECTED
        yield from _told(kind, Cursor(row.tries + 1, _END_SEQ), row, after)


def _told(
    kind: CaptureEventKind, cursor: Cursor, row: Capture, after: Cursor, check: dict[str, Any] | None = None
) -> Iterator[CaptureTold]:
    if cursor > after:
        yield CaptureTold(kind, str(cursor), row, check)


async def watch_capture(context: Context, capture_id: UUID, after: str | None) -> AsyncGenerator[CaptureTold, None]:
    """Every event after the cursor ``after`` (None: from the start) up to the last one, which always comes.

    Raises `NotFound` for anybody else's capture, `Invalid` for a foreign cursor, `Unauthenticated` when the session
    ends meanwhile.
    """
    place = Cursor(0, 0) if after is None else Cursor.parse(after)
    if place is None:
        raise Invalid("This is no cursor of a capture.", field="after")
    await own_capture(context, capture_id)
    reader = context.stores.progress
    stream = reader.subscribe(capture_id, await reader.last_cursor(capture_id))
    checked_at = time.monotonic()
    async with contextlib.aclosing(next_or_silence(stream, _LOOK_SECONDS)) as wakes:
        while True:
            for told in events_after(await own_capture(context, capture_id), place):
                yield told
                place = Cursor.parse(told.cursor) or place
            if place.seq == _END_SEQ:
                return
            try:
                await anext(wakes)
            except StopAsyncIteration:
                return  # this process stops
            if time.monotonic() - checked_at >= _LOOK_SECONDS:
                await require_live_session(context)
                checked_at = time.monotonic()
