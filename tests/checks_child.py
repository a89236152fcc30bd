"""A child that believes recordings: a JSON object says whom it shows and what fails. Speaks the real protocol.

``{"face": 1, "voice": 1, "fail": ["DIGITS"], "fingerprint": "aa", "wait": 0.5, "die": true}``: all but the face may be
left out. Anything else is a file that is no recording.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from engine.capture.child import _take_pipes
from engine.capture.protocol import (
    CheckDone,
    CheckOrder,
    CleanDone,
    CleanOrder,
    Problem,
    Report,
    body_length,
    decode_order,
    pack,
)
from engine.capture.spec import CameoKind, CaptureReport, CheckName, CheckResult, Cleaned, Step, step_of
from engine.spec import FaceCrop

FACE_MODEL, VOICE_MODEL = "believed/1", "believed/2"


def embedding(seed: int) -> tuple[float, ...]:
    """Somebody's: of unit length, nobody else's is near."""
    made = np.random.default_rng(seed).normal(size=128)
    return tuple(float(value) for value in made / np.linalg.norm(made))


def clean(order: CleanOrder) -> CleanDone | Problem:
    try:
        said = json.loads(Path(order.path).read_bytes())
    except ValueError:
        return Problem(code="NOT_MEDIA", message="This file is not a recording that Yume can read.")
    clip = Path(order.out_dir) / "clip.mp4"
    clip.write_text(json.dumps(said))
    return CleanDone(cleaned=Cleaned(clip=str(clip), width=480, height=640, seconds=3.0, fps=12, frames=36))


def names(order: CheckOrder) -> list[CheckName]:
    asked = order.challenge.steps
    wanted = [CheckName.NOT_REPLAYED, CheckName.ONE_FACE, CheckName.SAME_FACE, CheckName.TURNS, CheckName.DIGITS]
    if order.challenge.kind is not CameoKind.PERSON:
        wanted = [CheckName.NO_HUMAN_FACE]
    return [name for name in wanted if step_of(name) in (None, *asked) or name is CheckName.SAME_FACE]


def results(order: CheckOrder, said: dict[str, Any]) -> list[CheckResult]:
    found = [CheckResult(name=CheckName.FILE, passed=True, code="OK", message="The file can be read.")]
    for name in names(order):
        code = "FAILED" if name.value in said.get("fail", []) else "OK"
        if name is CheckName.NOT_REPLAYED and bytes.fromhex(said.get("fingerprint", "")) in order.known_fingerprints:
            code = "REPLAYED"
        if name is CheckName.SAME_FACE and order.earlier_face not in (None, embedding(said["face"])):
            code = "OTHER_FACE"
        found.append(CheckResult(name=name, passed=code == "OK", code=code, message=f"{name.value}: {code}."))
    return found


def report(order: CheckOrder, said: dict[str, Any], checks: list[CheckResult]) -> CaptureReport:
    out, steps = Path(order.out_dir), order.challenge.steps
    failed = {step_of(check.name) for check in checks if not check.passed}
    crops = []
    for index in range(2) if Step.LOOK in steps and Step.LOOK not in failed else ():
        path = out / f"crop-{index}.png"
        path.write_bytes(f"crop {index} of face {said['face']}".encode())
        crops.append(FaceCrop(path=str(path), yaw=20.0 * index))
    voice = out / "voice.wav"
    voice.write_bytes(f"voice {said.get('voice')}".encode())
    thumbnail = out / "thumbnail.webp"
    thumbnail.write_bytes(f"thumbnail of face {said['face']}".encode())
    speaks = Step.SAY in steps and Step.SAY not in failed
    person = order.challenge.kind is CameoKind.PERSON
    return CaptureReport(
        checks=tuple(checks),
        seconds=3.0,
        clip=order.cleaned.clip,
        thumbnail=str(thumbnail),
        fingerprint=bytes.fromhex(said.get("fingerprint", "")),
        face_embedding=embedding(said["face"]) if person else None,
        face_model=FACE_MODEL if person else "",
        crops=tuple(crops),
        voice_embedding=embedding(1000 + said.get("voice", said["face"])) if speaks else None,
        voice_model=VOICE_MODEL if speaks else "",
        voice_sample=str(voice) if speaks else None,
    )


def main() -> None:
    orders, answers = _take_pipes()
    order = decode_order(orders.read(body_length(orders.read(4))))
    if isinstance(order, CleanOrder):
        answers.write(pack(clean(order)))
        answers.flush()
        return
    assert isinstance(order, CheckOrder)
    assert order.cleaned.clip is not None
    said = json.loads(Path(order.cleaned.clip).read_text())
    checks = results(order, said)
    for check in checks:
        time.sleep(said.get("wait", 0.0))
        answers.write(pack(CheckDone(result=check)))
        answers.flush()
    if said.get("die"):
        os.kill(os.getpid(), signal.SIGKILL)
    answers.write(pack(Report(report=report(order, said, checks))))
    answers.flush()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
