"""The command line's GraphQL client against servers that misbehave: drops, refusals, silence, broken downloads."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from app.cli import client as gql
from app.cli.client import Refused, ServerAway, send, subscribe, success
from app.cli.download import download
from app.cli.session import Client
from tests.web import serving

Behaviour = Callable[[ServerConnection, dict[str, Any]], Awaitable[None]]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gql, "BACKOFF_FIRST_SECONDS", 0.01)


@asynccontextmanager
async def socket_server(behaviour: Behaviour) -> AsyncIterator[Client]:
    """A graphql-transport-ws server that acknowledges, then does ``behaviour`` with the subscribe message."""

    async def handle(connection: ServerConnection) -> None:
        init = json.loads(await connection.recv())
        assert init == {"type": "connection_init", "payload": {"authorization": "Bearer secret"}}
        await connection.send('{"type":"connection_ack"}')
        await behaviour(connection, json.loads(await connection.recv()))

    async with serve(handle, "127.0.0.1", 0, subprotocols=[Subprotocol("graphql-transport-ws")]) as server:
        [listening, *_] = server.sockets
        yield Client(f"http://127.0.0.1:{listening.getsockname()[1]}", "secret")


class Listener:
    """Hears numbered events and resumes after the last."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.drops = 0

    def dropped(self, _: str) -> None:
        self.drops += 1

    async def listen(self, client: Client) -> None:
        events = subscribe(
            client,
            "subscription S { n }",
            {"id": "1"},
            on_drop=self.dropped,
            resume=lambda: str(self.heard[-1]) if self.heard else None,
        )
        async for data in events:
            self.heard.append(data["n"])


async def test_a_dropped_subscription_resumes_from_its_cursor_without_gap_or_repeat() -> None:
    async def drop_every_third(connection: ServerConnection, message: dict[str, Any]) -> None:
        after = int(message["payload"]["variables"]["after"] or 0)
        for number in range(after + 1, 11):
            await connection.send(json.dumps({"id": message["id"], "type": "next", "payload": {"data": {"n": number}}}))
            if number % 3 == 0:
                connection.transport.abort()
                return
        await connection.send(json.dumps({"id": message["id"], "type": "complete"}))

    listener = Listener()
    async with socket_server(drop_every_third) as client:
        await listener.listen(client)
    assert listener.heard == list(range(1, 11))
    assert listener.drops == 3


async def test_a_polite_goodbye_before_completion_is_a_drop_too() -> None:
    visits = 0

    async def leave_once(connection: ServerConnection, message: dict[str, Any]) -> None:
        nonlocal visits
        visits += 1
        if visits > 1:
            await connection.send(json.dumps({"id": message["id"], "type": "complete"}))

    listener = Listener()
    async with socket_server(leave_once) as client:
        await listener.listen(client)
    assert (visits, listener.drops) == (2, 1)


@pytest.mark.parametrize("code", [4401, 4403, 4400])
async def test_a_refusal_by_close_code_is_not_tried_again(code: int) -> None:
    visits = 0

    async def refuse(connection: ServerConnection, _: dict[str, Any]) -> None:
        nonlocal visits
        visits += 1
        await connection.close(code, "no")

    async with socket_server(refuse) as client:
        with pytest.raises(Refused, match=str(code)):
            await Listener().listen(client)
    assert visits == 1


async def test_an_error_message_is_told_in_the_servers_words() -> None:
    async def fail(connection: ServerConnection, message: dict[str, Any]) -> None:
        errors = [{"message": "There is no such generation.", "extensions": {"code": "NOT_FOUND"}}]
        await connection.send(json.dumps({"id": message["id"], "type": "error", "payload": errors}))

    async with socket_server(fail) as client:
        with pytest.raises(Refused, match="no such generation"):
            await Listener().listen(client)


async def test_an_absent_server_is_given_up_after_a_while_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gql, "PATIENCE_SECONDS", 0.1)
    listener = Listener()
    with pytest.raises(ServerAway, match=r"127\.0\.0\.1:9 does not answer"):
        await listener.listen(Client("http://127.0.0.1:9", "secret"))
    assert listener.drops > 2
    with pytest.raises(ServerAway):
        await send("http://127.0.0.1:9", "{ viewer { id } }", {})


async def test_a_mutation_is_sent_again_with_the_same_body_while_the_server_restarts() -> None:
    bodies: list[bytes] = []

    async def answer(request: Request) -> Response:
        bodies.append(await request.body())
        return Response(status_code=503) if len(bodies) < 3 else JSONResponse({"data": {"ok": True}})

    async with serving(Starlette(routes=[Route("/graphql", answer, methods=["POST"])])) as address:
        assert await send(Client(address, "t"), "mutation M { ok }", {"key": "same"}) == {"ok": True}
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


async def test_a_server_whose_database_restarts_is_asked_again() -> None:
    visits = 0

    async def break_once(connection: ServerConnection, message: dict[str, Any]) -> None:
        nonlocal visits
        visits += 1
        errors = [{"message": "Something broke.", "extensions": {"correlationId": "abc123"}}]
        kind, payload = ("error", errors) if visits == 1 else ("next", {"data": {"n": 1}})
        await connection.send(json.dumps({"id": message["id"], "type": kind, "payload": payload}))
        await connection.send(json.dumps({"id": message["id"], "type": "complete"}))

    listener = Listener()
    async with socket_server(break_once) as client:
        await listener.listen(client)
    assert (listener.heard, listener.drops) == ([1], 1)


async def test_a_masked_error_that_stays_names_its_correlation_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gql, "BROKEN_SECONDS", 0.05)

    async def answer(_: Request) -> Response:
        return JSONResponse({"errors": [{"message": "Something broke.", "extensions": {"correlationId": "abc123"}}]})

    async with serving(Starlette(routes=[Route("/graphql", answer, methods=["POST"])])) as address:
        with pytest.raises(Refused, match=r"Something broke.*abc123"):
            await send(Client(address, "t"), "{ viewer { id } }", {})


def test_a_named_error_of_a_mutation_is_told_with_its_field() -> None:
    with pytest.raises(Refused, match=r"A prompt says something. \(prompt\)"):
        success({"code": "INVALID", "message": "A prompt says something.", "field": "prompt"})
    assert success({"generation": {"id": "1"}}) == {"generation": {"id": "1"}}


async def test_a_broken_download_continues_where_it_broke_and_lands_whole(tmp_path: Path) -> None:
    body = bytes(range(256)) * 4000
    asked: list[str | None] = []

    async def media(request: Request) -> Response:
        asked.append(request.headers.get("range"))
        start = int((asked[-1] or "bytes=0-")[6:-1])

        async def half() -> AsyncIterator[bytes]:
            yield body[start : start + 400_000]
            if len(asked) == 1:
                raise ConnectionResetError

        pieces = half() if len(asked) == 1 else iter([body[start:]])
        headers = {"content-length": str(len(body) - start)}
        return StreamingResponse(pieces, 206 if start else 200, headers)

    seen: list[tuple[int, int]] = []
    async with serving(Starlette(routes=[Route("/clip.mp4", media)])) as address:
        out = tmp_path / "new" / "clip.mp4"
        assert await download(address, "/clip.mp4", out, lambda *counts: seen.append(counts)) == len(body)
    assert out.read_bytes() == body
    assert asked == [None, "bytes=400000-"]
    assert seen[-1] == (len(body), len(body))
    assert [path.name for path in out.parent.iterdir()] == ["clip.mp4"]
