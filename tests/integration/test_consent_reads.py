"""Gate 5 on what is not a video yet, and on media: previews, live segments, events and addresses end with consent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

import pytest
from tortoise.transactions import in_transaction

from engine.media.playlist import PLAYLIST_NAME
from engine.runner import EngineChild
from jobs.clip.attempt import Attempt, Tools
from jobs.clip.gate import end_for_consent
from jobs.clip.lease import Lease
from jobs.outbox import drain
from jobs.progress import preview_key
from jobs.progress.writer import PreviewBytes, ProgressWriter
from models.cameo import Cameo
from models.errors import NotFound
from models.generation import Generation, GenerationState
from models.grant import Audience, Grant, GrantState
from models.video import VideoVisibility
from resolvers.live import live_addresses, open_live
from resolvers.media import open_media, open_preview, preview_address
from schema.node import global_id
from tests.api import Api, Server
from tests.casting import lease_of as lease_for
from tests.casting import queue
from tests.consent import account, make_cameo, make_grant, make_job, make_video, outcome

WATCH = """
subscription($id: ID!) { generation(id: $id) {
  __typename ... on GenerationStep { step preview { url } } ... on GenerationFailed { failure { code message } }
} }
"""
MEDIA = "query($id: ID!) { video(id: $id) { media { url posterUrl previewUrl } } }"


@pytest.fixture
async def cameo(ada: Api) -> Cameo:
    return await make_cameo(ada, audience=Audience.APPROVED)


async def running(server: Server, bob: Api, cameo: Cameo) -> tuple[Generation, Grant]:
    """A clip with somebody in it that is being made."""
    grant = await make_grant(cameo, bob)
    return await make_job(bob, [cameo], state=GenerationState.RUNNING), grant


async def silently_revoke(grant: Grant) -> None:
    await Grant.filter(id=grant.id).update(state=GrantState.REVOKED)


def lease_of(job: Generation) -> Lease:
    return Lease(job.id, job.account_id, 1, 1, job.engine, {}, 0.0, guarded=True)


async def test_live_segments_are_refused_from_the_moment_consent_ends(server: Server, bob: Api, cameo: Cameo) -> None:
    job, grant = await running(server, bob, cameo)
    token = live_addresses(server.stores, job, 1).playlist.split("/")[-2]
    assert (await open_live(server.stores, token, PLAYLIST_NAME)).endswith(PLAYLIST_NAME)
    await silently_revoke(grant)
    with pytest.raises(NotFound):
        await open_live(server.stores, token, PLAYLIST_NAME)


async def test_previews_are_refused_from_the_moment_consent_ends_and_stay_so(
    server: Server, bob: Api, cameo: Cameo
) -> None:
    job, grant = await running(server, bob, cameo)
    key = f"{job.id}:1-1"
    await server.stores.redis.set(preview_key(key), b"RIFF picture", ex=60)
    token = preview_address(server.stores, key).split("/")[-1]
    assert await open_preview(server.stores, token) == b"RIFF picture"
    await silently_revoke(grant)
    with pytest.raises(NotFound):
        await open_preview(server.stores, token)
    await make_grant(cameo, bob)
    async with in_transaction() as connection:
        assert await end_for_consent(connection, lease_of(job), cameo.id)
    with pytest.raises(NotFound):
        await open_preview(server.stores, token)


async def test_an_open_subscription_falls_silent_within_two_seconds_and_then_hears_the_end(
    server: Server, bob: Api, cameo: Cameo
) -> None:
    job, grant = await running(server, bob, cameo)
    writer = ProgressWriter(server.stores.redis, job.id, 1, 1)
    heard: list[dict[str, Any]] = []

    async def listen() -> None:
        async for data in bob.subscribe(WATCH, id=str(global_id("Generation", job.id))):
            heard.append(data["generation"])  # noqa: PERF401 - read while it grows

    async def step(number: int) -> None:
        picture = PreviewBytes(b"RIFF", 32, 32)
        await writer.step(phase="DENOISE", step=number, total=99, fraction=0.1, eta_seconds=None, preview=picture)

    listening = asyncio.create_task(listen())
    number = 0
    async with asyncio.timeout(20):
        while not heard:
            number += 1
            await step(number)
            await asyncio.sleep(0.05)
        await silently_revoke(grant)
        until = asyncio.get_running_loop().time() + 2.0
        while asyncio.get_running_loop().time() < until:
            number += 1
            await step(number)
            await asyncio.sleep(0.1)
        told = len(heard)
        for _ in range(5):
            number += 1
            await step(number)
        await asyncio.sleep(0.3)
        assert len(heard) == told
        async with in_transaction() as connection:
            await end_for_consent(connection, lease_of(job), cameo.id)
        await drain(server.stores.redis, server.stores.doorbell)
        await listening
    assert [one["__typename"] for one in heard[told:]] == ["GenerationFailed"]
    assert heard[-1]["failure"]["code"] == "CONSENT_ENDED"
    assert "ada" not in heard[-1]["failure"]["message"]


class Stubborn:
    """An engine that takes its time to stop."""

    def __init__(self) -> None:
        self.started, self.may_stop = asyncio.Event(), asyncio.Event()

    async def run(self, *_: Any, **__: Any) -> AsyncGenerator[Any]:
        """Never makes anything."""
        try:
            self.started.set()
            await asyncio.Event().wait()
            yield
        finally:
            await self.may_stop.wait()


async def test_the_last_word_is_promised_before_the_engine_has_stopped(
    server: Server, bob: Api, cameo: Cameo, tmp_path: Path
) -> None:
    grant = await make_grant(cameo, bob)
    job, stores, engine, ended = await queue(account(bob), [cameo]), server.stores, Stubborn(), asyncio.Event()
    tools = Tools(
        engine=cast("EngineChild", engine), redis=stores.redis, media=stores.media, scratch=tmp_path,
        vault=stores.vault, timeout=60.0,
    )  # fmt: skip
    attempt = Attempt(tools, await lease_for(job), ended.set)
    working = asyncio.create_task(attempt.run())
    async with asyncio.timeout(30):
        await engine.started.wait()
        await silently_revoke(grant)
        attempt.heart.hint()
        await ended.wait()
        assert not working.done()
        assert await outcome(job) == ("FAILED", "CONSENT_ENDED", True)
        engine.may_stop.set()
        assert await working == "consent_ended"


@pytest.mark.parametrize("published", [False, True])
async def test_an_issued_media_address_is_refused_once_a_video_is_withdrawn(
    server: Server, ada: Api, bob: Api, cameo: Cameo, *, published: bool
) -> None:
    await make_grant(cameo, bob)
    video = await make_video(server.stores, bob, [cameo], published=published)
    media = (await ada.run(MEDIA, id=global_id("Video", video.id)))["video"]["media"]
    tokens = [url.split("/")[-2] for url in media.values()]
    for token in tokens:
        await open_media(server.stores, token)
    await VideoVisibility.filter(id=video.id).update(consent="WITHDRAWN")
    for token in tokens:
        with pytest.raises(NotFound):
            await open_media(server.stores, token)
    for caller in (ada, bob):
        assert (await caller.run(MEDIA, id=global_id("Video", video.id)))["video"] == {"media": None}
    assert (await server.anyone.run(MEDIA, id=global_id("Video", video.id)))["video"] is None


async def test_a_generation_and_its_events_are_its_authors_alone(
    server: Server, ada: Api, bob: Api, cameo: Cameo
) -> None:
    job, _ = await running(server, bob, cameo)
    read = "query($id: ID!) { node(id: $id) { id } }"
    identity = str(global_id("Generation", job.id))
    assert (await ada.run(read, id=identity))["node"] is None
    assert (await bob.run(read, id=identity))["node"] == {"id": identity}
