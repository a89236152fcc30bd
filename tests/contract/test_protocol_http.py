"""The HTTP side on the wire: negotiation, limits, cookies, headers, event streams, health and metrics."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tortoise import connections

from app.embedded import Stores
from app.settings import Settings
from models.account import Invite, Role
from models.base import new_id
from tests.live import LiveServer, link_of, live_server, member, shared_server

GRAPHQL = "application/graphql-response+json"
CSRF = {"x-yume-csrf": "1"}
EVENTS = {"accept": "text/event-stream"}
VIEWER = {"query": "{ viewer { handle } }"}


@pytest.fixture(scope="module")
async def server(stores: Stores, _template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveServer]:
    async with shared_server(stores, _template, tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture
async def client(server: LiveServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url) as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "accept", "status", "has_data"),
    [
        ("{ __typename }", GRAPHQL, 200, True),
        ("{ nothing }", GRAPHQL, 400, False),
        ("{ nothing }", "application/json", 200, False),
        ("{", GRAPHQL, 400, False),
        ("{" * 100, GRAPHQL, 400, False),
        ('{ generation(id: "x") { id } }', GRAPHQL, 200, True),
        ('subscription { generation(id: "x") { cursor } }', GRAPHQL, 400, False),
    ],
)  # fmt: skip
async def test_the_status_says_whether_the_operation_ran(
    client: httpx.AsyncClient, query: str, accept: str, status: int, *, has_data: bool
) -> None:
    answer = await client.post("/graphql", json={"query": query}, headers={"accept": accept})

    assert answer.status_code == status
    assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
    assert ("data" in answer.json()) == has_data


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        (f"{GRAPHQL}, application/json;q=0.9", GRAPHQL),
        (f"{GRAPHQL};q=0.1, application/json", "application/json"),
        (f"{GRAPHQL};q=zero, application/json;q=0.1", "application/json"),
        ("text/html", None),
        (f"{GRAPHQL}; charset=iso-8859-1", None),
    ],
)
async def test_the_media_type_is_what_the_client_prefers(
    client: httpx.AsyncClient, accept: str | None, chosen: str | None
) -> None:
    request = client.build_request("POST", "/graphql", json={"query": "{ __typename }"})
    request.headers.pop("accept")
    if accept is not None:
        request.headers["accept"] = accept
    answer = await client.send(request)

    assert answer.status_code == (406 if chosen is None else 200)
    if chosen is not None:
        assert answer.headers["content-type"] == f"{chosen}; charset=utf-8"


async def test_a_body_over_256_kb_is_refused_whether_or_not_it_says_its_length(client: httpx.AsyncClient) -> None:
    body = json.dumps({"query": "{ __typename }", "variables": {"pad": "x" * 300_000}}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    headers = {"content-type": "application/json"}
    told = await client.post("/graphql", content=body, headers=headers)
    untold = await client.post("/graphql", content=pieces(), headers=headers)

    assert (told.status_code, untold.status_code) == (413, 413)


async def test_the_cookie_counts_only_beside_the_csrf_header(client: httpx.AsyncClient) -> None:
    account, _ = await member()
    link = {"token": await link_of(account)}
    refused = await client.post("/session", json=link)
    kept = await client.post("/session", json=link, headers=CSRF)

    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers
    assert kept.status_code == 204
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(kept.headers["set-cookie"].split("; "))
    assert (await client.post("/graphql", json=VIEWER)).json()["data"] == {"viewer": None}
    signed_in = await client.post("/graphql", json=VIEWER, headers=CSRF)
    assert signed_in.json()["data"] == {"viewer": {"handle": account.handle}}


async def test_signing_out_of_the_page_ends_its_session_and_no_other(client: httpx.AsyncClient) -> None:
    account, token = await member()
    kept = await client.post("/session", json={"token": await link_of(account)}, headers=CSRF)
    cookie = kept.cookies["yume_session"]
    sign_out = {"query": "mutation { signOut { __typename } }"}
    left = await client.post("/graphql", json=sign_out, headers=CSRF)

    assert left.json()["data"] == {"signOut": {"__typename": "SignOutSuccess"}}
    assert 'yume_session=""' in left.headers["set-cookie"]
    assert cookie != token
    for holder, viewer in ((cookie, None), (token, {"handle": account.handle})):
        bearer = {"authorization": f"Bearer {holder}"}
        assert (await client.post("/graphql", json=VIEWER, headers=bearer)).json()["data"] == {"viewer": viewer}


async def test_a_link_signs_in_once_and_no_other_token_does(client: httpx.AsyncClient) -> None:
    account, token = await member()
    link = await link_of(account)
    as_bearer = await client.post("/graphql", json=VIEWER, headers={"authorization": f"Bearer {link}"})
    first = await client.post("/session", json={"token": link}, headers=CSRF)
    client.cookies.clear()

    assert as_bearer.json().get("data") != {"viewer": {"handle": account.handle}}
    assert first.status_code == 204
    for spent in (link, token, "yume_over", None):
        answer = await client.post("/session", json={"token": spent}, headers=CSRF)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


async def test_every_answer_carries_an_id_and_safe_headers(client: httpx.AsyncClient) -> None:
    given = await client.get("/healthz", headers={"x-request-id": "abc-123"})
    forged = await client.get("/healthz", headers={"x-request-id": "a b\tc"})

    assert given.headers["x-request-id"] == "abc-123"
    assert forged.headers["x-request-id"] not in ("", "a b\tc")
    assert given.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in given.headers
    page = await client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]


async def test_a_stream_belongs_to_the_session_that_reserved_it(client: httpx.AsyncClient) -> None:
    _, mine = await member()
    _, theirs = await member()
    own = {"authorization": f"Bearer {mine}", "accept": "text/plain"}
    token = (await client.put("/graphql/stream", headers=own)).text
    event = {"accept": "text/event-stream", "x-graphql-event-stream-token": token}
    operation: dict[str, Any] = VIEWER | {"extensions": {"operationId": "1"}}

    other = {"authorization": f"Bearer {theirs}", "x-graphql-event-stream-token": token, "accept": "*/*"}
    assert (await client.post("/graphql/stream", json=operation, headers=other)).status_code == 404
    headers = own | event
    async with client.stream("GET", "/graphql/stream", headers=headers) as stream:
        assert stream.status_code == 200
        assert (await client.get("/graphql/stream", headers=headers)).status_code == 409
        asked = headers | {"accept": "*/*"}
        assert (await client.post("/graphql/stream", json=VIEWER, headers=asked)).status_code == 400
        assert (await client.post("/graphql/stream", json=operation, headers=asked)).status_code == 202
        lines = stream.aiter_lines()
        async with asyncio.timeout(5):
            heard = [await anext(lines) for _ in range(6)]
    assert heard[2] == "event: next"
    assert '"id":"1"' in heard[3]


async def test_a_mutation_by_get_is_refused_in_words_and_changes_nothing(client: httpx.AsyncClient) -> None:
    account, token = await member()
    signed_in = {"authorization": f"Bearer {token}", "accept": "text/plain"}
    asked = {"query": 'mutation { createInvite(input: {idempotencyKey: "k"}) { __typename } }'}
    reserved = {"x-graphql-event-stream-token": (await client.put("/graphql/stream", headers=signed_in)).text}
    reserving = signed_in | reserved
    named = asked | {"extensions": '{"operationId": "1"}'}
    async with client.stream("GET", "/graphql/stream", headers=reserving | EVENTS) as stream:
        assert (await client.get("/graphql/stream", params=named, headers=reserving)).status_code == 202
        lines = stream.aiter_lines()
        async with asyncio.timeout(5):
            single = [await anext(lines) for _ in range(4)][-1]
    distinct = (await client.get("/graphql/stream", params=asked, headers=signed_in | EVENTS)).text

    for said in (single, distinct):
        assert "mutations are not allowed" in said
        assert "INTERNAL" not in said
    assert (await client.get("/graphql", params=asked, headers=signed_in | {"accept": "*/*"})).status_code == 405
    assert not await Invite.filter(created_by_id=account.id).exists()


async def test_readiness_says_in_words_what_is_missing(client: httpx.AsyncClient) -> None:
    lacking = await client.get("/readyz")
    await connections.get("default").execute_query(
        """
        INSERT INTO engine_host (id, created_at, host, engine, device, capabilities, weights, heartbeat_at)
        VALUES ($1, yume_now(), 'here', 'diorama', 'cpu', '{}', 'none', yume_now())
        """,
        [new_id()],
    )
    ready = await client.get("/readyz")

    assert lacking.status_code == 503
    assert lacking.json()["missing"] == ["No engine has been heard from for 15 seconds: start `yume worker`."]
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "missing": []})


async def test_metrics_count_operations_and_name_no_path(client: httpx.AsyncClient) -> None:
    account, token = await member(Role.ADMIN)
    await client.post("/graphql", json=VIEWER, headers={"authorization": f"Bearer {token}"})
    await client.get("/media/some-secret-token/clip.mp4")
    text = (await client.get("/metrics")).text

    assert 'yume_graphql_operations_total{kind="query",outcome="ok"}' in text
    assert 'route="/media/{token}/{name}",status="404"' in text
    assert "some-secret-token" not in text
    assert "yume_queue_oldest_seconds 0.0" in text
    assert account.handle not in text


async def test_production_hides_what_developers_need(settings: Settings) -> None:
    async with live_server(settings, YUME_ENV="production") as server, httpx.AsyncClient(base_url=server.url) as client:
        introspection = await client.post("/graphql", json={"query": "{ __schema { queryType { name } } }"})
        answered = await client.post("/graphql", json=VIEWER)
        by_get = await client.get("/graphql", params={"query": "{ __typename }"})
        page = await client.get("/graphql", headers={"accept": "text/html"})
        account, _ = await member()
        kept = await client.post("/session", json={"token": await link_of(account)}, headers=CSRF)

    assert "data" not in introspection.json()
    assert answered.json()["data"] == {"viewer": None}
    assert by_get.status_code == 405
    assert page.status_code == 406
    assert kept.headers["set-cookie"].startswith("__Host-yume_session=")
    assert "Secure" in kept.headers["set-cookie"]
