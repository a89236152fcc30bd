"""The reference audits and clients of npm against a live server: HTTP, websocket and event streams."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from app.embedded import Stores
from jobs.progress import EventKind, FailureDetail, ProgressEvent, ProgressWriter, announce
from models.account import Account
from models.generation import Generation, GenerationState
from schema.node import global_id
from tests.contract.npm_runner import run_script
from tests.live import LiveServer, member, queued_generation, shared_server

STEPS = 5
TYPES = ["GenerationStep"] * STEPS + ["GenerationFailed"]


@pytest.fixture(scope="module")
async def server(stores: Stores, _template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveServer]:
    async with shared_server(stores, _template, tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture
async def progress(stores: Stores) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(stores.urls.redis_url)
    yield client
    await client.aclose()


async def test_every_audit_of_graphql_over_http_passes(server: LiveServer) -> None:
    results = await run_script("audit.mjs", f"{server.url}/graphql")

    assert len(results) == 61
    assert [f"{one['name']}: {one['reason']}" for one in results if one["status"] != "ok"] == []


async def test_the_reference_socket_client_is_served_to_the_letter(server: LiveServer, progress: Redis) -> None:
    account, token = await member()
    generation_id = await _ended_generation(account, progress)

    [seen] = await run_script("socket.mjs", server.socket_url, token, generation_id)

    _check_story(seen, account)
    assert seen["syntax"]["end"][0]["message"].startswith("Syntax Error")
    assert [error["extensions"]["code"] for error in _errors(seen["failing"])] == ["NOT_FOUND"]
    assert seen["wrongToken"] == {"results": [], "end": 4403}
    assert seen["nobody"]["results"][0]["data"] == {"viewer": None}


@pytest.mark.parametrize("mode", ["distinct", "single"])
async def test_the_reference_stream_client_is_served_both_ways(server: LiveServer, progress: Redis, mode: str) -> None:
    account, token = await member()
    generation_id = await _ended_generation(account, progress)

    [report] = await run_script("stream.mjs", f"{server.url}/graphql/stream", token, generation_id)

    _check_story(report[mode], account)
    assert report[mode]["together"] == [len(TYPES), len(TYPES)]


def _check_story(seen: dict[str, Any], account: Account) -> None:
    assert seen["query"]["results"][0]["data"] == {"viewer": {"handle": account.handle}}
    assert seen["query"]["end"] == "complete"
    assert _types(seen["all"]) == TYPES
    assert seen["all"]["end"] == "complete"
    assert _types(seen["first"]) == TYPES[:2]
    # Resuming behind the second event brings the others, without gap or repeat.
    assert _cursors(seen["first"]) + _cursors(seen["rest"]) == _cursors(seen["all"])
    assert "Cannot query field 'nothing'" in _errors(seen["invalid"])[0]["message"]


def _types(run: dict[str, Any]) -> list[str]:
    return [result["data"]["generation"]["__typename"] for result in run["results"]]


def _cursors(run: dict[str, Any]) -> list[str]:
    return [result["data"]["generation"]["cursor"] for result in run["results"]]


def _errors(run: dict[str, Any]) -> list[dict[str, Any]]:
    """Errors of a run: sockets end with them before execution, streams carry them in a result."""
    if isinstance(run["end"], list):
        return run["end"]
    return [error for result in run["results"] for error in result.get("errors", [])]


async def _ended_generation(account: Account, progress: Redis) -> str:
    """The global id of a generation that ran five steps and failed, as its worker would have left it."""
    row = await queued_generation(account.id)
    await Generation.filter(id=row.id).update(
        state=GenerationState.FAILED, fence=1, attempt=1, failure_code="ENGINE_FAILED", failure_message="Out of paint."
    )
    await _tell(progress, row.id)
    return global_id("Generation", row.id)


async def _tell(progress: Redis, generation_id: UUID) -> None:
    writer = ProgressWriter(progress, generation_id, fence=1, attempt=1)
    for step in range(1, STEPS + 1):
        await writer.step(phase="DENOISE", step=step, total=STEPS, fraction=step / STEPS, eta_seconds=1.0)
    failure = FailureDetail(code="ENGINE_FAILED", message="Out of paint.")
    event = ProgressEvent(generation_id=generation_id, attempt=1, kind=EventKind.FAILED, failure=failure)
    await announce(progress, event, fence=1)
