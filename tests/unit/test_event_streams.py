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
from app.routes.sse import EventStreams

OPERATION = {"query": "subscription { silence }"}
EVENTS = {"accept": "text/event-stream"}


class SilentSchema:
    """A schema whose streams never say anything. ``closed`` counts those that were ended."""

    def __init__(self) -> None:
        self.closed = 0

    async def stream(self, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
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
        return SimpleNamespace(session=SimpleNamespace(id=uuid4()))

    async def session_is_live(_: Any) -> bool:
        return next(live)

    monkeypatch.setattr(sse, "PING_SECONDS", 0.01)
    monkeypatch.setattr(sse, "context_for", context_for)
    monkeypatch.setattr(sse, "session_is_live", session_is_live)
    silent: Any = schema
    streams = EventStreams(silent, draining, production=False)
    app = Starlette(routes=[Route("/graphql/stream", streams.serve, methods=["POST"])])
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
