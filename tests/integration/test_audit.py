"""The audit log: appended to from many sides at once, and every way of changing it afterwards found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from tortoise import connections
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models.audit import SERVER, Personal, Transition, append, append_all, chain_of
from models.audit_head import DailyHead, HeadUnfit, latest_head, prove_inclusion, read_head, seal_day
from models.audit_proof import AuditReport, FlawKind, snapshot, verify
from models.base import new_id
from models.cameo import CameoState
from models.keys import Keys, load_keys
from models.merkle import includes
from models.signed import NotSigned
from models.vault import Shredded, Vault, read_master
from tests.jobs_stack import rows, until


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return load_keys(tmp_path)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, read_master(tmp_path, None))


async def write(chain: str, kind: str = "CAMEO_PAUSED", **facts: object) -> UUID:
    """One transition that does nothing but log."""
    async with in_transaction() as connection:
        return await append(connection, chain, kind, facts)


async def report(keys: Keys, **more: object) -> AuditReport:
    """What `verify` sees now."""
    async with snapshot() as connection:
        return await verify(connection, keys.published, **more)  # type: ignore[arg-type]


async def flaws(keys: Keys, **more: object) -> set[FlawKind]:
    """Which kinds of flaws there are."""
    return {flaw.kind for flaw in (await report(keys, **more)).flaws}


async def shift_clock(by: str) -> None:
    """Move the database's clock, for every connection, further from where it is."""
    [row] = await rows("SELECT pg_get_functiondef('yume_now()'::regprocedure) AS source")
    await rows(row["source"].replace("clock_timestamp()", f"clock_timestamp() + interval '{by}'"))


@asynccontextmanager
async def tomorrow() -> AsyncIterator[None]:
    """The database's clock is a day ahead."""
    await shift_clock("1 day")
    yield
    await shift_clock("-1 day")


async def as_superuser(*statements: str) -> None:
    """What somebody who owns the database can do: triggers do not stop them."""
    async with in_transaction() as connection:
        await connection.execute_query("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await connection.execute_query(statement)


@pytest.fixture
async def log(database: str) -> str:
    """A log of the server's chain, one cameo's, both five entries long, and five others; the name of the cameo's."""
    # It is noon, so that no test meets a midnight.
    [row] = await rows("SELECT (interval '12 h' - (now() AT TIME ZONE 'UTC')::time)::text AS until_noon")
    await shift_clock(row["until_noon"])
    chain = chain_of(new_id())
    for number in range(5):
        for each in (SERVER, chain, chain_of(new_id())):
            await write(each, number=number)
    return chain


async def test_an_entry_says_what_happened_and_follows_the_one_before_it(database: str, keys: Keys) -> None:
    cameo, by = new_id(), new_id()
    at = datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
    first = await write(chain_of(cameo), state=CameoState.PAUSED, by=by, at=at, videos=3, scopes=["FACE", "VOICE"])
    second = await write(chain_of(cameo), "CAMEO_RESUMED")
    one, two = await rows("SELECT * FROM audit_entry ORDER BY seq")
    assert (one["id"], one["seq"], two["id"], two["seq"]) == (first, 1, second, 2)
    assert two["prev_hash"] == one["hash"] != bytes(32)
    [facts] = await rows(
        "SELECT facts->>'state' AS state, facts->>'by' AS by, facts->>'at' AS at FROM audit_entry WHERE seq = 1"
    )
    assert facts == {"state": "PAUSED", "by": str(by), "at": "2026-01-02T03:04:05.000600Z"}
    assert (await report(keys)).sound


async def test_what_could_be_personal_never_enters_the_log(database: str) -> None:
    for facts in (
        {"handle": "ada"}, {"prompt": "a fox in the rain"}, {"name": "Ada Lovelace"}, {"mail": "ada@example.org"},
        {"share": 0.5}, {"Bad": 1}, {"deep": {"a": 1}}, {"deep": [[1]]}, {"many": list(range(257))}, {"raw": b"x"},
        {"huge": 2**60}, {"naive": datetime(2026, 1, 1)},  # noqa: DTZ001 - that it has no zone is the point
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"fact|zone|integer|larger"):
            await write(SERVER, **facts)
    assert await rows("SELECT 1 FROM audit_head") == []


async def test_a_chain_or_kind_that_nobody_knows_is_refused(database: str) -> None:
    for chain, kind in (("cameo/ada", "X"), ("servers", "X"), (SERVER, "paused"), (SERVER, "")):
        with pytest.raises(ValueError, match=r"no chain|no kind"):
            await write(chain, kind)
    assert await rows("SELECT 1 FROM audit_head") == []


async def test_a_transition_that_is_rolled_back_leaves_no_entry_and_no_gap(database: str, keys: Keys) -> None:
    await write(SERVER)

    async def fail() -> None:
        async with in_transaction() as connection:
            await append(connection, SERVER, "LOST", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await write(SERVER)
    assert [row["seq"] for row in await rows("SELECT seq FROM audit_entry ORDER BY seq")] == [1, 2]
    assert (await report(keys)).sound


async def test_many_writers_on_one_chain_and_on_many_leave_no_gap_and_never_deadlock(database: str, keys: Keys) -> None:
    chains = [SERVER, *(chain_of(new_id()) for _ in range(5))]

    async def many(writer: int) -> None:
        for turn in range(10):
            # Each names the same chains in an order of its own, as transitions over several cameos do.
            order = chains[(writer + turn) % 6 :] + chains[: (writer + turn) % 6]
            async with in_transaction() as connection:
                ids = await append_all(connection, [Transition(chain, "ENDED", {"by": writer}) for chain in order[:3]])
                assert len(set(ids)) == 3

    await asyncio.gather(*map(many, range(8)))
    seen = await report(keys)
    assert (seen.entries, seen.chains, seen.flaws) == (240, 6, [])


async def test_the_database_refuses_to_change_or_forget_an_entry(log: str, keys: Keys) -> None:
    await seal_day(keys.audit)
    before = await rows("SELECT * FROM audit_entry ORDER BY id"), await rows("SELECT * FROM audit_head ORDER BY chain")
    for statement in (
        "UPDATE audit_entry SET kind = 'NOTHING'", "DELETE FROM audit_entry", "TRUNCATE audit_entry",
        "DELETE FROM audit_head", "TRUNCATE audit_head", "UPDATE audit_head SET seq = seq - 1",
        "DELETE FROM audit_daily_head", "UPDATE audit_daily_head SET chains = 0", "TRUNCATE audit_daily_head",
    ):  # fmt: skip
        with pytest.raises(IntegrityError, match="only ever added to"):
            await rows(statement)
    after = await rows("SELECT * FROM audit_entry ORDER BY id"), await rows("SELECT * FROM audit_head ORDER BY chain")
    assert after == before
    assert (await report(keys)).sound


DAMAGES = {
    "facts changed": (["UPDATE audit_entry SET facts = '{\"number\": 9}' WHERE {third}"], [FlawKind.HASH]),
    "facts never written": (["UPDATE audit_entry SET facts = '{\"number\": 0.5}' WHERE {third}"], [FlawKind.HASH]),
    "kind changed": (["UPDATE audit_entry SET kind = 'OTHER' WHERE {third}"], [FlawKind.HASH]),
    "dated back": (["UPDATE audit_entry SET created_at = created_at - interval '1 us' WHERE {third}"], [FlawKind.HASH]),
    "one removed": (["DELETE FROM audit_entry WHERE {third}"], [FlawKind.GAP]),
    "the first removed": (["DELETE FROM audit_entry WHERE chain = '{chain}' AND seq = 1"], [FlawKind.GAP]),
    "the last removed": (["DELETE FROM audit_entry WHERE chain = '{chain}' AND seq = 5"], [FlawKind.TAIL]),
    "all removed": (["DELETE FROM audit_entry WHERE chain = '{chain}'"], [FlawKind.NO_ENTRIES]),
    "two swapped": (
        [
            "UPDATE audit_entry SET seq = -1 WHERE {third}",
            "UPDATE audit_entry SET seq = 3 WHERE chain = '{chain}' AND seq = 4",
            "UPDATE audit_entry SET seq = 4 WHERE chain = '{chain}' AND seq = -1",
        ],
        [FlawKind.LINK, FlawKind.HASH, FlawKind.LINK, FlawKind.HASH, FlawKind.LINK],
    ),
    "moved to another chain": (
        ["UPDATE audit_entry SET chain = 'server', seq = 6 WHERE chain = '{chain}' AND seq = 5"],
        [FlawKind.TAIL, FlawKind.LINK, FlawKind.HASH, FlawKind.TAIL],
    ),
    "head removed": (["DELETE FROM audit_head WHERE chain = '{chain}'"], [FlawKind.NO_HEAD]),
    "head changed": (["UPDATE audit_head SET hash = '\\x00' WHERE chain = '{chain}'"], [FlawKind.TAIL]),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_what_a_superuser_changes_in_the_log_is_found_by_its_chain(log: str, keys: Keys, damage: str) -> None:
    assert (await report(keys)).sound
    statements, expected = DAMAGES[damage]
    third = f"chain = '{log}' AND seq = 3"
    await as_superuser(*(each.replace("{third}", third).replace("{chain}", log) for each in statements))
    seen = await report(keys)
    assert [flaw.kind for flaw in seen.flaws] == expected
    assert seen.flaw_count == len(expected)
    assert not seen.sound


async def test_more_flaws_than_a_person_reads_are_counted_and_not_kept(database: str, keys: Keys) -> None:
    for _ in range(130):
        await write(chain_of(new_id()))
    await as_superuser("UPDATE audit_entry SET kind = 'OTHER'")
    seen = await report(keys)
    assert (seen.flaw_count, len(seen.flaws)) == (130, 100)


async def test_a_day_gets_one_signed_head_however_many_workers_try(log: str, keys: Keys) -> None:
    made = await asyncio.gather(*(seal_day(keys.audit) for _ in range(6)))
    made.append(await seal_day(keys.audit))
    [head] = [head for head in made if head is not None]
    assert head.chains == 7
    assert await latest_head(connections.get("default")) == head == read_head(keys.published, head.document)
    seen = await report(keys)
    assert (seen.sound, seen.signed_days, seen.heads_recomputed) == (True, 1, [head])


async def test_what_comes_after_a_head_changes_nothing_about_it(log: str, keys: Keys) -> None:
    first = await seal_day(keys.audit)
    await write(log)
    await write(chain_of(new_id()))
    async with tomorrow():
        await write(SERVER)
        second = await seal_day(keys.audit)
    assert first is not None
    assert second is not None
    assert (second.prev, second.chains) == (first.root, first.chains + 1)
    seen = await report(keys, anchors=[first])
    assert (seen.sound, seen.heads_recomputed) == (True, [first, second])


async def test_a_clock_set_back_dates_no_entry_before_the_last_head(log: str, keys: Keys) -> None:
    async with tomorrow():
        head = await seal_day(keys.audit)
    await write(log)
    assert head is not None
    [row] = await rows("SELECT max(created_at) AS last FROM audit_entry")
    assert row["last"] == head.cut
    assert await seal_day(keys.audit) is None
    assert (await report(keys)).sound


async def test_a_head_waits_for_an_appender_in_the_middle_of_its_transaction(log: str, keys: Keys) -> None:
    appended = asyncio.Event()

    async def seal() -> DailyHead | None:
        await appended.wait()
        return await seal_day(keys.audit)

    # Made outside of the transaction, of which it would otherwise become a part.
    sealing = asyncio.create_task(seal())
    async with in_transaction() as connection:
        await append(connection, log, "SLOW", {})
        appended.set()
        await until(lambda: rows("SELECT 1 FROM pg_locks WHERE mode = 'ShareLock' AND NOT granted"), what="it waits")
        assert not sealing.done()
    head = await sealing
    assert head is not None
    proof = await prove_inclusion(connections.get("default"), log, head)
    assert proof is not None
    assert proof.seq == 6


async def test_a_log_emptied_with_its_chain_heads_is_found_by_the_signed_head(log: str, keys: Keys) -> None:
    await seal_day(keys.audit)
    await as_superuser(
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL", "ALTER TABLE audit_head DISABLE TRIGGER ALL",
        "TRUNCATE audit_entry, audit_head",
    )  # fmt: skip
    seen = await report(keys)
    assert [flaw.kind for flaw in seen.flaws] == [FlawKind.DAILY]
    assert seen.entries == 0


async def test_a_chain_written_anew_with_good_hashes_is_found_by_the_signed_head_and_never_signed(
    log: str, keys: Keys
) -> None:
    await seal_day(keys.audit)
    await as_superuser(
        f"DELETE FROM audit_entry WHERE chain = '{log}'", f"DELETE FROM audit_head WHERE chain = '{log}'"
    )
    for number in range(5):
        await write(log, number=number + 1)
    assert await flaws(keys) == {FlawKind.DAILY}
    async with tomorrow():
        with pytest.raises(HeadUnfit, match="no longer holds"):
            await seal_day(keys.audit)
    assert (await report(keys)).signed_days == 1


async def test_a_log_rolled_back_with_its_heads_is_found_by_a_head_kept_elsewhere(log: str, keys: Keys) -> None:
    await seal_day(keys.audit)
    async with tomorrow():
        await write(log)
        kept = await seal_day(keys.audit)
    assert kept is not None
    await as_superuser(
        f"DELETE FROM audit_entry WHERE chain = '{log}' AND seq = 6",
        "DELETE FROM audit_daily_head WHERE day = (SELECT max(day) FROM audit_daily_head)",
        f"UPDATE audit_head SET seq = 5, hash = (SELECT hash FROM audit_entry WHERE chain = '{log}' AND seq = 5)"
        f" WHERE chain = '{log}'",
    )
    assert (await report(keys)).sound
    assert await flaws(keys, anchors=[kept]) == {FlawKind.DAILY}


async def test_a_daily_head_that_was_changed_or_whose_forerunner_is_gone_is_found(log: str, keys: Keys) -> None:
    await seal_day(keys.audit)
    async with tomorrow():
        await seal_day(keys.audit)
    await as_superuser("DELETE FROM audit_daily_head WHERE day = (SELECT min(day) FROM audit_daily_head)")
    assert await flaws(keys) == {FlawKind.SIGNATURE}
    await as_superuser("UPDATE audit_daily_head SET chains = 1")
    assert await flaws(keys) == {FlawKind.SIGNATURE, FlawKind.DAILY}


async def test_a_head_signed_by_another_server_is_not_ours(log: str, keys: Keys, tmp_path: Path) -> None:
    theirs = load_keys(tmp_path / "theirs")
    head = await seal_day(theirs.audit)
    assert head is not None
    assert await flaws(keys) == {FlawKind.SIGNATURE}
    with pytest.raises(NotSigned):
        read_head(keys.published, head.document)


async def test_every_chain_can_be_proved_to_be_under_the_head_and_no_other(log: str, keys: Keys) -> None:
    head = await seal_day(keys.audit)
    assert head is not None
    late = chain_of(new_id())
    await write(late)
    connection = connections.get("default")
    for row in await rows("SELECT chain, hash FROM audit_head WHERE chain <> $1", late):
        proof = await prove_inclusion(connection, row["chain"], head)
        assert proof is not None
        assert proof.hash == row["hash"]
        told = {"index": proof.index, "size": proof.size, "path": proof.path}
        assert includes(head.root, proof.leaf, **told)
        assert not includes(head.root, proof.leaf + b" ", **told)
    assert await prove_inclusion(connection, late, head) is None


async def test_personal_data_can_be_erased_and_the_chain_still_verifies(
    database: str, keys: Keys, vault: Vault
) -> None:
    subject = f"account/{new_id()}"
    vault.create(subject)
    for words in (b"asked by Ada", b"asked by Ada again"):
        async with in_transaction() as connection:
            personal = Personal.seal(vault, subject, words)
            await append(connection, SERVER, "ASKED", {}, personal=personal)
    seen = await report(keys)
    assert (seen.sound, seen.personal_kept, seen.personal_erased) == (True, 2, 0)
    [first, second] = await rows("SELECT p.sealed FROM audit_personal p JOIN audit_entry USING (id) ORDER BY seq")
    assert vault.open(subject, first["sealed"], label=Personal.LABEL) == b"asked by Ada"

    vault.shred(subject)
    with pytest.raises(Shredded):
        vault.open(subject, second["sealed"], label=Personal.LABEL)
    await rows("DELETE FROM audit_personal WHERE subject = $1", subject)
    seen = await report(keys)
    assert (seen.sound, seen.personal_kept, seen.personal_erased) == (True, 0, 2)


async def test_personal_data_that_was_exchanged_is_found(database: str, keys: Keys, vault: Vault) -> None:
    subject = f"account/{new_id()}"
    vault.create(subject)
    async with in_transaction() as connection:
        await append(connection, SERVER, "ASKED", {}, personal=Personal.seal(vault, subject, b"by Ada"))
    await write(SERVER, "ASKED")
    await rows("UPDATE audit_personal SET sealed = $1", vault.seal(subject, b"by Bob", label=Personal.LABEL))
    assert await flaws(keys) == {FlawKind.PERSONAL}
