"""A small GraphQL client: queries and mutations over HTTP, one resumable subscription over a websocket."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import websockets
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.cli.session import Client
from app.trouble import Trouble

Json = dict[str, Any]
BACKOFF_FIRST_SECONDS = 0.2
BACKOFF_MAX_SECONDS = 5.0
PATIENCE_SECONDS = 180.0
"""How long a server may be away before the client gives up."""
BROKEN_SECONDS = 10.0
"""How long a server may answer that something broke on its side."""
ACK_SECONDS = 10.0
FATAL_CLOSES = {4400, 4401, 4403, 4406, 4429}
"""Close codes of graphql-transport-ws after which trying again is no use."""


class Refused(Trouble):
    """The server answered, and the answer is no."""


class Broken(Refused):
    """Something broke on the server's side: it may work in a moment, while its database restarts for example."""


class ServerAway(Trouble):
    """The server does not answer."""


async def send(client: Client | str, document: str, variables: Json) -> Json:
    """One operation over HTTP: its data. Tried again while the server is away: mutations carry idempotency keys.

    Raises `Refused` with the API's words (`Broken` when they are "something broke"), or `ServerAway`.
    """
    server, token = (client, None) if isinstance(client, str) else (client.server, client.token)
    headers = {"accept": "application/graphql-response+json, application/json"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    pauses = _pauses()
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        while True:
            try:
                answer = await http.post(
                    f"{server}/graphql", json={"query": document, "variables": variables}, headers=headers
                )
            except httpx.TransportError as error:
                await _pause(pauses, server, error)
                continue
            if answer.status_code in {502, 503, 504}:
                await _pause(pauses, server, f"status {answer.status_code}")
                continue
            try:
                return _data(server, answer)
            except Broken as error:
                await _pause(pauses, server, error)


def success(payload: Json) -> Json:
    """The success member of a mutation's payload. Raises `Refused` with the words of any other member."""
    if "message" in payload:
        field = f" ({payload['field']})" if payload.get("field") else ""
        raise Refused(f"{payload['message']}{field}", mend=_MENDS.get(payload.get("code", ""), "Change the request."))
    return payload


_MENDS = {
    "UNAUTHENTICATED": "Sign in with `yume login`.",
    "RATE_LIMITED": "Wait a little and try again.",
    "QUOTA_EXCEEDED": "Wait until the quota is renewed, or ask for a shorter clip.",
    "CONFLICT": "See `yume doctor` on the server, or try again in a minute.",
}


async def subscribe(
    client: Client, document: str, variables: Json, *, on_drop: Callable[[str], None], resume: Callable[[], str | None]
) -> AsyncIterator[Json]:
    """The events of one subscription until the server completes it.

    A dropped connection is opened again, and the subscription continues ``after`` what ``resume`` returns.
    Raises `Refused`, or `ServerAway` when nothing came for `PATIENCE_SECONDS`.
    """
    pauses = _pauses()
    while True:
        try:
            async for event in _subscribe_once(client, document, variables | {"after": resume()}):
                pauses = _pauses()
                yield event
        except (OSError, TimeoutError, websockets.WebSocketException, Broken) as error:
            if isinstance(error, websockets.ConnectionClosed) and error.rcvd and error.rcvd.code in FATAL_CLOSES:
                raise Refused(f"The server closed the subscription: {error}", mend=_MENDS["UNAUTHENTICATED"]) from error
            on_drop(str(error) or type(error).__name__)
            await _pause(pauses, client.server, error)
        else:
            return


async def _subscribe_once(client: Client, document: str, variables: Json) -> AsyncIterator[Json]:
    address = client.server.replace("http", "ws", 1) + "/graphql"
    # The origin is left out: it is a browser's word. Pings find a server that vanished without a goodbye.
    async with connect(
        address,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        compression=None,
        open_timeout=ACK_SECONDS,
        ping_interval=10,
        ping_timeout=10,
        proxy=None,
    ) as socket:

        async def say(**message: Any) -> None:
            await socket.send(json.dumps(message))

        await say(type="connection_init", payload={"authorization": f"Bearer {client.token}"})
        async with asyncio.timeout(ACK_SECONDS):
            while json.loads(await socket.recv())["type"] != "connection_ack":
                pass
        name = str(uuid.uuid4())
        await say(id=name, type="subscribe", payload={"query": document, "variables": variables})
        async for text in socket:
            message = json.loads(text)
            match message["type"]:
                case "next":
                    _raise_errors(message["payload"].get("errors"))
                    yield message["payload"]["data"]
                case "error":
                    _raise_errors(message["payload"])
                case "complete":
                    return
                case "ping":
                    await say(type="pong")
                case _:
                    continue
        # The server said goodbye (it restarts) before the subscription was complete.
        raise ConnectionResetError("the server closed the connection")


def _data(server: str, answer: httpx.Response) -> Json:
    try:
        body = answer.json()
    except ValueError:
        raise Refused(
            f"{server} answered with status {answer.status_code} and no GraphQL.", mend="Check the server's address."
        ) from None
    _raise_errors(body.get("errors"))
    return body["data"]


def _raise_errors(errors: list[Json] | None) -> None:
    if not errors:
        return
    extensions = errors[0].get("extensions") or {}
    code = extensions.get("code", "")
    correlation = extensions.get("correlationId")
    said = f" (correlation id {correlation})" if correlation and correlation not in errors[0]["message"] else ""
    kind = Broken if correlation else Refused
    raise kind(f"{errors[0]['message']}{said}", mend=_MENDS.get(code, "If it is not clear, ask the operator."))


def _pauses() -> list[float]:
    """Time already spent waiting and the next pause, in seconds."""
    return [0.0, BACKOFF_FIRST_SECONDS]


async def _pause(pauses: list[float], server: str, error: object) -> None:
    """Wait, twice as long each time, with jitter so that many clients do not come back at once."""
    spent, pause = pauses
    if isinstance(error, Broken) and spent > BROKEN_SECONDS:
        raise error
    if spent > PATIENCE_SECONDS:
        raise ServerAway(f"{server} does not answer: {error}.", mend="Is it running? Start it with `yume up`.")
    wait = pause * random.uniform(0.5, 1.0)
    pauses[:] = [spent + wait, min(2 * pause, BACKOFF_MAX_SECONDS)]
    await asyncio.sleep(wait)
