"""Generations: one job each, from prompt to clip, with its lease, its quota charge and its outbox row."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index

from models.base import Row


class GenerationState(StrEnum):
    """Where a job is. SUCCEEDED, FAILED, CANCELLED and BLOCKED are final."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    CHECKING = "CHECKING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    BLOCKED = "BLOCKED"


BACKGROUND = -10
"""Priority of what the server makes for itself. Whatever is below 0 gives way to everybody's jobs, also at work."""
FINAL_STATES = (GenerationState.SUCCEEDED, GenerationState.FAILED, GenerationState.CANCELLED, GenerationState.BLOCKED)


class Generation(Row):
    """One job.

    ``fence`` is the fencing token: it rises by one at each claim, and every write of a worker names it.
    ``spec`` is what the engine is asked (engine.spec.GenerationSpec as JSON), ``recipe`` what it did.
    """

    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="generations")
    idempotency_key = fields.CharField(max_length=200)
    request_hash = fields.CharField(max_length=64)
    engine = fields.CharField(max_length=60)
    spec: dict[str, Any] = fields.JSONField()
    state = fields.CharEnumField(GenerationState, max_length=12, default=GenerationState.QUEUED)
    priority = fields.SmallIntField(default=0, db_default=0)
    fence = fields.BigIntField(default=0, db_default=0)
    attempt = fields.IntField(default=0, db_default=0)
    worker_id: UUID | None = fields.UUIDField(null=True)
    heartbeat_at: datetime | None = fields.DatetimeField(null=True)
    cancel_requested_at: datetime | None = fields.DatetimeField(null=True)
    phase = fields.CharField(max_length=12, null=True)
    fraction = fields.FloatField(default=0.0, db_default=0.0)
    recipe: dict[str, Any] | None = fields.JSONField(null=True)
    failure_code = fields.CharField(max_length=40, null=True)
    failure_message: str | None = fields.TextField(null=True)
    parent_id: UUID | None = fields.UUIDField(null=True)
    """The video it remixes."""
    trend_id: UUID | None = fields.UUIDField(null=True)
    """The trend its clip joins."""
    cost_seconds = fields.FloatField()
    started_at: datetime | None = fields.DatetimeField(null=True)
    finished_at: datetime | None = fields.DatetimeField(null=True)

    account_id: UUID

    class Meta:
        table = "generation"
        unique_together: ClassVar = [("account_id", "idempotency_key")]
        indexes: ClassVar = [Index(fields=["account_id", "created_at"])]


class QuotaCharge(Row):
    """Engine seconds a generation took from its author's day. At most one for a generation; refunded at most once.

    ``pool`` is the pool of engines whose allowance it used, as policy named it then.
    """

    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="charges")
    generation: fields.OneToOneRelation[Generation] = fields.OneToOneField("models.Generation", related_name="charge")
    seconds = fields.FloatField()
    pool = fields.CharField(max_length=40, default="default", db_default="default")
    refunded_at: datetime | None = fields.DatetimeField(null=True)

    account_id: UUID
    generation_id: UUID

    class Meta:
        table = "quota_charge"
        indexes: ClassVar = [Index(fields=["account_id", "created_at"])]


class Outbox(Row):
    """Work promised in a transaction and done after it. A row goes away when its work is done."""

    topic = fields.CharField(max_length=40)
    payload: dict[str, Any] = fields.JSONField()

    class Meta:
        table = "outbox"


class EngineHost(Row):
    """A living worker and what its engine can do; the API learns engine limits from here, never by importing them."""

    host = fields.CharField(max_length=120)
    engine = fields.CharField(max_length=60)
    device = fields.CharField(max_length=40)
    capabilities: dict[str, Any] = fields.JSONField()
    weights = fields.CharField(max_length=80)
    heartbeat_at = fields.DatetimeField()

    class Meta:
        table = "engine_host"
