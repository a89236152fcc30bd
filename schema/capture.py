"""Captures: being recorded for a cameo, step by step."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from engine.capture import spec
from models import cameo as cameo_rows
from models import capture as rows
from resolvers import capture as resolve
from resolvers.challenge import in_words
from resolvers.consent_text import consent_text
from schema.access import Access, field, plain
from schema.cameo_ref import CameoRef, cameo_of
from schema.consent import CameoKind
from schema.errors import (
    ConflictError,
    DeniedError,
    IdempotencyConflictError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    UnauthenticatedError,
)
from schema.mutation_field import mutation
from schema.node import Node, global_id, row_id
from schema.upload import UploadTicket


@strawberry.enum(description="A language that challenges and consent texts exist in.")
class CaptureLanguage(Enum):
    EN = strawberry.enum_value("en", description="English.")
    FR = strawberry.enum_value("fr", description="French.")


@strawberry.enum(description="Where a capture is. The last three are final.")
class CaptureState(Enum):
    CHALLENGED = strawberry.enum_value("CHALLENGED", description="A recording is awaited.")
    CHECKING = strawberry.enum_value("CHECKING", description="The recording is being checked, or awaits a moderator.")
    ACCEPTED = strawberry.enum_value("ACCEPTED", description="It became the version of the cameo that serves.")
    REJECTED = strawberry.enum_value("REJECTED", description="It was refused, and everything of it destroyed.")
    EXPIRED = strawberry.enum_value("EXPIRED", description="Nothing came in time; everything of it was destroyed.")


@strawberry.enum(description="What is asked of a recording.")
class CaptureCheckName(Enum):
    FILE = strawberry.enum_value("FILE", description="It is a recording that can be read.")
    NOT_REPLAYED = strawberry.enum_value("NOT_REPLAYED", description="It is not an earlier recording again.")
    NO_HUMAN_FACE = strawberry.enum_value("NO_HUMAN_FACE", description="It shows no human face (things and animals).")
    OUTLINE = strawberry.enum_value("OUTLINE", description="It stands out from its ground (things and animals).")
    ONE_FACE = strawberry.enum_value("ONE_FACE", description="It shows one face throughout.")
    SHARP = strawberry.enum_value("SHARP", description="The face is sharp enough.")
    LIT = strawberry.enum_value("LIT", description="The face is lit well enough.")
    SAME_FACE = strawberry.enum_value("SAME_FACE", description="It is the same face all the time.")
    LIVE = strawberry.enum_value("LIVE", description="It is a head in front of the camera, not a picture of one.")
    GESTURES = strawberry.enum_value("GESTURES", description="The gestures were made in order.")
    TURNS = strawberry.enum_value("TURNS", description="The head was turned as asked, in order.")
    VOICE = strawberry.enum_value("VOICE", description="A voice is heard.")
    DIGITS = strawberry.enum_value("DIGITS", description="What was to be read aloud is heard.")
    REVIEW = strawberry.enum_value("REVIEW", description="A moderator has looked at it.")


@strawberry.enum(description="One part of a recording; a part that fails is repeated alone.")
class CaptureStep(Enum):
    LOOK = strawberry.enum_value("LOOK", description="Look at the camera.")
    TURNS = strawberry.enum_value("TURNS", description="Turn the head.")
    SAY = strawberry.enum_value("SAY", description="Read aloud.")


@strawberry.enum(description="Where to turn or tip the head, as the person means it.")
class HeadTurn(Enum):
    LEFT = strawberry.enum_value("LEFT", description="Towards one's own left shoulder.")
    RIGHT = strawberry.enum_value("RIGHT", description="Towards one's own right shoulder.")
    UP = strawberry.enum_value("UP", description="Upwards.")
    DOWN = strawberry.enum_value("DOWN", description="Downwards.")


@strawberry.enum(description="What a face does in place of turning.")
class FaceGesture(Enum):
    BLINK = strawberry.enum_value("BLINK", description="Close and open both eyes.")
    SMILE = strawberry.enum_value("SMILE", description="Smile.")


@strawberry.enum(description="What somebody cannot do. Hearing is never needed.")
class CaptureNeed(Enum):
    SPEAK = strawberry.enum_value("SPEAK", description="No reading aloud: the cameo has no voice then.")
    TURN = strawberry.enum_value("TURN", description="No turning of the head.")


@strawberry.type(description="The biometric consent text, apart from all other terms.")
class BiometricConsent:
    version: int = plain("Give it as `consentVersion` to agree.")
    language: CaptureLanguage = plain("Its language.")
    purpose: str = plain("What the recording is for.")
    retention: str = plain("What is kept, how, and for how long.")
    text: str = plain("All of it: what a person must be shown.")


def biometric_consent(language: CaptureLanguage) -> BiometricConsent:
    """The text in force."""
    found = consent_text(_LANGUAGES[language])
    return BiometricConsent(
        version=found.version, language=language, purpose=found.purpose, retention=found.retention, text=found.text
    )


_LANGUAGES: dict[CaptureLanguage, spec.Language] = {CaptureLanguage.EN: "en", CaptureLanguage.FR: "fr"}


@strawberry.type(description="One check's result.")
class CaptureCheck:
    name: CaptureCheckName = plain("Which check.")
    passed: bool = plain("Did it pass?")
    code: str = plain("Stable code for programs, such as OK or TOO_DARK.")
    message: str = plain("What it says, and what to do about it, for the person.")
    recording: int = plain("Which of the capture's recordings it is about, from 1.")

    @classmethod
    def of(cls, check: dict[str, Any]) -> CaptureCheck:
        """A stored result as its owner sees it."""
        return cls(
            name=CaptureCheckName[check["name"]],
            passed=check["passed"],
            code=check["code"],
            message=check["message"],
            recording=check["recording"],
        )


@strawberry.type(description="What the recording must show: random, chosen by the server, good for one recording.")
class Challenge:
    nonce: str = plain("Give it to `finishCapture`. It is good once.")
    expires_at: datetime = plain("Until when the recording must have been sent.")
    language: CaptureLanguage = plain("The language to read aloud in.")
    steps: list[CaptureStep] = plain("The parts of the recording, in order.")
    digits: str | None = plain("Digits to read aloud, one by one; null when nothing or a phrase is read.")
    phrase: str | None = plain("A phrase to read aloud; null when nothing or digits are read.")
    turns: list[HeadTurn] = plain("Turns of the head, in order, back to the middle after each.")
    gestures: list[FaceGesture] = plain("Gestures to make while looking at the camera, in order.")
    accessible: bool = plain("Is it a variant for somebody who cannot speak or turn?")
    text: str = plain("All of it in words, a line a step.")


@strawberry.type(description="One way from a challenge to a version of a cameo. Only the person recorded sees it.")
class Capture(Node):
    row: strawberry.Private[rows.Capture]

    @classmethod
    def of(cls, row: rows.Capture) -> Capture:
        """A row the viewer was allowed to load."""
        return cls(id=global_id("Capture", row.id), row=row)

    @field(Access.PARENT, "Where it is.")
    def state(self) -> CaptureState:
        return CaptureState[self.row.state.name]

    @field(Access.PARENT, "What it records.")
    def kind(self) -> CameoKind:
        return CameoKind[self.row.kind.name]

    @field(Access.PARENT, "The cameo it is for.")
    async def cameo(self, info: Info) -> CameoRef:
        return await cameo_of(info, self.row.cameo_id)

    @field(Access.PARENT, "Every result so far, of all its recordings, in order.")
    def checks(self) -> list[CaptureCheck]:
        return [CaptureCheck.of(check) for check in self.row.checks]

    @field(Access.PARENT, "What to record now; null unless a recording is awaited.")
    def challenge(self, info: Info) -> Challenge | None:
        return challenge_of(info, self.row) if self.row.state == rows.CaptureState.CHALLENGED else None

    @field(Access.PARENT, "Where to send it; null unless a recording is awaited.")
    async def upload(self, info: Info) -> UploadTicket | None:
        return await upload_of(info, self.row) if self.row.state == rows.CaptureState.CHALLENGED else None

    @field(Access.PARENT, "How many recordings may still be sent, the awaited one included.")
    def tries_left(self) -> int:
        return tries_left(self.row)

    @field(Access.PARENT, "Does it wait for a moderator, because somebody else looks or sounds alike?")
    def awaits_moderator(self) -> bool:
        return self.row.review in rows.UNDER_REVIEW

    @field(Access.PARENT, "Version of the consent text it was made under.")
    def consent_version(self) -> int:
        return self.row.consent_version

    @field(Access.PARENT, "The version of the cameo it became; null unless it was accepted.")
    def version(self) -> int | None:
        return self.row.version

    @field(Access.PARENT, "When it was started.")
    def created_at(self) -> datetime:
        return self.row.created_at


_OPEN = (rows.CaptureState.CHALLENGED, rows.CaptureState.CHECKING)


def tries_left(row: rows.Capture) -> int:
    """How many recordings may still be sent, the awaited one included."""
    return rows.MOST_TRIES - row.tries if row.state in _OPEN else 0


def challenge_of(info: Info, row: rows.Capture) -> Challenge:
    """The present challenge, for its owner."""
    asked = resolve.challenge_of(row)
    return Challenge(
        nonce=resolve.nonce_of(info.context.stores, row),
        expires_at=row.expires_at,
        language=CaptureLanguage(asked.language),
        steps=[CaptureStep[step.name] for step in asked.steps],
        digits=asked.digits,
        phrase=asked.phrase,
        turns=[HeadTurn[turn.name] for turn in asked.turns],
        gestures=[FaceGesture[gesture.name] for gesture in asked.gestures],
        accessible=asked.accessible,
        text=in_words(asked),
    )


async def upload_of(info: Info, row: rows.Capture) -> UploadTicket:
    """The ticket for the present challenge's recording, for its owner."""
    return UploadTicket.of(info.context.stores, await resolve.ticket_of(info.context, row))


@strawberry.input(description="Whom or what to record.")
class StartCaptureInput:
    kind: CameoKind = strawberry.field(description="What is recorded.", default=CameoKind.PERSON)
    cameo_id: strawberry.ID | None = strawberry.field(
        description="A cameo of the viewer's to record again; left out for a new one.", default=None
    )
    handle: str | None = strawberry.field(
        description="Name of a new cameo; the viewer's own handle for a person when left out.", default=None
    )
    accessible: bool = strawberry.field(
        description="A variant for somebody who cannot do everything; see `accessibleFor`.", default=False
    )
    accessible_for: list[CaptureNeed] = strawberry.field(
        description="What they cannot do; everything that there is a variant for when empty.", default_factory=list
    )
    language: CaptureLanguage = strawberry.field(
        description="Language of the challenge and of the consent text that was shown.", default=CaptureLanguage.EN
    )
    consent_version: int = strawberry.field(description="Version of `biometricConsent` that the person agreed to.")
    retire_old: bool = strawberry.field(
        description="Stop jobs that use the version before at once, rather than let them end on it.", default=False
    )
    idempotency_key: str = strawberry.field(description="The same key and body give the same capture; a UUID is good.")


@strawberry.type(description="A recording is awaited.")
class StartCaptureSuccess:
    capture: Capture = plain("Follow it with the `capture` subscription.")
    challenge: Challenge = plain("What to record.")
    upload: UploadTicket = plain("Where to send the recording: MP4 or WebM, at most 15 s and 50 MB.")


@strawberry.input(description="Which recording to check.")
class FinishCaptureInput:
    capture_id: strawberry.ID = strawberry.field(description="The capture.")
    nonce: str = strawberry.field(description="The nonce of the challenge that was recorded.")


@strawberry.type(description="The recording is being checked.")
class FinishCaptureSuccess:
    capture: Capture = plain("The capture as it stands.")


@strawberry.input(description="Which capture to stop.")
class CancelCaptureInput:
    capture_id: strawberry.ID = strawberry.field(description="A capture of the viewer's that was not accepted.")


@strawberry.type(description="The capture is over and everything of it destroyed.")
class CancelCaptureSuccess:
    capture: Capture = plain("The capture as it stands.")


StartCapturePayload = Annotated[
    StartCaptureSuccess
    | UnauthenticatedError
    | InvalidError
    | NotFoundError
    | ConflictError
    | DeniedError
    | IdempotencyConflictError
    | RateLimitedError,
    strawberry.union("StartCapturePayload", description="A challenge, or why not."),
]
FinishCapturePayload = Annotated[
    FinishCaptureSuccess | UnauthenticatedError | InvalidError | NotFoundError | ConflictError,
    strawberry.union("FinishCapturePayload", description="The capture, or why it is not being checked."),
]

CancelCapturePayload = Annotated[
    CancelCaptureSuccess | UnauthenticatedError | NotFoundError | ConflictError,
    strawberry.union("CancelCapturePayload", description="The capture, or why it cannot be stopped."),
]


@strawberry.type
class CaptureMutations:
    @mutation(Access.MEMBER, "Begin to record a person, a thing, an animal or a drawn character for a cameo.")
    async def start_capture(
        self, info: Info, input: Annotated[StartCaptureInput, strawberry.argument(description="Whom or what.")]
    ) -> StartCapturePayload:
        wish = resolve.CaptureWish(
            kind=cameo_rows.CameoKind[input.kind.name],
            cameo_id=None if input.cameo_id is None else row_id(input.cameo_id, "Cameo", field="cameoId"),
            handle=input.handle,
            accessible=input.accessible,
            accessible_for=tuple(spec.Need[need.name] for need in input.accessible_for),
            language=_LANGUAGES[input.language],
            consent_version=input.consent_version,
            retire_old=input.retire_old,
            idempotency_key=input.idempotency_key,
        )
        row = await resolve.start_capture(info.context, wish)
        return StartCaptureSuccess(
            capture=Capture.of(row), challenge=challenge_of(info, row), upload=await upload_of(info, row)
        )

    @mutation(Access.MEMBER, "Have the recording checked that was sent. Safe to repeat.")
    async def finish_capture(
        self, info: Info, input: Annotated[FinishCaptureInput, strawberry.argument(description="Which recording.")]
    ) -> FinishCapturePayload:
        capture_id = row_id(input.capture_id, "Capture", field="captureId")
        return FinishCaptureSuccess(
            capture=Capture.of(await resolve.finish_capture(info.context, capture_id, input.nonce))
        )

    @mutation(Access.MEMBER, "Take the consent back while a capture is open, also while it awaits a moderator.")
    async def cancel_capture(
        self, info: Info, input: Annotated[CancelCaptureInput, strawberry.argument(description="Which capture.")]
    ) -> CancelCapturePayload:
        row = await resolve.cancel_capture(info.context, row_id(input.capture_id, "Capture", field="captureId"))
        return CancelCaptureSuccess(capture=Capture.of(row))
