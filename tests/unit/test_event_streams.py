"""Event streams that are silent: kept open, ended with their session, ended when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.draining import Draining
from app.routes import sse
from app.routes.outgoing import Outgoing
from app.routes.sse import EventStreams

OPERATION = {"query": "subscription { silence }"}
EVENTS = {"accept": "text/event-stream"}
MEMBER = uuid4()


class SilentSchema:
    """A schema whose streams never say anything. ``closed`` counts those that were ended, of those ``asked`` for."""

    def __init__(self) -> None:
        self.asked = self.closed = 0

    async def stream(self, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
        self.asked += 1
        return self._silence()

    async def _silence(self) -> AsyncGenerator[Any, None]:
        try:
            await asyncio.Event().wait()
            yield None
        finally:
            self.closed += 1


@pytest.fixture
def live() -> Iterator[bool]:
    """Answers of Postgres to "does this session still stand?": twice yes, then no."""
    return iter((True, True, False))


@pytest.fixture
def schema() -> SilentSchema:
    return SilentSchema()


@pytest.fixture
async def client(
    monkeypatch: pytest.MonkeyPatch, schema: SilentSchema, live: Iterator[bool], draining: Draining
) -> httpx.AsyncClient:
    async def context_for(*_: Any) -> Any:
        return SimpleNamespace(session=SimpleNamespace(id=MEMBER), viewer=SimpleNamespace(id=MEMBER), client="")

    async def session_is_live(_: Any) -> bool:
        return next(live)

    monkeypatch.setattr(sse, "PING_SECONDS", 0.01)
    monkeypatch.setattr(sse, "context_for", context_for)
    monkeypatch.setattr(sse, "session_is_live", session_is_live)
    silent: Any = schema
    streams = EventStreams(silent, draining, production=False)
    app = Starlette(routes=[Route("/graphql/stream", streams.serve, methods=["GET", "POST", "PUT"])])
    app.state.stores = None
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://yume")


@pytest.fixture
async def draining() -> Draining:
    return Draining()


async def test_a_silent_stream_is_kept_alive_and_ends_with_its_session(
    client: httpx.AsyncClient, schema: SilentSchema
) -> None:
    async with asyncio.timeout(5):
        answer = await client.post("/graphql/stream", json=OPERATION, headers=EVENTS)

    assert answer.text == ":\n\n" * 3
    assert schema.closed == 1


async def test_a_silent_stream_ends_when_the_server_is_told_to_stop(
    client: httpx.AsyncClient, schema: SilentSchema, draining: Draining, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "PING_SECONDS", 60)
    asyncio.get_running_loop().call_later(0.05, draining.stop)
    async with asyncio.timeout(5):
        answer = await client.post("/graphql/stream", json=OPERATION, headers=EVENTS)

    assert answer.text == ":\n\n"
    assert schema.closed == 1


async def reserved(client: httpx.AsyncClient) -> dict[str, str]:
    return {sse.TOKEN_HEADER: (await client.put("/graphql/stream")).text}


async def send(client: httpx.AsyncClient, stream: dict[str, str], operation: str) -> int:
    body = OPERATION | {"extensions": {"operationId": operation}}
    return (await client.post("/graphql/stream", json=body, headers=stream)).status_code


async def test_what_is_sent_ahead_of_its_stream_runs_once_that_is_open(
    client: httpx.AsyncClient, schema: SilentSchema, draining: Draining
) -> None:
    stream = await reserved(client)
    sent = [await send(client, stream, str(n)) for n in range(sse.MOST_WAITING + 1)]
    await asyncio.sleep(0.05)
    assert sent == [202] * sse.MOST_WAITING + [429]
    assert schema.asked == 0

    asyncio.get_running_loop().call_later(0.05, draining.stop)
    async with asyncio.timeout(5):
        assert (await client.get("/graphql/stream", headers=stream | EVENTS)).status_code == 200
    assert schema.asked == sse.MOST_WAITING


async def test_what_waits_for_streams_is_bounded_over_all_of_them(
    client: httpx.AsyncClient, schema: SilentSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "MOST_WAITING_HERE", 3)
    sent = [await send(client, await reserved(client), "1") for _ in range(4)]

    assert sent == [202, 202, 202, 429]
    assert schema.asked == 0


async def test_a_reservation_that_is_not_taken_up_drops_what_waits_for_it(
    client: httpx.AsyncClient, schema: SilentSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "RESERVATION_SECONDS", 0.05)
    stream = await reserved(client)
    assert await send(client, stream, "1") == 202
    await asyncio.sleep(0.15)

    assert await send(client, stream, "2") == 404
    assert schema.asked == 0


async def test_one_client_reserves_a_hundred_streams_at_most(client: httpx.AsyncClient) -> None:
    statuses = [(await client.put("/graphql/stream")).status_code for _ in range(sse.MOST_STREAMS_EACH + 1)]

    assert statuses == [201] * sse.MOST_STREAMS_EACH + [429]


async def test_results_wait_for_a_slow_reader_up_to_so_many_bytes() -> None:
    queue = Outgoing(10)
    await queue.put(b"larger than all of it")
    adding = [asyncio.create_task(queue.put(event)) for event in (b"12345", b"1234", b"12")]
    await asyncio.sleep(0)
    assert not any(task.done() for task in adding)
    assert await queue.get() == b"larger than all of it"
    await asyncio.sleep(0.01)
    assert [task.done() for task in adding] == [True, True, False]
    async with asyncio.timeout(5):
        assert [await queue.get() for _ in adding] == [b"12345", b"1234", b"12"]
    getting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    getting.cancel()
    await queue.put(b"kept")
    assert await queue.get() == b"kept"
