"""GraphQL over a websocket: the protocol graphql-transport-ws and nothing older."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
import strawberry
import structlog
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ConnectionInitMessage, Message
from strawberry.types.execution import PreExecutionError
from strawberry.types.unset import UNSET, UnsetType
from strawberry.utils.aio import aclosing
from tortoise.exceptions import BaseORMException

from app.auth import bearer_token, context_for, cookie_token
from app.metrics import SOCKETS
from app.routes.encode import encode
from resolvers.context import Context, Stores
from resolvers.session import session_for_token
from schema.extensions.masking import fault

INIT_SECONDS = 5
MOST_OPERATIONS = 50
SESSION_CHECK_SECONDS = 20.0

_log = structlog.get_logger()
_SHAPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # type → (fields that must be text, fields that are an object when present)
    "connection_init": ((), ("payload",)),
    "ping": ((), ("payload",)),
    "pong": ((), ("payload",)),
    "subscribe": (("id",), ("payload",)),
    "complete": (("id",), ()),
}


@dataclass
class Connection:
    """One socket: what its client said at the start, and who that turned out to be."""

    websocket: WebSocket
    stores: Stores
    connection_params: dict[str, Any] = field(default_factory=dict[str, Any])
    token: str | None = None
    context: Context | None = None


class _Handler(BaseGraphQLTransportWSHandler[Connection, None]):
    """Strawberry's handler, strict about the shape of messages, with a context per operation and an end at expiry."""

    _watch: asyncio.Task[None] | None = None

    async def handle_message(self, message: Message) -> None:
        """Close 4400 for what is not a message of the protocol, as the protocol says."""
        flaw = _flaw(message)
        if flaw is not None:
            await self.handle_invalid_message(flaw)
            return
        await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Sign the client in, then watch its session for as long as the socket is open."""
        await super().handle_connection_init(message)
        if self.connection_acknowledged and self._watch is None and self.context.token is not None:
            self._watch = asyncio.create_task(self._end_with_session(), name="socket-session")

    async def shutdown(self) -> None:
        """End every operation of a socket that has gone."""
        if self._watch is not None:
            self._watch.cancel()
        await super().shutdown()

    async def run_operation(self, operation: Operation[Connection, None]) -> None:
        """Run one operation with loaders of its own."""
        connection = self.context
        try:
            # Asked anew each time: a socket must not outlive its session, nor keep a role that was taken away.
            context = await context_for(connection.websocket, connection.stores, connection.token)
            if connection.token is not None and context.viewer is None:
                await self.websocket.close(code=4403, reason="The session has ended")
                return
            source = await self.schema.stream(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.operation_name,
            )
            async with aclosing(source):
                async for result in source:
                    if isinstance(result, PreExecutionError):
                        await operation.send_initial_errors(result.errors or [])
                        return
                    await operation.send_next(cast("Any", result))
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except GraphQLError as refusal:
            # Raised before parsing: the document was refused by its text.
            await operation.send_initial_errors([refusal])
        except WebSocketDisconnected:
            return
        except Exception as error:  # noqa: BLE001 - the client learns an id, and its other operations go on
            await operation.send_initial_errors([fault(error)])

    async def handle_task_exception(self, error: Exception) -> None:
        """Log what failed beside the operations."""
        _log.error("socket_failed", exc_info=error)

    async def _end_with_session(self) -> None:
        """Close 4403 when the session expires or is revoked: a socket must not outlive its rights."""
        connection = self.context
        while (
            connection.token is not None and connection.context is not None and connection.context.session is not None
        ):
            try:
                found = await session_for_token(connection.token)
            except (BaseORMException, OSError):
                # Postgres is away: nothing can be read through the socket either. Ask again when it is back.
                await asyncio.sleep(1)
                continue
            if found is None:
                await self.websocket.close(code=4403, reason="The session has ended")
                return
            left = (found[1].expires_at - datetime.now(UTC)).total_seconds()
            await asyncio.sleep(min(SESSION_CHECK_SECONDS, max(left, 0.0) + 0.05))


class SocketGraphQL(GraphQL[Connection, None]):
    """The websocket side of ``/graphql``."""

    graphql_transport_ws_handler_class = _Handler

    def __init__(self, schema: strawberry.Schema, *, production: bool, allowed_origins: list[str]) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            max_subscriptions_per_connection=MOST_OPERATIONS,
            allowed_origins=allowed_origins,
        )
        self._production = production

    async def serve(self, websocket: WebSocket) -> None:
        """Speak with one client until either side closes."""
        with SOCKETS.track_inprogress():
            await self.run(websocket)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Connection:  # noqa: ARG002 - Strawberry's hook
        """A connection about which nothing is known yet."""
        assert isinstance(request, WebSocket)
        return Connection(request, request.app.state.stores)

    async def on_ws_connect(self, context: Connection) -> UnsetType:
        """Sign in by ``authorization`` of connection_init, else by the cookie; nobody is welcome too.

        Raises `ConnectionRejectionError` (closes 4403) for a token that is wrong or over.
        """
        given = context.connection_params.get("authorization")
        if given is not None:
            context.token = bearer_token(given) if isinstance(given, str) else None
            if context.token is None:
                raise ConnectionRejectionError
        elif "origin" in context.websocket.headers:
            # Browsers name the origin of a handshake truthfully, and it was checked before the socket was accepted.
            context.token = cookie_token(context.websocket, production=self._production)
        context.context = await context_for(context.websocket, context.stores, context.token)
        if given is not None and context.context.viewer is None:
            raise ConnectionRejectionError
        if context.context.viewer is None:
            context.token = None
        return UNSET  # an acknowledgement without a payload

    def encode_json(self, data: object) -> str:
        """Text, because clients refuse binary frames."""
        return encode(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        """Raises a `json.JSONDecodeError`, also for a binary frame."""
        return orjson.loads(data)


def _flaw(message: object) -> str | None:
    if not isinstance(message, Mapping):
        return "A message is a JSON object"
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in _SHAPES:
        return "Unknown message type"
    texts, objects = _SHAPES[kind]
    for name in texts:
        if not isinstance(message.get(name), str) or not message[name]:
            return f"{kind} needs {name!r} as text"
    for name in objects:
        if name in message and not isinstance(message[name], Mapping):
            return f"{name!r} of {kind} must be an object"
    return _payload_flaw(message.get("payload")) if kind == "subscribe" else None


def _payload_flaw(payload: object) -> str | None:
    if not isinstance(payload, Mapping) or not isinstance(payload.get("query"), str):
        return "subscribe needs 'payload' with a 'query'"
    for name, kind in (("operationName", str), ("variables", Mapping), ("extensions", Mapping)):
        if payload.get(name) is not None and not isinstance(payload[name], kind):
            return f"{name!r} of the payload has the wrong type"
    return None
