"""The outbox: promises of a transaction are kept after it, once it commits, whoever died in between."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from tortoise.transactions import in_transaction

from jobs.arq_settings import GENERATE_QUEUE, arq_redis, bell_key
from jobs.clip.lease import cancel
from jobs.outbox import drain, purge_pending
from jobs.progress import EventKind, stream_key
from jobs.progress.writer import last_event
from jobs.queue import Doorbell, enqueue_generation, enqueue_purge, enqueue_purge_of
from models.base import new_id
from models.generation import Generation, Outbox
from models.storage import MediaStore
from tests.jobs_stack import member, queue_one, rows


async def test_a_committed_generation_is_rung_for_and_its_promise_goes_away(database: str, redis: Redis) -> None:
    await queue_one(await member())
    assert await drain(redis, Doorbell(redis)) == 1
    assert await redis.llen(bell_key(GENERATE_QUEUE)) == 1
    [job] = await arq_redis(redis).queued_jobs(queue_name=GENERATE_QUEUE)
    assert job.function == "generate_video"
    assert not await Outbox.exists()
    assert await drain(redis, Doorbell(redis)) == 0


async def test_a_rolled_back_promise_was_never_made(database: str, redis: Redis) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with in_transaction() as connection:
            await enqueue_generation(connection, new_id())
            raise ZeroDivisionError
    assert await drain(redis, Doorbell(redis)) == 0


async def test_promises_wait_while_valkey_is_away(database: str, redis: Redis) -> None:
    await queue_one(await member())
    nobody = Redis.from_url("redis://127.0.0.1:1")
    with pytest.raises((RedisError, OSError)):
        await drain(nobody, Doorbell(nobody))
    await nobody.aclose()
    assert await Outbox.all().count() == 1
    assert await drain(redis, Doorbell(redis)) == 1


async def test_a_doorbell_without_valkey_never_raises() -> None:
    nobody = Redis.from_url("redis://127.0.0.1:1")
    bell = Doorbell(nobody)
    await bell.ring()
    await bell.ring_purge()
    await bell.request_cancel(new_id())
    await nobody.aclose()


async def test_a_valkey_that_hangs_keeps_nobody_waiting() -> None:
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    hanging = Redis.from_url(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with asyncio.timeout(3):
        await Doorbell(hanging).ring()
    assert held
    await hanging.aclose()
    for writer in held:
        writer.close()
    server.close()
    await server.wait_closed()


async def test_a_cancel_is_announced_once_to_those_who_watch(database: str, redis: Redis) -> None:
    generation = await queue_one(await member())
    async with in_transaction() as connection:
        await cancel(connection, generation.id)
    await drain(redis, Doorbell(redis))
    last = await last_event(redis, generation.id)
    assert last is not None
    assert last.kind is EventKind.CANCELLED
    assert await redis.xlen(stream_key(generation.id)) == 1


async def test_news_that_is_out_of_date_is_not_told(database: str, redis: Redis) -> None:
    generation = await queue_one(await member())
    async with in_transaction() as connection:
        await cancel(connection, generation.id)
    await Generation.filter(id=generation.id).update(fence=99)
    await drain(redis, Doorbell(redis))
    assert not await redis.exists(stream_key(generation.id))


async def test_media_given_up_in_a_transaction_is_deleted_after_it(database: str, tmp_path: Path) -> None:
    media = MediaStore.from_url(None, tmp_path)
    for key in ("videos/a/1/clip.mp4", "videos/a/1/poster.webp", "videos/b/1/clip.mp4", "videos/c/1/clip.mp4"):
        await media.put_bytes(key, b"x", "video/mp4")
    async with in_transaction() as connection:
        await enqueue_purge(connection, ["videos/a/1/clip.mp4", "videos/a/1/poster.webp"])
        await enqueue_purge_of(connection, ["videos/b/"])
    assert await purge_pending(media) == 2
    assert [key async for key in media.list("videos")] == ["videos/c/1/clip.mp4"]
    assert not await Outbox.exists()


async def test_what_a_late_worker_may_still_upload_is_deleted_an_hour_on(database: str, tmp_path: Path) -> None:
    media = MediaStore.from_url(None, tmp_path)
    async with in_transaction() as connection:
        await enqueue_purge_of(connection, ["videos/a/1/"], later=True)
    await media.put_bytes("videos/a/1/clip.mp4", b"x", "video/mp4")
    assert await purge_pending(media) == 0
    await rows("UPDATE outbox SET created_at = created_at - interval '61 minutes' RETURNING id")
    assert await purge_pending(media) == 1
    assert [key async for key in media.list("videos")] == []


async def test_media_that_cannot_be_deleted_now_is_deleted_later(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = MediaStore.from_url(None, tmp_path)
    await media.put_bytes("videos/a/1/clip.mp4", b"x", "video/mp4")
    async with in_transaction() as connection:
        await enqueue_purge(connection, ["videos/a/1/clip.mp4"])
    with monkeypatch.context() as patch:

        async def refuse(self: MediaStore, keys: list[str]) -> None:
            raise PermissionError(keys)

        patch.setattr(MediaStore, "delete", refuse)
        with pytest.raises(PermissionError):
            await purge_pending(media)
    assert await Outbox.all().count() == 1
    assert await purge_pending(media) == 1


async def test_one_object_that_cannot_be_deleted_keeps_no_other(database: str, tmp_path: Path) -> None:
    media = MediaStore.from_url(None, tmp_path)
    await media.put_bytes("videos/a/1/clip.mp4/in the way", b"x", "video/mp4")
    await media.put_bytes("videos/b/1/clip.mp4", b"x", "video/mp4")
    async with in_transaction() as connection:
        await enqueue_purge(connection, ["videos/a/1/clip.mp4"])
        await enqueue_purge(connection, ["videos/b/1/clip.mp4"])
    with pytest.raises(ExceptionGroup):
        await purge_pending(media)
    assert [key async for key in media.list("videos")] == ["videos/a/1/clip.mp4/in the way"]
    [left] = await Outbox.all()
    assert left.payload["keys"] == ["videos/a/1/clip.mp4"]
    (tmp_path / "media/videos/a/1/clip.mp4/in the way").unlink()
    (tmp_path / "media/videos/a/1/clip.mp4").rmdir()
    assert await purge_pending(media) == 1
    assert not await Outbox.exists()
