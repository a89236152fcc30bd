"""Decisions: every yes and no about the use of a cameo, for its owner to read. Never a prompt."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class DecisionStage(StrEnum):
    """When the decision was taken."""

    REQUEST = "REQUEST"
    PROMPT = "PROMPT"
    RESULT = "RESULT"
    RUNNING = "RUNNING"
    PUBLISH = "PUBLISH"
    OPERATOR = "OPERATOR"


class Decision(Row):
    """``rule`` is the code of what decided ("topic.POLITICS", "grant.expired", "operator.opened_capture")."""

    cameo: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Cameo", on_delete=fields.RESTRICT, related_name="decisions"
    )
    actor: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Account", null=True, on_delete=fields.SET_NULL, related_name="decisions_about"
    )
    stage = fields.CharEnumField(DecisionStage, max_length=8)
    allowed = fields.BooleanField()
    rule = fields.CharField(max_length=80)
    generation_id: UUID | None = fields.UUIDField(null=True)

    cameo_id: UUID
    actor_id: UUID | None

    class Meta:
        table = "decision"
        indexes: ClassVar = [("cameo_id", "id")]
