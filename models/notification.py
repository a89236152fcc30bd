"""Notifications: ids of what happened to whom, rendered when they are read, under the rules of that moment."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields
from tortoise.backends.base.client import BaseDBAsyncClient

from models.base import Row, new_id
from models.rules.account import apart, mutes


class NotificationKind(StrEnum):
    """What happened. The first four are told together for each cameo and day, LIKED and REMIXED for each video."""

    CAMEO_USED = "CAMEO_USED"
    CAMEO_PUBLISHED = "CAMEO_PUBLISHED"
    CAMEO_REMIXED = "CAMEO_REMIXED"
    CAMEO_REFUSED = "CAMEO_REFUSED"
    CAMEO_REQUESTED = "CAMEO_REQUESTED"
    CAMEO_REQUEST_ANSWERED = "CAMEO_REQUEST_ANSWERED"
    APPROVAL_ASKED = "APPROVAL_ASKED"
    APPROVAL_ANSWERED = "APPROVAL_ANSWERED"
    VIDEO_WITHDRAWN = "VIDEO_WITHDRAWN"
    GRANT_CHANGED = "GRANT_CHANGED"
    CAPTURE_ACCEPTED = "CAPTURE_ACCEPTED"
    FOLLOWED = "FOLLOWED"
    LIKED = "LIKED"
    COMMENTED = "COMMENTED"
    REPLIED = "REPLIED"
    REMIXED = "REMIXED"


GROUPED = frozenset(
    {
        NotificationKind.CAMEO_USED,
        NotificationKind.CAMEO_PUBLISHED,
        NotificationKind.CAMEO_REMIXED,
        NotificationKind.CAMEO_REFUSED,
    }
)
"""Kinds that a popular cameo has many of: "12 new uses today"."""
SOCIAL = frozenset(
    {
        NotificationKind.FOLLOWED,
        NotificationKind.LIKED,
        NotificationKind.COMMENTED,
        NotificationKind.REPLIED,
        NotificationKind.REMIXED,
    }
)
"""Kinds that nobody hears of from people they mute, or where either blocks the other. Consent's kinds always arrive."""
MOST_TOGETHER = 200
"""Rows of one group of a social kind: a video that thousands like in a day does not fill its author's list."""


class Notification(Row):
    """One thing that happened, for one account. Ids only: what may be told of them is decided at each read.

    ``group_key`` is the same for what is told together. ``seq`` is given after the commit, in the order of commits
    (`jobs/inbox.py`): a subscriber who heard up to one number has missed nothing below it.
    """

    account: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField("models.Account", related_name="notifications")
    kind = fields.CharEnumField(NotificationKind, max_length=24)
    group_key = fields.CharField(max_length=100)
    actor_id: UUID | None = fields.UUIDField(null=True)
    cameo_id: UUID | None = fields.UUIDField(null=True)
    video_id: UUID | None = fields.UUIDField(null=True)
    generation_id: UUID | None = fields.UUIDField(null=True)
    grant_id: UUID | None = fields.UUIDField(null=True)
    capture_id: UUID | None = fields.UUIDField(null=True)
    comment_id: UUID | None = fields.UUIDField(null=True)
    rule = fields.CharField(max_length=80, null=True)
    """Code of the rule of a refusal; never a word of the prompt."""
    seq = fields.BigIntField(null=True, unique=True)
    read_at: datetime | None = fields.DatetimeField(null=True)

    account_id: UUID

    class Meta:
        table = "notification"
        indexes: ClassVar = [("account_id", "seq"), ("account_id", "group_key"), ("cameo_id",), ("actor_id",)]


async def notify(
    connection: BaseDBAsyncClient,
    account_id: UUID,
    kind: NotificationKind,
    *,
    actor: UUID | None = None,
    cameo: UUID | None = None,
    video: UUID | None = None,
    generation: UUID | None = None,
    grant: UUID | None = None,
    capture: UUID | None = None,
    comment: UUID | None = None,
    rule: str | None = None,
    together: UUID | None = None,
) -> UUID | None:
    """Tell ``account_id``, in the caller's transaction, what happened; returns the row's id.

    Nobody is told of what they did themselves, nor of what people did socially whom they mute or who are blocked:
    then nothing is written, and None returned. ``together``: the video whose social news of the day are told together.
    Takes no lock that another transaction could wait for. Workers deliver it within two seconds of the commit.
    """
    if actor == account_id:
        return None
    row_id = new_id()
    grouped = cameo if kind in GROUPED else together
    values = [row_id, account_id, kind.value, grouped, actor, cameo, video, generation, grant, capture, comment, rule]
    statement = _SOCIAL if kind in SOCIAL else _INSERT.format(only="")
    return row_id if await connection.execute_query_dict(statement, values) else None


_INSERT = """
    INSERT INTO notification (id, created_at, account_id, kind, group_key, actor_id, cameo_id, video_id,
        generation_id, grant_id, capture_id, comment_id, rule)
    SELECT $1, yume_now(), $2, $3, g.key, $5, $6, $7, $8, $9, $10, $11, $12
    FROM (
        SELECT CASE WHEN $4::uuid IS NULL THEN $1::uuid::text
            ELSE concat_ws(':', $3::text, $4::uuid, to_char(yume_now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')) END AS key
    ) AS g {only}
    RETURNING id
"""
_SOCIAL = _INSERT.format(
    only=f"""
    WHERE NOT {mutes("$2::uuid", "$5::uuid")} AND NOT {apart("$2::uuid", "$5::uuid")} AND (
        SELECT count(*) FROM (
            SELECT 1 FROM notification n WHERE n.account_id = $2 AND n.group_key = g.key LIMIT {MOST_TOGETHER}
        ) AS many
    ) < {MOST_TOGETHER}
    """  # noqa: S608 - rules
)
