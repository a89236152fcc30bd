"""The signed daily head: one Merkle root over the heads of all chains, published, which pins everything before it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from tortoise import connections
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from models.audit import spell_time
from models.canonical import canonical
from models.keys import PublicKey, SigningKey
from models.merkle import MerkleTree
from models.signed import decode, encode, sign_document, verify_document

PURPOSE = "audit"
LOCK = 0x59554D41
"""Advisory lock ("YUMA") of whoever makes a day's head."""
BATCH = 2000

_HEADS = """
    SELECT day, cut, root, chains, kid, signature,
        (SELECT p.root FROM audit_daily_head p WHERE p.day < h.day ORDER BY p.day DESC LIMIT 1) AS prev
    FROM audit_daily_head h
"""


class HeadUnfit(Exception):
    """The log no longer holds what the last signed head says it held, so no further head is signed."""


@dataclass(frozen=True)
class DailyHead:
    """The root over the last entry before ``cut`` of each chain. ``prev`` is the root of the head before it."""

    day: date
    cut: datetime
    chains: int
    root: bytes
    prev: bytes | None
    kid: str
    signature: bytes

    @property
    def body(self) -> dict[str, Any]:
        """What is signed."""
        return {
            "kind": "AUDIT_HEAD",
            "version": 1,
            "day": self.day.isoformat(),
            "cut": spell_time(self.cut),
            "chains": self.chains,
            "root": self.root.hex(),
            "prev": None if self.prev is None else self.prev.hex(),
        }

    @property
    def document(self) -> dict[str, Any]:
        """What is published."""
        return {**self.body, "kid": self.kid, "signature": encode(self.signature)}


@dataclass(frozen=True)
class Inclusion:
    """Proof that a chain stood at ``seq`` with ``hash`` under a daily head: see `models.merkle.includes`."""

    leaf: bytes
    index: int
    size: int
    path: tuple[bytes, ...]
    seq: int
    hash: bytes


def read_head(published: Mapping[str, PublicKey], document: Mapping[str, Any]) -> DailyHead:
    """The head in a published document. Raises `NotSigned`, or another `ValueError` for what is no head at all."""
    body = verify_document(published, document, purpose=PURPOSE)
    try:
        if body["kind"] != "AUDIT_HEAD":
            raise ValueError("This is signed, but it is no audit head.")
        return DailyHead(
            day=date.fromisoformat(body["day"]),
            cut=datetime.fromisoformat(body["cut"]),
            chains=body["chains"],
            root=bytes.fromhex(body["root"]),
            prev=None if body["prev"] is None else bytes.fromhex(body["prev"]),
            kid=document["kid"],
            signature=decode(document["signature"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("This is signed, but it is no audit head.") from error


def leaf_of(chain: str, seq: int, digest: bytes) -> bytes:
    """The leaf of a chain whose last entry is number ``seq`` with hash ``digest``."""
    return canonical({"chain": chain, "hash": digest.hex(), "seq": seq})


async def latest_head(connection: BaseDBAsyncClient) -> DailyHead | None:
    """The newest head, if there is one yet."""
    found = await connection.execute_query_dict(f"{_HEADS} ORDER BY day DESC LIMIT 1")
    return DailyHead(**found[0]) if found else None


async def daily_heads(connection: BaseDBAsyncClient) -> AsyncIterator[DailyHead]:
    """Every head, oldest first."""
    after = date.min
    while rows := await connection.execute_query_dict(f"{_HEADS} WHERE day > $1 ORDER BY day LIMIT {BATCH}", [after]):
        for row in rows:
            yield DailyHead(**row)
        after = rows[-1]["day"]


async def heads_before(connection: BaseDBAsyncClient, cut: datetime) -> AsyncIterator[tuple[str, int, bytes]]:
    """Chain, number and hash of the last entry before ``cut`` of each chain that had one, sorted by chain."""
    after = ""
    while rows := await connection.execute_query_dict(
        """
        SELECT h.chain, e.seq, e.hash FROM audit_head h LEFT JOIN LATERAL (
            SELECT seq, hash FROM audit_entry WHERE chain = h.chain AND created_at < $1 ORDER BY seq DESC LIMIT 1
        ) e ON true WHERE h.chain > $2 ORDER BY h.chain LIMIT $3
        """,
        [cut, after, BATCH],
    ):
        for row in rows:
            if row["seq"] is not None:
                yield row["chain"], row["seq"], row["hash"]
        after = rows[-1]["chain"]


async def seal_day(key: SigningKey) -> DailyHead | None:
    """Sign a head for the day that it is (UTC) unless it has one; any number of workers may try at once.

    Returns the head that was made. Raises `asyncpg.LockNotAvailableError` while a transaction that has appended takes
    its time to commit (try again later), and `HeadUnfit` when the head before it no longer fits the log: whoever
    changed entries under a signed head must not get the change signed by the next.
    """
    if not await _due():
        return None
    cut = await _cut()
    async with in_transaction() as connection:
        [lock] = await connection.execute_query_dict("SELECT pg_try_advisory_xact_lock($1) AS ours", [LOCK])
        before = await latest_head(connection)
        day = cut.astimezone(UTC).date()
        if not lock["ours"] or (before is not None and before.day >= day):
            return None
        if before is not None and (await _tree(connection, before.cut)).root() != before.root:
            raise HeadUnfit(f"The audit log no longer holds what the head of {before.day} says.")
        tree = await _tree(connection, cut)
        prev = None if before is None else before.root
        unsigned = DailyHead(day, cut, chains=tree.size, root=tree.root(), prev=prev, kid="", signature=b"")
        signed = sign_document(key, unsigned.body)
        head = replace(unsigned, kid=signed["kid"], signature=decode(signed["signature"]))
        await connection.execute_query(
            """
            INSERT INTO audit_daily_head (day, cut, root, chains, kid, signature) VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [head.day, head.cut, head.root, head.chains, head.kid, head.signature],
        )
        return head


async def prove_inclusion(connection: BaseDBAsyncClient, chain: str, head: DailyHead) -> Inclusion | None:
    """Proof that ``head`` covers ``chain``; None when the chain began after it."""
    index, found = 0, None
    async for name, seq, digest in heads_before(connection, head.cut):
        if name == chain:
            found = seq, digest
            break
        index += 1
    if found is None:
        return None
    tree = await _tree(connection, head.cut, watched=index)
    tree.root()
    seq, digest = found
    return Inclusion(leaf_of(chain, seq, digest), index, tree.size, tuple(tree.path), seq, digest)


async def _due() -> bool:
    [row] = await connections.get("default").execute_query_dict(
        """
        SELECT NOT EXISTS (
            SELECT 1 FROM audit_daily_head WHERE day >= (yume_now() AT TIME ZONE 'UTC')::date
        ) AS due
        """
    )
    return row["due"]


async def _cut() -> datetime:
    """A moment such that every entry dated before it is committed, and every later one will be dated after it."""
    async with in_transaction() as connection:
        # Waits for appenders in the middle of a transaction, and holds up new ones for as long as this takes.
        await connection.execute_query("SET LOCAL lock_timeout = '500ms'")
        await connection.execute_query("LOCK TABLE audit_head IN SHARE MODE")
        [row] = await connection.execute_query_dict("SELECT yume_now() AS cut")
    return row["cut"]


async def _tree(connection: BaseDBAsyncClient, cut: datetime, *, watched: int | None = None) -> MerkleTree:
    tree = MerkleTree(watched=watched)
    async for chain, seq, digest in heads_before(connection, cut):
        tree.add(leaf_of(chain, seq, digest))
    return tree
