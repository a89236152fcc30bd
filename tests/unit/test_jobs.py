"""Rules of jobs that need no store: cursors, the failure table, the check of a finished file, mailboxes."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ChildDied, EngineError, InvalidRequest, OutOfMemory, TimedOut
from engine.media.probe import Probe
from engine.spec import GenerationSpec
from jobs.arq_settings import decode, encode
from jobs.clip.check import _fault
from jobs.failures import CheckFailed, failure_of
from jobs.progress import Cursor, EventKind, FailureDetail, PreviewPicture, ProgressEvent
from jobs.progress.channel import QUEUE_LENGTH, Subscriber
from jobs.progress.event import FIELD, decode_event, encode_event
from models.errors import NotFound

numbers = st.integers(min_value=0, max_value=2**64 - 1)
SPEC = GenerationSpec(prompt="a fox", seconds=2.0, width=64, height=96, fps=10, seed=1)


@given(numbers, numbers)
def test_a_cursor_reads_back_as_itself(fence: int, seq: int) -> None:
    cursor = Cursor(fence, seq)
    assert Cursor.parse(str(cursor)) == cursor
    assert Cursor.parse(str(cursor).encode()) == cursor


@pytest.mark.parametrize(
    "text", ["", "-", "1", "1-", "-1", "1-2-3", "a-b", "1.0-2", "+1-2", "١-٢", f"{2**64}-0", " 1-2"]
)
def test_what_is_no_cursor_is_none(text: str) -> None:
    assert Cursor.parse(text) is None


@pytest.mark.parametrize(
    ("before", "after", "next_one"),
    [
        ((1, 4), (1, 5), True), ((1, 4), (1, 6), False), ((1, 4), (1, 4), False), ((1, 4), (2, 1), True),
        ((1, 4), (2, 0), True), ((1, 4), (3, 1), True), ((1, 4), (2, 2), False), ((2, 1), (1, 2), False),
    ],
)  # fmt: skip
def test_only_the_very_next_event_follows(before: tuple[int, int], after: tuple[int, int], *, next_one: bool) -> None:
    assert Cursor(*before).precedes(Cursor(*after)) is next_one


def test_an_event_survives_its_stream() -> None:
    event = ProgressEvent(
        generation_id=uuid4(), attempt=2, kind=EventKind.STEP, phase="DENOISE", step=3, total=8, fraction=0.25,
        eta_seconds=1.5, preview=PreviewPicture(key="k", width=1, height=2), video_id=uuid4(),
        failure=FailureDetail(code="X", message="y"),
    )  # fmt: skip
    back = decode_event(Cursor(4, 7), {FIELD: encode_event(event)})
    assert back == msgspec.structs.replace(event, cursor="4-7")


def test_a_foreign_stream_entry_is_an_error_and_not_an_event() -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_event(Cursor(1, 1), {b"other": b"1"})


def test_arq_jobs_are_msgpack_and_pickles_are_refused() -> None:
    import pickle

    job = {"t": None, "f": "generate_video", "a": [], "k": {}, "et": 1}
    assert decode(encode(job)) == job
    with pytest.raises(msgspec.DecodeError):
        decode(pickle.dumps(job))


@pytest.mark.parametrize(
    ("error", "code", "retry"),
    [
        (ChildDied("x"), "ENGINE_DIED", True), (OutOfMemory("x"), "OUT_OF_MEMORY", True),
        (TimedOut("x"), "TIMED_OUT", False),
        (InvalidRequest("x", field="seconds"), "INVALID_REQUEST", False), (EngineError("x"), "ENGINE_FAILED", False),
        (CheckFailed("x"), "CLIP_CHECK_FAILED", False), (NotFound("x"), "NOT_FOUND", False),
        (msgspec.ValidationError("x"), "INVALID_REQUEST", False), (OSError(28, "disk full"), "STORAGE_FAILED", True),
        (asyncpg.InterfaceError("x"), "STORAGE_FAILED", True), (ZeroDivisionError("secret"), "INTERNAL", False),
    ],
)  # fmt: skip
def test_every_exception_has_one_meaning(error: Exception, code: str, *, retry: bool) -> None:
    failure = failure_of(error)
    assert (failure.code, failure.retry) == (code, retry)
    assert "secret" not in failure.message


def probed(**changes: object) -> Probe:
    measured = {
        "seconds": 2.0, "video_seconds": 2.0, "audio_seconds": 2.0, "width": 64, "height": 96, "fps": 10.0,
        "frames": 20,
        "video_codec": "h264", "audio_codec": "aac", "audio_rate": 48_000, "audio_channels": 2, "video_streams": 1,
        "audio_streams": 1, "bytes": 9, "sha256": "0" * 64,
    }  # fmt: skip
    return msgspec.convert(measured | changes, Probe)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, None), ({"audio_seconds": 2.05, "seconds": 2.05}, None), ({"video_streams": 2}, "tracks"),
        ({"audio_streams": 0, "audio_seconds": None}, "tracks"), ({"width": 96, "height": 64}, "pixels"),
        ({"video_seconds": 2.2}, "lasts"), ({"video_seconds": 1.85}, "lasts"), ({"audio_seconds": 1.5}, "lasts"),
    ],
)  # fmt: skip
def test_a_file_is_held_against_what_was_asked(changes: dict[str, object], word: str | None) -> None:
    fault = _fault(probed(**changes), SPEC, audio=True, seconds_max=10.0)
    assert fault is None if word is None else word in str(fault)


def test_a_file_longer_than_policy_allows_now_is_refused_though_it_is_as_asked() -> None:
    assert "allowed" in str(_fault(probed(), SPEC, audio=True, seconds_max=1.5))


async def test_a_full_mailbox_drops_its_oldest_step_and_nothing_else() -> None:
    box, generation_id = Subscriber(), uuid4()
    for phase in ("TEXT", "DENOISE"):
        for step in range(1, QUEUE_LENGTH + 1):
            box.push(ProgressEvent(generation_id=generation_id, attempt=1, kind=EventKind.STEP, phase=phase, step=step))
    box.push(ProgressEvent(generation_id=generation_id, attempt=1, kind=EventKind.FINISHED))
    box.close()
    heard = []
    while (event := await box.next()) is not None:
        heard.append(event)
    assert len(heard) == QUEUE_LENGTH
    assert [(e.phase, e.step) for e in heard[:2]] == [("TEXT", 1), ("DENOISE", 1)]
    assert heard[-1].kind is EventKind.FINISHED
    assert [e.step for e in heard[2:-1]] == list(range(4, QUEUE_LENGTH + 1))
