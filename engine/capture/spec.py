"""What a capture asks of a person, what is checked of their recording, and what comes back over the pipe."""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Literal

import msgspec

from engine.capture.words import phrase
from engine.errors import EngineError
from engine.spec import FaceCrop

Language = Literal["en", "fr"]

LONGEST_SECONDS = 15.0
MOST_BYTES = 50 << 20
DIGITS, LONG_DIGITS = 6, 8
"""How many digits are read aloud, and how many where nobody turns their head."""
TURNS, MANY_TURNS = 3, 5
"""How many turns are asked for, and how many where nobody speaks."""
MOST_CROPS = 8


class CaptureRefused(EngineError):
    """A file that cannot be checked at all. ``code`` is stable ("TOO_LONG"); the message is for whoever sent it."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code, self.retryable = code, retryable


class CameoKind(StrEnum):
    """What a cameo is a likeness of. Only a PERSON has a voice, and only a PERSON's face is measured."""

    PERSON = "PERSON"
    OBJECT = "OBJECT"
    PET = "PET"
    DRAWN = "DRAWN"


class Turn(StrEnum):
    """Where to turn or tip the head, as the person means it: LEFT is towards their own left shoulder."""

    LEFT = "LEFT"
    RIGHT = "RIGHT"
    UP = "UP"
    DOWN = "DOWN"


class Gesture(StrEnum):
    """What a face does in place of turning."""

    BLINK = "BLINK"
    SMILE = "SMILE"


class Step(StrEnum):
    """One part of a recording, which can be repeated alone: look at the camera, turn, read aloud."""

    LOOK = "LOOK"
    TURNS = "TURNS"
    SAY = "SAY"


class Need(StrEnum):
    """What somebody cannot do. Hearing is never needed: every challenge is text."""

    SPEAK = "SPEAK"
    TURN = "TURN"


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """What this recording must show, chosen by the server and good for one recording.

    ``steps`` are in the order of the recording. ``digits`` ("482915") or ``phrase`` is read aloud in ``language`` when
    SAY is among them; ``turns`` are made in order when TURNS is; ``gestures`` are made in order while looking at the
    camera, by those who cannot turn. ``accessible_for`` says what the person need not do.
    """

    kind: CameoKind
    language: Language
    steps: tuple[Step, ...]
    digits: str | None = None
    phrase: str | None = None
    turns: tuple[Turn, ...] = ()
    gestures: tuple[Gesture, ...] = ()
    accessible: bool = False
    accessible_for: tuple[Need, ...] = ()


class CheckName(StrEnum):
    """What is asked of a recording, in the order in which it is checked. See `step_of`."""

    FILE = "FILE"
    NOT_REPLAYED = "NOT_REPLAYED"
    NO_HUMAN_FACE = "NO_HUMAN_FACE"
    OUTLINE = "OUTLINE"
    ONE_FACE = "ONE_FACE"
    SHARP = "SHARP"
    LIT = "LIT"
    SAME_FACE = "SAME_FACE"
    LIVE = "LIVE"
    GESTURES = "GESTURES"
    TURNS = "TURNS"
    VOICE = "VOICE"
    DIGITS = "DIGITS"


_STEPS: dict[CheckName, Step | None] = {
    CheckName.FILE: None,
    CheckName.NOT_REPLAYED: None,
    CheckName.NO_HUMAN_FACE: Step.LOOK,
    CheckName.OUTLINE: Step.LOOK,
    CheckName.ONE_FACE: Step.LOOK,
    CheckName.SHARP: Step.LOOK,
    CheckName.LIT: Step.LOOK,
    CheckName.SAME_FACE: Step.LOOK,
    CheckName.LIVE: Step.TURNS,
    CheckName.GESTURES: Step.LOOK,
    CheckName.TURNS: Step.TURNS,
    CheckName.VOICE: Step.SAY,
    CheckName.DIGITS: Step.SAY,
}


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check's answer. ``code`` is stable ("OK", "TOO_DARK"); ``message`` is for the person: what to do about it.

    ``detail`` holds the figures behind it, for whoever runs the server; it names nobody and is never shown to others.
    """

    name: CheckName
    passed: bool
    code: str
    message: str
    detail: dict[str, float] = msgspec.field(default_factory=dict[str, float])


class CaptureRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A recording to check: a file of foreign bytes and the challenge it answers.

    ``out_dir`` is an existing, empty folder for what is made of it. ``known_fingerprints`` are those of captures kept
    before. ``earlier_face`` is the embedding of this capture's accepted earlier steps: the same face must be seen.
    """

    path: str
    challenge: Challenge
    out_dir: str
    known_fingerprints: tuple[bytes, ...] = ()
    earlier_face: tuple[float, ...] | None = None


class Cleaned(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign file made anew: a ``clip`` (MP4) with its ``sound`` (WAV, mono 24 kHz), or a ``still`` (PNG).

    ``width`` × ``height`` are pixels of what was written; a still has no ``seconds``, ``fps`` and ``frames``.
    """

    clip: str | None = None
    sound: str | None = None
    still: str | None = None
    width: int
    height: int
    seconds: float = 0.0
    fps: int = 0
    frames: int = 0


class CaptureReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a recording gave. Paths are files of the request's ``out_dir``; embeddings have unit length.

    ``crops`` (at most `MOST_CROPS`) are heads cut out, ``voice_sample`` is a mono 16-bit WAV of at most 10 s at 24 kHz,
    ``thumbnail`` a WebP of 256 pixels, ``clip`` the recording encoded anew (MP4, no metadata) and ``seconds`` its
    length; a picture has neither. What a failed step would have given is None or empty. ``face_model`` and
    ``voice_model`` name what measured the embeddings: two are comparable only when these are equal.
    """

    checks: tuple[CheckResult, ...]
    seconds: float
    clip: str | None = None
    thumbnail: str | None = None
    fingerprint: bytes = b""
    face_embedding: tuple[float, ...] | None = None
    face_model: str = ""
    crops: tuple[FaceCrop, ...] = ()
    voice_embedding: tuple[float, ...] | None = None
    voice_model: str = ""
    voice_sample: str | None = None

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)


class PictureReport(msgspec.Struct, frozen=True, kw_only=True):
    """One picture examined: how many human faces it shows, and the embedding of the only one (else None)."""

    faces: int
    embedding: tuple[float, ...] | None
    face_model: str
    width: int
    height: int


def step_of(name: CheckName) -> Step | None:
    """The step to repeat when ``name`` fails; None: the whole recording."""
    return _STEPS[name]


def steps_to_repeat(checks: Iterable[CheckResult], steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Those of a recording's ``steps`` that must be recorded again after ``checks``; empty when all passed."""
    failed = {step_of(check.name) for check in checks if not check.passed}
    if not failed:
        return ()
    # A failure of no step, or of one that this recording was not asked for, leaves nothing of it to keep.
    return tuple(step for step in steps if step in failed) if failed <= set(steps) else steps


def make_challenge(
    kind: CameoKind,
    language: Language,
    *,
    accessible: bool = False,
    accessible_for: Collection[Need] = (),
    only: Collection[Step] | None = None,
    words: bool = False,
    rng: random.Random | None = None,
) -> Challenge:
    """A fresh random challenge for ``kind``, of the steps ``only`` (None: all), with ``words`` to read for digits.

    ``accessible`` without ``accessible_for`` asks neither for speech nor for turns. Who cannot speak makes more turns
    and gets a cameo without a voice; who cannot turn blinks and smiles and reads more digits. Raises `ValueError` when
    ``only`` leaves no step.
    """
    draw = rng or secrets.SystemRandom()
    needs = tuple(need for need in Need if accessible and need in (accessible_for or Need))
    person = kind is CameoKind.PERSON
    speaks, moves = (person and need not in needs for need in Need)
    possible = (Step.LOOK, *((Step.TURNS,) if moves else ()), *((Step.SAY,) if speaks else ()))
    steps = tuple(step for step in possible if only is None or step in only)
    if not steps:
        raise ValueError("a challenge needs at least one step that this person and kind can do")
    says, turns = Step.SAY in steps, Step.TURNS in steps
    count = LONG_DIGITS if Need.TURN in needs else DIGITS
    return Challenge(
        kind=kind,
        language=language,
        steps=steps,
        digits=_digits(count, draw) if says and not words else None,
        phrase=phrase(language, draw) if says and words else None,
        turns=_turns(MANY_TURNS if Need.SPEAK in needs else TURNS, draw) if turns else (),
        gestures=_gestures(draw) if person and Need.TURN in needs and Step.LOOK in steps else (),
        accessible=accessible,
        accessible_for=needs,
    )


def _digits(count: int, rng: random.Random) -> str:
    """Digits of which no two neighbours are alike: "seven seven" is hard to hear apart from "seven"."""
    digits = [rng.randrange(10)]
    while len(digits) < count:
        digits.append((digits[-1] + rng.randrange(1, 10)) % 10)
    return "".join(map(str, digits))


def _turns(count: int, rng: random.Random) -> tuple[Turn, ...]:
    """Turns of which no two neighbours are alike, one to the left and one to the right among them."""
    while True:
        turns = [rng.choice(list(Turn))]
        while len(turns) < count:
            turns.append(rng.choice([turn for turn in Turn if turn is not turns[-1]]))
        if {Turn.LEFT, Turn.RIGHT} <= set(turns):
            return tuple(turns)


def _gestures(rng: random.Random) -> tuple[Gesture, ...]:
    """Three gestures: the order and the number of blinks are the random part."""
    gestures = [Gesture.BLINK, Gesture.SMILE, rng.choice(list(Gesture))]
    rng.shuffle(gestures)
    return tuple(gestures)
