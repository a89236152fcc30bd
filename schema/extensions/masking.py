"""Errors as clients see them: the caller's own mistakes in words, everything else masked and logged once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import StreamExecutionResult

from models.errors import DomainError, RateLimited

log = structlog.get_logger()

# Strawberry logs every error of a resolver on its own, the caller's mistakes included: they would be logged twice.
logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL + 1)


def shown(error: GraphQLError) -> GraphQLError:
    """The error a client may see. Logs what it hides, with the id that the client is given."""
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    if original is None or isinstance(original, GraphQLError):
        return error
    if error.path is None and error.nodes:
        # A value of the request that does not fit its type: its words come from the scalar and quote the request only.
        return error
    if isinstance(original, CannotGetOperationTypeError | InvalidOperationTypeError):
        # No such operation, or one of a kind that does not come this way: the request's fault.
        return error
    if isinstance(original, DomainError):
        extensions: dict[str, Any] = {"code": original.code}
        if original.field is not None:
            extensions["field"] = original.field
        if isinstance(original, RateLimited):
            extensions["retryAfterSeconds"] = original.retry_after
        return _copy(error, original.message, extensions)
    correlation_id = str(uuid4())
    path = ".".join(str(key) for key in error.path or ())
    log.error("resolver_failed", correlation_id=correlation_id, path=path, exc_info=original)
    return _copy(
        error,
        f"Something went wrong on our side. Quote this id to the operator: {correlation_id}",
        {"code": "INTERNAL", "correlationId": correlation_id},
    )


def fault(error: Exception) -> GraphQLError:
    """The masked error for what failed outside every field, logged."""
    return shown(GraphQLError(str(error), original_error=error))


class Masking(SchemaExtension):
    """Masks the errors of every result, single or streamed."""

    def __init__(self) -> None:
        self._streamed = False

    def on_operation(self) -> Iterator[None]:
        """Mask the errors of an operation with one result."""
        yield
        result = self.execution_context.result
        # Results of a stream were masked one by one; doing the last again would log it twice.
        if not self._streamed and result is not None and result.errors:
            result.errors = [shown(error) for error in result.errors]

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Mask one result of a stream before it leaves."""
        self._streamed = True
        errors: list[GraphQLError] | None = getattr(result, "errors", None)
        if errors:
            result.errors = [shown(error) for error in errors]  # pyright: ignore[reportAttributeAccessIssue]
        yield


def _copy(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
