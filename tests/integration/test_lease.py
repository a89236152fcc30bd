"""Leases on a real Postgres: who may claim, keep, give back and end a generation, and what each leaves behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.clip.lease import MAX_ATTEMPTS, Failure, Lease, cancel, cancelled, claim, fail, heartbeat, release
from jobs.sweep import sweep_leases
from models.account import Account
from models.base import new_id
from models.generation import Generation, Outbox, QuotaCharge
from tests.jobs_stack import member, queue_one, rows
from tests.prove.races import race

RETRY = Failure("OUT_OF_MEMORY", "Too big.", retry=True)
FINAL = Failure("INVALID_REQUEST", "No.")


@pytest.fixture
async def ada(database: str) -> Account:
    return await member()


def db() -> BaseDBAsyncClient:
    return connections.get("default")


async def claimed(engine: str = "slides") -> Lease:
    lease = await claim(db(), new_id(), engine)
    assert lease is not None
    return lease


async def age(lease: Lease, seconds: float) -> None:
    await rows(
        "UPDATE generation SET heartbeat_at = yume_now() - make_interval(secs => $2) WHERE id = $1 RETURNING id",
        lease.generation_id, seconds,
    )  # fmt: skip


async def refunded(lease: Lease) -> bool:
    return (await QuotaCharge.get(generation_id=lease.generation_id)).refunded_at is not None


async def test_claims_go_by_priority_then_age_and_only_to_their_engine(ada: Account) -> None:
    first, second, urgent = [await queue_one(ada) for _ in range(3)]
    other = await queue_one(ada, engine="diorama")
    await Generation.filter(id=urgent.id).update(priority=5)
    assert [(await claimed()).generation_id for _ in range(3)] == [urgent.id, first.id, second.id]
    assert await claim(db(), new_id(), "slides") is None
    assert (await claimed("diorama")).generation_id == other.id


async def test_each_claim_raises_the_fence_and_counts_an_attempt(ada: Account) -> None:
    await queue_one(ada)
    first = await claimed()
    async with in_transaction() as connection:
        assert await fail(connection, first, RETRY) == "QUEUED"
    second = await claimed()
    assert (first.attempt, second.attempt) == (1, 2)
    assert second.fence > first.fence


async def test_a_heartbeat_keeps_the_lease_and_tells_of_a_cancel(ada: Account) -> None:
    await queue_one(ada)
    lease = await claimed()
    await age(lease, 9)
    pulse = await heartbeat(db(), lease, phase="DENOISE", fraction=0.5)
    assert (pulse.ours, pulse.cancel_requested) == (True, False)
    assert await sweep_leases() == 0
    async with in_transaction() as connection:
        await cancel(connection, lease.generation_id)
    assert (await heartbeat(db(), lease, phase="DENOISE", fraction=0.6)).cancel_requested
    row = await Generation.get(id=lease.generation_id)
    assert (row.phase, row.fraction, row.state) == ("DENOISE", 0.6, "RUNNING")


async def test_silence_of_ten_seconds_gives_the_generation_to_others_and_refuses_the_zombie(ada: Account) -> None:
    await queue_one(ada)
    zombie = await claimed()
    await age(zombie, 9.0)
    assert await sweep_leases() == 0
    await age(zombie, 10.5)
    assert await sweep_leases() == 1
    assert not (await heartbeat(db(), zombie, phase=None, fraction=0.0)).ours
    async with in_transaction() as connection:
        assert await fail(connection, zombie, FINAL) is None
        assert not await cancelled(connection, zombie)
        assert not await release(connection, zombie)
    row = await Generation.get(id=zombie.generation_id)
    assert (row.state, row.attempt) == ("QUEUED", 1)
    assert not await refunded(zombie)


async def test_the_last_attempt_that_falls_silent_ends_named_and_refunded(ada: Account) -> None:
    await queue_one(ada)
    for _ in range(MAX_ATTEMPTS):
        lease = await claimed()
        await age(lease, 11)
        await sweep_leases()
    row = await Generation.get(id=lease.generation_id)
    assert (row.state, row.failure_code, row.attempt) == ("FAILED", "ENGINE_DIED", MAX_ATTEMPTS)
    assert await refunded(lease)


async def test_a_hand_back_is_not_counted_and_promises_a_ring_and_no_live_segments(ada: Account) -> None:
    await queue_one(ada)
    lease = await claimed()
    await Outbox.all().delete()
    async with in_transaction() as connection:
        assert await release(connection, lease)
    row = await Generation.get(id=lease.generation_id)
    assert (row.state, row.attempt, row.worker_id, row.heartbeat_at) == ("QUEUED", 0, None, None)
    promises = {promise.topic: promise.payload for promise in await Outbox.all()}
    assert promises["purge"] == {"prefixes": [f"videos/{lease.generation_id}/{lease.fence}/live/"]}
    assert set(promises) == {"generate", "purge"}


async def test_a_failure_that_a_retry_may_mend_is_retried_and_others_end_at_once(ada: Account) -> None:
    await queue_one(ada)
    lease = await claimed()
    async with in_transaction() as connection:
        assert await fail(connection, lease, RETRY) == "QUEUED"
    assert not await refunded(lease)
    lease = await claimed()
    async with in_transaction() as connection:
        assert await fail(connection, lease, FINAL) == "FAILED"
    assert await refunded(lease)
    row = await Generation.get(id=lease.generation_id)
    assert (row.failure_code, row.failure_message) == ("INVALID_REQUEST", "No.")


async def test_a_queued_generation_is_cancelled_and_refunded_at_once(ada: Account) -> None:
    generation = await queue_one(ada)
    async with in_transaction() as connection:
        assert await cancel(connection, generation.id) == "CANCELLED"
        assert await cancel(connection, generation.id) == "CANCELLED"
    assert (await QuotaCharge.get(generation_id=generation.id)).refunded_at is not None
    assert await claim(db(), new_id(), "slides") is None
    assert await Outbox.filter(topic="announce").count() == 1


@pytest.mark.parametrize("way", ["release", "fail", "sweep"])
async def test_a_wanted_stop_wins_over_every_way_back_into_the_queue(ada: Account, way: str) -> None:
    await queue_one(ada)
    lease = await claimed()
    async with in_transaction() as connection:
        await cancel(connection, lease.generation_id)
    async with in_transaction() as connection:
        if way == "release":
            await release(connection, lease)
        elif way == "fail":
            await fail(connection, lease, RETRY)
    if way == "sweep":
        await age(lease, 11)
        await sweep_leases()
    assert (await Generation.get(id=lease.generation_id)).state == "CANCELLED"
    assert await refunded(lease)


async def test_a_cancel_that_rolls_back_leaves_everything_as_it_was(ada: Account) -> None:
    generation = await queue_one(ada)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with in_transaction() as connection:
            await cancel(connection, generation.id)
            raise ZeroDivisionError
    assert (await Generation.get(id=generation.id)).state == "QUEUED"
    assert await Outbox.filter(topic="announce").count() == 0


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_races_between_two_processes_have_one_outcome_each(
    database: str, rounds: Callable[[int, int], int], figure: Callable[[str, str, str], None]
) -> None:
    races = rounds(60, 1_000)
    figures = await race(database, races=races)
    ends = ", ".join(f"{state.lower()} {count}" for state, count in sorted(figures.ends.items()))
    figure(
        f"{races} races of two processes (claim, finish, cancel, fail, hand back, sweep)",
        f"{len(figures.faults)} double claims, doubled clips, wrong charges or missing last words ({ends})",
        "0",
    )
    assert figures.faults == []
    assert sum(figures.ends.values()) == races
    assert len(figures.first) == 2
