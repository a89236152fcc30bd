"""Comments: writing, deleting one's own, and hiding what others wrote under one's video."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.feed.live_counts import stir
from models.audit import SERVER, append
from models.base import new_id
from models.comment import LONGEST_COMMENT, Comment
from models.consent.locks import lock_account, lock_pair
from models.counts import add_comments
from models.errors import Denied, IdempotencyConflict, Invalid, NotFound
from models.notification import NotificationKind, notify
from models.rules.comment import legible, may_hide, readable
from models.rules.sql import account
from models.rules.video import may_be_seen_by
from resolvers.context import Context
from resolvers.idempotency import check_idempotency_key
from resolvers.like import author_of_answerable
from resolvers.limit import Limit
from resolvers.loaders.comment import CommentReading

_COMMENTS = Limit("comment", 120, 3600)
_CHANGES = Limit("comment-change", 600, 3600)


@dataclass(frozen=True)
class Writing:
    """A comment as it is sent. ``reply_to``: the comment it answers; an answer to an answer joins its thread."""

    video_id: UUID
    body: str
    reply_to: UUID | None
    idempotency_key: str

    def digest(self) -> str:
        """SHA-256 (hex) of what is said, the key apart."""
        said = [str(self.video_id), self.body, None if self.reply_to is None else str(self.reply_to)]
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


async def comment(context: Context, writing: Writing) -> CommentReading:
    """Write under a published video that the viewer may see; sent again with the same key it is the same comment.

    Raises `Invalid`, `NotFound` (the video, the comment it answers), `IdempotencyConflict`, `RateLimited`.
    """
    member = context.member
    check_idempotency_key(writing.idempotency_key)
    body = _checked(writing.body)
    async with in_transaction() as connection:
        await _lock(connection, member.id, writing.video_id)
        known = await Comment.get_or_none(
            author_id=member.id, idempotency_key=writing.idempotency_key, using_db=connection
        )
        if known is None:
            await _COMMENTS.spend(context.stores.redis, str(member.id))
            written = await _write(connection, member.id, writing, body)
        elif known.request_hash != writing.digest():
            raise IdempotencyConflict("This idempotency key was used for another comment.", field="idempotencyKey")
        else:
            written = known.id
    if known is None:
        await stir(context.stores.redis, [writing.video_id])
    return await _own(context, written)


async def delete(context: Context, comment_id: UUID) -> CommentReading:
    """Delete a comment of the viewer's, words and all; twice is success. One of another's is hidden, as `hide` does.

    Returns it without words. Raises `NotFound`, `Denied` (neither its author, nor that of the video, nor a moderator).
    """
    member = context.member
    await _CHANGES.spend(context.stores.redis, str(member.id))
    async with in_transaction() as connection:
        row = await _locked(connection, member.id, comment_id)
        if row["author_id"] != member.id:
            await _hide(connection, member.id, row)
        elif row["deleted_at"] is None:
            await connection.execute_query(
                "UPDATE comment SET deleted_at = yume_now(), body = '' WHERE id = $1", [comment_id]
            )
            await connection.execute_query(
                "DELETE FROM notification WHERE actor_id = $1 AND comment_id = $2", [member.id, comment_id]
            )
            await _count(connection, row, -1 if row["hidden_at"] is None else 0)
    await stir(context.stores.redis, [row["video_id"]])
    return _without_words(row)


async def hide(context: Context, comment_id: UUID) -> CommentReading:
    """Hide a comment under the viewer's video from others, or, as a moderator, under any; twice is success.

    Its words stay its author's. Raises `NotFound`, `Denied`.
    """
    member = context.member
    await _CHANGES.spend(context.stores.redis, str(member.id))
    async with in_transaction() as connection:
        row = _standing(await _locked(connection, member.id, comment_id))
        await _hide(connection, member.id, row)
    await stir(context.stores.redis, [row["video_id"]])
    return await _own(context, comment_id)


async def unhide(context: Context, comment_id: UUID) -> CommentReading:
    """Show a comment again. Whoever made the video undoes what they hid, moderators what moderators hid.

    Raises `NotFound`, `Denied` (nobody restores what is not theirs).
    """
    member = context.member
    await _CHANGES.spend(context.stores.redis, str(member.id))
    async with in_transaction() as connection:
        row = _standing(await _locked(connection, member.id, comment_id))
        if not row["may_hide"]:
            raise _not_theirs()
        if row["hidden_at"] is not None:
            if (row["hidden_by_id"] == row["video_author"]) != (member.id == row["video_author"]):
                raise Denied("Whoever hid this comment has to show it again.", field="commentId")
            await connection.execute_query(
                "UPDATE comment SET hidden_at = NULL, hidden_by_id = NULL WHERE id = $1", [comment_id]
            )
            await _count(connection, row, 1)
            await _note(connection, "COMMENT_SHOWN", member.id, row)
    await stir(context.stores.redis, [row["video_id"]])
    return await _own(context, comment_id)


async def hide_between(connection: BaseDBAsyncClient, one: UUID, other: UUID) -> None:
    """Hide what each of two members, who are apart from now on, wrote under the other's videos.

    Whoever made the video could not read it any more, and so not hide it, while everybody else did.
    """
    # Replies before what they reply to, as everybody who holds both took them; their counts after that, by id.
    await connection.execute_query(_LOCK_ALL, [one, other])
    hidden = await connection.execute_query_dict(_HIDE_ALL, [one, other])
    if hidden:
        ids = [row["id"] for row in hidden]
        await connection.execute_query(_COUNT_REPLIES, [ids])
        await connection.execute_query(_COUNT_COMMENTS, [ids])


def _checked(text: str) -> str:
    body = text.strip()
    if not 1 <= len(body) <= LONGEST_COMMENT:
        raise Invalid(f"A comment has 1 to {LONGEST_COMMENT} characters.", field="body")
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in body):
        raise Invalid("A comment is text, without NUL and without halves of characters.", field="body")
    return body


async def _lock(connection: BaseDBAsyncClient, member_id: UUID, video_id: UUID) -> None:
    """Let one member's comments come one by one, and none while whoever made the video blocks them: it would stay."""
    for row in await connection.execute_query_dict("SELECT author_id FROM video WHERE id = $1", [video_id]):
        await lock_pair(connection, member_id, row["author_id"])
    await lock_account(connection, member_id)


async def _write(connection: BaseDBAsyncClient, member_id: UUID, writing: Writing, body: str) -> UUID:
    author_id = await author_of_answerable(connection, member_id, writing.video_id)
    answered = None if writing.reply_to is None else await _answered(connection, member_id, writing)
    comment_id, thread_id = new_id(), None if answered is None else answered["thread_id"]
    await connection.execute_query(
        """
        INSERT INTO comment (id, created_at, video_id, author_id, parent_id, body, idempotency_key, request_hash)
        VALUES ($1, yume_now(), $2, $3, $4, $5, $6, $7)
        """,
        [comment_id, writing.video_id, member_id, thread_id, body, writing.idempotency_key, writing.digest()],
    )
    told = {author_id: NotificationKind.COMMENTED}
    if answered is not None and answered["sees"]:
        told |= {answered["author_id"]: NotificationKind.REPLIED}
    for who, kind in told.items():
        await notify(connection, who, kind, actor=member_id, video=writing.video_id, comment=comment_id)
    await _count(connection, {"parent_id": thread_id, "video_id": writing.video_id}, 1)
    return comment_id


async def _answered(connection: BaseDBAsyncClient, member_id: UUID, writing: Writing) -> dict[str, Any]:
    rows = await connection.execute_query_dict(
        f"""
        SELECT author_id, coalesce(parent_id, id) AS thread_id, EXISTS (
            SELECT 1 FROM video_visibility
            WHERE video_visibility.id = comment.video_id AND {may_be_seen_by("comment.author_id")}
        ) AS sees
        FROM comment WHERE id = $1 AND video_id = $2 AND {legible(account(member_id))}
        """,  # noqa: S608 - rules
        [writing.reply_to, writing.video_id],
    )
    if not rows:
        raise NotFound("There is no such comment to answer.", field="replyTo")
    return rows[0]


async def _count(connection: BaseDBAsyncClient, row: dict[str, Any], by: int) -> None:
    # Thread before video: whoever holds both rows took them in this order.
    if by and row["parent_id"] is not None:
        await connection.execute_query(
            "UPDATE comment SET reply_count = reply_count + $2 WHERE id = $1", [row["parent_id"], by]
        )
    if by:
        await add_comments(connection, row["video_id"], by)


async def _locked(connection: BaseDBAsyncClient, member_id: UUID, comment_id: UUID) -> dict[str, Any]:
    """A comment that this member wrote, or may read. The rules are read once it is held. Raises `NotFound`."""
    await connection.execute_query("SELECT 1 FROM comment WHERE id = $1 FOR NO KEY UPDATE", [comment_id])
    who = account(member_id)
    rows = await connection.execute_query_dict(
        f"""
        SELECT id, video_id, parent_id, author_id, created_at, reply_count, hidden_at, hidden_by_id, deleted_at,
            {may_hide(who)} AS may_hide,
            (SELECT v.author_id FROM video v WHERE v.id = comment.video_id) AS video_author
        FROM comment WHERE id = $1 AND (author_id = {who} OR {readable(who)})
        """,  # noqa: S608 - rules
        [comment_id],
    )
    if not rows:
        raise NotFound("There is no such comment.", field="commentId")
    return rows[0]


def _standing(row: dict[str, Any]) -> dict[str, Any]:
    if row["deleted_at"] is not None:
        raise NotFound("There is no such comment.", field="commentId")
    return row


async def _hide(connection: BaseDBAsyncClient, member_id: UUID, row: dict[str, Any]) -> None:
    if not row["may_hide"]:
        raise _not_theirs()
    # What whoever made the video hid, a moderator may hide as well: then only moderators show it again.
    moderates = member_id != row["video_author"]
    if row["hidden_at"] is not None and not (moderates and row["hidden_by_id"] == row["video_author"]):
        return
    await connection.execute_query(
        "UPDATE comment SET hidden_at = yume_now(), hidden_by_id = $2 WHERE id = $1", [row["id"], member_id]
    )
    await _count(connection, row, -1 if row["hidden_at"] is None else 0)
    await _note(connection, "COMMENT_HIDDEN", member_id, row)


async def _note(connection: BaseDBAsyncClient, kind: str, member_id: UUID, row: dict[str, Any]) -> None:
    """What moderators do is in the audit log, as its transaction's last word."""
    if member_id != row["video_author"]:
        await append(connection, SERVER, kind, {"comment": row["id"], "video": row["video_id"], "by": member_id})


async def _own(context: Context, comment_id: UUID) -> CommentReading:
    found = await context.loaders.comments.load(comment_id)
    if found is None:
        raise NotFound("There is no such comment any more.", field="commentId")
    return found


def _without_words(row: dict[str, Any]) -> CommentReading:
    return CommentReading(
        id=row["id"], video_id=row["video_id"], thread_id=row["parent_id"], created_at=row["created_at"],
        reply_count=row["reply_count"], author_id=None, body="", hidden=False,
    )  # fmt: skip


def _not_theirs() -> Denied:
    return Denied(
        "Only who wrote it, whoever made the video and moderators can take a comment away.", field="commentId"
    )


_THEIRS = """
    c.author_id IN ($1::uuid, $2::uuid) AND c.deleted_at IS NULL AND c.hidden_at IS NULL AND EXISTS (
        SELECT 1 FROM video v
        WHERE v.id = c.video_id AND v.author_id IN ($1::uuid, $2::uuid) AND v.author_id <> c.author_id
    )
"""
_LOCK_ALL = f"""
    SELECT 1 FROM comment WHERE id IN (
        SELECT x.id FROM comment c CROSS JOIN LATERAL (VALUES (c.id), (c.parent_id)) AS x (id) WHERE {_THEIRS}
    ) ORDER BY id DESC FOR NO KEY UPDATE
"""  # noqa: S608 - constants
_HIDE_ALL = f"""
    UPDATE comment c SET hidden_at = yume_now(),
        hidden_by_id = (SELECT v.author_id FROM video v WHERE v.id = c.video_id)
    WHERE {_THEIRS} RETURNING c.id
"""  # noqa: S608 - as above
_COUNT_REPLIES = """
    UPDATE comment p SET reply_count = p.reply_count - r.n
    FROM (SELECT parent_id, count(*) AS n FROM comment WHERE id = ANY ($1::uuid[]) GROUP BY parent_id) AS r
    WHERE p.id = r.parent_id
"""
_COUNT_COMMENTS = """
    INSERT INTO video_counts AS c (id)
    SELECT m.video_id FROM comment m WHERE m.id = ANY ($1::uuid[]) GROUP BY m.video_id ORDER BY m.video_id
    ON CONFLICT (id) DO UPDATE SET refreshed_at = NULL, comment_count = greatest(0, c.comment_count - (
        SELECT count(*) FROM comment m WHERE m.id = ANY ($1::uuid[]) AND m.video_id = c.id
    ))
"""
