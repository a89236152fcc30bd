"""graphql-transport-ws on the wire: close codes, frames, sessions, shutdown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from tortoise import connections
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.embedded import Stores
from models.account import Account, Invite, Role
from models.policy import policy_in_force
from schema.node import global_id
from tests.live import LiveServer, link_of, member, queued_generation, shared_server

INIT: dict[str, Any] = {"type": "connection_init"}
QUERY: dict[str, Any] = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}


@pytest.fixture(scope="module")
async def server(stores: Stores, _template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveServer]:
    async with shared_server(stores, _template, tmp_path_factory.mktemp("live")) as running:
        yield running


@asynccontextmanager
async def opened(server: LiveServer, **options: Any) -> AsyncIterator[ClientConnection]:
    async with connect(server.socket_url, subprotocols=["graphql-transport-ws"], **options) as socket:  # type: ignore[list-item]
        yield socket


async def acknowledged(socket: ClientConnection, payload: dict[str, Any] | None = None) -> None:
    await socket.send(json.dumps(INIT if payload is None else INIT | {"payload": payload}))
    assert json.loads(await socket.recv()) == {"type": "connection_ack"}


async def close_code(socket: ClientConnection, seconds: float = 8) -> int | None:
    """The code the server closes with, whatever it says before."""
    async with asyncio.timeout(seconds):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed:
            return socket.close_code


async def test_each_breach_of_the_protocol_closes_with_its_own_code(server: LiveServer) -> None:
    ack, sub = json.dumps(INIT), json.dumps(QUERY)
    breaches: list[tuple[list[str | bytes], int]] = [
        (["not json"], 4400),
        (["[]"], 4400),
        (['"text"'], 4400),
        (["null"], 4400),
        ([b"\x00\x01"], 4400),
        (['{"type": "nothing"}'], 4400),
        (['{"type": ["ping"]}'], 4400),
        (['{"type": "connection_init", "payload": 7}'], 4400),
        ([ack, '{"id": "1", "type": "subscribe"}'], 4400),
        ([ack, '{"id": "1", "type": "subscribe", "payload": 7}'], 4400),
        ([ack, '{"id": "1", "type": "subscribe", "payload": []}'], 4400),
        ([ack, '{"id": 1, "type": "subscribe", "payload": {"query": "{__typename}"}}'], 4400),
        ([ack, '{"id": "1", "type": "subscribe", "payload": {"query": "{__typename}", "variables": []}}'], 4400),
        ([sub], 4401),
        ([json.dumps(INIT | {"payload": {"authorization": "Bearer yume_wrong"}})], 4403),
        ([json.dumps(INIT | {"payload": {"authorization": 7}})], 4403),
        ([ack, ack], 4429),
    ]
    for messages, code in breaches:
        async with opened(server) as socket:
            for message in messages:
                await socket.send(message)
            assert (messages, await close_code(socket)) == (messages, code)


async def test_a_client_that_says_nothing_is_closed_after_five_seconds(server: LiveServer) -> None:
    async with opened(server) as socket:
        assert await close_code(socket) == 4408


async def test_the_same_operation_id_twice_closes_4409(server: LiveServer) -> None:
    account, token = await member()
    generation = await queued_generation(account.id)
    async with opened(server) as socket:
        await acknowledged(socket, {"authorization": f"Bearer {token}"})
        message = json.dumps(watch(global_id("Generation", generation.id)))
        await socket.send(message)
        await socket.send(message)

        assert await close_code(socket) == 4409


async def test_only_the_current_protocol_is_spoken(server: LiveServer) -> None:
    async with connect(server.socket_url, subprotocols=["graphql-ws"]) as socket:  # type: ignore[list-item]
        assert await close_code(socket) == 4406


async def test_frames_are_text_and_pings_are_answered(server: LiveServer) -> None:
    async with opened(server) as socket:
        await acknowledged(socket)
        await socket.send('{"type": "ping"}')
        assert json.loads(await socket.recv(decode=True)) == {"type": "pong"}
        await socket.send(json.dumps(QUERY))

        frame = await socket.recv()
        assert isinstance(frame, str)
        assert json.loads(frame)["payload"]["data"] == {"__typename": "Query"}
        assert json.loads(await socket.recv()) == {"id": "1", "type": "complete"}


async def test_a_hostile_document_is_refused_on_the_socket_and_the_socket_stays_open(server: LiveServer) -> None:
    async with opened(server) as socket:
        await acknowledged(socket)
        await socket.send(json.dumps(QUERY | {"payload": {"query": "{" * 1_000}}))
        refusal = json.loads(await socket.recv())
        await socket.send(json.dumps(QUERY))

        assert refusal["type"] == "error"
        assert refusal["payload"][0]["extensions"] == {"code": "QUERY_TOO_COSTLY"}
        assert json.loads(await socket.recv())["type"] == "next"


async def test_pages_of_other_origins_may_not_open_sockets(server: LiveServer) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with opened(server, additional_headers={"origin": "https://elsewhere.example"}):
            pass

    assert refusal.value.response.status_code == 403


async def test_the_cookie_signs_in_our_own_page_and_nobody_without_an_origin(server: LiveServer) -> None:
    account, _ = await member()
    async with httpx.AsyncClient(base_url=server.url) as client:
        kept = await client.post("/session", json={"token": await link_of(account)}, headers={"x-yume-csrf": "1"})
    cookie = kept.headers["set-cookie"].split(";")[0]
    assert "HttpOnly" in kept.headers["set-cookie"]
    asking = json.dumps(QUERY | {"payload": {"query": "{ viewer { handle } }"}})

    async with opened(server, additional_headers={"cookie": cookie, "origin": server.url}) as socket:
        await acknowledged(socket)
        await socket.send(asking)
        assert json.loads(await socket.recv())["payload"]["data"] == {"viewer": {"handle": account.handle}}
    async with opened(server, additional_headers={"cookie": cookie}) as socket:
        await acknowledged(socket)
        await socket.send(asking)
        assert json.loads(await socket.recv())["payload"]["data"] == {"viewer": None}


async def test_a_socket_ends_with_its_session(server: LiveServer) -> None:
    account, token = await member()
    await connections.get("default").execute_query(
        "UPDATE session SET expires_at = yume_now() + interval '1.5 s' WHERE account_id = $1", [account.id]
    )
    async with opened(server) as socket:
        await acknowledged(socket, {"authorization": f"Bearer {token}"})

        assert await close_code(socket, seconds=4) == 4403


async def test_a_socket_does_nothing_more_once_its_session_was_signed_out_elsewhere(server: LiveServer) -> None:
    account, token = await member()
    bearer = {"authorization": f"Bearer {token}"}
    async with opened(server) as socket, httpx.AsyncClient(base_url=server.url) as client:
        await acknowledged(socket, bearer)
        out = await client.post("/graphql", json={"query": "mutation { signOut { __typename } }"}, headers=bearer)
        assert out.json()["data"]["signOut"]["__typename"] == "SignOutSuccess"
        await socket.send(json.dumps(mutation('createInvite(input: {idempotencyKey: "k"}) { __typename }')))

        assert await close_code(socket, seconds=3) == 4403
    assert not await Invite.filter(created_by_id=account.id).exists()


async def test_a_socket_loses_a_role_with_its_member(server: LiveServer) -> None:
    account, token = await member(Role.ADMIN)
    change = mutation('setPolicy(input: {key: "minimum_age", value: 21}) { __typename }')
    async with opened(server) as socket:
        await acknowledged(socket, {"authorization": f"Bearer {token}"})
        await socket.send(json.dumps(QUERY))
        assert [json.loads(await socket.recv())["type"] for _ in range(2)] == ["next", "complete"]
        await Account.filter(id=account.id).update(role=Role.MEMBER)
        await socket.send(json.dumps(change))

        assert json.loads(await socket.recv())["payload"]["data"] == {"setPolicy": {"__typename": "DeniedError"}}
    assert (await policy_in_force())["minimum_age"] == 13


async def test_stopping_lets_go_of_sockets_and_streams_at_once(server: LiveServer) -> None:
    account, token = await member()
    generation = await queued_generation(account.id)
    asked = watch(global_id("Generation", generation.id))
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    async with opened(server) as socket, httpx.AsyncClient() as client:
        await acknowledged(socket, {"authorization": f"Bearer {token}"})
        await socket.send(json.dumps(asked))
        await socket.recv()
        url = f"{server.url}/graphql/stream"
        async with client.stream("POST", url, json=asked["payload"], headers=headers) as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            server.process.terminate()

            assert await close_code(socket, seconds=3) == 1012
            async with asyncio.timeout(3):
                _ = [line async for line in lines]
    assert await asyncio.wait_for(server.process.wait(), 5) is not None


def mutation(field: str) -> dict[str, Any]:
    return QUERY | {"payload": {"query": f"mutation {{ {field} }}"}}


def watch(generation_id: str) -> dict[str, Any]:
    query = "subscription ($id: ID!) { generation(id: $id) { __typename cursor } }"
    return QUERY | {"payload": {"query": query, "variables": {"id": generation_id}}}
