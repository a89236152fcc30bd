"""Watching a clip before it is finished, on real workers: in order, by its author alone, and gone when it ends."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import httpx
import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import Route
from tortoise.transactions import in_transaction

from app.embedded import Stores
from app.routes.live import live
from engine.protocol import SegmentMessage
from jobs.clip.lease import Lease, cancel
from jobs.clip.live import LiveSegments
from jobs.progress import ProgressWriter, stream_key
from jobs.queue import Doorbell
from models.account import Account
from models.base import new_id
from models.generation import Generation
from models.storage import MediaStore
from models.video import Rendition
from resolvers.live import live_addresses
from schema.node import global_id
from tests.api import Api, Server
from tests.jobs_stack import Worker, queue_one, ready_workers, rows, until, until_state

FOLLOW = """
subscription($id: ID!, $after: String) { generation(id: $id, after: $after) {
  __typename cursor attempt generationId
  ... on GenerationSegment { index start seconds url initUrl playlistUrl mimeType }
  ... on GenerationStep { phase }
} }
"""
READ = "query($id: ID!) { generation(id: $id) { state liveUrl } }"
HELD_AT = 24
"""Of 30 pictures: the encoder has let go of the first two segments, and the third is not whole."""


@pytest.fixture
async def worker(server: Server, database: str, stores: Stores, tmp_path: Path) -> AsyncIterator[Worker]:
    running = await Worker(database, stores.urls.redis_url, tmp_path).start()
    await until(ready_workers, what="the worker is ready")
    yield running
    running.kill()
    await running.ended()


@pytest.fixture
async def web(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """The media route over the test's stores."""
    app = Starlette(routes=[Route("/media/live/{token}/{name}", live, methods=["GET"])])
    app.state.stores = server.stores
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=server.stores.address) as client:
        yield client


@pytest.fixture
async def author(server: Server) -> Api:
    return await server.member("ada")


async def held(author: Api, redis: Redis, gate: Path) -> Generation:
    """A clip of three seconds that stops after `HELD_AT` pictures until ``gate`` exists."""
    assert author.viewer is not None
    generation = await queue_one(author.viewer, f"hold at {HELD_AT} until {gate}", seconds=3.0)
    await Doorbell(redis).ring()
    return generation


async def segments(author: Api, generation: Generation, count: int) -> list[dict[str, Any]]:
    """The next ``count`` segments, from the beginning."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        async for data in author.subscribe(FOLLOW, id=str(global_id("Generation", generation.id))):
            if data["generation"]["__typename"] == "GenerationSegment":
                found.append(data["generation"])
                if len(found) == count:
                    return found
    raise AssertionError(f"only {found}")


async def rest(author: Api, generation: Generation, after: str) -> list[dict[str, Any]]:
    """Every event after a cursor, to the end."""
    async with asyncio.timeout(30):
        stream = author.subscribe(FOLLOW, id=str(global_id("Generation", generation.id)), after=after)
        return [data["generation"] async for data in stream]


def stored(folder: Path, generation: Generation) -> list[str]:
    """Files of live segments that lie in media storage; folders may go while they are read."""
    place = folder / "media" / "videos" / str(generation.id)
    return sorted(
        str((Path(root) / name).relative_to(place))
        for root, _, names in os.walk(place)
        if Path(root).name == "live"
        for name in names
    )


async def test_a_clip_can_be_played_while_it_is_made_and_its_segments_are_gone_when_it_is_finished(
    worker: Worker, author: Api, redis: Redis, web: httpx.AsyncClient, tmp_path: Path
) -> None:
    generation = await held(author, redis, tmp_path / "gate")
    first, second = await segments(author, generation, 2)
    assert [(first[k], second[k]) for k in ("index", "start", "seconds")] == [(1, 2), (0.0, 0.5), (0.5, 1.0)]
    assert first["mimeType"].startswith('video/mp4; codecs="avc1.')
    identity = {"id": str(global_id("Generation", generation.id))}
    assert (await author.run(READ, **identity))["generation"] == {"state": "RUNNING", "liveUrl": first["playlistUrl"]}

    listed = await web.get(first["playlistUrl"])
    assert listed.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert listed.headers["cache-control"] == "no-store"
    assert listed.text.splitlines()[-1] == "00002.m4s"
    parts = [(await web.get(url)).content for url in (first["initUrl"], first["url"], second["url"])]
    with av.open(io.BytesIO(b"".join(parts))) as container:
        early = [frame.to_ndarray() for frame in container.decode(video=0)]
    assert len(early) == 15

    (tmp_path / "gate").touch()
    events = await rest(author, generation, second["cursor"])
    assert events[-1]["__typename"] == "GenerationFinished"
    later = [event for event in events if event["__typename"] == "GenerationSegment"]
    assert [(event["index"], event["start"], event["seconds"]) for event in later] == [(3, 1.5, 1.5)]
    for url in (first["playlistUrl"], first["initUrl"], first["url"]):
        assert (await web.get(url)).status_code == 404
    assert (await author.run(READ, **identity))["generation"] == {"state": "SUCCEEDED", "liveUrl": None}
    await until(lambda: _none(tmp_path, generation), what="its segments are deleted")

    mp4 = await Rendition.get(video__generation_id=generation.id, kind="MP4")
    with av.open(str(tmp_path / "media" / mp4.key)) as container:
        final = [frame.to_ndarray() for frame in container.decode(video=0)]
    assert len(final) == 30
    assert all((one == other).all() for one, other in zip(early, final, strict=False))


async def _none(folder: Path, generation: Generation) -> bool:
    return not stored(folder, generation)


async def _no_scratch(folder: Path) -> bool:
    return not list((folder / "scratch").glob("*/*"))


async def test_nobody_else_hears_of_segments_and_a_token_serves_its_author_and_attempt_only(
    worker: Worker, server: Server, author: Api, redis: Redis, web: httpx.AsyncClient, tmp_path: Path
) -> None:
    generation = await held(author, redis, tmp_path / "gate")
    [first] = await segments(author, generation, 1)
    url, stores = first["playlistUrl"], server.stores
    bob = await server.member("bob")
    assert await bob.refused(READ, id=str(global_id("Generation", generation.id))) == "NOT_FOUND"

    token = url.split("/")[-2]
    forged = url.replace(token, ("A" if token[0] != "A" else "B") + token[1:])
    row = await Generation.get(id=generation.id)
    assert live_addresses(stores, row, row.fence).playlist == url
    other_attempt = live_addresses(stores, row, row.fence + 1).playlist
    row.account_id = bob.viewer.id if bob.viewer else row.account_id
    other_account = live_addresses(stores, row, row.fence).playlist
    names = ("clip.mp4", "..%2fclip.mp4", "00001.m4s.tmp", "00099.m4s", "０００００.m4s")
    strange = [url.replace("live.m3u8", name) for name in names]
    for bad in (forged, other_attempt, other_account, *strange):
        refused = await web.get(bad)
        assert refused.status_code == 404, bad
        assert "videos/" not in refused.text, "where things are stored is nobody's business"
    assert (await web.get(url)).status_code == 200

    await Account.filter(id=generation.account_id).update(suspended_at=datetime.now(UTC))
    assert (await web.get(url)).status_code == 404
    (tmp_path / "gate").touch()


async def test_a_cancelled_clip_stops_being_served_at_once_and_leaves_no_segment(
    worker: Worker, author: Api, redis: Redis, web: httpx.AsyncClient, tmp_path: Path
) -> None:
    generation = await held(author, redis, tmp_path / "gate")
    first, second = await segments(author, generation, 2)
    async with in_transaction() as connection:
        await cancel(connection, generation.id)
    await Doorbell(redis).request_cancel(generation.id)
    await until_state(generation.id, "CANCELLED", seconds=5)
    assert (await web.get(first["playlistUrl"])).status_code == 404
    assert (await web.get(second["url"])).status_code == 404
    await until(lambda: _none(tmp_path, generation), what="its segments are deleted")
    await until(lambda: _no_scratch(tmp_path), what="its scratch folder is deleted")


async def test_a_killed_workers_segments_are_purged_and_its_successor_starts_again(
    worker: Worker, author: Api, redis: Redis, web: httpx.AsyncClient, stores: Stores, database: str, tmp_path: Path
) -> None:
    generation = await held(author, redis, tmp_path / "gate")
    first, second = await segments(author, generation, 2)
    worker.kill()
    await worker.ended()
    assert stored(tmp_path, generation) != []

    (tmp_path / "gate").touch()
    await rows(
        "UPDATE generation SET heartbeat_at = heartbeat_at - interval '1 minute' WHERE id = $1 RETURNING id",
        generation.id,
    )
    other = await Worker(database, stores.urls.redis_url, tmp_path).start()
    try:
        await until_state(generation.id, "SUCCEEDED")
        assert (await web.get(first["playlistUrl"])).status_code == 404
        events = await rest(author, generation, second["cursor"])
        again = [event for event in events if event["__typename"] == "GenerationSegment"]
        assert [(event["attempt"], event["index"]) for event in again] == [(2, 1), (2, 2), (2, 3)]
        assert {event["playlistUrl"] for event in again}.isdisjoint({first["playlistUrl"]})
        await until(lambda: _none(tmp_path, generation), what="no segment of either attempt is left")
        kept = {row["key"] for row in await rows("SELECT key FROM rendition")}
        media = tmp_path / "media"
        await until(lambda: _just(media, kept), what="nothing but the finished clip is stored")
    finally:
        other.kill()
        await other.ended()


async def _just(media: Path, kept: set[str]) -> bool:
    return {str(path.relative_to(media)) for path in _files(media)} == kept


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def lease_of(generation_id: UUID) -> Lease:
    return Lease(generation_id, new_id(), fence=1, attempt=1, engine="slides", spec={}, age_seconds=0.0)


def piece(folder: Path, index: int) -> SegmentMessage:
    """A segment as the engine tells of it."""
    for name in ("init.mp4", f"{index}.m4s"):
        (folder / name).write_bytes(b"bytes")
    return SegmentMessage(
        job="j", index=index, path=str(folder / f"{index}.m4s"), init=str(folder / "init.mp4"), start=index - 1.0,
        seconds=1.0, codecs="avc1.64001f", last=False,
    )  # fmt: skip


async def test_storage_that_fails_ends_the_live_view_and_nothing_else(redis: Redis, tmp_path: Path) -> None:
    media, generation_id = MediaStore.from_url(None, tmp_path), new_id()
    (tmp_path / "media" / "videos").write_text("a file where a folder should be")
    segments = LiveSegments(media, lease_of(generation_id), ProgressWriter(redis, generation_id, 1, 1))
    for index in (1, 2):
        segments.take(piece(tmp_path, index))
    await segments.finish()
    await segments.clear()
    assert await redis.xlen(stream_key(generation_id)) == 0


async def test_what_is_still_being_uploaded_when_an_attempt_ends_is_waited_for_and_deleted(
    redis: Redis, tmp_path: Path
) -> None:
    class Slow(MediaStore):
        async def put_file(self, key: str, path: Path, content_type: str) -> None:
            under_way.set()
            await go_on.wait()
            await super().put_file(key, path, content_type)

    under_way, go_on, generation_id = asyncio.Event(), asyncio.Event(), new_id()
    media = Slow.from_url(None, tmp_path)
    segments = LiveSegments(media, lease_of(generation_id), ProgressWriter(redis, generation_id, 1, 1))
    segments.take(piece(tmp_path, 1))
    await under_way.wait()
    segments.stop()
    clearing = asyncio.create_task(segments.clear())
    await asyncio.sleep(0)
    go_on.set()
    await clearing
    assert [key async for key in media.list("videos")] == []
    assert await redis.xlen(stream_key(generation_id)) == 0, "nobody is told of it either"


async def test_segments_are_told_of_in_order_once_they_are_in_the_playlist(redis: Redis, tmp_path: Path) -> None:
    media, generation_id = MediaStore.from_url(None, tmp_path), new_id()
    lease = lease_of(generation_id)
    segments = LiveSegments(media, lease, ProgressWriter(redis, generation_id, 1, 1))
    for index in (1, 2, 3):
        segments.take(piece(tmp_path, index))
    await segments.finish()
    events = [json.loads(fields[b"e"]) for _, fields in await redis.xrange(stream_key(generation_id))]
    assert [event["segment"]["index"] for event in events] == [1, 2, 3]
    listed = b"".join([part async for part in media.stream(f"{lease.live_prefix}live.m3u8")]).decode()
    assert [line for line in listed.splitlines() if line.endswith(".m4s")] == ["00001.m4s", "00002.m4s", "00003.m4s"]
    await segments.clear()
    assert [key async for key in media.list("videos")] == []
