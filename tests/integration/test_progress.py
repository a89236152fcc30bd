"""Progress streams on a real Valkey: resuming without gap or repeat, zombies, losses, slow readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from jobs.progress import (
    Cursor,
    EventKind,
    PreviewBytes,
    ProgressEvent,
    ProgressReader,
    ProgressWriter,
    SupersededError,
    announce,
    preview_key,
    read_preview,
    stream_key,
)
from jobs.progress.channel import QUEUE_LENGTH
from jobs.progress.writer import PREVIEWS_KEPT


@pytest.fixture
async def reader(redis: Redis) -> AsyncIterator[ProgressReader]:
    running = ProgressReader(redis)
    await running.start()
    yield running
    await running.stop()


async def steps(writer: ProgressWriter, first: int, last: int, phase: str = "DENOISE") -> None:
    for step in range(first, last + 1):
        await writer.step(phase=phase, step=step, total=last, fraction=step / last, eta_seconds=1.0)


async def finish(redis: Redis, generation_id: UUID, *, fence: int = 1) -> None:
    event = ProgressEvent(generation_id=generation_id, attempt=1, kind=EventKind.FINISHED, video_id=uuid4())
    await announce(redis, event, fence=fence)


async def collect(reader: ProgressReader, generation_id: UUID, after: str | None = None) -> list[ProgressEvent]:
    async with asyncio.timeout(10):
        return [event async for event in reader.subscribe(generation_id, after)]


async def test_a_subscriber_hears_history_then_live_events_then_the_end(redis: Redis, reader: ProgressReader) -> None:
    generation_id = uuid4()
    writer = ProgressWriter(redis, generation_id, fence=1, attempt=1)
    await steps(writer, 1, 3)
    heard = asyncio.create_task(collect(reader, generation_id))
    await _until_watched(reader, generation_id)
    await steps(writer, 4, 6)
    await finish(redis, generation_id)
    events = await heard
    assert [event.cursor for event in events] == [f"1-{n}" for n in range(1, 8)]
    assert [event.step for event in events[:-1]] == [1, 2, 3, 4, 5, 6]
    assert events[-1].kind is EventKind.FINISHED


async def test_a_hundred_disconnects_leave_no_gap_and_no_repeat(redis: Redis, reader: ProgressReader) -> None:
    generation_id = uuid4()
    writer = ProgressWriter(redis, generation_id, fence=1, attempt=1)
    heard: list[str] = []

    async def follow() -> None:
        while not heard or heard[-1] != "1-501":
            async for event in reader.subscribe(generation_id, heard[-1] if heard else None):
                heard.append(event.cursor)
                if len(heard) % 5 == 0:
                    break  # the client's connection drops here, 100 times

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(follow())
        await steps(writer, 1, 500)
        await finish(redis, generation_id)
    assert heard == [f"1-{n}" for n in range(1, 502)]


async def test_a_second_attempt_continues_the_stream_under_a_higher_fence(redis: Redis, reader: ProgressReader) -> None:
    generation_id = uuid4()
    await steps(ProgressWriter(redis, generation_id, fence=1, attempt=1), 1, 3)
    await announce(redis, ProgressEvent(generation_id=generation_id, attempt=1, kind=EventKind.QUEUED), fence=2)
    await steps(ProgressWriter(redis, generation_id, fence=3, attempt=2), 1, 2)
    await finish(redis, generation_id, fence=3)
    events = await collect(reader, generation_id, "1-2")
    assert [event.cursor for event in events] == ["1-3", "2-0", "3-1", "3-2", "3-3"]
    assert [event.attempt for event in events[:-1]] == [1, 1, 2, 2]


async def test_a_zombie_is_refused_by_redis_itself(redis: Redis) -> None:
    generation_id = uuid4()
    zombie = ProgressWriter(redis, generation_id, fence=1, attempt=1)
    await steps(zombie, 1, 2)
    await steps(ProgressWriter(redis, generation_id, fence=2, attempt=2), 1, 1)
    with pytest.raises(SupersededError):
        await steps(zombie, 3, 3)
    assert [name for name, _ in await redis.xrange(stream_key(generation_id))] == [b"1-1", b"1-2", b"2-1"]


@pytest.mark.parametrize("after", ["1-1", "7-3", "nonsense"])
async def test_a_cursor_whose_history_is_gone_gets_a_snapshot(redis: Redis, reader: ProgressReader, after: str) -> None:
    generation_id = uuid4()
    writer = ProgressWriter(redis, generation_id, fence=1, attempt=1)
    await steps(writer, 1, 6)
    await redis.xtrim(stream_key(generation_id), maxlen=2, approximate=False)
    heard = asyncio.create_task(collect(reader, generation_id, after))
    await _until_watched(reader, generation_id)
    await finish(redis, generation_id)
    events = await heard
    assert events[0].kind is EventKind.SNAPSHOT
    assert events[-1].kind is EventKind.FINISHED
    assert [event.kind for event in events].count(EventKind.SNAPSHOT) == 1


async def test_events_lost_between_two_steps_send_a_snapshot_to_live_subscribers(
    redis: Redis, reader: ProgressReader
) -> None:
    generation_id = uuid4()
    writer = ProgressWriter(redis, generation_id, fence=1, attempt=1)
    heard = asyncio.create_task(collect(reader, generation_id))
    await _until_watched(reader, generation_id)
    await steps(writer, 1, 1)
    writer._next()  # an event that Redis was not there to take
    await steps(writer, 2, 2)
    await finish(redis, generation_id)
    assert [event.kind.value for event in await heard] == ["step", "snapshot", "step", "finished"]


async def test_a_client_that_heard_the_end_is_not_kept_waiting(redis: Redis, reader: ProgressReader) -> None:
    generation_id = uuid4()
    await finish(redis, generation_id)
    assert await collect(reader, generation_id, "1-0") == []


async def test_a_slow_subscriber_loses_steps_but_no_change_of_phase(redis: Redis, reader: ProgressReader) -> None:
    generation_id = uuid4()
    writer = ProgressWriter(redis, generation_id, fence=1, attempt=1)
    await steps(writer, 1, 1, "TEXT")
    slow = reader.subscribe(generation_id, None)
    first = await anext(slow)
    await steps(writer, 1, 300, "DENOISE")
    await steps(writer, 1, 300, "ENCODE")
    await finish(redis, generation_id)
    await _until_position(reader, generation_id, await reader.last_cursor(generation_id))
    rest = [event async for event in slow]
    assert len(rest) <= QUEUE_LENGTH
    phases = [event.phase for event in [first, *rest]]
    assert list(dict.fromkeys(phases)) == ["TEXT", "DENOISE", "ENCODE", None]
    assert next(e.step for e in rest if e.phase == "DENOISE") == 1
    assert rest[-1].kind is EventKind.FINISHED


async def test_a_slow_subscriber_loses_no_segment_and_segments_keep_no_step_from_being_dropped(
    redis: Redis, reader: ProgressReader
) -> None:
    generation_id = uuid4()
    writer = ProgressWriter(redis, generation_id, fence=1, attempt=1)
    await steps(writer, 1, 1, "ENCODE")
    slow = reader.subscribe(generation_id, None)
    await anext(slow)
    for index in range(1, 41):
        await writer.segment(index=index, start=float(index), seconds=1.0, codecs="avc1.64001f,mp4a.40.2")
        await steps(writer, 1, 3, "ENCODE")
    await finish(redis, generation_id)
    await _until_position(reader, generation_id, await reader.last_cursor(generation_id))
    rest = [event async for event in slow]
    assert len(rest) <= QUEUE_LENGTH
    assert [event.segment.index for event in rest if event.segment] == list(range(1, 41))


async def test_steps_and_segments_of_two_tasks_reach_the_stream_in_the_order_of_their_numbers(redis: Redis) -> None:
    class Hesitant(ProgressWriter):
        """Every other event is slow to leave."""

        async def _write(self, cursor: Cursor, *rest: Any) -> None:
            await asyncio.sleep(0.005 if cursor.seq % 2 else 0.0)
            await super()._write(cursor, *rest)

    generation_id = uuid4()
    writer = Hesitant(redis, generation_id, fence=1, attempt=1)

    async def segments() -> None:
        for index in range(1, 11):
            await writer.segment(index=index, start=0.0, seconds=1.0, codecs="avc1.64001f")

    await asyncio.gather(steps(writer, 1, 10), segments())
    names = [name for name, _ in await redis.xrange(stream_key(generation_id))]
    assert names == [f"1-{n}".encode() for n in range(1, 21)]


async def test_one_reader_serves_many_subscribers_of_many_generations(redis: Redis, reader: ProgressReader) -> None:
    ids = [uuid4() for _ in range(20)]
    heard = [asyncio.create_task(collect(reader, generation_id)) for generation_id in ids for _ in range(3)]
    writers = [ProgressWriter(redis, generation_id, fence=1, attempt=1) for generation_id in ids]
    await asyncio.gather(*(steps(writer, 1, 10) for writer in writers))
    await asyncio.gather(*(finish(redis, generation_id) for generation_id in ids))
    for events in await asyncio.gather(*heard):
        assert [event.cursor for event in events] == [f"1-{n}" for n in range(1, 12)]
    assert not reader._channels


async def test_the_last_word_is_said_once_however_often_it_is_announced(redis: Redis) -> None:
    generation_id = uuid4()
    await finish(redis, generation_id)
    await finish(redis, generation_id)
    assert await redis.xlen(stream_key(generation_id)) == 1


async def test_previews_are_few_and_short_lived(redis: Redis) -> None:
    generation_id = uuid4()
    writer = ProgressWriter(redis, generation_id, fence=1, attempt=1)
    for step in range(1, PREVIEWS_KEPT + 11):
        await writer.step(
            phase="DENOISE", step=step, total=50, fraction=0.1, eta_seconds=None,
            preview=PreviewBytes(b"RIFF%d" % step, 180, 320),
        )  # fmt: skip
    assert len(await redis.keys("preview:*")) == PREVIEWS_KEPT
    assert await read_preview(redis, f"{generation_id}:1-1") is None
    newest = f"{generation_id}:1-{PREVIEWS_KEPT + 10}"
    assert await read_preview(redis, newest) == b"RIFF%d" % (PREVIEWS_KEPT + 10)
    assert 0 < await redis.ttl(preview_key(newest)) <= 15 * 60


async def test_a_writer_without_redis_keeps_quiet_and_goes_on() -> None:
    nobody = Redis.from_url("redis://127.0.0.1:1")
    writer = ProgressWriter(nobody, uuid4(), fence=1, attempt=1)
    await steps(writer, 1, 5)
    await writer.queued()
    await nobody.aclose()


async def test_stopping_the_reader_ends_its_subscriptions(redis: Redis) -> None:
    reader = ProgressReader(redis)
    await reader.start()
    heard = asyncio.create_task(collect(reader, generation_id := uuid4()))
    await _until_watched(reader, generation_id)
    await reader.stop()
    assert await heard == []


async def _until_watched(reader: ProgressReader, generation_id: UUID) -> None:
    await _until(lambda: (c := reader._channels.get(stream_key(generation_id).encode())) and c.position is not None)


async def _until_position(reader: ProgressReader, generation_id: UUID, cursor: str) -> None:
    channel = reader._channels[stream_key(generation_id).encode()]
    await _until(lambda: channel.position == Cursor.parse(cursor))


async def _until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - there is nothing to be told by
            await asyncio.sleep(0.005)
