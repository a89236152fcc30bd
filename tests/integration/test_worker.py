"""A real worker process on real stores: from a queued row to a draft, a stop, a failure, a hand-back."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from app.embedded import Stores
from engine.media.probe import probe
from jobs.clip.lease import cancel
from jobs.derived.meaning import enqueue_meaning
from jobs.progress import EventKind, ProgressReader
from jobs.progress.writer import last_event
from jobs.queue import Doorbell
from models.generation import Generation, Outbox, QuotaCharge
from models.storage import MediaStore
from models.video import AuthorState, Rendition, Video, VideoVisibility
from tests.jobs_stack import PATIENCE, Worker, member, queue_one, ready_workers, rows, state_of, until, until_state


@pytest.fixture
async def worker(database: str, redis: Redis, stores: Stores, tmp_path: Path) -> AsyncIterator[Worker]:
    running = await Worker(database, stores.urls.redis_url, tmp_path).start()
    await until(ready_workers, what="the worker is ready")
    yield running
    running.kill()
    await running.ended()


async def test_a_queued_generation_becomes_a_draft_with_its_files_and_every_step_told(
    worker: Worker, redis: Redis, tmp_path: Path
) -> None:
    generation = await queue_one(await member())
    reader = ProgressReader(redis)
    await reader.start()
    await Doorbell(redis).ring()
    async with asyncio.timeout(PATIENCE):
        events = [event async for event in reader.subscribe(generation.id, None)]
    await reader.stop()

    video = await Video.get(generation_id=generation.id)
    row = await Generation.get(id=generation.id)
    assert (row.state, row.fraction, row.attempt, row.fence) == ("SUCCEEDED", 1.0, 1, 1)
    assert row.recipe == video.recipe == {**video.recipe, "backend": "slides", "seed": 7}
    assert (video.seconds, video.width, video.height, video.has_audio) == (pytest.approx(1.0, abs=0.1), 64, 96, True)
    assert (await VideoVisibility.get(id=video.id)).author_state is AuthorState.DRAFT

    assert [event.cursor for event in events] == [f"1-{n}" for n in range(1, len(events) + 1)]
    assert events[-1].kind is EventKind.FINISHED
    assert events[-1].video_id == video.id
    fractions = [event.fraction for event in events if event.fraction is not None]
    assert fractions == sorted(fractions)
    assert {event.kind for event in events[:-1]} == {EventKind.STEP, EventKind.SEGMENT}
    phases = list(dict.fromkeys(event.phase for event in events if event.kind is EventKind.STEP))
    assert phases == ["LOADING", "TEXT", "DENOISE", "DECODE", "ENCODE", "CHECK", "STORE"]
    assert any(event.preview and (event.preview.width, event.preview.height) == (64, 96) for event in events)

    media = MediaStore.from_url(None, tmp_path)
    renditions = {str(r.kind): r for r in await Rendition.filter(video_id=video.id)}
    assert set(renditions) == {"MP4", "POSTER", "PREVIEW", "LATENT"}
    for rendition in renditions.values():
        assert await media.size(rendition.key) == rendition.bytes
    found = probe(tmp_path / "media" / renditions["MP4"].key)
    assert (found.video_streams, found.audio_streams, found.sha256) == (1, 1, renditions["MP4"].sha256)
    [kept] = await rows("SELECT length(pictures) AS pictures, length(sound) AS sound FROM video_print")
    assert (kept["pictures"] // 16, kept["pictures"] % 16, kept["sound"] > 0) == (5, 0, True)
    async with in_transaction() as connection:
        await connection.execute_query(
            "UPDATE video_visibility SET author_state = 'PUBLISHED' WHERE id = $1", [video.id]
        )
        await enqueue_meaning(connection, video.id)
    await until(lambda: rows("SELECT 1 FROM video_text WHERE id = $1", video.id), what="search knows of it")
    assert (await QuotaCharge.get(generation_id=generation.id)).refunded_at is None
    assert not list((tmp_path / "scratch").glob("*/*"))


async def test_a_ring_starts_the_clip_in_a_moment_and_silence_within_the_sweep(worker: Worker, redis: Redis) -> None:
    account = await member()
    rung = await queue_one(account)
    await Doorbell(redis).ring()
    await until_state(rung.id, "SUCCEEDED")
    silent = await queue_one(account)
    await until_state(silent.id, "SUCCEEDED")
    waits = {
        row["id"]: row["wait"]
        for row in await rows("SELECT id, extract(epoch FROM started_at - created_at)::float AS wait FROM generation")
    }
    assert waits[rung.id] < 0.5
    assert waits[silent.id] < 2.5


async def test_a_running_generation_stops_within_five_seconds_of_its_cancel(worker: Worker, redis: Redis) -> None:
    ada = await member()
    generation = await queue_one(ada, "take 30")
    await until_state(generation.id, "RUNNING")
    asked = time.monotonic()
    async with in_transaction() as connection:
        assert await cancel(connection, generation.id) == "RUNNING"
    await Doorbell(redis).request_cancel(generation.id)
    await until_state(generation.id, "CANCELLED", seconds=5)
    after = await queue_one(ada)
    await until_state(after.id, "SUCCEEDED", seconds=5)
    assert time.monotonic() - asked < 8
    assert (await QuotaCharge.get(generation_id=generation.id)).refunded_at is not None
    assert not await Video.exists(generation_id=generation.id)


@pytest.mark.parametrize("prompt", ["take 30", "hang"])
async def test_a_cancel_is_seen_without_any_hint_even_by_an_engine_that_hangs(worker: Worker, prompt: str) -> None:
    ada = await member()
    generation = await queue_one(ada, prompt)
    await until_state(generation.id, "RUNNING")
    async with in_transaction() as connection:
        await cancel(connection, generation.id)
    await until_state(generation.id, "CANCELLED", seconds=5)
    after = await queue_one(ada)
    await until_state(after.id, "SUCCEEDED", seconds=15)


@pytest.mark.parametrize(
    ("prompt", "code", "attempts"),
    [("refuse", "ENGINE_FAILED", 1), ("die", "ENGINE_DIED", 3)],
)
async def test_a_failure_ends_named_and_refunded_after_the_attempts_that_make_sense(
    worker: Worker, redis: Redis, prompt: str, code: str, attempts: int
) -> None:
    generation = await queue_one(await member(), prompt)
    await until_state(generation.id, "FAILED", seconds=40)
    row = await Generation.get(id=generation.id)
    assert (row.failure_code, row.attempt) == (code, attempts)
    assert row.failure_message
    assert (await QuotaCharge.get(generation_id=generation.id)).refunded_at is not None
    await until(lambda: _told(redis, generation), what="the failure is told")


async def _told(redis: Redis, generation: Generation) -> bool:
    last = await last_event(redis, generation.id)
    return last is not None and last.kind is EventKind.FAILED


async def test_a_stopping_worker_hands_its_clip_back_at_once_and_uncounted(worker: Worker) -> None:
    generation = await queue_one(await member(), "take 30")
    await until_state(generation.id, "RUNNING")
    asked = time.monotonic()
    worker.kill(signal.SIGTERM)
    await until_state(generation.id, "QUEUED", seconds=2)
    assert await worker.ended() == 0
    assert time.monotonic() - asked < 5
    row = await Generation.get(id=generation.id)
    assert (row.attempt, row.worker_id) == (0, None)
    assert await rows("SELECT * FROM engine_host") == []


async def test_a_killed_worker_is_succeeded_by_another_within_fifteen_seconds(
    worker: Worker, database: str, stores: Stores, tmp_path: Path
) -> None:
    generation = await queue_one(await member(), "take 4")
    await until_state(generation.id, "RUNNING")
    worker.kill()
    await worker.ended()
    killed = time.monotonic()
    other = await Worker(database, stores.urls.redis_url, tmp_path).start()
    try:

        async def again() -> bool:
            return (await Generation.get(id=generation.id)).attempt == 2

        await until(again, seconds=15, what="a second attempt")
        assert time.monotonic() - killed < 15
        await until_state(generation.id, "SUCCEEDED")
        assert await Video.filter(generation_id=generation.id).count() == 1
        await until(_outbox_empty, what="all promises are kept")
    finally:
        other.kill()
        await other.ended()


async def _outbox_empty() -> bool:
    return not await Outbox.exclude(topic="purge_later").exists()


async def test_a_worker_without_valkey_still_makes_what_is_queued(database: str, tmp_path: Path) -> None:
    running = await Worker(database, "redis://127.0.0.1:1", tmp_path).start()
    try:
        await until(ready_workers, what="the worker is ready")
        generation = await queue_one(await member())
        await until_state(generation.id, "SUCCEEDED")
        assert await state_of(generation.id) == "SUCCEEDED"
    finally:
        running.kill()
        await running.ended()
