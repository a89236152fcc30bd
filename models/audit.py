"""The audit log: one hash chain a cameo and one for all else, each with its head, and a signed head over all a day.

Entries are only added, by `append`; a trigger refuses to change or delete them; `models/audit_proof.py` checks them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model

from models.base import new_id
from models.canonical import canonical
from models.vault import Vault

SERVER = "server"
"""The chain of everything that is not about one cameo."""
GENESIS = bytes(32)
"""What the first entry of a chain follows."""
LIST_MAX = 256

_CHAIN = re.compile(r"server|cameo/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST = re.compile(r"([0-9a-f]{2}){8,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


class AuditEntry(Model):
    """One transition. ``hash`` covers every other column; ``facts`` are ids, enums, numbers and times, never text.

    ``personal_hash`` is the SHA-256 of the sealed personal data in `AuditPersonal`, which can be erased: the commitment
    stays, so the chain still verifies.
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    chain = fields.CharField(max_length=60)
    seq = fields.BigIntField()
    kind = fields.CharField(max_length=40)
    facts: dict[str, Any] = fields.JSONField()
    personal_hash: bytes | None = fields.BinaryField(null=True)
    prev_hash = fields.BinaryField()
    hash = fields.BinaryField()
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "audit_entry"
        unique_together: ClassVar = [("chain", "seq")]


class AuditHead(Model):
    """The last entry of a chain. Its row is what appenders lock, last of all."""

    chain = fields.CharField(max_length=60, primary_key=True)
    seq = fields.BigIntField()
    hash = fields.BinaryField()

    class Meta:
        table = "audit_head"


class AuditPersonal(Model):
    """Personal data of the entry with the same id, sealed under ``subject``'s key in the vault."""

    id: UUID = fields.UUIDField(primary_key=True)
    subject = fields.CharField(max_length=120)
    sealed = fields.BinaryField()

    class Meta:
        table = "audit_personal"
        indexes: ClassVar = [("subject",)]


class AuditDailyHead(Model):
    """A Merkle root over the last entry before ``cut`` of each of ``chains`` chains, signed by the key ``kid``."""

    day: date = fields.DateField(primary_key=True)
    cut: datetime = fields.DatetimeField()
    root = fields.BinaryField()
    chains = fields.IntField()
    kid = fields.CharField(max_length=16)
    signature = fields.BinaryField()

    class Meta:
        table = "audit_daily_head"


@dataclass(frozen=True)
class Personal:
    """Personal data that goes with an entry, sealed under a subject of the vault: shred the subject, and it is gone."""

    subject: str
    sealed: bytes

    LABEL: ClassVar[str] = "audit"

    @classmethod
    def seal(cls, vault: Vault, subject: str, plaintext: bytes) -> Personal:
        """Seal ``plaintext``, making the subject's key if there is none. Raises `models.vault.Shredded`."""
        vault.create(subject)
        return cls(subject, vault.seal(subject, plaintext, label=cls.LABEL))


@dataclass(frozen=True)
class Transition:
    """What `append_all` writes as one entry."""

    chain: str
    kind: str
    facts: Mapping[str, Any]
    personal: Personal | None = None


def chain_of(cameo_id: UUID) -> str:
    """The chain of one cameo."""
    return f"cameo/{cameo_id}"


async def append(
    connection: BaseDBAsyncClient,
    chain: str,
    kind: str,
    facts: Mapping[str, Any],
    *,
    personal: Personal | None = None,
) -> UUID:
    """Write the one entry of a transition, in its transaction; returns the entry's id.

    Call it last: the chain's head row stays locked until the transaction ends, and whoever held a head while waiting
    for another lock could wait for ever. ``facts`` are ids, enums, whole numbers, times, digests and lists of those;
    text is refused with `ValueError`, for it could be personal data, which never leaves the log.
    """
    [entry_id] = await append_all(connection, [Transition(chain, kind, facts, personal)])
    return entry_id


async def append_all(connection: BaseDBAsyncClient, transitions: Sequence[Transition]) -> list[UUID]:
    """As `append`, for a transaction that concerns several chains: heads are locked in one order, so nobody deadlocks.

    Returns the entries' ids in the order of ``transitions``.
    """
    prepared = [(number, *_checked(transition)) for number, transition in enumerate(transitions)]
    ids = [new_id() for _ in prepared]
    for number, transition, facts in sorted(prepared, key=lambda each: (each[1].chain, each[0])):
        await _append(connection, ids[number], transition, facts)
    return ids


def entry_hash(
    *,
    entry_id: UUID,
    chain: str,
    seq: int,
    kind: str,
    facts: Mapping[str, Any],
    personal_hash: bytes | None,
    prev_hash: bytes,
    created_at: datetime,
) -> bytes:
    """SHA-256 over everything an entry says, in canonical JSON, behind a prefix of its own."""
    said = {
        "at": spell_time(created_at),
        "chain": chain,
        "facts": facts,
        "id": str(entry_id),
        "kind": kind,
        "personal": None if personal_hash is None else personal_hash.hex(),
        "prev": prev_hash.hex(),
        "seq": seq,
    }
    return hashlib.sha256(b"yume audit entry 1\n" + canonical(said)).digest()


def spell_time(moment: datetime) -> str:
    """A time in UTC, always with microseconds: ``2026-11-22T23:59:59.000001Z``. Raises `ValueError` without a zone."""
    if moment.tzinfo is None:
        raise ValueError("A time in the log has a zone.")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


async def _append(
    connection: BaseDBAsyncClient, entry_id: UUID, transition: Transition, facts: Mapping[str, Any]
) -> None:
    # The update that changes nothing locks the row, or makes it: a plain SELECT FOR UPDATE cannot do the second.
    # Nothing is ever dated before the last signed head's cut, whatever the clock does: that head says what was before.
    [head] = await connection.execute_query_dict(
        """
        INSERT INTO audit_head (chain, seq, hash) VALUES ($1, 0, $2)
        ON CONFLICT (chain) DO UPDATE SET seq = audit_head.seq
        RETURNING seq, hash,
            greatest(yume_now(), (SELECT cut FROM audit_daily_head ORDER BY day DESC LIMIT 1)) AS now
        """,
        [transition.chain, GENESIS],
    )
    personal = transition.personal
    personal_hash = None if personal is None else hashlib.sha256(personal.sealed).digest()
    digest = entry_hash(
        entry_id=entry_id,
        chain=transition.chain,
        seq=head["seq"] + 1,
        kind=transition.kind,
        facts=facts,
        personal_hash=personal_hash,
        prev_hash=head["hash"],
        created_at=head["now"],
    )
    await connection.execute_query(
        """
        WITH entry AS (
            INSERT INTO audit_entry (id, chain, seq, kind, facts, personal_hash, prev_hash, hash, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        )
        UPDATE audit_head SET seq = $3, hash = $8 WHERE chain = $2
        """,
        [
            entry_id, transition.chain, head["seq"] + 1, transition.kind, json.dumps(facts), personal_hash,
            head["hash"], digest, head["now"],
        ],
    )  # fmt: skip
    if personal is not None:
        await connection.execute_query(
            "INSERT INTO audit_personal (id, subject, sealed) VALUES ($1, $2, $3)",
            [entry_id, personal.subject, personal.sealed],
        )


def _checked(transition: Transition) -> tuple[Transition, dict[str, Any]]:
    if not _CHAIN.fullmatch(transition.chain):
        raise ValueError(f"{transition.chain!r} is no chain: see chain_of().")
    if not _CODE.fullmatch(transition.kind):
        raise ValueError(f"{transition.kind!r} is no kind: kinds are CAPITALS.")
    for name in transition.facts:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a fact.")
    return transition, {name: _fact(name, value) for name, value in transition.facts.items()}


def _fact(name: str, value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        items = [_scalar(name, item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        if len(items) > LIST_MAX:
            raise ValueError(f"The fact {name} is a list longer than {LIST_MAX}: say how many, not which.")
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    return _scalar(name, value)


def _scalar(name: str, value: Any) -> Any:
    said = value.value if isinstance(value, Enum) else value
    if said is None or isinstance(said, bool):
        return said
    if isinstance(said, int):
        return int(canonical(said))
    if isinstance(said, datetime):
        return spell_time(said)
    text = str(said) if isinstance(said, str | UUID) else ""
    if any(form.fullmatch(text) for form in (_UUID, _CODE, _DIGEST, _TIME)):
        return text
    raise ValueError(f"The fact {name} is no id, enum, whole number, time or digest: text stays out of the log.")
