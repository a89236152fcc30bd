"""Notifications: what happened to the viewer, told together where it is many, each rendered under today's rules."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise import connections

from jobs.inbox import concerns
from models.errors import Invalid, NotFound
from models.notification import NotificationKind
from models.rules.notification import may_be_heard
from resolvers.context import Context
from resolvers.cursor import decode_cursor, encode_cursor
from resolvers.page import Page, Window
from resolvers.session import require_live_session
from resolvers.waiting import next_or_silence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOOK_SECONDS = 10.0
"""How long silence lasts before an open subscription looks by itself: a wake-up may be lost with Redis."""
_BURST = 100


@dataclass(frozen=True)
class Told:
    """One notification as it is shown: the newest of ``count`` that belong together, ``unread`` of them unread.

    ``id`` is that of the oldest and stays the same while more arrive; ``seq`` is the place of the newest.
    """

    id: UUID
    seq: int
    cursor: str
    kind: NotificationKind
    created_at: datetime
    read_at: datetime | None
    count: int
    unread: int
    actor_id: UUID | None
    cameo_id: UUID | None
    video_id: UUID | None
    generation_id: UUID | None
    grant_id: UUID | None
    capture_id: UUID | None
    comment_id: UUID | None
    rule: str | None


async def notifications(context: Context, window: Window) -> Page[Told]:
    """The viewer's notifications, newest first."""
    key, name = context.stores.keys.cursor, _connection(context)
    place = window.place(key, name)
    rows = await _read(context, _PAGE, before=None if place is None else _number(place[0]), limit=window.first + 1)
    return window.page(key, name, rows, lambda told: (_moment(told.seq), told.id))


async def notification_by_id(context: Context, notification_id: UUID) -> Told:
    """One of the viewer's own. Raises `NotFound`."""
    rows = await _read(context, _ONE, notification_id)
    if not rows:
        raise NotFound("You have no such notification.")
    return rows[0]


async def unread_count(context: Context) -> int:
    """How many notifications, counted as they are shown, the viewer has not read."""
    [row] = await connections.get("default").execute_query_dict(
        f"""
        SELECT count(DISTINCT group_key)::int AS unread FROM notification
        WHERE account_id = $1 AND read_at IS NULL AND seq IS NOT NULL AND {may_be_heard()}
        """,  # noqa: S608 - a rule
        [context.member.id],
    )
    return row["unread"]


async def mark_read(context: Context, through: str | None) -> None:
    """Mark as read what came up to the cursor ``through`` (None: all). Raises `Invalid` for a foreign cursor."""
    until = None if through is None else _seq_of(context, through, field="through")
    await connections.get("default").execute_query(
        """
        UPDATE notification SET read_at = yume_now()
        WHERE account_id = $1 AND read_at IS NULL AND seq <= coalesce($2::bigint, seq)
        """,
        [context.member.id, until],
    )


async def watch_notifications(context: Context, after: str | None) -> AsyncGenerator[Told, None]:
    """Every notification of the viewer's after the cursor ``after`` (None: from now on), as it arrives.

    Raises `Unauthenticated` once the session ends. Postgres is the truth; Redis only says when to look.
    """
    seq = await _last_seq(context.member.id) if after is None else _seq_of(context, after, field="after")
    async with (
        context.stores.inbox.subscribe(None) as entries,
        contextlib.aclosing(next_or_silence(entries, _LOOK_SECONDS)) as wakes,
    ):
        while True:
            for told in await _read(context, _SINCE, seq, _BURST):
                seq = told.seq
                await require_live_session(context)
                yield told
            async for entry in wakes:
                if entry is None or concerns(entry, context.member.id):
                    break
            else:
                return


async def _read(context: Context, statement: str, *values: Any, **named: Any) -> list[Told]:
    rows = await connections.get("default").execute_query_dict(statement, [context.member.id, *values, *named.values()])
    key, name = context.stores.keys.cursor, _connection(context)
    return [
        Told(cursor=encode_cursor(key, name, _moment(row["seq"]), row["id"]), **_typed(row))
        for row in rows
    ]  # fmt: skip


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "kind": NotificationKind(row["kind"])}


async def _last_seq(account_id: UUID) -> int:
    [row] = await connections.get("default").execute_query_dict(
        "SELECT coalesce(max(seq), 0)::bigint AS seq FROM notification WHERE account_id = $1", [account_id]
    )
    return row["seq"]


def _connection(context: Context) -> str:
    return f"notifications:{context.member.id}"


def _seq_of(context: Context, cursor: str, *, field: str) -> int:
    try:
        moment, _ = decode_cursor(context.stores.keys.cursor, _connection(context), cursor)
    except Invalid as error:
        raise Invalid(error.message, field=field) from None
    return _number(moment)


def _moment(seq: int) -> datetime:
    # A keyset cursor holds a moment; a number of microseconds is one.
    return _EPOCH + timedelta(microseconds=seq)


def _number(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


_SHOWN = """
    SELECT g.id, g.seq, n.kind, n.created_at, CASE WHEN g.unread = 0 THEN g.read_at END AS read_at, g.count, g.unread,
        n.actor_id, n.cameo_id, n.video_id, n.generation_id, n.grant_id, n.capture_id, n.comment_id, n.rule
    FROM (
        SELECT min(id::text)::uuid AS id, max(seq) AS seq, count(*)::int AS count, max(read_at) AS read_at,
            (count(*) FILTER (WHERE read_at IS NULL))::int AS unread
        FROM notification WHERE account_id = $1 AND seq IS NOT NULL AND {heard} {only}
        GROUP BY group_key {having}
    ) AS g JOIN notification n ON n.seq = g.seq
"""
_PAGE = (
    _SHOWN.format(heard=may_be_heard(), only="", having="HAVING max(seq) < coalesce($2::bigint, max(seq) + 1)")
    + " ORDER BY g.seq DESC LIMIT $3"
)
_ONE = _SHOWN.format(
    heard=may_be_heard(),
    only="AND group_key = (SELECT group_key FROM notification WHERE id = $2 AND account_id = $1)",
    having="",
)
_NEWER = "AND group_key IN (SELECT group_key FROM notification WHERE account_id = $1 AND seq > $2::bigint)"
_SINCE = _SHOWN.format(heard=may_be_heard(), only=_NEWER, having="") + " ORDER BY g.seq LIMIT $3"
