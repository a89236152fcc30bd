"""The one table that turns an exception into what becomes of the generation: again or not, which code, which words."""

from __future__ import annotations

import asyncpg
import msgspec
from tortoise.exceptions import DBConnectionError

from engine.errors import EngineError
from jobs.clip.lease import Failure
from models.errors import DomainError

STORE_AWAY = (
    OSError,
    DBConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke under an operation, given back to the pool
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
)
"""What statements raise while Postgres is stopped, starting or unreachable: worth trying again soon."""


class CheckFailed(EngineError):
    """The finished file is not what was asked for; it is not shown to anybody."""

    code = "CLIP_CHECK_FAILED"


_INVALID = Failure("INVALID_REQUEST", "This request cannot be read by the engine of this server any more.")
_STORAGE = Failure("STORAGE_FAILED", "The finished clip could not be stored. Try again later.", retry=True)
_INTERNAL = Failure("INTERNAL", "Something went wrong on our side while making this clip. It was not charged.")


def failure_of(error: Exception) -> Failure:
    """What ``error`` means for the generation it happened to."""
    match error:
        case EngineError():
            return Failure(error.code, error.message, error.retryable)
        case DomainError():
            return Failure(error.code, error.message)
        case msgspec.ValidationError():
            return _INVALID
        case OSError() | DBConnectionError() | asyncpg.InterfaceError() | asyncpg.PostgresError():
            return _STORAGE
        case _:
            return _INTERNAL
