"""Watches a recording of a person once, from beginning to end, and says whether it may become a cameo."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.capture.fingerprint import EVERY as HASHED_EVERY
from engine.capture.fingerprint import fingerprint, shrunk
from engine.capture.motion import alive, at_rest, gestured, turned
from engine.capture.portraits import Portraits, thumbnail
from engine.capture.seen import Seen, look
from engine.capture.spec import Challenge, CheckName, CheckResult, Step
from engine.identity.face import FACE_MODEL, MAY_BE_SAME, SAME_FACE, Faces, likeness, mean_embedding

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.spec import FaceCrop

EVERY = 0.1
"""Seconds between the pictures that are looked at: a blink lasts longer."""
COUNTED = 3
"""Faces are counted in every third of these; between, the one that was seen is followed."""
EMBEDDED_EVERY = 0.5
"""Seconds between the pictures whose face is measured."""

SEEN, LOST = 0.8, 0.9
"""The share of pictures that must show a face, and for how many seconds it may be out of sight."""
LEAST_FACE = 90
"""Pixels from brow to chin that a face must have, to be drawn large later."""
SHARP = 0.1
"""See `Seen.sharp`: below it a face is blurred; the better half of the pictures counts."""
DARK, BRIGHT, GLARE = 50.0, 225.0, 0.2
"""Mean brightness of a face, and the share of it that may be burnt out."""
SAME_IN_CLIP = MAY_BE_SAME
"""Cosine that nine of ten pairs of straight views must reach: single views scatter more than a recording's mean."""
STRAIGHT = 22.0
"""Degrees of yaw up to which a view counts for the embedding that is kept."""


@dataclass(frozen=True)
class Watched:
    """What a recording's pictures gave. ``embedding`` is None where no face could be measured."""

    checks: tuple[CheckResult, ...]
    fingerprint: bytes = b""
    embedding: tuple[float, ...] | None = None
    face_model: str = FACE_MODEL
    crops: tuple[FaceCrop, ...] = ()
    thumbnail: str | None = None


@dataclass
class _Notes:
    seen: list[Seen] = field(default_factory=list[Seen])
    small: list[NDArray[np.float32]] = field(default_factory=list["NDArray[np.float32]"])
    measured: list[tuple[float, NDArray[np.float32]]] = field(default_factory=list[tuple[float, "NDArray[np.float32]"]])
    portraits: Portraits = field(default_factory=Portraits)


def watch(
    frames: Iterable[tuple[float, NDArray[np.uint8]]],
    challenge: Challenge,
    *,
    out_dir: Path,
    faces: Faces,
    earlier_face: tuple[float, ...] | None = None,
) -> Watched:
    """Check every picture (seconds, (H, W, 3) BGR) of a clean clip and keep the best views in ``out_dir``.

    The checks come in the order of `CheckName`; NOT_REPLAYED is for whoever knows the earlier fingerprints. Where no
    face is seen throughout, nothing else is judged, and nothing is written.
    """
    notes = _noted(frames, faces)
    print_ = fingerprint(notes.small)
    first = _one_face(notes.seen)
    if not first.passed:
        return Watched((first,), print_)
    rest = at_rest(notes.seen)
    embedding = _embedding(notes.measured)
    checks = [first, _sharp(notes.seen), _lit(notes.seen), _same_face(notes.measured, embedding, earlier_face)]
    if {Step.TURNS, Step.SAY} & set(challenge.steps):
        checks.append(alive(challenge, notes.seen))
    if challenge.gestures:
        checks.append(gestured(challenge, notes.seen))
    if Step.TURNS in challenge.steps:
        checks.append(turned(challenge, notes.seen))
    if not all(check.passed for check in checks if check.name in _NEEDED):
        return Watched(tuple(checks), print_)
    front = notes.portraits.straightest()
    picture = out_dir / "thumbnail.webp"
    if front is not None:
        thumbnail(front, picture)
    return Watched(
        tuple(checks),
        print_,
        None if embedding is None else tuple(float(value) for value in embedding),
        FACE_MODEL,
        notes.portraits.write(out_dir, faces, rest),
        None if front is None else str(picture),
    )


_NEEDED = {CheckName.ONE_FACE, CheckName.SAME_FACE, CheckName.LIVE}
"""Checks without which it is not known whose face this is: no crop is cut, no embedding kept."""


def _noted(frames: Iterable[tuple[float, NDArray[np.uint8]]], faces: Faces) -> _Notes:
    """Go through the recording once; memory stays flat."""
    notes = _Notes()
    due = hashed = embedded = 0.0
    for seconds, bgr in frames:
        if seconds + 1e-6 >= hashed:
            notes.small.append(shrunk(bgr))
            hashed += HASHED_EVERY
        if seconds + 1e-6 < due:
            continue
        due = max(due + EVERY, seconds)
        followed = notes.seen[-1] if len(notes.seen) % COUNTED else None
        seen = look(seconds, bgr, faces, last=followed)
        notes.seen.append(seen)
        notes.portraits.offer(bgr, seen)
        if seen.mesh is not None and seconds + 1e-6 >= embedded:
            notes.measured.append((seen.mesh.yaw, faces.embed_mesh(bgr, seen.mesh)))
            embedded = seconds + EMBEDDED_EVERY
    return notes


def _one_face(seen: list[Seen]) -> CheckResult:
    shown = [each for each in seen if each.faces]
    detail = {"shown": len(shown) / max(1, len(seen)), "several": float(sum(each.faces > 1 for each in seen))}

    def failed(code: str, message: str) -> CheckResult:
        return CheckResult(name=CheckName.ONE_FACE, passed=False, code=code, message=message, detail=detail)

    if detail["shown"] < 0.3:
        return failed("NO_FACE", "We see no face. Sit in front of the camera, with your whole face in the picture.")
    if detail["several"] >= max(2, 0.04 * len(seen)):
        return failed("SEVERAL_FACES", "We see more than one face. Record alone, with no faces on the wall behind you.")
    if detail["shown"] < SEEN or _longest_gap(seen) > LOST:
        return failed(
            "FACE_LOST", "Your face was out of the picture for a moment. Keep all of it in view, also when you turn."
        )
    if float(np.median([each.mesh.span for each in shown if each.mesh is not None])) < LEAST_FACE:
        return failed("FACE_TOO_SMALL", "Your face is too far away. Come nearer to the camera.")
    if float(np.mean([each.cut for each in shown])) > 0.25:
        return failed("FACE_CUT_OFF", "Part of your face is outside the picture. Move back, or to the middle.")
    return CheckResult(
        name=CheckName.ONE_FACE, passed=True, code="OK", message="We see one face, all the time.", detail=detail
    )


def _longest_gap(seen: list[Seen]) -> float:
    """Seconds for which no face was seen."""
    longest, last = 0.0, seen[0].seconds
    for each in seen:
        if each.faces:
            last = each.seconds
        longest = max(longest, each.seconds - last)
    return longest


def _sharp(seen: list[Seen]) -> CheckResult:
    sharp = float(np.quantile([each.sharp for each in seen if each.faces], 0.75))
    passed = sharp >= SHARP
    return CheckResult(
        name=CheckName.SHARP,
        passed=passed,
        code="OK" if passed else "BLURRED",
        message="The picture is sharp."
        if passed
        else "Your face is blurred. Wipe the lens, hold the camera still, and wait until it has focused.",
        detail={"sharp": sharp},
    )


def _lit(seen: list[Seen]) -> CheckResult:
    light, glare = (
        float(np.median([getattr(each, what) for each in seen if each.faces])) for what in ("light", "glare")
    )
    code, message = "OK", "The light is good."
    if light < DARK:
        code, message = "TOO_DARK", "It is too dark to see your face. Turn on a light, or sit facing a window."
    elif light > BRIGHT or glare > GLARE:
        code, message = "TOO_BRIGHT", "Your face is too bright to see. Move out of direct light."
    return CheckResult(
        name=CheckName.LIT, passed=code == "OK", code=code, message=message, detail={"light": light, "glare": glare}
    )


def _embedding(measured: list[tuple[float, NDArray[np.float32]]]) -> NDArray[np.float32] | None:
    """One embedding for the whole recording, of the views that look about straight where there are any."""
    if not measured:
        return None
    straight = [vector for yaw, vector in measured if abs(yaw) <= STRAIGHT]
    return mean_embedding(straight or [vector for _, vector in measured])


def _same_face(
    measured: list[tuple[float, NDArray[np.float32]]],
    embedding: NDArray[np.float32] | None,
    earlier: tuple[float, ...] | None,
) -> CheckResult:
    straight = [vector for yaw, vector in measured if abs(yaw) <= STRAIGHT]
    detail: dict[str, float] = {}
    code, message = "OK", "It is the same face all the time."
    if embedding is None or not straight:
        code, message = "NOT_STRAIGHT", "Look straight at the camera for a second before you turn your head."
    else:
        detail["alike"] = _alike(straight)
        if earlier is not None:
            detail["earlier"] = likeness(np.asarray(earlier, np.float32), embedding)
        if detail["alike"] < SAME_IN_CLIP:
            code, message = "FACE_CHANGED", "The face changes in this recording. Record alone, without a break."
        elif detail.get("earlier", 1.0) < SAME_FACE:
            code = "OTHER_FACE"
            message = "This is not the face of your earlier recording. The same person must record every step."
    return CheckResult(name=CheckName.SAME_FACE, passed=code == "OK", code=code, message=message, detail=detail)


def _alike(views: list[NDArray[np.float32]]) -> float:
    """What nine of ten pairs of these views reach: pairs, because both of two people are near the mean of both."""
    cosines = np.stack(views) @ np.stack(views).T
    pairs = cosines[np.triu_indices(len(views), 1)]
    return float(np.quantile(pairs, 0.1)) if len(pairs) else 1.0
