"""Proving the audit log: every entry, every chain's end, and the signed heads, in one pass and flat memory."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from models.audit import GENESIS, entry_hash
from models.audit_head import PURPOSE, DailyHead, daily_heads, leaf_of
from models.keys import PublicKey
from models.merkle import MerkleTree
from models.signed import NotSigned, verify_document

FLAWS_KEPT = 100
BATCH = 2000


class FlawKind(StrEnum):
    """What is wrong with the log; the value says it to people."""

    GAP = "entries are missing before this one"
    LINK = "the entry does not follow the one before it"
    HASH = "the entry was changed after it was written"
    PERSONAL = "the sealed personal data of the entry was changed"
    NO_HEAD = "the chain's head is missing"
    TAIL = "the chain does not end where its head says: entries were removed or added at its end"
    NO_ENTRIES = "the chain has a head and no entries"
    SIGNATURE = "the daily head was not signed by this server, or a head before it was removed"
    DAILY = "the log does not hold what the signed head says: entries from before it are missing, changed or new"


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong; ``seq`` is None for what concerns a whole chain or a day."""

    kind: FlawKind
    where: str
    seq: int | None = None

    def __str__(self) -> str:
        place = self.where if self.seq is None else f"{self.where} #{self.seq}"
        return f"{place}: {self.kind.value}"


@dataclass
class AuditReport:
    """What `verify` saw. ``flaws`` holds the first `FLAWS_KEPT` of ``flaw_count``."""

    entries: int = 0
    chains: int = 0
    personal_kept: int = 0
    personal_erased: int = 0
    signed_days: int = 0
    heads_recomputed: list[DailyHead] = field(default_factory=list[DailyHead])
    flaws: list[Flaw] = field(default_factory=list[Flaw])
    flaw_count: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.flaw_count == 0

    def add(self, kind: FlawKind, where: str, seq: int | None = None) -> None:
        """Note a flaw."""
        self.flaw_count += 1
        if len(self.flaws) < FLAWS_KEPT:
            self.flaws.append(Flaw(kind, where, seq))


@asynccontextmanager
async def snapshot() -> AsyncGenerator[BaseDBAsyncClient]:
    """A transaction that sees the log as it is now, whoever appends meanwhile."""
    async with in_transaction() as connection:
        await connection.execute_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection


async def verify(
    connection: BaseDBAsyncClient, published: Mapping[str, PublicKey], *, anchors: Sequence[DailyHead] = ()
) -> AuditReport:
    """Check the whole log inside `snapshot`.

    The newest daily head is recomputed from the entries, and so are ``anchors``: heads that somebody kept elsewhere,
    which alone tell when the log *and* its heads were rolled back together. A broken log is reported, never raised.
    """
    report = AuditReport()
    latest = await _check_signatures(connection, published, report)
    known = [*anchors, *([] if latest is None else [latest])]
    report.heads_recomputed = list({(head.cut, head.root): head for head in known}.values())
    trees = [(head, MerkleTree()) for head in report.heads_recomputed]
    async for walk in _chains(connection, report, [head.cut for head, _ in trees]):
        for (_, tree), standing in zip(trees, walk.standings, strict=True):
            if standing is not None:
                tree.add(leaf_of(walk.chain, *standing))
    for head, tree in trees:
        if tree.size != head.chains or tree.root() != head.root:
            report.add(FlawKind.DAILY, f"head of {head.day}")
    await _check_empty_chains(connection, report)
    return report


class _Walk:
    """One chain as it goes by. ``standings`` has, for each cut, number and hash of the last entry before it."""

    def __init__(self, chain: str, cuts: Sequence[datetime]) -> None:
        self.chain = chain
        self.standings: list[tuple[int, bytes] | None] = [None] * len(cuts)
        self._cuts = cuts
        self.seq = 0
        self.hash = GENESIS

    def take(self, row: Mapping[str, Any], report: AuditReport) -> None:
        if row["seq"] != self.seq + 1:
            report.add(FlawKind.GAP, self.chain, row["seq"])
        elif row["prev_hash"] != self.hash:
            report.add(FlawKind.LINK, self.chain, row["seq"])
        if not _genuine(row):
            report.add(FlawKind.HASH, self.chain, row["seq"])
        if row["sealed_hash"] not in (None, row["personal_hash"]):
            report.add(FlawKind.PERSONAL, self.chain, row["seq"])
        report.entries += 1
        report.personal_kept += row["sealed_hash"] is not None
        report.personal_erased += row["personal_hash"] is not None and row["sealed_hash"] is None
        self.seq, self.hash = row["seq"], row["hash"]
        for number, cut in enumerate(self._cuts):
            if row["created_at"] < cut:
                self.standings[number] = (self.seq, self.hash)

    def end(self, row: Mapping[str, Any], report: AuditReport) -> None:
        report.chains += 1
        if row["head_seq"] is None:
            report.add(FlawKind.NO_HEAD, self.chain)
        elif (row["head_seq"], row["head_hash"]) != (self.seq, self.hash):
            report.add(FlawKind.TAIL, self.chain)


async def _chains(connection: BaseDBAsyncClient, report: AuditReport, cuts: Sequence[datetime]) -> AsyncIterator[_Walk]:
    walk: _Walk | None = None
    last: Mapping[str, Any] = {}
    async for row in _entries(connection):
        if walk is None or walk.chain != row["chain"]:
            if walk is not None:
                walk.end(last, report)
                yield walk
            walk = _Walk(row["chain"], cuts)
        walk.take(row, report)
        last = row
    if walk is not None:
        walk.end(last, report)
        yield walk


async def _entries(connection: BaseDBAsyncClient) -> AsyncIterator[Mapping[str, Any]]:
    chain, seq = "", 0
    while rows := await connection.execute_query_dict(
        """
        SELECT e.id, e.chain, e.seq, e.kind, e.facts::text AS facts, e.personal_hash, e.prev_hash, e.hash, e.created_at,
            h.seq AS head_seq, h.hash AS head_hash, sha256(p.sealed) AS sealed_hash
        FROM audit_entry e
            LEFT JOIN audit_head h ON h.chain = e.chain
            LEFT JOIN audit_personal p ON p.id = e.id
        WHERE (e.chain, e.seq) > ($1, $2) ORDER BY e.chain, e.seq LIMIT $3
        """,
        [chain, seq, BATCH],
    ):
        for row in rows:
            yield row
        chain, seq = rows[-1]["chain"], rows[-1]["seq"]


def _genuine(row: Mapping[str, Any]) -> bool:
    try:
        digest = entry_hash(
            entry_id=row["id"],
            chain=row["chain"],
            seq=row["seq"],
            kind=row["kind"],
            facts=json.loads(row["facts"]),
            personal_hash=row["personal_hash"],
            prev_hash=row["prev_hash"],
            created_at=row["created_at"],
        )
    except ValueError:  # facts that `append` would never have written
        return False
    return digest == row["hash"]


async def _check_signatures(
    connection: BaseDBAsyncClient, published: Mapping[str, PublicKey], report: AuditReport
) -> DailyHead | None:
    latest = None
    async for head in daily_heads(connection):
        report.signed_days += 1
        try:
            verify_document(published, head.document, purpose=PURPOSE)
        except NotSigned:
            report.add(FlawKind.SIGNATURE, f"head of {head.day}")
        latest = head
    return latest


async def _check_empty_chains(connection: BaseDBAsyncClient, report: AuditReport) -> None:
    rows = await connection.execute_query_dict(
        """
        SELECT h.chain, count(*) OVER () AS total FROM audit_head h
        WHERE NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.chain = h.chain) ORDER BY h.chain LIMIT $1
        """,
        [FLAWS_KEPT],
    )
    for row in rows:
        report.add(FlawKind.NO_ENTRIES, row["chain"])
    if rows:
        report.flaw_count += rows[0]["total"] - len(rows)
