"""Likes: a member likes a video or does not, however often and from however many places they say so at once."""

from __future__ import annotations

from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.feed.live_counts import stir
from models.base import new_id
from models.counts import add_likes
from models.errors import NotFound
from models.notification import NotificationKind, notify
from models.rules.comment import may_be_answered_by
from models.rules.sql import account, holding
from models.taste import taste_changed
from models.video import Video, VideoVisibility
from resolvers.context import Context
from resolvers.limit import Limit

_LIKES = Limit("like", 600, 3600)


async def like(context: Context, video_id: UUID) -> Video:
    """Like a published video that the viewer may see; twice is success. Raises `NotFound`, `RateLimited`."""
    member = context.member
    await _LIKES.spend(context.stores.redis, str(member.id))
    async with in_transaction() as connection:
        author_id = await author_of_answerable(connection, member.id, video_id)
        added = await connection.execute_query_dict(
            """
            INSERT INTO video_like (id, created_at, account_id, video_id) VALUES ($1, yume_now(), $2, $3)
            ON CONFLICT (account_id, video_id) DO NOTHING RETURNING id
            """,
            [new_id(), member.id, video_id],
        )
        if added:
            await notify(
                connection, author_id, NotificationKind.LIKED, actor=member.id, video=video_id, together=video_id
            )
            await add_likes(connection, video_id, 1)
            await taste_changed(connection, member.id)
    return await _changed(context, video_id, changed=bool(added))


async def unlike(context: Context, video_id: UUID) -> Video:
    """Take a like back; without one it is success. Raises `NotFound` (no longer to be seen), `RateLimited`."""
    member = context.member
    await _LIKES.spend(context.stores.redis, str(member.id))
    async with in_transaction() as connection:
        await author_of_answerable(connection, member.id, video_id)
        taken = await connection.execute_query_dict(
            "DELETE FROM video_like WHERE account_id = $1 AND video_id = $2 RETURNING id", [member.id, video_id]
        )
        if taken:
            await connection.execute_query(
                "DELETE FROM notification WHERE actor_id = $1 AND video_id = $2 AND kind = 'LIKED'",
                [member.id, video_id],
            )
            await add_likes(connection, video_id, -1)
            await taste_changed(connection, member.id)
    return await _changed(context, video_id, changed=bool(taken))


async def author_of_answerable(connection: BaseDBAsyncClient, account_id: UUID, video_id: UUID) -> UUID:
    """Who made this video, which this account may like and comment on. Raises `NotFound` where they may not."""
    rows = holding(VideoVisibility.filter(id=video_id).using_db(connection), may_be_answered_by(account(account_id)))
    row = await rows.first()
    if row is None:
        raise NotFound("There is no such video.", field="videoId")
    return row.author_id


async def _changed(context: Context, video_id: UUID, *, changed: bool) -> Video:
    if changed:
        await stir(context.stores.redis, [video_id])
    return await Video.get(id=video_id)
