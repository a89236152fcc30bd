"""Errors a person can act on. Everything else is masked with a correlation id and logged once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


class DomainError(Exception):
    """Something the caller did, or may not do. ``code`` is the `ErrorCode` of the API; the message is for people."""

    code = "INTERNAL"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Unauthenticated(DomainError):
    """Nobody is signed in, or the session has ended."""

    code = "UNAUTHENTICATED"

    def __init__(self, message: str = "Sign in to do this.", *, field: str | None = None) -> None:
        super().__init__(message, field=field)


class NotFound(DomainError):
    """There is no such thing, or the viewer may not know of it: the two are never told apart."""

    code = "NOT_FOUND"


class Denied(DomainError):
    """The viewer knows of the thing but may not do this to it."""

    code = "DENIED"


class Conflict(DomainError):
    """The thing is in a state that does not allow this, or a name is taken."""

    code = "CONFLICT"


class IdempotencyConflict(DomainError):
    """The same idempotency key came with another body."""

    code = "IDEMPOTENCY_CONFLICT"


class Invalid(DomainError):
    """An input is wrong; ``field`` names it as the API spells it."""

    code = "INVALID"


class RateLimited(DomainError):
    """Too many tries; come back after ``retry_after`` seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaExceeded(DomainError):
    """What is left of an allowance does not cover the request. ``resets_at`` is None when it never refills."""

    code = "QUOTA_EXCEEDED"

    def __init__(self, message: str, *, needed: float, left: float, resets_at: datetime | None) -> None:
        super().__init__(message)
        self.needed = needed
        self.left = left
        self.resets_at = resets_at


class StepUpRequired(DomainError):
    """Only a session in which the password was given a short while ago may do this."""

    code = "STEP_UP_REQUIRED"

    def __init__(self, message: str = "Confirm that it is you with `stepUp`, then send this again.") -> None:
        super().__init__(message)


class Blocked(DomainError):
    """A rule forbids the content. ``rule`` is its code, ``excerpt`` the words it fired on."""

    code = "BLOCKED"

    def __init__(self, message: str, *, rule: str, excerpt: str, appealable: bool, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.rule = rule
        self.excerpt = excerpt
        self.appealable = appealable


class ConsentMissing(DomainError):
    """A person shown does not consent to this use. ``cameo_id`` is None when telling which would tell too much.

    ``reason`` is what the caller may know: "UNAVAILABLE" (no such permission: never why), "ASK" (a request may help),
    "RESTRICTED" (the cameo's restrictions forbid this use) or "APPROVAL" (its owner has not agreed to this draft).
    """

    code = "CONSENT"

    def __init__(self, message: str, *, cameo_id: UUID | None, reason: str, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.cameo_id = cameo_id
        self.reason = reason
