"""Gates 2, 3 and 4a: consent that ends before, while, and in the instant when a worker finishes a clip."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from redis.asyncio import Redis
from tortoise import connections
from tortoise.transactions import in_transaction

from app.embedded import Stores
from jobs.consent.change import revoke_grants, stop_jobs
from jobs.progress import EventKind
from jobs.progress.writer import last_event
from jobs.queue import Doorbell
from models.account import Account
from models.base import new_id
from models.cameo import Cameo, CameoState, Scope
from models.consent.epochs import raise_for, raise_for_all
from models.consent.locks import lock_for_change
from models.decision import Decision
from models.generation import Generation, GenerationState
from models.grant import Grant, GrantState, RevokeMode
from models.likeness import Approval, Via, VideoLikeness
from models.lineage import Lineage
from models.notification import Notification
from models.storage import MediaStore
from models.video import AuthorState, Video, VideoVisibility
from tests.api import make_stores
from tests.casting import HASH, finish_now, lease_of, left_in, queue
from tests.consent import audited, make_cameo, make_grant, make_video, outcome
from tests.jobs_stack import Worker, member, ready_workers, until, until_state

ENDED = ("FAILED", "CONSENT_ENDED", True)


@pytest.fixture
async def ada(database: str) -> Account:
    return await member("ada")


@pytest.fixture
async def bob(database: str) -> Account:
    return await member("bob")


@pytest.fixture
async def worker(database: str, redis: Redis, stores: Stores, tmp_path: Path) -> AsyncIterator[Worker]:
    running = await Worker(database, stores.urls.redis_url, tmp_path).start()
    await until(ready_workers, what="the worker is ready")
    yield running
    running.kill()
    await running.ended()


async def silently_revoke(grant: Grant) -> None:
    """A grant ends and nobody is told: gates must see it by themselves."""
    await Grant.filter(id=grant.id).update(state=GrantState.REVOKED)


async def revoke(grant: Grant, mode: RevokeMode = RevokeMode.WITHDRAW) -> list[UUID]:
    """What `revokeGrant` does to jobs and videos. Returns the jobs to hint at."""
    async with in_transaction() as connection:
        await lock_for_change(connection, [grant.cameo_id])
        return (await revoke_grants(connection, grant.cameo_id, [grant.id], mode)).jobs


async def nothing_made() -> bool:
    return await Video.all().count() == await VideoLikeness.all().count() == 0


async def test_a_revoked_generation_never_reaches_the_engine(worker: Worker, ada: Account, bob: Account) -> None:
    cameo = await make_cameo(ada)
    grant = await make_grant(cameo, bob)
    held = await queue(bob, prompt="take 3")
    await until_state(held.id, "RUNNING")
    job = await queue(bob, [cameo])
    await silently_revoke(grant)
    await until_state(job.id, "FAILED")
    assert await outcome(job) == ENDED
    assert (await Generation.get(id=job.id)).phase is None
    assert await Video.filter(generation_id=job.id).count() == 0
    [decision] = await Decision.all()
    assert (decision.stage, decision.allowed, decision.rule) == ("RUNNING", False, "grant.ended")


async def test_a_running_clip_stops_within_five_seconds_of_a_silent_end_of_consent_and_leaves_nothing(
    worker: Worker, redis: Redis, tmp_path: Path, ada: Account, bob: Account
) -> None:
    cameo = await make_cameo(ada)
    grant = await make_grant(cameo, bob)
    job = await queue(bob, [cameo], prompt="take 60")
    await Doorbell(redis).ring()
    await until_state(job.id, "RUNNING")
    await until(lambda: redis.keys(f"preview:{job.id}:*"), seconds=40, what="a preview")
    await silently_revoke(grant)
    await until_state(job.id, "FAILED", seconds=5)
    assert await outcome(job) == ENDED
    assert await nothing_made()

    async def told() -> bool:
        event = await last_event(redis, job.id)
        return event is not None and event.kind is EventKind.FAILED

    await until(told, what="the terminal event")

    async def clean() -> bool:
        media = MediaStore.from_url(None, tmp_path)
        kept = [key async for key in media.list(f"videos/{job.id}")]
        return not kept and not await redis.keys(f"preview:{job.id}:*") and not left_in(tmp_path / "scratch")

    await until(clean, what="no segment, no preview, no scratch")


async def test_a_hint_stops_a_running_clip_without_waiting_for_the_next_look(
    worker: Worker, redis: Redis, ada: Account, bob: Account
) -> None:
    cameo = await make_cameo(ada)
    grant = await make_grant(cameo, bob)
    job = await queue(bob, [cameo], prompt="take 30")
    await Doorbell(redis).ring()
    await until_state(job.id, "RUNNING")
    jobs = await revoke(grant)
    assert jobs == [job.id]
    await Doorbell(redis).request_cancels(jobs)
    await until_state(job.id, "FAILED", seconds=5)
    assert await outcome(job) == ENDED


async def test_a_grant_revoked_and_given_again_in_between_does_not_save_the_clip(
    worker: Worker, redis: Redis, ada: Account, bob: Account
) -> None:
    cameo = await make_cameo(ada)
    grant = await make_grant(cameo, bob)
    job = await queue(bob, [cameo], prompt="take 30")
    await Doorbell(redis).ring()
    await until_state(job.id, "RUNNING")
    await revoke(grant)
    await make_grant(cameo, bob)
    await until_state(job.id, "FAILED", seconds=5)
    assert await outcome(job) == ENDED
    assert await nothing_made()


async def test_the_finish_writes_likenesses_lineage_audit_and_tells_the_person_shown(
    ada: Account, bob: Account
) -> None:
    cameo = await make_cameo(ada)
    grant = await make_grant(cameo, bob)
    job = await queue(bob, [cameo], scopes=Scope.FACE | Scope.VOICE)
    done = await finish_now(await lease_of(job))
    assert done.state is GenerationState.SUCCEEDED
    [row] = await VideoLikeness.all()
    assert (row.video_id, row.cameo_id, row.grant_id, row.via) == (done.video_id, cameo.id, grant.id, Via.SHOWN)
    assert (row.scopes, row.version, row.withdrawn_at) == (Scope.FACE | Scope.VOICE, 1, None)
    chain = await Lineage.get(id=done.video_id)
    assert (chain.parent_id, chain.root_id, chain.depth, chain.path) == (None, done.video_id, 0, [])
    assert (await VideoVisibility.get(id=done.video_id)).author_state is AuthorState.DRAFT
    assert await audited(f"cameo/{cameo.id}") == ["DRAFT_MADE"]
    told = await Notification.get(account_id=ada.id)
    assert (told.kind, told.video_id, told.actor_id) == ("CAMEO_USED", done.video_id, bob.id)


async def test_a_draft_waits_for_each_person_who_wants_to_be_asked(ada: Account, bob: Account) -> None:
    cameo = await make_cameo(ada, per_use_approval=True)
    await make_grant(cameo, bob)
    done = await finish_now(await lease_of(await queue(bob, [cameo])))
    [approval] = await Approval.all()
    assert (approval.video_id, approval.cameo_id, approval.draft_hash) == (done.video_id, cameo.id, HASH)
    assert approval.state == "PENDING"
    assert 6.9 < (approval.expires_at - approval.created_at).total_seconds() / 86_400 < 7.1
    assert (await VideoVisibility.get(id=done.video_id)).author_state is AuthorState.AWAITING_APPROVAL
    assert (await Notification.get(account_id=ada.id)).kind == "APPROVAL_ASKED"


async def test_nobody_waits_for_their_own_approval(ada: Account) -> None:
    cameo = await make_cameo(ada, per_use_approval=True)
    done = await finish_now(await lease_of(await queue(ada, [cameo])))
    assert await Approval.all().count() == 0
    assert (await VideoVisibility.get(id=done.video_id)).author_state is AuthorState.DRAFT
    assert (await VideoLikeness.get(cameo_id=cameo.id)).grant_id is None


@pytest.mark.parametrize("change", ["revoke", "regrant", "epoch", "own_epoch", "pause", "expire", "suspend", "block"])
async def test_a_finish_after_any_restriction_makes_nothing(change: str, ada: Account, bob: Account) -> None:
    from models.block import Block

    cameo = await make_cameo(ada)
    grant = await make_grant(cameo, bob)
    lease = await lease_of(await queue(bob, [cameo]))
    connection = connections.get("default")
    match change:
        case "revoke":
            await silently_revoke(grant)
        case "regrant":
            await revoke(grant)
            await make_grant(cameo, bob)
        case "epoch":
            await raise_for_all(connection, [cameo.id])
        case "own_epoch":
            await raise_for(connection, [cameo.id], bob.id)
        case "pause":
            await Cameo.filter(id=cameo.id).update(state=CameoState.PAUSED)
        case "expire":
            await silently_revoke(grant)
            await make_grant(cameo, bob, expires_at=grant.created_at)
        case "suspend":
            await connection.execute_query("UPDATE account SET suspended_at = yume_now() WHERE id = $1", [ada.id])
        case _:
            await Block.create(blocker_id=ada.id, blocked_id=bob.id)
    done = await finish_now(lease)
    assert (done.state, done.video_id) == (GenerationState.FAILED, None)
    assert await outcome(await Generation.get(id=lease.generation_id)) == ENDED
    assert await nothing_made()


async def test_one_accounts_restriction_never_stops_anothers_clip(ada: Account, bob: Account) -> None:
    cleo = await member("cleo")
    cameo = await make_cameo(ada)
    await make_grant(cameo, bob)
    await make_grant(cameo, cleo)
    lease = await lease_of(await queue(bob, [cameo]))
    async with in_transaction() as connection:
        await lock_for_change(connection, [cameo.id])
        await raise_for(connection, [cameo.id], cleo.id)
        assert await stop_jobs(connection, [cameo.id], cleo.id) == []
    assert (await finish_now(lease)).state is GenerationState.SUCCEEDED


async def test_another_live_grant_is_named_when_the_snapshots_own_has_run_out(ada: Account, bob: Account) -> None:
    cameo = await make_cameo(ada)
    short = await make_grant(cameo, bob)
    lease = await lease_of(await queue(bob, [cameo]))
    await silently_revoke(short)
    lasting = await make_grant(cameo, bob)
    assert (await finish_now(lease)).state is GenerationState.SUCCEEDED
    assert (await VideoLikeness.get(cameo_id=cameo.id)).grant_id == lasting.id


@pytest.mark.parametrize("change", ["withdrawn", "deleted", "unpublished", "hidden"])
async def test_a_remix_of_what_is_no_longer_visible_is_not_finished(
    change: str, redis: Redis, tmp_path: Path, ada: Account, bob: Account
) -> None:
    stores = await make_stores(redis, tmp_path)
    parent = await make_video(stores, ada)
    lease = await lease_of(await queue(bob, parent=parent))
    columns = {
        "withdrawn": {"consent": "WITHDRAWN"}, "deleted": {"author_state": "DELETED"},
        "unpublished": {"author_state": "DRAFT"}, "hidden": {"moderation": "HIDDEN"},
    }  # fmt: skip
    await VideoVisibility.filter(id=parent.id).update(**columns[change])
    done = await finish_now(lease)
    assert done.state is GenerationState.FAILED
    assert await outcome(await Generation.get(id=lease.generation_id)) == ENDED
    assert await Video.all().count() == 1
    await stores.progress.stop()


async def test_what_the_engine_made_is_held_against_restrictions_and_the_cost_is_given_back_ten_times_a_day(
    worker: Worker, redis: Redis, ada: Account, bob: Account
) -> None:
    cameo = await make_cameo(ada, restrictions={"topics": ["WEAPONS"]})
    await make_grant(cameo, bob)
    for _ in range(10):
        await Generation.create(
            account_id=bob.id, idempotency_key=str(new_id()), request_hash="", engine="slides", spec={},
            cost_seconds=1.0, state=GenerationState.BLOCKED,
        )  # fmt: skip
    job = await queue(bob, [cameo], prompt="mumble fire the machine gun")
    await Doorbell(redis).ring()
    await until_state(job.id, "BLOCKED")
    assert await outcome(job) == ("BLOCKED", "RESTRICTED", True)
    assert await nothing_made()
    [decision] = await Decision.all()
    assert (decision.stage, decision.rule, decision.allowed) == ("RESULT", "TOPIC:WEAPONS", False)
    assert (await Notification.get(account_id=ada.id)).kind == "CAMEO_REFUSED"
    await connections.get("default").execute_query("UPDATE generation SET finished_at = yume_now()")
    again = await queue(bob, [cameo], prompt="mumble fire the machine gun")
    await until_state(again.id, "BLOCKED")
    assert await outcome(again) == ("BLOCKED", "RESTRICTED", False)


async def test_a_clip_without_anybody_in_it_is_not_asked_about(worker: Worker, redis: Redis, bob: Account) -> None:
    job = await queue(bob)
    await Doorbell(redis).ring()
    await until_state(job.id, "SUCCEEDED")
    assert await VideoLikeness.all().count() == 0
    assert (await Lineage.get(id=(await Video.get(generation_id=job.id)).id)).depth == 0
