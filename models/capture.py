"""Captures: one recording each, its challenge, its checks, and the biometric consent it was made under."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row
from models.cameo import CameoKind


class CaptureState(StrEnum):
    """CHALLENGED → CHECKING → ACCEPTED | REJECTED | EXPIRED; a failed step leads back to CHALLENGED."""

    CHALLENGED = "CHALLENGED"
    CHECKING = "CHECKING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


class Review(StrEnum):
    """Why a moderator has to look, or (ACCEPTED) that one has looked and a worker may go on."""

    FACE_MATCH = "FACE_MATCH"
    VOICE_MATCH = "VOICE_MATCH"
    PROTECTED = "PROTECTED"
    ACCEPTED = "ACCEPTED"


UNDER_REVIEW = (Review.FACE_MATCH, Review.VOICE_MATCH, Review.PROTECTED)
"""A moderator has to decide."""


CHALLENGE_SECONDS = 300
"""How long a challenge is good for."""
GRACE_SECONDS = 60
"""How much later a recording that was on its way may still be handed in."""
MOST_TRIES = 3
REVIEW_DAYS = 30
"""How long a capture waits for a moderator; then it is over, and what it holds destroyed."""

OVER = f"(state = 'CHALLENGED' AND expires_at + interval '{GRACE_SECONDS} s' < yume_now())"
"""Has nobody answered this capture's challenge in time? Expiry is read, not waited for."""
FORGOTTEN = f"""(
    state = 'CHECKING' AND review IN ({", ".join(f"'{cause}'" for cause in UNDER_REVIEW)})
    AND created_at < yume_now() - interval '{REVIEW_DAYS} days'
)"""
"""Has no moderator decided in time?"""


class Capture(Row):
    """One way from a challenge to a version of a cameo.

    ``challenge`` is `engine.capture.spec.Challenge` as JSON; ``nonce_hash`` (SHA-256, hex) of the single-use nonce it
    was shown with. ``tries`` counts recordings that failed. ``checks`` lists results in order: ``{"name", "passed",
    "code", "message", "recording"}``, the last a number from 1. ``carried`` holds, sealed under
    ``capture/<id>``, what earlier tries proved (the face that must be the same). ``fence`` guards the worker's writes
    as in `models.generation.Generation`. ``review`` is a `Review`, if a moderator has to look.
    """

    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Account", on_delete=fields.RESTRICT, related_name="captures"
    )
    cameo: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Cameo", on_delete=fields.RESTRICT, related_name="captures"
    )
    kind = fields.CharEnumField(CameoKind, max_length=8)
    state = fields.CharEnumField(CaptureState, max_length=10, default=CaptureState.CHALLENGED)
    challenge: dict[str, Any] = fields.JSONField()
    nonce_hash = fields.CharField(max_length=64, unique=True)
    upload: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Upload", null=True, on_delete=fields.SET_NULL, related_name="captures"
    )
    checks: list[dict[str, Any]] = fields.JSONField(default=list)
    carried: bytes | None = fields.BinaryField(null=True)
    tries = fields.IntField(default=0, db_default=0)
    expires_at = fields.DatetimeField()
    consent_version = fields.IntField()
    consent_hash = fields.CharField(max_length=64)
    """SHA-256 (hex) of the biometric consent text as it was shown."""
    retire_old = fields.BooleanField(default=False, db_default=False)
    review = fields.CharField(max_length=40, null=True)
    fence = fields.BigIntField(default=0, db_default=0)
    attempt = fields.IntField(default=0, db_default=0)
    heartbeat_at: datetime | None = fields.DatetimeField(null=True)
    idempotency_key = fields.CharField(max_length=200)
    request_hash = fields.CharField(max_length=64)
    version = fields.IntField(null=True)
    """Of the cameo, once accepted."""
    finished_at: datetime | None = fields.DatetimeField(null=True)

    account_id: UUID
    cameo_id: UUID
    upload_id: UUID | None

    class Meta:
        table = "capture"
        unique_together: ClassVar = [("account_id", "idempotency_key")]
        indexes: ClassVar = [("state", "heartbeat_at"), ("cameo_id", "id")]


def capture_subject(capture_id: UUID) -> str:
    """Under which subject the vault seals what a capture holds until it ends."""
    return f"capture/{capture_id}"


def likeness_prefix(cameo_id: UUID) -> str:
    """Where in media storage everything of a cameo's captures lies, versions and unfinished ones."""
    return f"captures/{cameo_id}/"


def held_prefix(cameo_id: UUID, capture_id: UUID) -> str:
    """Where in media storage lies what a capture holds until it ends."""
    return f"{likeness_prefix(cameo_id)}held/{capture_id}/"


def version_prefix(cameo_id: UUID, capture_id: UUID) -> str:
    """Where in media storage the files of the version lie that a capture became."""
    return f"{likeness_prefix(cameo_id)}versions/{capture_id}/"
