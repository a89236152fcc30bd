"""Videos: open one, find its bytes, delete it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from jobs.derived.counts import enqueue_counts
from jobs.derived.meaning import enqueue_meaning
from jobs.feed.stream import enqueue_gone
from jobs.queue import enqueue_purge
from models.audit import Transition, append_all, chain_of
from models.consent.gates import cameos_of_video
from models.errors import NotFound
from models.video import AuthorState, ModerationState, Rendition, RenditionKind, Video, VideoVisibility
from resolvers.context import Context
from resolvers.likeness import shows_viewer
from resolvers.media import MediaAddress, media_address


async def video_by_id(context: Context, video_id: UUID) -> Video | None:
    """The video, when the viewer may know of it: also one hidden from them that they made, or are shown in."""
    return await context.loaders.videos.load(video_id)


async def prompt_of(context: Context, video: Video) -> str | None:
    """The prompt, for its author and the people shown, and for whoever sees a video whose author made it public."""
    viewer = context.viewer
    if video.prompt_public or (viewer is not None and viewer.id == video.author_id):
        return video.prompt
    return video.prompt if await shows_viewer(context, video) else None


async def addresses(context: Context, video: Video) -> dict[RenditionKind, MediaAddress]:
    """Fresh addresses of what a player needs; empty once the bytes are gone, or hidden from the viewer."""
    if not await context.loaders.seen.load(video.id):
        return {}
    renditions = await context.loaders.renditions.load(video.id)
    now = datetime.now(UTC)
    return {
        kind: media_address(context.stores, row, now)
        for kind, row in renditions.items()
        if kind != RenditionKind.LATENT
    }


async def delete(context: Context, video_id: UUID) -> None:
    """Hide a video of the viewer's at once and purge its bytes soon after. Raises `NotFound`.

    Its place in the chain of remixes stays, as do the likenesses it carries: what was made from it needs both.
    """
    async with in_transaction() as connection:
        row = await _own_locked(context, video_id, connection)
        was_published = row.author_state is AuthorState.PUBLISHED
        row.author_state = AuthorState.DELETED
        await row.save(using_db=connection, update_fields=["author_state"])
        if was_published:
            await enqueue_gone(connection, [video_id])
            await enqueue_counts(connection, [video_id])
            await enqueue_meaning(connection, video_id)
        keys = await Rendition.filter(video_id=video_id).using_db(connection).values_list("key", flat=True)
        await Rendition.filter(video_id=video_id).using_db(connection).delete()
        await enqueue_purge(connection, [str(key) for key in keys])
        cameos = await cameos_of_video(connection, video_id)
        facts = {"video": video_id, "by": context.member.id}
        await append_all(connection, [Transition(chain_of(each), "VIDEO_DELETED", facts) for each in cameos])
    await context.stores.doorbell.ring_purge()


async def _own_locked(context: Context, video_id: UUID, connection: BaseDBAsyncClient) -> VideoVisibility:
    own = VideoVisibility.filter(id=video_id, author_id=context.member.id, moderation=ModerationState.CLEAR)
    row = await own.exclude(author_state=AuthorState.DELETED).using_db(connection).select_for_update().first()
    if row is None:
        raise NotFound("You have no such video.", field="videoId")
    return row
