"""A request's head is bounded before anything else is known of the request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.cli.serve import listen
from app.heads import HEAD_BYTES_MAX, BoundedHead


async def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
async def port() -> AsyncIterator[int]:
    app = Starlette(routes=[Route("/", _echo, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, http=BoundedHead, log_config=None, lifespan="off"))
    with listen("127.0.0.1", 0) as listening:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        yield listening.getsockname()[1]
        server.should_exit = True
        await running


async def _said(port: int, *pieces: bytes) -> bytes:
    """What the server answers to ``pieces``, up to its end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_head_without_end_is_cut_off(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\nx-filler: ")
    sent = 0
    while not reader.at_eof() and sent < 50 * HEAD_BYTES_MAX:
        try:
            writer.write(b"x" * 16_384)
            await writer.drain()
            sent += 16_384
            await asyncio.wait_for(reader.read(4096), 0.01)
        except TimeoutError:
            continue
        except ConnectionError:
            break
    writer.close()
    assert sent < 50 * HEAD_BYTES_MAX


@pytest.mark.parametrize("body", [b"x", b"x" * 1_000_000])
async def test_large_heads_within_the_bound_and_large_bodies_pass(port: int, body: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-filler: " + b"x" * 20_000
    answer = await _said(port, head, b"\r\ncontent-length: %d\r\n\r\n" % len(body), body)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n%d" % len(body))


async def test_requests_on_one_connection_are_counted_apart(port: int) -> None:
    one = b"POST / HTTP/1.1\r\nhost: x\r\nx-filler: " + b"x" * 40_000
    end = b"\r\ncontent-length: 0\r\n\r\n"
    answer = await _said(port, one, end, one, end, one, b"\r\nconnection: close" + end)
    assert answer.count(b"HTTP/1.1 200") == 3
