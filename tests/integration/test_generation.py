"""Asking for clips: what is accepted, what is refused and leaves nothing, and how a job is watched."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from tortoise import connections
from tortoise.transactions import in_transaction

from jobs.progress import Cursor, EventKind, ProgressEvent, ProgressWriter, announce
from models.account import Role
from models.generation import Generation, GenerationState, Outbox, QuotaCharge
from models.policy import set_policy
from tests.api import Api, Refused, Server, declare_engine, finished_video

READ = (
    "query($id: ID!) { generation(id: $id) { id state progress cursor queuePosition failure { code } video { id } } }"
)
CANCEL = """
mutation($input: CancelGenerationInput!) { cancelGeneration(input: $input) {
  __typename ... on CancelGenerationSuccess { generation { state } } ... on Error { code field }
} }
"""
WATCH = """
subscription($id: ID!, $after: String) { generation(id: $id, after: $after) {
  __typename cursor attempt
  ... on GenerationQueued { position }
  ... on GenerationStep { phase step total fraction }
  ... on GenerationFinished { video { id prompt } }
  ... on GenerationFailed { failure { code message } }
  ... on GenerationSnapshot { generation { state } }
} }
"""


async def rows() -> tuple[int, int, int]:
    return await Generation.all().count(), await QuotaCharge.all().count(), await Outbox.all().count()


async def test_an_accepted_job_is_stored_with_its_charge_and_its_promise(ada: Api) -> None:
    payload = await ada.create(prompt="  a red fox  ", seconds=4)
    assert payload["__typename"] == "CreateGenerationSuccess"
    assert payload["generation"]["state"] == "QUEUED"
    assert payload["generation"]["queuePosition"] == 0
    assert payload["generation"]["prompt"] == "a red fox"
    assert payload["generation"]["cost"]["costSeconds"] == 4
    assert payload["quota"]["leftSeconds"] == 596
    assert await rows() == (1, 1, 1)


@pytest.mark.parametrize(
    ("changes", "kind", "field"),
    [
        ({"prompt": ""}, "InvalidError", "prompt"),
        ({"prompt": " \n\t "}, "InvalidError", "prompt"),
        ({"prompt": "x" * 2001}, "InvalidError", "prompt"),
        ({"prompt": "a\0b"}, "InvalidError", "prompt"),
        ({"negativePrompt": "x" * 2001}, "InvalidError", "negativePrompt"),
        ({"seconds": 0.5}, "InvalidError", "seconds"),
        ({"seconds": 10.01}, "InvalidError", "seconds"),
        ({"seconds": -3}, "InvalidError", "seconds"),
        ({"style": "cubist"}, "InvalidError", "style"),
        ({"seed": -1}, "InvalidError", "seed"),
        ({"engine": "sora"}, "InvalidError", "engine"),
        ({"idempotencyKey": ""}, "InvalidError", "idempotencyKey"),
        ({"idempotencyKey": "k" * 201}, "InvalidError", "idempotencyKey"),
    ],
)
async def test_a_bad_request_is_named_and_leaves_nothing(
    ada: Api, changes: dict[str, Any], kind: str, field: str
) -> None:
    payload = await ada.create(**changes)
    assert (payload["__typename"], payload["field"]) == (kind, field)
    assert await rows() == (0, 0, 0)


async def test_a_spent_quota_is_named_and_leaves_nothing(ada: Api) -> None:
    await set_policy("engine_seconds_per_day", 9.0, set_by=None)
    assert (await ada.create(seconds=5))["__typename"] == "CreateGenerationSuccess"
    refused = await ada.create(seconds=5)
    assert (refused["__typename"], refused["needed"], refused["left"]) == ("QuotaExceededError", 5, 4)
    assert await rows() == (1, 1, 1)
    assert (await ada.create(seconds=8, quality="DRAFT"))["__typename"] == "CreateGenerationSuccess"


async def test_each_mutation_of_a_document_tells_the_quota_that_it_left(ada: Api) -> None:
    one = 'createGeneration(input: {{prompt: "a fox", seconds: 4, idempotencyKey: "{0}"}}) {{ ...Left }}'
    left = """
    fragment Left on CreateGenerationSuccess { quota { leftSeconds } generation { cost { leftSeconds } queuePosition } }
    """
    data = await ada.run("mutation {" + " ".join(f"{key}: {one.format(key)}" for key in "abc") + "}" + left)
    for place, (key, seconds) in enumerate((("a", 596), ("b", 592), ("c", 588))):
        assert data[key]["quota"]["leftSeconds"] == data[key]["generation"]["cost"]["leftSeconds"] == seconds
        assert data[key]["generation"]["queuePosition"] == place


async def test_yesterdays_clips_do_not_count_today(ada: Api) -> None:
    await set_policy("engine_seconds_per_day", 5.0, set_by=None)
    await ada.create(seconds=5)
    await connections.get("default").execute_query("UPDATE quota_charge SET created_at = created_at - interval '1 day'")
    assert (await ada.create(seconds=5))["__typename"] == "CreateGenerationSuccess"


async def test_nobody_may_have_everything_in_the_making(ada: Api) -> None:
    await set_policy("active_generations_per_account", 1, set_by=None)
    await ada.create()
    refused = await ada.create()
    assert refused["__typename"] == "RateLimitedError"
    assert refused["retryAfterSeconds"] > 0


async def test_without_any_engine_nothing_is_accepted(server: Server, bob: Api) -> None:
    payload = await bob.create()
    assert (payload["__typename"], payload["field"]) == ("ConflictError", "engine")
    assert await rows() == (0, 0, 0)


async def test_an_engine_that_is_away_still_takes_jobs_and_says_so(server: Server, bob: Api) -> None:
    await declare_engine(age_seconds=60)
    assert (await bob.run("{ engines { name available workers } }"))["engines"] == [
        {"name": "test", "available": False, "workers": 0}
    ]
    assert (await bob.create())["__typename"] == "CreateGenerationSuccess"


async def test_fifty_sends_of_one_key_make_one_job_and_the_same_reply(ada: Api) -> None:
    replies = await asyncio.gather(*(ada.create(prompt="a fox", seed=1, idempotencyKey="same") for _ in range(50)))
    assert len({reply["generation"]["id"] for reply in replies}) == 1
    assert await rows() == (1, 1, 1)


async def test_a_key_used_for_another_request_is_named(ada: Api, bob: Api) -> None:
    await ada.create(prompt="a fox", idempotencyKey="k")
    assert (await ada.create(prompt="a dog", idempotencyKey="k"))["__typename"] == "IdempotencyConflictError"
    assert (await bob.create(prompt="a dog", idempotencyKey="k"))["__typename"] == "CreateGenerationSuccess"


async def test_a_queued_job_is_cancelled_at_once_and_its_cost_given_back(ada: Api) -> None:
    job = (await ada.create())["generation"]
    assert (await ada.mutate(CANCEL, generationId=job["id"]))["generation"]["state"] == "CANCELLED"
    assert (await ada.run("{ viewer { quota { spentSeconds } } }"))["viewer"]["quota"]["spentSeconds"] == 0
    again = await ada.mutate(CANCEL, generationId=job["id"])
    assert again["generation"]["state"] == "CANCELLED"


async def test_a_finished_job_cannot_be_cancelled(ada: Api) -> None:
    job = (await ada.create())["generation"]
    await Generation.all().update(state=GenerationState.SUCCEEDED)
    assert (await ada.mutate(CANCEL, generationId=job["id"]))["__typename"] == "ConflictError"


async def test_a_job_is_its_authors_only(server: Server, ada: Api, bob: Api) -> None:
    job = (await ada.create())["generation"]
    admin = await server.member("root", role=Role.ADMIN)
    for other in (bob, admin):
        assert await other.refused(READ, id=job["id"]) == "NOT_FOUND"
        assert (await other.run("query($id: ID!) { node(id: $id) { id } }", id=job["id"]))["node"] is None
        assert (await other.mutate(CANCEL, generationId=job["id"]))["__typename"] == "NotFoundError"
        with pytest.raises(Refused, match="NOT_FOUND"):
            await anext(other.subscribe(WATCH, id=job["id"]))
    assert await server.anyone.refused(READ, id=job["id"]) == "UNAUTHENTICATED"
    assert (await server.anyone.create())["__typename"] == "UnauthenticatedError"
    assert (await Generation.get()).state == GenerationState.QUEUED


async def watched(api: Api, job: str, after: str | None = None) -> list[dict[str, Any]]:
    return [event["generation"] async for event in api.subscribe(WATCH, id=job, after=after)]


async def write_run(redis: Redis, server: Server, ada: Api, *, steps: int = 5) -> Generation:
    """A claimed job with ``steps`` steps in its stream."""
    row = await Generation.get()
    await Generation.filter(id=row.id).update(state=GenerationState.RUNNING, fence=1, attempt=1)
    writer = ProgressWriter(redis, row.id, 1, 1)
    for step in range(1, steps + 1):
        await writer.step(phase="DENOISE", step=step, total=steps, fraction=step / steps, eta_seconds=1.0)
    return await Generation.get(id=row.id)


async def test_a_subscriber_hears_every_step_and_the_end(redis: Redis, server: Server, ada: Api) -> None:
    job = (await ada.create())["generation"]["id"]
    row = await write_run(redis, server, ada)
    hearing = asyncio.create_task(watched(ada, job))
    assert ada.viewer is not None
    video = await finished_video(server.stores, ada.viewer, generation=row.id)
    end = ProgressEvent(generation_id=row.id, attempt=1, kind=EventKind.FINISHED, video_id=video.id)
    await announce(redis, end, fence=1)
    events = await asyncio.wait_for(hearing, 10)
    assert [e["step"] for e in events if e["__typename"] == "GenerationStep"] == [1, 2, 3, 4, 5]
    assert events[-1]["__typename"] == "GenerationFinished"
    assert events[-1]["video"]["prompt"] == "a fox"


async def test_a_resumed_subscription_has_no_gap_and_no_repeat(redis: Redis, server: Server, ada: Api) -> None:
    job = (await ada.create())["generation"]["id"]
    await write_run(redis, server, ada)
    heard: list[dict[str, Any]] = []
    async for event in ada.subscribe(WATCH, id=job):
        if event["generation"]["__typename"] == "GenerationStep":
            heard.append(event["generation"])
        if len(heard) == 2:
            break
    await connections.get("default").execute_query("UPDATE generation SET state = 'FAILED', failure_code = 'X'")
    rest = await asyncio.wait_for(watched(ada, job, heard[-1]["cursor"]), 10)
    assert [e["step"] for e in heard + rest if e["__typename"] == "GenerationStep"] == [1, 2, 3, 4, 5]
    assert rest[-1]["__typename"] == "GenerationFailed"
    assert await asyncio.wait_for(watched(ada, job, rest[-1]["cursor"]), 10) == []


@pytest.mark.parametrize("after", ["9" * 5_000 + "-1", "1-" + "9" * 5_000, f"{2**64}-1", "²-1", "-", "x" * 5_000])
async def test_a_cursor_of_nobodys_is_answered_with_a_snapshot(
    redis: Redis, server: Server, ada: Api, after: str
) -> None:
    job = (await ada.create())["generation"]["id"]
    await write_run(redis, server, ada)
    async with asyncio.timeout(10):
        first = await anext(ada.subscribe(WATCH, id=job, after=after))
    assert first["generation"]["__typename"] == "GenerationSnapshot"
    assert Cursor.parse(after) is None


async def test_the_end_is_told_from_postgres_when_the_stream_is_gone(redis: Redis, server: Server, ada: Api) -> None:
    job = (await ada.create())["generation"]["id"]
    row = await write_run(redis, server, ada)
    assert ada.viewer is not None
    await finished_video(server.stores, ada.viewer, generation=row.id)
    await redis.flushall()
    events = await asyncio.wait_for(watched(ada, job, "1-3"), 10)
    assert [e["__typename"] for e in events] == ["GenerationSnapshot", "GenerationFinished"]


async def test_a_subscription_ends_with_its_session(server: Server, ada: Api) -> None:
    job = (await ada.create())["generation"]["id"]
    stream = ada.subscribe(WATCH, id=job)
    assert (await anext(stream))["generation"]["__typename"] == "GenerationQueued"
    await connections.get("default").execute_query("UPDATE session SET revoked_at = yume_now()")
    with pytest.raises(Refused, match="UNAUTHENTICATED"):
        await asyncio.wait_for(anext(stream), 5)


async def test_a_rolled_back_request_promises_nothing(ada: Api) -> None:
    async def crash_before_the_commit() -> None:
        async with in_transaction():
            assert (await ada.create())["__typename"] == "CreateGenerationSuccess"
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await crash_before_the_commit()
    assert await rows() == (0, 0, 0)
