"""Errors a person can act on. Everything else is masked with a correlation id and logged once."""

from __future__ import annotations

from datetime import datetime


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
