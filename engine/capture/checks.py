"""Every check of a recording made anew, in order: first what is seen, then what is heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from engine.capture.decode import frames
from engine.capture.fingerprint import not_replayed
from engine.capture.listen import Heard, listen, voice_sample
from engine.capture.people import people_in
from engine.capture.protocol import CheckDone, CheckOrder, Report
from engine.capture.spec import (
    CameoKind,
    CaptureRefused,
    CaptureReport,
    CheckName,
    CheckResult,
    Cleaned,
    PictureReport,
    Step,
)
from engine.capture.still import examine_clip, examine_still
from engine.capture.watch import Watched, watch
from engine.identity.face import FACE_MODEL, Faces
from engine.identity.voice import VOICE_MODEL


def check(order: CheckOrder) -> Iterator[CheckDone | Report]:
    """Check what the first child made of a recording: each result as it is known, then the report.

    Raises `BackendUnavailable` when a model is not installed.
    """
    cv2.setNumThreads(1)
    readable = CheckResult(name=CheckName.FILE, passed=True, code="OK", message="The file can be read.")
    results = [readable]
    yield CheckDone(result=readable)
    seen = _watched(order)
    replay = not_replayed(seen.fingerprint, order.known_fingerprints)
    for result in (replay, *seen.checks):
        results.append(result)
        yield CheckDone(result=result)
    heard = Heard.load(Path(order.cleaned.sound)) if order.cleaned.sound is not None else None
    said = list[CheckResult]()
    if Step.SAY in order.challenge.steps:
        for result in listen(heard, order.challenge):
            said.append(result)
            yield CheckDone(result=result)
    results += said
    yield Report(report=_report(order, seen, results, heard if said and all(each.passed for each in said) else None))


def faces_in_clips(paths: Sequence[str], every: float) -> tuple[tuple[float, ...], ...]:
    """The embedding of each human face in clips of our own making, one person once."""
    cv2.setNumThreads(1)
    moments = (moment for path in paths for moment in frames(Path(path), every=every))
    return tuple(people_in(moments, Faces()))


def examine(cleaned: Cleaned) -> PictureReport:
    """The human faces of a still made anew. Raises `CaptureRefused` when there is none."""
    cv2.setNumThreads(1)
    sheet = cv2.imread(cleaned.still or "", cv2.IMREAD_COLOR)
    if sheet is None:
        raise CaptureRefused("BROKEN_FILE", "The picture cannot be read. Send a JPEG, PNG or WebP.")
    found = people_in([(0.0, np.asarray(sheet, np.uint8))], Faces())
    return PictureReport(
        faces=len(found),
        embedding=found[0] if len(found) == 1 else None,
        face_model=FACE_MODEL,
        width=cleaned.width,
        height=cleaned.height,
    )


def _watched(order: CheckOrder) -> Watched:
    cleaned, out_dir = order.cleaned, Path(order.out_dir)
    thing = order.challenge.kind is not CameoKind.PERSON
    if thing and cleaned.still is not None:
        return examine_still(Path(cleaned.still), out_dir=out_dir, faces=Faces())
    if cleaned.clip is None:
        raise CaptureRefused("NO_PICTURE", "The file has no picture. Record a video, not only sound.")
    moments = frames(Path(cleaned.clip))
    if thing:
        return examine_clip(moments, out_dir=out_dir, faces=Faces())
    return watch(moments, order.challenge, out_dir=out_dir, faces=Faces(), earlier_face=order.earlier_face)


def _report(order: CheckOrder, seen: Watched, results: list[CheckResult], heard: Heard | None) -> CaptureReport:
    """All that was learnt; ``heard`` is None unless the digits were read as asked."""
    replayed = any(each.name is CheckName.NOT_REPLAYED and not each.passed for each in results)
    sample, voice = None, None
    if heard is not None and not replayed:
        path = Path(order.out_dir) / "voice.wav"
        voice, sample = voice_sample(heard, path), str(path)
    if order.cleaned.sound is not None:
        Path(order.cleaned.sound).unlink(missing_ok=True)  # whole; what may be kept of it is the sample
    if order.cleaned.still is not None:
        Path(order.cleaned.still).unlink(missing_ok=True)  # with all that lies around the thing
    face = None if replayed else seen
    return CaptureReport(
        checks=tuple(results),
        seconds=order.cleaned.seconds,
        clip=order.cleaned.clip,
        thumbnail=face.thumbnail if face is not None else None,
        fingerprint=seen.fingerprint,
        face_embedding=face.embedding if face is not None else None,
        face_model=face.face_model if face is not None and face.embedding is not None else "",
        crops=face.crops if face is not None else (),
        voice_embedding=voice,
        voice_model=VOICE_MODEL if voice is not None else "",
        voice_sample=sample,
    )
