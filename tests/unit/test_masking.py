"""Errors as clients see them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import date
from types import SimpleNamespace

import pytest
import strawberry
import structlog
from strawberry.types.execution import ExecutionResult

from models.errors import DomainError, Invalid, NotFound, RateLimited
from resolvers.context import Context
from schema.extensions import extensions
from schema.root import build_schema


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def fault(self) -> str | None:
        raise ZeroDivisionError("the password is swordfish")

    @strawberry.field
    def mistake(self, kind: str) -> str | None:
        errors: dict[str, DomainError] = {
            "missing": NotFound("No such video."),
            "input": Invalid("Too long.", field="prompt"),
            "rate": RateLimited("Wait.", retry_after=7),
        }
        raise errors[kind]

    @strawberry.field
    def born(self, on: date) -> str:
        return on.isoformat()


@strawberry.type
class Subscription:
    """The root of streams."""

    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[int, None]:
        yield 1
        raise ZeroDivisionError("the password is swordfish")


SCHEMA = strawberry.Schema(Query, subscription=Subscription, extensions=extensions(production=True))


async def test_a_fault_is_masked_and_logged_once_under_the_id_that_the_client_is_told() -> None:
    with structlog.testing.capture_logs() as logs:
        result = await SCHEMA.execute("{ fault }")

    assert result.errors is not None
    [error] = result.errors
    assert error.extensions is not None
    correlation_id = error.extensions["correlationId"]
    assert error.message == f"Something went wrong on our side. Quote this id to the operator: {correlation_id}"
    assert error.extensions["code"] == "INTERNAL"
    assert error.path == ["fault"]
    assert "swordfish" not in str(error.formatted)
    assert [(line["correlation_id"], line["path"]) for line in logs] == [(correlation_id, "fault")]
    assert isinstance(logs[0]["exc_info"], ZeroDivisionError)


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("missing", "No such video.", {"code": "NOT_FOUND"}),
        ("input", "Too long.", {"code": "INVALID", "field": "prompt"}),
        ("rate", "Wait.", {"code": "RATE_LIMITED", "retryAfterSeconds": 7}),
    ],
)
async def test_the_callers_mistake_keeps_its_words_and_is_not_logged(
    kind: str, message: str, expected: dict[str, object]
) -> None:
    with structlog.testing.capture_logs() as logs:
        result = await SCHEMA.execute(
            "query Q($kind: String!) { mistake(kind: $kind) }", variable_values={"kind": kind}
        )

    assert result.data == {"mistake": None}
    assert result.errors is not None
    assert [(error.message, error.extensions) for error in result.errors] == [(message, expected)]
    assert logs == []


async def test_a_value_that_does_not_fit_its_type_is_explained() -> None:
    with structlog.testing.capture_logs() as logs:
        result = await SCHEMA.execute("query Q($on: Date!) { born(on: $on) }", variable_values={"on": "yesterday"})

    assert result.errors is not None
    assert "yesterday" in result.errors[0].message
    assert logs == []


async def test_a_fault_in_a_stream_is_masked_and_logged_once() -> None:
    with structlog.testing.capture_logs() as logs:
        results = [result async for result in await SCHEMA.stream("subscription { ticks }")]

    assert all(isinstance(result, ExecutionResult) for result in results)
    assert [result.data for result in results] == [{"ticks": 1}, None]
    assert "swordfish" not in str(results[1].errors)
    assert len(logs) == 1


@pytest.mark.parametrize(
    ("source", "variables"),
    [
        ("query($kind: FeedKind!) { feed(kind: $kind) { edges { cursor } } }", {"kind": "LATST"}),
        ("mutation($who: SignInInput!) { signIn(input: $who) { __typename } }", {"who": {"handl": "", "password": ""}}),
    ],
)
async def test_a_wrong_variable_is_helped_along_in_development_only(source: str, variables: dict[str, object]) -> None:
    helped = await build_schema(production=False).execute(source, variable_values=variables)
    unhelped = await build_schema(production=True).execute(source, variable_values=variables)

    assert "Did you mean" in str(helped.errors)
    assert unhelped.errors
    assert all("has invalid value" in error.message for error in unhelped.errors)
    assert "Did you mean" not in str(unhelped.errors)


async def test_production_answers_queries_and_streams() -> None:
    schema = build_schema(production=True)
    context = Context(SimpleNamespace(), None, None, "", "test")  # type: ignore[arg-type]
    answer = await schema.execute(
        "query($on: Boolean!) { viewer @include(if: $on) { handle } }", {"on": True}, context_value=context
    )
    watch = 'subscription { generation(id: "R2VuZXJhdGlvbjoAAAAAAAAAAAAAAAAAAAAA") { cursor } }'
    [told] = [result async for result in await schema.stream(watch, context_value=context)]

    assert (answer.data, answer.errors) == ({"viewer": None}, None)
    assert isinstance(told, ExecutionResult)
    assert [error.extensions for error in told.errors or ()] == [{"code": "UNAUTHENTICATED"}]
