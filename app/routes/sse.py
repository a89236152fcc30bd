"""GraphQL over server-sent events: a stream for one operation, or one stream for many (the protocol of graphql-sse)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import UUID

import strawberry
from anyio import CancelScope
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from app.auth import context_for, http_token
from app.draining import Draining
from app.metrics import STREAMS
from app.routes.encode import encode, refusal_body, response_body
from app.routes.outgoing import Outgoing
from app.routes.parameters import BadRequest, Parameters, from_post, from_query
from resolvers.context import Context
from resolvers.session import session_is_live
from schema.extensions.masking import fault

TOKEN_HEADER = "x-graphql-event-stream-token"  # noqa: S105 - a header's name
PING_SECONDS = 12.0
RESERVATION_SECONDS = 30.0
MOST_STREAMS = 10_000
MOST_STREAMS_EACH = 100
"""Streams of one member, or of one address that nobody has signed in from."""
MOST_OPERATIONS = 50
MOST_WAITING = 4
"""Operations sent ahead of the stream that their results go to; they run once it is open."""
MOST_WAITING_HERE = 256
MOST_BYTES = 64 * 1024
"""Results that wait for a client who reads slowly."""

_EVENT_STREAM = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}


@dataclass
class _Stream:
    """A stream that a client reserved, and the operations it feeds. It belongs to the session that reserved it."""

    token: str
    session_id: UUID | None
    owner: str
    messages: Outgoing = field(default_factory=lambda: Outgoing(MOST_BYTES))
    operations: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, "asyncio.Task[None]"])
    opened: asyncio.Event = field(default_factory=asyncio.Event)


class EventStreams:
    """The endpoint ``/graphql/stream``.

    Reservations live in this process: behind several processes, one client's requests must reach the same one.
    """

    def __init__(self, schema: strawberry.Schema, draining: Draining, *, production: bool) -> None:
        self._schema = schema
        self._draining = draining
        self._production = production
        self._streams: dict[str, _Stream] = {}

    async def serve(self, request: Request) -> Response:
        """Answer one request of the protocol."""
        try:
            return await self._route(request)
        except BadRequest as refusal:
            return Response(encode(refusal_body(refusal.message)), refusal.status, media_type="application/json")

    async def _route(self, request: Request) -> Response:
        token = request.headers.get(TOKEN_HEADER) or request.query_params.get("token")
        context = await context_for(request, request.app.state.stores, http_token(request, production=self._production))
        if request.method == "PUT":
            return self._reserve(context)
        stream = None if token is None else self._stream(token, context)
        if "text/event-stream" in request.headers.get("accept", ""):
            return self._open(stream) if stream is not None else await self._distinct(request, context)
        if stream is None:
            raise BadRequest(404, "There is no such stream. Reserve one with PUT, or accept text/event-stream.")
        if request.method == "DELETE":
            return _stop(stream, request.query_params.get("operationId"))
        return self._start(stream, await self._parameters(request), context, _kinds(request))

    async def _parameters(self, request: Request) -> Parameters:
        if request.method == "POST":
            return await from_post(request)
        if request.method == "GET" and not self._production:
            return from_query(request)
        raise BadRequest(405, "Send operations with POST.")

    def _reserve(self, context: Context) -> Response:
        if len(self._streams) >= MOST_STREAMS:
            raise BadRequest(503, "Too many streams are open here; try again soon.")
        owner = context.client if context.viewer is None else str(context.viewer.id)
        if sum(stream.owner == owner for stream in self._streams.values()) >= MOST_STREAMS_EACH:
            raise BadRequest(429, f"You have {MOST_STREAMS_EACH} streams already; close one.")
        session_id = None if context.session is None else context.session.id
        stream = _Stream(secrets.token_urlsafe(24), session_id, owner)
        self._streams[stream.token] = stream
        asyncio.get_running_loop().call_later(RESERVATION_SECONDS, self._forget_unopened, stream)
        return PlainTextResponse(stream.token, 201)

    def _forget_unopened(self, stream: _Stream) -> None:
        if not stream.opened.is_set():
            self._close(stream)

    def _stream(self, token: str, context: Context) -> _Stream | None:
        stream = self._streams.get(token)
        session_id = None if context.session is None else context.session.id
        return stream if stream is not None and stream.session_id == session_id else None

    def _open(self, stream: _Stream) -> Response:
        if stream.opened.is_set():
            raise BadRequest(409, "The stream is already open.")
        stream.opened.set()
        return self._response(self._messages(stream), stream.session_id)

    async def _messages(self, stream: _Stream) -> AsyncGenerator[bytes]:
        try:
            while True:
                yield await stream.messages.get()
        finally:
            self._close(stream)

    def _close(self, stream: _Stream) -> None:
        self._streams.pop(stream.token, None)
        for task in stream.operations.values():
            task.cancel()

    def _start(self, stream: _Stream, parameters: Parameters, context: Context, kinds: set[OperationType]) -> Response:
        operation_id = (parameters.extensions or {}).get("operationId")
        if not isinstance(operation_id, str) or not operation_id:
            raise BadRequest(400, "extensions.operationId must name the operation.")
        if operation_id in stream.operations:
            raise BadRequest(409, f"Operation {operation_id!r} is already running.")
        if len(stream.operations) >= MOST_OPERATIONS:
            raise BadRequest(429, f"A stream carries at most {MOST_OPERATIONS} operations.")
        if not stream.opened.is_set() and (
            len(stream.operations) >= MOST_WAITING or self._waiting() >= MOST_WAITING_HERE
        ):
            raise BadRequest(429, "Open the stream before you send further operations.")
        task = asyncio.create_task(self._feed(stream, operation_id, parameters, context, kinds), name="sse-operation")
        stream.operations[operation_id] = task
        task.add_done_callback(lambda _: stream.operations.pop(operation_id, None))
        return Response(status_code=202)

    def _waiting(self) -> int:
        return sum(len(stream.operations) for stream in self._streams.values() if not stream.opened.is_set())

    async def _feed(
        self,
        stream: _Stream,
        operation_id: str,
        parameters: Parameters,
        context: Context,
        kinds: set[OperationType],
    ) -> None:
        await stream.opened.wait()
        async with aclosing(self._results(parameters, context, kinds)) as results:
            async for result in results:
                payload = {"id": operation_id, "payload": response_body(result)}
                await stream.messages.put(_event("next", encode(payload)))
        # Free the name before the client hears that it is free.
        stream.operations.pop(operation_id, None)
        await stream.messages.put(_event("complete", encode({"id": operation_id})))

    async def _distinct(self, request: Request, context: Context) -> Response:
        parameters = await self._parameters(request)
        session_id = None if context.session is None else context.session.id
        return self._response(self._one(parameters, context, _kinds(request)), session_id)

    async def _one(self, parameters: Parameters, context: Context, kinds: set[OperationType]) -> AsyncGenerator[bytes]:
        async with aclosing(self._results(parameters, context, kinds)) as results:
            async for result in results:
                yield _event("next", encode(response_body(result)))
        yield _event("complete", b"")

    async def _results(
        self, parameters: Parameters, context: Context, kinds: set[OperationType]
    ) -> AsyncGenerator[ExecutionResult]:
        try:
            source = await self._schema.stream(
                parameters.query,
                variable_values=parameters.variables,
                context_value=context,
                operation_name=parameters.operation_name,
                operation_extensions=parameters.extensions,
                allowed_operation_types=kinds,
            )
            async with aclosing(source):
                async for result in source:
                    assert isinstance(result, ExecutionResult)
                    yield result
        except GraphQLError as refusal:
            # Raised before parsing: the document was refused by its text.
            yield PreExecutionError(data=None, errors=[refusal])
        except Exception as error:  # noqa: BLE001 - the client learns an id, and its other operations go on
            yield PreExecutionError(data=None, errors=[fault(error)])

    def _response(self, messages: AsyncGenerator[bytes], session_id: UUID | None) -> Response:
        return StreamingResponse(
            self._kept_alive(messages, session_id), media_type="text/event-stream; charset=utf-8", headers=_EVENT_STREAM
        )

    async def _kept_alive(self, messages: AsyncGenerator[bytes], session_id: UUID | None) -> AsyncGenerator[bytes]:
        """``messages`` with a comment at the start and in every silence, until they end, or the session, or the server.

        A client whose stream was cut resumes from its cursor at another process, or learns that it must sign in.
        """
        draining = asyncio.create_task(self._draining.wait())
        following: asyncio.Future[bytes] | None = None
        STREAMS.inc()
        try:
            # Some browsers do not say that a stream is open before its first byte.
            yield b":\n\n"
            while True:
                following = following or asyncio.ensure_future(anext(messages))
                await asyncio.wait((following, draining), timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if draining.done():
                    return
                if not following.done():
                    # Events are checked one by one where they are made; this is for a stream that is silent.
                    if session_id is not None and not await session_is_live(session_id):
                        return
                    yield b":\n\n"
                    continue
                done, following = following, None
                yield done.result()
        except StopAsyncIteration:
            return
        finally:
            STREAMS.dec()
            draining.cancel()
            with CancelScope(shield=True):
                if following is not None:
                    following.cancel()
                    await asyncio.wait((following,))
                await messages.aclose()


def _kinds(request: Request) -> set[OperationType]:
    return set(OperationType) - ({OperationType.MUTATION} if request.method == "GET" else set())


def _stop(stream: _Stream, operation_id: str | None) -> Response:
    if not operation_id:
        raise BadRequest(400, "operationId must name the operation.")
    task = stream.operations.get(operation_id)
    if task is not None:
        task.cancel()
    return Response(status_code=200)


def _event(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
