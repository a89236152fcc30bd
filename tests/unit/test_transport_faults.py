"""What a client learns when something fails outside every field, over each transport."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient

from app.draining import Draining
from app.middleware import Around
from app.routes.socket import SocketGraphQL
from app.routes.sse import EventStreams

MASKED = "Something went wrong on our side. Quote this id to the operator: "


class BrokenSchema:
    """A schema that fails before any field runs."""

    async def stream(self, *_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("the password is swordfish")


async def _broken(_: Request) -> Response:
    raise ZeroDivisionError("the password is swordfish")


def application() -> Starlette:
    schema: Any = BrokenSchema()
    streams = EventStreams(schema, Draining(), production=False)
    socket = SocketGraphQL(schema, production=False, allowed_origins=[])
    app = Starlette(
        routes=[
            Route("/graphql/stream", streams.serve, methods=["POST"]),
            WebSocketRoute("/graphql", socket.serve),
            Route("/broken", _broken),
            Route("/broken/{token}", _broken),
        ],
        middleware=[Middleware(Around, https=True)],
    )
    app.state.stores = None
    return app


def check_masked(error: dict[str, Any], logs: list[Any]) -> None:
    correlation_id = error["extensions"]["correlationId"]
    assert error["message"] == MASKED + correlation_id
    assert "swordfish" not in json.dumps(error)
    assert [line["correlation_id"] for line in logs] == [correlation_id]


async def test_an_event_stream_ends_with_a_masked_error() -> None:
    transport = httpx.ASGITransport(app=application())
    async with httpx.AsyncClient(transport=transport, base_url="http://yume") as client:
        with structlog.testing.capture_logs() as logs:
            answer = await client.post(
                "/graphql/stream", json={"query": "{ __typename }"}, headers={"accept": "text/event-stream"}
            )

    _, event, complete = answer.text.strip().split("\n\n")
    assert complete.startswith("event: complete")
    check_masked(json.loads(event.partition("data: ")[2])["errors"][0], logs)


def test_an_operation_of_a_socket_ends_with_a_masked_error_and_its_id_is_free_again() -> None:
    subscribe = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}
    client = TestClient(application())
    with (
        structlog.testing.capture_logs() as logs,
        client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket,
    ):
        socket.send_json({"type": "connection_init"})
        assert socket.receive_json() == {"type": "connection_ack"}
        for _ in range(2):
            logs.clear()
            socket.send_json(subscribe)
            message = socket.receive_json()
            assert (message["id"], message["type"]) == ("1", "error")
            check_masked(message["payload"][0], logs)


async def test_a_broken_route_answers_with_its_request_id_and_safe_headers() -> None:
    transport = httpx.ASGITransport(app=application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://yume") as client:
        with structlog.testing.capture_logs() as logs:
            answer = await client.get("/broken", headers={"x-request-id": "abc"})

    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "abc"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.json()["errors"][0]["extensions"] == {"code": "INTERNAL", "correlationId": "abc"}
    check_masked(answer.json()["errors"][0], logs)


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\x7f", "é"])
async def test_a_request_id_that_could_forge_a_log_line_is_replaced(given: str) -> None:
    transport = httpx.ASGITransport(app=application())
    async with httpx.AsyncClient(transport=transport, base_url="http://yume") as client:
        answer = await client.get("/nowhere", headers={"x-request-id": given.encode()})

    assert answer.status_code == 404
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 36


async def test_a_broken_route_is_logged_by_its_pattern_and_not_its_token() -> None:
    transport = httpx.ASGITransport(app=application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://yume") as client:
        with structlog.testing.capture_logs() as logs:
            answer = await client.get("/broken/a-token-that-opens-things?and=another")

    assert answer.status_code == 500
    assert [line["route"] for line in logs] == ["/broken/{token}"]
    assert "a-token" not in repr(logs) + answer.text
    assert "another" not in repr(logs)
