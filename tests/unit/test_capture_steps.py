"""What is asked in words, what has to be recorded again, and how recordings add up."""

from __future__ import annotations

import pytest

from engine.capture.spec import (
    CameoKind,
    CaptureReport,
    CheckName,
    CheckResult,
    Need,
    Step,
    make_challenge,
)
from engine.spec import FaceCrop
from jobs.capture.held import again, merged
from jobs.progress import Cursor
from models.capture import Capture, CaptureState
from resolvers.capture_event import events_after
from resolvers.challenge import in_words
from resolvers.consent_text import consent_text

ALL = (Step.LOOK, Step.TURNS, Step.SAY)
FACE, OTHER = (1.0, 0.0), (0.0, 1.0)


def report(
    *failed: CheckName, face: tuple[float, ...] | None = FACE, crops: int = 2, voice: bool = True
) -> CaptureReport:
    checks = tuple(
        CheckResult(name=name, passed=name not in failed, code="OK", message="") for name in CheckName
    )  # fmt: skip
    return CaptureReport(
        checks=checks, seconds=3.0, face_embedding=face, crops=tuple(FaceCrop(path=str(n)) for n in range(crops)),
        voice_embedding=OTHER if voice else None, voice_sample="v" if voice else None, fingerprint=b"f",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("failed", "repeat"),
    [
        ((), ()),
        ((CheckName.DIGITS,), (Step.SAY,)),
        ((CheckName.TURNS, CheckName.VOICE), (Step.TURNS, Step.SAY)),
        ((CheckName.LIT,), (Step.LOOK,)),
        ((CheckName.SAME_FACE,), ALL),
        ((CheckName.NOT_REPLAYED,), ALL),
        ((CheckName.FILE,), ALL),
    ],
)
def test_only_what_failed_is_recorded_again_unless_the_face_is_in_doubt(
    failed: tuple[CheckName, ...], repeat: tuple[Step, ...]
) -> None:
    assert again(report(*failed), ALL) == repeat


def test_a_look_that_gave_no_face_binds_nothing() -> None:
    assert again(report(CheckName.LIT, face=None), ALL) == ALL


def test_recordings_add_up_and_the_first_ones_face_stays_without_a_new_one() -> None:
    first, second = report(CheckName.DIGITS, voice=False), report(face=OTHER, crops=0)
    both = merged(first, second)
    assert (both.face_embedding, len(both.crops), both.voice_sample) == (FACE, 2, "v")
    assert merged(None, first) == first
    assert len(merged(report(crops=6), report(crops=6)).crops) == 8


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("needs", [(), (Need.SPEAK,), (Need.TURN,)])
def test_a_challenge_says_all_it_asks_in_both_languages(language: str, needs: tuple[Need, ...]) -> None:
    asked = make_challenge(CameoKind.PERSON, language, accessible=bool(needs), accessible_for=needs)  # type: ignore[arg-type]
    text = in_words(asked)
    assert len(text.splitlines()) >= len(asked.steps)
    assert (" ".join(asked.digits or "no digits") in text) == (asked.digits is not None)
    assert text.count("then") + text.count("puis") == max(len(asked.turns) - 1, 0) + max(len(asked.gestures) - 1, 0)


def test_a_thing_is_shown_and_not_spoken() -> None:
    assert "face" in in_words(make_challenge(CameoKind.OBJECT, "en"))


def test_each_consent_text_holds_its_purpose_and_how_long_it_is_kept() -> None:
    texts = [consent_text("en"), consent_text("fr")]
    assert all(each.purpose in each.text and each.retention in each.text for each in texts)
    assert texts[0].digest != texts[1].digest


def test_events_are_told_once_from_any_cursor() -> None:
    checks = [{"recording": n, "name": "FILE", "passed": True, "code": "OK", "message": ""} for n in (1, 1, 2)]
    row = Capture(state=CaptureState.CHALLENGED, checks=checks[:2], tries=1)
    told = [(event.kind.value, event.cursor) for event in events_after(row, Cursor(0, 0))]
    assert told == [("checked", "1-1"), ("checked", "1-2"), ("retry", "2-0")]
    assert [event.cursor for event in events_after(row, Cursor(1, 1))] == ["1-2", "2-0"]
    row.state, row.checks = CaptureState.REJECTED, checks
    assert [event.kind.value for event in events_after(row, Cursor(2, 0))] == ["checked", "rejected"]
    [end] = list(events_after(row, Cursor(2, 1)))
    assert list(events_after(row, Cursor.parse(end.cursor) or Cursor(0, 0))) == []
