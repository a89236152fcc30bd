"""Starter clips: asked for once, published when done, never made again; and whatever they do, members go first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from tortoise import connections

from app.embedded import Stores
from app.local_owner import first_invite
from app.settings import Settings
from app.starter import starter_clips_left, starter_clips_made, take_turn
from app.starter_clips import STARTER_CLIPS
from jobs.clip.lease import claim, release
from jobs.queue import Doorbell
from models.account import Account
from models.base import new_id
from models.generation import BACKGROUND, Generation, QuotaCharge
from models.house import HOUSE_IDS, STUDIO, make_house_accounts
from models.lineage import Lineage
from models.video import AuthorState, Video, VideoVisibility
from tests.api import Server, declare_engine, finished_video
from tests.jobs_stack import Worker, member, queue_one, ready_workers, until, until_state

COUNT = 5


async def jobs() -> list[str]:
    """The starter clips asked for, in order."""
    return [
        row.idempotency_key.removeprefix("starter:")
        for row in await Generation.filter(account_id__in=HOUSE_IDS).order_by("id")
    ]


async def finish(server: Server, key: str) -> Video:
    """What a worker makes of a starter clip."""
    job = await Generation.get(idempotency_key=f"starter:{key}").select_related("account")
    video = await finished_video(server.stores, job.account, generation=job.id)
    path = [] if job.parent_id is None else [job.parent_id]
    root_id = job.parent_id or video.id
    await Lineage.create(id=video.id, root_id=root_id, parent_id=job.parent_id, depth=len(path), path=path)
    return video


def test_every_remix_and_every_member_of_the_cast_is_there() -> None:
    keys = [clip.key for clip in STARTER_CLIPS]
    assert len(set(keys)) == len(keys) == 24
    for at, clip in enumerate(STARTER_CLIPS):
        assert clip.remix_of is None or clip.remix_of in keys[:at]
        assert all(f"@{name}" in clip.prompt for name in clip.cast)
    assert sum(1 for clip in STARTER_CLIPS if clip.cast) >= 2
    depth: dict[str, int] = {}
    for clip in STARTER_CLIPS:
        depth[clip.key] = 0 if clip.remix_of is None else depth[clip.remix_of] + 1
    assert max(depth.values()) >= 3


async def test_starter_clips_are_asked_for_once_published_and_never_made_again(server: Server) -> None:
    await declare_engine(name="diorama")
    await make_house_accounts()
    skipped: set[str] = set()
    assert await starter_clips_left(COUNT) == COUNT

    assert not await take_turn(server.stores, COUNT, skipped)
    assert await jobs() == ["fox", "whale"]  # without a house cast, the clip with it is left out
    assert skipped == {"hello"}
    assert not await take_turn(server.stores, COUNT, skipped)
    assert await jobs() == ["fox", "whale"]  # no queue in front of members
    assert {row.priority for row in await Generation.all()} == {BACKGROUND}
    assert await QuotaCharge.all().count() == 0

    fox = await finish(server, "fox")
    assert not await take_turn(server.stores, COUNT, skipped)
    shown = await VideoVisibility.get(id=fox.id)
    assert (shown.author_state, shown.audience.value) == (AuthorState.PUBLISHED, "PUBLIC")
    assert (await Video.get(id=fox.id)).caption == STARTER_CLIPS[0].caption
    assert not await take_turn(server.stores, COUNT, skipped)
    assert await jobs() == ["fox", "whale", "fox-night"]
    assert (await Generation.get(idempotency_key="starter:fox-night")).parent_id == fox.id

    await finish(server, "fox-night")
    await finish(server, "whale")
    await take_turn(server.stores, COUNT, skipped)
    await VideoVisibility.filter(id=fox.id).update(author_state=AuthorState.DELETED)
    again: set[str] = set()  # as after a restart
    assert not await take_turn(server.stores, COUNT, again)
    assert await jobs() == ["fox", "whale", "fox-night", "fox-neon"]
    await Generation.filter(idempotency_key="starter:fox-neon").update(state="FAILED")
    assert await take_turn(server.stores, COUNT, again)
    assert len(await starter_clips_made()) == len(await jobs()) == 4


async def test_a_server_with_videos_of_its_members_makes_none_and_a_suspended_house_neither(
    server: Server, settings: Settings
) -> None:
    await declare_engine(name="diorama")
    await make_house_accounts()
    await connections.get("default").execute_query("UPDATE account SET suspended_at = yume_now()")
    assert await take_turn(server.stores, COUNT, set())
    assert await jobs() == []
    assert await first_invite(settings) is not None  # nobody has come yet: the house is no newcomer
    ada = (await server.member("ada")).viewer
    assert ada is not None
    await finished_video(server.stores, ada, published=True)
    assert await starter_clips_left(COUNT) == COUNT
    await connections.get("default").execute_query(
        """
        INSERT INTO video_visibility
            (id, created_at, author_id, author_state, audience, consent, moderation, published_at)
        SELECT gen_random_uuid(), yume_now(), $1, 'PUBLISHED', 'PUBLIC', 'LIVE', 'CLEAR', yume_now()
        FROM generate_series(1, 23)
        """,
        [ada.id],
    )
    assert await starter_clips_left(COUNT) == 0


async def test_what_runs_in_the_background_is_claimed_only_while_nobody_elses_clip_is_made(database: str) -> None:
    db, ada = connections.get("default"), await member()
    background, first = await queue_one(ada), await queue_one(ada)
    await Generation.filter(id=background.id).update(priority=BACKGROUND)
    mine = await claim(db, new_id(), "slides")
    assert mine is not None
    assert (mine.generation_id, mine.background) == (first.id, False)
    assert await claim(db, new_id(), "slides") is None
    assert await release(db, mine)
    await Generation.filter(id=first.id).update(state="CANCELLED")
    later = await claim(db, new_id(), "slides")
    assert later is not None
    assert (later.generation_id, later.background) == (background.id, True)


@pytest.fixture
async def worker(database: str, redis: Redis, stores: Stores, tmp_path: Path) -> AsyncIterator[Worker]:
    running = await Worker(database, stores.urls.redis_url, tmp_path).start()
    await until(ready_workers, what="the worker is ready")
    yield running
    running.kill()
    await running.ended()


async def test_a_clip_at_work_in_the_background_is_handed_back_for_a_members_and_taken_up_again(
    worker: Worker, redis: Redis
) -> None:
    await make_house_accounts()
    background = await queue_one(await Account.get(id=STUDIO.id), "take 30")
    await Generation.filter(id=background.id).update(priority=BACKGROUND)
    await Doorbell(redis).ring()
    await until_state(background.id, "RUNNING")

    wanted = await queue_one(await member())
    await Doorbell(redis).ring()
    await until_state(wanted.id, "SUCCEEDED")
    await until_state(background.id, "RUNNING")
    row = await Generation.get(id=background.id)
    assert (row.attempt, row.fence, row.failure_code) == (1, 2, None)
    assert await Video.filter(generation_id=background.id).count() == 0
