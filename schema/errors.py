"""Errors as clients see them: members of a mutation's payload union, or ``errors[].extensions.code`` in queries."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from models import errors as domain
from schema.access import plain
from schema.node import global_id


@strawberry.enum(description="Every code an error may carry. Codes are stable; messages may change.")
class ErrorCode(Enum):
    UNAUTHENTICATED = strawberry.enum_value("UNAUTHENTICATED", description="Nobody is signed in, or the session ended.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="No such thing, or it is hidden from the viewer.")
    DENIED = strawberry.enum_value("DENIED", description="The viewer may not do this.")
    CONFLICT = strawberry.enum_value("CONFLICT", description="The thing's state does not allow this.")
    IDEMPOTENCY_CONFLICT = strawberry.enum_value(
        "IDEMPOTENCY_CONFLICT", description="The idempotency key was used with another body."
    )
    INVALID = strawberry.enum_value("INVALID", description="An input is wrong; `field` names it.")
    STEP_UP_REQUIRED = strawberry.enum_value(
        "STEP_UP_REQUIRED", description="Confirm with `stepUp` that it is you, then send again."
    )
    BLOCKED = strawberry.enum_value("BLOCKED", description="A content rule forbids it; `rule` and `excerpt` say which.")
    CONSENT = strawberry.enum_value("CONSENT", description="A person shown does not consent to this use.")
    RATE_LIMITED = strawberry.enum_value("RATE_LIMITED", description="Too many tries; wait.")
    QUOTA_EXCEEDED = strawberry.enum_value("QUOTA_EXCEEDED", description="An allowance does not cover the request.")
    QUERY_TOO_COSTLY = strawberry.enum_value("QUERY_TOO_COSTLY", description="The document asks for too many nodes.")
    INTERNAL = strawberry.enum_value("INTERNAL", description="A fault of the server; quote the correlation id.")


@strawberry.interface(description="Something that went wrong and that a person can act on.")
class Error:
    code: ErrorCode = plain("Stable code for programs.")
    message: str = plain("What happened and what to do, in words for people.")
    field: str | None = plain("The input it is about, as the schema spells it.", default=None)


@strawberry.type(description="Nobody is signed in, or the session has ended. Sign in and send again.")
class UnauthenticatedError(Error):
    pass


@strawberry.type(description="There is no such thing, or the viewer may not know of it: the two look the same.")
class NotFoundError(Error):
    pass


@strawberry.type(description="The viewer may not do this.")
class DeniedError(Error):
    pass


@strawberry.type(description="The thing is in a state that does not allow this, or a name is taken.")
class ConflictError(Error):
    pass


@strawberry.type(description="The idempotency key was used before with another body.")
class IdempotencyConflictError(Error):
    pass


@strawberry.type(description="An input is wrong; `field` names it.")
class InvalidError(Error):
    pass


@strawberry.type(description="Too many tries.")
class RateLimitedError(Error):
    retry_after_seconds: int = plain("Wait this many seconds before the next try.", default=1)


@strawberry.type(description="What is left of an allowance does not cover the request.")
class QuotaExceededError(Error):
    needed: float = plain("What the request needs, in the allowance's unit (engine seconds, invites).", default=0.0)
    left: float = plain("What is left.", default=0.0)
    resets_at: datetime | None = plain("When the allowance refills; null when it does not.", default=None)


@strawberry.type(description="This needs a password given a short while ago: call `stepUp`, then send again.")
class StepUpRequiredError(Error):
    pass


@strawberry.type(description="A rule forbids the content.")
class BlockedError(Error):
    rule: str = plain("Code of the rule that fired.", default="")
    excerpt: str = plain("The words it fired on, from the viewer's own input.", default="")
    appealable: bool = plain("Can this decision be appealed?", default=False)


@strawberry.enum(description="Why consent is missing, as far as the viewer may know.")
class ConsentReason(Enum):
    UNAVAILABLE = strawberry.enum_value("UNAVAILABLE", description="The cameo cannot be used like this by the viewer.")
    ASK = strawberry.enum_value("ASK", description="Not yet: `requestCameo` asks its owner.")
    RESTRICTED = strawberry.enum_value("RESTRICTED", description="The cameo's restrictions forbid this use.")
    APPROVAL = strawberry.enum_value("APPROVAL", description="Its owner has not agreed to this draft.")


@strawberry.type(description="A person shown does not consent to this use.")
class ConsentError(Error):
    cameo: strawberry.ID | None = plain("The cameo it is about; null when that would tell too much.", default=None)
    reason: ConsentReason = plain("Why, as far as the viewer may know.", default=ConsentReason.UNAVAILABLE)


_TYPES: dict[type[domain.DomainError], type[Error]] = {
    domain.Unauthenticated: UnauthenticatedError,
    domain.NotFound: NotFoundError,
    domain.Denied: DeniedError,
    domain.Conflict: ConflictError,
    domain.IdempotencyConflict: IdempotencyConflictError,
    domain.Invalid: InvalidError,
    domain.RateLimited: RateLimitedError,
    domain.QuotaExceeded: QuotaExceededError,
    domain.StepUpRequired: StepUpRequiredError,
    domain.Blocked: BlockedError,
    domain.ConsentMissing: ConsentError,
}


def error_member(error: domain.DomainError) -> Error:
    """The payload member for a domain error."""
    extra: dict[str, Any] = {}
    if isinstance(error, domain.RateLimited):
        extra = {"retry_after_seconds": error.retry_after}
    elif isinstance(error, domain.QuotaExceeded):
        extra = {"needed": error.needed, "left": error.left, "resets_at": error.resets_at}
    elif isinstance(error, domain.Blocked):
        extra = {"rule": error.rule, "excerpt": error.excerpt, "appealable": error.appealable}
    elif isinstance(error, domain.ConsentMissing):
        cameo = None if error.cameo_id is None else global_id("Cameo", error.cameo_id)
        extra = {"cameo": cameo, "reason": ConsentReason(error.reason)}
    return _TYPES[type(error)](code=ErrorCode(error.code), message=error.message, field=error.field, **extra)
