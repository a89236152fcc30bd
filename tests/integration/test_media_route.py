"""Media bytes over HTTP: ranges, revalidation, tokens, visibility."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from app.embedded import Stores as RunningStores
from jobs.feed.stream import FEED_STREAM
from jobs.inbox import INBOX_STREAM
from jobs.progress import ProgressReader, preview_key
from jobs.queue import Doorbell
from jobs.tail import Tail
from models.base import new_id
from models.keys import load_keys
from models.storage import MediaStore
from models.vault import Vault, read_master
from models.video import AuthorState, ModerationState, Rendition, RenditionKind, Video, VideoVisibility
from resolvers.context import Stores
from resolvers.media import media_address, preview_address
from tests.live import LiveServer, member, queued_generation, shared_server

CLIP = bytes(range(256)) * 3_000
ETAG = f'"{hashlib.sha256(CLIP).hexdigest()}"'


@dataclass(frozen=True)
class Site:
    """A live server and, for making addresses, what its processes share."""

    server: LiveServer
    stores: Stores


@pytest.fixture(scope="module")
async def site(stores: RunningStores, _template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("live")
    redis: Redis = Redis.from_url(stores.urls.redis_url)
    async with shared_server(stores, _template, folder) as server:
        yield Site(
            server,
            Stores(
                redis=redis,
                media=MediaStore.from_url(None, folder),
                progress=ProgressReader(redis),
                feed=Tail(redis, FEED_STREAM),
                inbox=Tail(redis, INBOX_STREAM),
                doorbell=Doorbell(redis),
                keys=load_keys(folder / "keys"),
                vault=Vault(folder / "keys", read_master(folder / "keys", None)),
                production=False,
                address=server.url,
            ),
        )
    await redis.aclose()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as opened:
        yield opened


@pytest.fixture
async def clip(site: Site, tmp_path: Path) -> Rendition:
    """The MP4 of a published video."""
    account, _ = await member()
    generation = await queued_generation(account.id)
    video = await Video.create(
        generation_id=generation.id, author_id=account.id, prompt="a fox", seconds=2.0, width=720, height=1280, fps=24,
        has_audio=True, waveform=[], recipe={},
    )  # fmt: skip
    await VideoVisibility.create(
        id=video.id, author_id=account.id, author_state=AuthorState.PUBLISHED, published_at=datetime.now(UTC)
    )
    source = tmp_path / "clip.mp4"
    source.write_bytes(CLIP)
    key = f"videos/{new_id()}/clip.mp4"
    await site.stores.media.put_file(key, source, "video/mp4")
    return await Rendition.create(
        video_id=video.id, kind=RenditionKind.MP4, key=key, content_type="video/mp4", bytes=len(CLIP), sha256=ETAG[1:-1]
    )


def address(site: Site, rendition: Rendition) -> str:
    return media_address(site.stores, rendition, datetime.now(UTC)).url


async def test_the_whole_clip_comes_with_its_type_name_and_etag(
    site: Site, clip: Rendition, client: httpx.AsyncClient
) -> None:
    url = address(site, clip)
    answer = await client.get(url)
    head = await client.head(url)
    saved = await client.get(url + "?download")

    assert answer.status_code == 200
    assert answer.content == CLIP
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["etag"] == ETAG
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == 'inline; filename="clip.mp4"'
    assert answer.headers["cache-control"].startswith("private")
    assert saved.headers["content-disposition"] == 'attachment; filename="clip.mp4"'
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(CLIP))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=700000-", 700_000, len(CLIP)),
        ("bytes=-5", len(CLIP) - 5, len(CLIP)),
        (f"bytes=5-{10**17}", 5, len(CLIP)),
    ],
)
async def test_a_range_brings_just_those_bytes(
    site: Site, clip: Rendition, client: httpx.AsyncClient, asked: str, start: int, end: int
) -> None:
    answer = await client.get(address(site, clip), headers={"range": asked})

    assert answer.status_code == 206
    assert answer.content == CLIP[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CLIP)}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", [f"bytes={len(CLIP)}-", "bytes=999999999-", "bytes=-0"])
async def test_a_range_outside_the_clip_is_refused_with_its_size(
    site: Site, clip: Rendition, client: httpx.AsyncClient, asked: str
) -> None:
    answer = await client.get(address(site, clip), headers={"range": asked})

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(CLIP)}"


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=-", "items=0-5", "bytes=0-1,5-6", "bytes=a-b"])
async def test_a_range_that_makes_no_sense_is_ignored(
    site: Site, clip: Rendition, client: httpx.AsyncClient, asked: str
) -> None:
    answer = await client.get(address(site, clip), headers={"range": asked})

    assert (answer.status_code, len(answer.content)) == (200, len(CLIP))


async def test_validators_spare_bytes_and_keep_parts_consistent(
    site: Site, clip: Rendition, client: httpx.AsyncClient
) -> None:
    url = address(site, clip)
    unchanged = await client.get(url, headers={"if-none-match": f'"other", W/{ETAG}'})
    same = await client.get(url, headers={"range": "bytes=0-9", "if-range": ETAG})
    changed = await client.get(url, headers={"range": "bytes=0-9", "if-range": '"other"'})

    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", ETAG)
    assert (same.status_code, len(same.content)) == (206, 10)
    assert (changed.status_code, len(changed.content)) == (200, len(CLIP))


async def test_hidden_and_deleted_videos_are_refused_at_once(
    site: Site, clip: Rendition, client: httpx.AsyncClient
) -> None:
    url = address(site, clip)
    row = VideoVisibility.filter(id=clip.video_id)
    await row.update(moderation=ModerationState.HIDDEN)
    hidden = await client.get(url, headers={"if-none-match": ETAG})
    await row.update(moderation=ModerationState.CLEAR, author_state=AuthorState.DELETED)
    deleted = await client.get(url)

    assert (hidden.status_code, deleted.status_code) == (404, 404)


async def test_a_token_is_refused_when_it_is_over_forged_or_for_a_strange_name(
    site: Site, clip: Rendition, client: httpx.AsyncClient
) -> None:
    url = address(site, clip)
    old = media_address(site.stores, clip, datetime.now(UTC) - timedelta(hours=1)).url
    token = url.split("/")[-2]
    forged = url.replace(token, ("A" if token[0] != "A" else "B") + token[1:])
    strange = url.replace("clip.mp4", "%22x%0d%0a.html")

    assert [(await client.get(bad)).status_code for bad in (old, forged, strange)] == [404, 404, 404]


async def test_bytes_that_are_gone_are_a_404_and_not_a_broken_answer(
    site: Site, clip: Rendition, client: httpx.AsyncClient
) -> None:
    await site.stores.media.delete([clip.key])

    assert (await client.get(address(site, clip))).status_code == 404


async def test_a_preview_lasts_as_long_as_its_picture(site: Site, client: httpx.AsyncClient) -> None:
    key = f"{new_id()}:1-1"
    url = preview_address(site.stores, key)
    await site.stores.redis.set(preview_key(key), b"RIFF picture", ex=60)
    there = await client.get(url)
    await site.stores.redis.delete(preview_key(key))

    assert (there.status_code, there.content, there.headers["content-type"]) == (200, b"RIFF picture", "image/webp")
    assert (await client.get(url)).status_code == 404
