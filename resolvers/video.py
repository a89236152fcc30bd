"""Videos: open one, publish it, delete it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.queue import enqueue_purge
from models.errors import Conflict, Invalid, NotFound
from models.rules.sql import holding
from models.rules.video import UNRESTRICTED
from models.video import AuthorState, Rendition, RenditionKind, Video, VideoVisibility, Visibility
from resolvers.context import Context
from resolvers.media import MediaAddress, media_address

LONGEST_CAPTION = 500


@dataclass(frozen=True)
class Publication:
    """How an author publishes a draft."""

    video_id: UUID
    caption: str | None
    visibility: Visibility
    remixable: bool


async def video_by_id(context: Context, video_id: UUID) -> Video | None:
    """The video, when the viewer may see it."""
    return await context.loaders.videos.load(video_id)


async def addresses(context: Context, video: Video) -> dict[RenditionKind, MediaAddress]:
    """Fresh addresses of what a player needs; empty once the bytes are gone."""
    renditions = await context.loaders.renditions.load(video.id)
    now = datetime.now(UTC)
    return {
        kind: media_address(context.stores, row, now)
        for kind, row in renditions.items()
        if kind != RenditionKind.LATENT
    }


async def publish(context: Context, request: Publication) -> Video:
    """Make a draft visible. Raises `NotFound` (not the viewer's), `Conflict` (not a draft), `Invalid` (caption)."""
    caption = (request.caption or "").strip()
    if len(caption) > LONGEST_CAPTION or "\0" in caption:
        raise Invalid(f"A caption has at most {LONGEST_CAPTION} characters, and no NUL.", field="caption")
    async with in_transaction() as connection:
        row = await _own_locked(context, request.video_id, connection)
        if row.author_state != AuthorState.DRAFT:
            raise Conflict("This video is already published.", field="videoId")
        await connection.execute_query(
            """
            UPDATE video_visibility SET author_state = 'PUBLISHED', audience = $2, published_at = yume_now()
            WHERE id = $1
            """,
            [row.id, request.visibility.value],
        )
        await Video.filter(id=row.id).using_db(connection).update(caption=caption, remixable=request.remixable)
    return await Video.get(id=request.video_id)


async def delete(context: Context, video_id: UUID) -> None:
    """Hide a video of the viewer's at once and purge its bytes soon after. Raises `NotFound`."""
    async with in_transaction() as connection:
        row = await _own_locked(context, video_id, connection)
        row.author_state = AuthorState.DELETED
        await row.save(using_db=connection, update_fields=["author_state"])
        keys = await Rendition.filter(video_id=video_id).using_db(connection).values_list("key", flat=True)
        await Rendition.filter(video_id=video_id).using_db(connection).delete()
        await enqueue_purge(connection, [str(key) for key in keys])
    await context.stores.doorbell.ring_purge()


async def _own_locked(context: Context, video_id: UUID, connection: BaseDBAsyncClient) -> VideoVisibility:
    own = VideoVisibility.filter(id=video_id, author_id=context.member.id).exclude(author_state=AuthorState.DELETED)
    row = await holding(own.using_db(connection).select_for_update(), UNRESTRICTED).first()
    if row is None:
        raise NotFound("You have no such video.", field="videoId")
    return row
