"""Lineage: where a remix comes from, as a stored path: neither ancestors nor descendants need a walk per row."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model


class Lineage(Model):
    """One row a video, in its own narrow table. ``path`` lists its ancestors from the root to the parent.

    An original is its own root, at depth 0 with an empty path. Rows outlive the bytes of their video: a chain keeps
    its removed links as tombstones.
    """

    id: UUID = fields.UUIDField(primary_key=True)
    """The video's."""
    parent_id: UUID | None = fields.UUIDField(null=True)
    root_id: UUID = fields.UUIDField()
    depth = fields.IntField(default=0, db_default=0)
    path: list[UUID] = ArrayField(element_type="uuid")

    class Meta:
        table = "lineage"
        indexes: ClassVar = [("parent_id", "id"), ("root_id", "id")]
