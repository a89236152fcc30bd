"""What is told about a generation while it is made, and the cursor that says how much of it was heard."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec


class Cursor(NamedTuple):
    """A place in a progress stream, also its Redis stream id: the claim's fencing token, then a number within it.

    A worker whose lease was taken over writes under a lower fence, which Redis itself refuses.
    """

    fence: int
    seq: int

    @classmethod
    def parse(cls, text: str | bytes) -> Cursor | None:
        """The cursor that ``text`` spells, or None for something else."""
        fence, dash, seq = (text.decode("ascii", "replace") if isinstance(text, bytes) else text).partition("-")
        if len(text) > 41 or not (dash and fence.isascii() and fence.isdecimal() and seq.isascii() and seq.isdecimal()):
            return None
        cursor = cls(int(fence), int(seq))
        return cursor if max(cursor) < 2**64 else None

    def __str__(self) -> str:
        return f"{self.fence}-{self.seq}"

    def precedes(self, other: Cursor) -> bool:
        """Whether ``other`` is the very next event: nothing was lost in between."""
        if other.fence == self.fence:
            return other.seq == self.seq + 1
        # A worker counts from 1; what Redis numbers by itself after a change of hands (``<fence>-*``) starts at 0.
        return other.fence > self.fence and other.seq <= 1


START = Cursor(0, 0)
"""Before everything."""


class EventKind(StrEnum):
    """What happened. FINISHED, FAILED and CANCELLED end a stream; SNAPSHOT says "read the row: history is gone"."""

    QUEUED = "queued"
    STEP = "step"
    SEGMENT = "segment"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SNAPSHOT = "snapshot"


TERMINAL = frozenset({EventKind.FINISHED, EventKind.FAILED, EventKind.CANCELLED})


class PreviewPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A small WebP kept for minutes; ``key`` names it to `jobs.progress.read_preview`. Sides in pixels."""

    key: str
    width: int
    height: int


class LiveSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of the clip that can be played already: number ``index`` (from 1), its place in seconds, its codecs."""

    index: int
    start: float
    seconds: float
    codecs: str


class FailureDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Why a generation failed: a stable code and words for its author."""

    code: str
    message: str


class ProgressEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event. ``phase``, ``step`` of ``total``, ``fraction`` (0 … 1) and ``eta_seconds`` belong to STEP,
    ``segment`` to SEGMENT, ``position`` (1 = next) to QUEUED, ``video_id`` to FINISHED, ``failure`` to FAILED.
    """

    generation_id: UUID
    attempt: int
    kind: EventKind
    cursor: str = ""
    phase: str | None = None
    step: int | None = None
    total: int | None = None
    fraction: float | None = None
    eta_seconds: float | None = None
    preview: PreviewPicture | None = None
    segment: LiveSegment | None = None
    position: int | None = None
    video_id: UUID | None = None
    failure: FailureDetail | None = None

    @property
    def terminal(self) -> bool:
        """Whether nothing follows."""
        return self.kind in TERMINAL


FIELD = b"e"
"""The one field of a stream entry: the event as JSON."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ProgressEvent)


def stream_key(generation_id: UUID) -> str:
    """The Redis stream of a generation."""
    return f"progress:{generation_id}"


def preview_key(key: str) -> str:
    """Where in Redis the preview picture ``key`` is kept."""
    return f"preview:{key}"


def encode_event(event: ProgressEvent) -> bytes:
    """``event`` as it is kept in its stream (its cursor is the entry's id)."""
    return _encoder.encode(event)


def decode_event(cursor: Cursor, fields: dict[bytes, bytes]) -> ProgressEvent:
    """The event of a stream entry. Raises `msgspec.MsgspecError` for an entry nobody of us wrote."""
    return msgspec.structs.replace(_decoder.decode(fields.get(FIELD, b"")), cursor=str(cursor))
