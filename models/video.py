"""Videos: finished clips, who may see them, and where their bytes are."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models.base import Row


class AuthorState(StrEnum):
    """The author's column of visibility."""

    DRAFT = "DRAFT"
    AWAITING_APPROVAL = "AWAITING"
    PUBLISHED = "PUBLISHED"
    DELETED = "DELETED"


class Visibility(StrEnum):
    """Whom the author publishes to."""

    PUBLIC = "PUBLIC"
    FOLLOWERS = "FOLLOWERS"
    MUTUALS = "MUTUALS"
    CHOSEN = "CHOSEN"
    LINK = "LINK"


class ConsentState(StrEnum):
    """The column of the people shown."""

    LIVE = "LIVE"
    WITHDRAWN = "WITHDRAWN"


class ModerationState(StrEnum):
    """The moderators' column."""

    CLEAR = "CLEAR"
    HIDDEN = "HIDDEN"
    REMOVED = "REMOVED"


class RenditionKind(StrEnum):
    """Which bytes of a video."""

    MP4 = "MP4"
    POSTER = "POSTER"
    PREVIEW = "PREVIEW"
    LATENT = "LATENT"


class Video(Row):
    """A finished clip. ``generation_id`` is unique: a generation ends in at most one."""

    generation: fields.OneToOneRelation[Any] = fields.OneToOneField("models.Generation", related_name="video")
    author: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="videos")
    caption = fields.CharField(max_length=500, default="", db_default="")
    prompt = fields.TextField()
    seconds = fields.FloatField()
    width = fields.IntField()
    height = fields.IntField()
    fps = fields.IntField()
    has_audio = fields.BooleanField()
    waveform: list[float] = fields.JSONField()
    recipe: dict[str, Any] = fields.JSONField()
    remixable = fields.BooleanField(default=True, db_default=True)
    prompt_public = fields.BooleanField(default=False, db_default=False)
    """Whether the author lets everybody who sees the video read its prompt."""

    generation_id: UUID
    author_id: UUID

    class Meta:
        table = "video"


class VideoVisibility(Row):
    """Three independent columns in a narrow table: a video is visible when all three allow it.

    The key is the video's. ``published_at`` orders the LATEST feed.
    """

    id: UUID = fields.UUIDField(primary_key=True)
    author_id: UUID = fields.UUIDField()
    author_state = fields.CharEnumField(AuthorState, max_length=10, default=AuthorState.DRAFT)
    audience = fields.CharEnumField(Visibility, max_length=10, default=Visibility.PUBLIC)
    consent = fields.CharEnumField(ConsentState, max_length=10, default=ConsentState.LIVE)
    moderation = fields.CharEnumField(ModerationState, max_length=10, default=ModerationState.CLEAR)
    published_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "video_visibility"


class Rendition(Row):
    """One stored object of a video. ``key`` is its place in media storage, ``sha256`` its ETag."""

    video: fields.ForeignKeyRelation[Video] = fields.ForeignKeyField("models.Video", related_name="renditions")
    kind = fields.CharEnumField(RenditionKind, max_length=10)
    key = fields.CharField(max_length=300)
    content_type = fields.CharField(max_length=60)
    bytes = fields.BigIntField()
    sha256 = fields.CharField(max_length=64)

    video_id: UUID

    class Meta:
        table = "rendition"
        unique_together: ClassVar = [("video_id", "kind")]
