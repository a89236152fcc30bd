"""Two API processes and a worker, as an operator runs them: what one withdraws, nobody sees through the other."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.embedded import Stores as RunningStores
from app.settings import Settings
from schema.node import global_id
from tests.api import Api, Server
from tests.consent import FACE_AND_ALL, make_cameo, make_grant, make_video
from tests.jobs_stack import Worker, ready_workers, until
from tests.live import live_server

FEED = "subscription { feedUpdates(kind: LATEST) { __typename ... on VideoGone { id } } }"
LOOK = "query($id: ID!) { video(id: $id) { media { url } } feed(kind: LATEST) { edges { node { id } } } }"
REVOKE = "mutation($input: RevokeCameoInput!) { revokeCameo(input: $input) { __typename } }"


@pytest.fixture
def settings(stores: RunningStores, database: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path, database_url=SecretStr(database), redis_url=SecretStr(stores.urls.redis_url), port=0
    )


async def ask(client: httpx.AsyncClient, document: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    answer = await client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
    return answer.json()["data"]


async def gone(client: httpx.AsyncClient, listening: asyncio.Event) -> tuple[str, float]:
    """The id of the first video that an open feed of this process loses, and when it was told."""
    headers = {"accept": "text/event-stream"}
    async with client.stream("POST", "/graphql/stream", json={"query": FEED}, headers=headers, timeout=60) as stream:
        asyncio.get_running_loop().call_later(1.0, listening.set)
        async for line in stream.aiter_lines():
            if line.startswith("data:") and "VideoGone" in line:
                return json.loads(line[5:])["data"]["feedUpdates"]["id"], time.monotonic()
    raise AssertionError("the feed ended")


async def test_after_revoke_no_process_serves_the_video_and_every_open_feed_hears_that_it_is_gone(
    server: Server, ada: Api, bob: Api, settings: Settings, tmp_path: Path, figure: Callable[[str, str, str], None]
) -> None:
    cameo = await make_cameo(ada)
    await make_grant(cameo, bob, FACE_AND_ALL)
    video = await make_video(server.stores, bob, [cameo])
    video_id = global_id("Video", video.id)
    assert settings.database_url is not None
    assert settings.redis_url is not None
    urls = settings.database_url.get_secret_value(), settings.redis_url.get_secret_value()
    async with AsyncExitStack() as running:
        sites = [await running.enter_async_context(live_server(settings)) for _ in range(2)]
        worker = await Worker(*urls, tmp_path).start()
        await until(ready_workers, seconds=60.0)
        running.callback(worker.kill)
        one, other = [await running.enter_async_context(httpx.AsyncClient(base_url=site.url)) for site in sites]
        media = (await ask(other, LOOK, id=video_id))["video"]["media"]["url"].partition("/media/")[2]
        assert (await other.get(f"/media/{media}")).status_code == 200
        listening = [asyncio.Event(), asyncio.Event()]
        waiting = [asyncio.create_task(gone(each, event)) for each, event in zip((one, other), listening, strict=True)]
        for event in listening:
            await event.wait()
        payload = await ask(one, REVOKE, ada.token, input={"cameoId": global_id("Cameo", cameo.id)})
        returned = time.monotonic()
        assert payload["revokeCameo"]["__typename"] == "RevokeCameoSuccess"
        for each in (one, other):
            assert await ask(each, LOOK, id=video_id) == {"video": None, "feed": {"edges": []}}
            assert (await each.get(f"/media/{media}")).status_code == 404
        async with asyncio.timeout(30):
            heard = await asyncio.gather(*waiting)
        assert [told for told, _ in heard] == [video_id] * 2
        late = max(at for _, at in heard) - returned
        figure("an open feed of either of two processes hears of a withdrawal", f"{max(late, 0.0):.2f} s", "≤ 2 s")
