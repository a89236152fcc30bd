"""Progress of a generation, both sides: what the API and the workers import."""

from __future__ import annotations

from jobs.progress.event import (
    TERMINAL,
    Cursor,
    EventKind,
    FailureDetail,
    LiveSegment,
    PreviewPicture,
    ProgressEvent,
    preview_key,
    stream_key,
)
from jobs.progress.reader import ProgressReader
from jobs.progress.writer import PreviewBytes, ProgressWriter, SupersededError, announce, forget_progress, read_preview

__all__ = [
    "TERMINAL", "Cursor", "EventKind", "FailureDetail", "LiveSegment", "PreviewBytes", "PreviewPicture",
    "ProgressEvent", "ProgressReader", "ProgressWriter", "SupersededError", "announce", "forget_progress",
    "preview_key", "read_preview", "stream_key",
]  # fmt: skip
