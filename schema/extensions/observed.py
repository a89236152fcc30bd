"""Counts and times every operation, over whichever transport it came."""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import Counter, Gauge, Histogram
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext
from strawberry.types.execution import StreamExecutionResult

OPERATIONS = Counter("yume_graphql_operations", "GraphQL operations ended.", ["kind", "outcome"])
SECONDS = Histogram(
    "yume_graphql_operation_seconds",
    "Time from the text of a query or mutation to its result.",
    ["kind"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
ACTIVE = Gauge("yume_graphql_operations_active", "GraphQL operations running now, open subscriptions included.")
EVENTS = Counter("yume_graphql_events", "Results sent to streaming clients.")

_CALLERS_FAULT = frozenset(
    ("UNAUTHENTICATED", "NOT_FOUND", "DENIED", "CONFLICT", "INVALID", "RATE_LIMITED", "QUOTA_EXCEEDED")
)


class Observed(SchemaExtension):
    """Outermost, so that it sees errors as they leave."""

    def on_operation(self) -> Iterator[None]:
        """Time the operation and name its outcome: ok, partial (the caller's mistakes), refused or failed."""
        start = time.perf_counter()
        ACTIVE.inc()
        try:
            yield
        finally:
            ACTIVE.dec()
            kind = _kind(self.execution_context)
            OPERATIONS.labels(kind, _outcome(self.execution_context)).inc()
            if kind != "subscription":
                SECONDS.labels(kind).observe(time.perf_counter() - start)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:  # noqa: ARG002 - Strawberry's hook
        """Count what leaves."""
        EVENTS.inc()
        yield


def _kind(context: ExecutionContext) -> str:
    try:
        return context.operation_type.value
    except RuntimeError:
        # No document, or no such operation in it.
        return "unknown"


def _outcome(context: ExecutionContext) -> str:
    result = context.result
    if result is None:
        # Closed by the client before its first event, or refused before it was parsed.
        return "ok" if context.graphql_document is not None else "refused"
    if not result.errors:
        return "ok"
    if all(error.path is None for error in result.errors):
        return "refused"
    codes = {(error.extensions or {}).get("code") for error in result.errors}
    return "partial" if codes <= _CALLERS_FAULT else "failed"
