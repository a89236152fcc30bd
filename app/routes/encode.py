"""Results of GraphQL as the bytes that clients read."""

from __future__ import annotations

from typing import Any

import orjson
from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult, PreExecutionError


def is_request_error(result: ExecutionResult) -> bool:
    """Whether the operation never ran: its answer has no ``data`` then."""
    if isinstance(result, PreExecutionError):
        return True
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


def response_body(result: ExecutionResult) -> dict[str, Any]:
    """The JSON object of a result: errors first, as the specification advises."""
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    if not is_request_error(result):
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def refusal_body(message: str) -> dict[str, Any]:
    """The JSON object of an answer to a request that is not GraphQL at all."""
    return {"errors": [GraphQLError(message).formatted]}


def encode(value: object) -> bytes:
    """JSON as UTF-8. Raises `TypeError` for what JSON cannot hold."""
    return orjson.dumps(value)
