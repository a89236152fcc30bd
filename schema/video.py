"""Videos: finished clips, their media, and publishing or deleting them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from models import video as rows
from models.video import AuthorState, RenditionKind
from resolvers import video as resolve
from resolvers.page import Page
from schema.access import Access, field, plain
from schema.account_ref import AccountRef, account_of
from schema.connection import PageInfo
from schema.errors import ConflictError, InvalidError, NotFoundError, UnauthenticatedError
from schema.mutation_field import mutation
from schema.node import Node, global_id, row_id


@strawberry.enum(description="What the viewer is told of a video's state.")
class VideoState(Enum):
    DRAFT = strawberry.enum_value("DRAFT", description="Finished, not published; only its author sees it.")
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="Published to its audience.")


@strawberry.enum(description="Whom a video is published to.")
class Visibility(Enum):
    PUBLIC = strawberry.enum_value("PUBLIC", description="Everyone; it appears in feeds.")
    LINK = strawberry.enum_value("LINK", description="Whoever has its id; it appears in no list.")


@strawberry.type(description="Where a video's bytes are. Addresses live about 15 minutes; refetch through `node(id:)`.")
class Media:
    url: str = plain("The MP4 (H.264, AAC), with Range requests.")
    poster_url: str = plain("A still picture (WebP).")
    preview_url: str = plain("A short silent animation (WebP).")
    width: int = plain("Pixels.")
    height: int = plain("Pixels.")
    seconds: float = plain("Length in seconds.")
    has_audio: bool = plain("Is there a sound track?")
    waveform: list[float] = plain("Loudness peaks 0 … 1, evenly spaced over the clip.")
    expires_at: datetime = plain("When the addresses stop working.")


@strawberry.type(description="Where a video comes from.")
class Provenance:
    recipe: JSON | None = plain(
        "Everything needed to make the clip again, with what was not understood; null unless the viewer is its author."
    )


@strawberry.type(description="A finished clip.")
class Video(Node):
    row: strawberry.Private[rows.Video]

    @classmethod
    def of(cls, row: rows.Video) -> Video:
        """A row the viewer was already allowed to load."""
        return cls(id=global_id("Video", row.id), row=row)

    @field(Access.PARENT, "Who made it.")
    async def author(self, info: Info) -> AccountRef:
        return await account_of(info, self.row.author_id)

    @field(Access.PARENT, "The author's words under the video.")
    def caption(self) -> str:
        return self.row.caption

    @field(Access.PARENT, "The prompt; null unless the viewer is the author.")
    def prompt(self, info: Info) -> str | None:
        return self.row.prompt if _is_author(info, self.row) else None

    @field(Access.PARENT, "Draft or published.")
    async def state(self, info: Info) -> VideoState:
        visibility = await info.context.loaders.visibility.load(self.row.id)
        return VideoState.DRAFT if visibility.author_state == AuthorState.DRAFT else VideoState.PUBLISHED

    @field(Access.PARENT, "May others remix it?")
    def remixable(self) -> bool:
        return self.row.remixable

    @field(Access.PARENT, "Where its bytes are; null when they are gone.")
    async def media(self, info: Info) -> Media | None:
        found = await resolve.addresses(info.context, self.row)
        if RenditionKind.MP4 not in found:
            return None
        return Media(
            url=found[RenditionKind.MP4].url,
            poster_url=found[RenditionKind.POSTER].url,
            preview_url=found[RenditionKind.PREVIEW].url,
            width=self.row.width,
            height=self.row.height,
            seconds=self.row.seconds,
            has_audio=self.row.has_audio,
            waveform=self.row.waveform,
            expires_at=found[RenditionKind.MP4].expires_at,
        )

    @field(Access.PARENT, "Where the video comes from.")
    def provenance(self, info: Info) -> Provenance:
        return Provenance(recipe=JSON(self.row.recipe) if _is_author(info, self.row) else None)

    @field(Access.PARENT, "When the clip was finished.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @field(Access.PARENT, "When it was published; null for a draft.")
    async def published_at(self, info: Info) -> datetime | None:
        return (await info.context.loaders.visibility.load(self.row.id)).published_at


def _is_author(info: Info, row: rows.Video) -> bool:
    viewer = info.context.viewer
    return viewer is not None and viewer.id == row.author_id


@strawberry.type(description="A video and its place in the list.")
class VideoEdge:
    cursor: str = plain("The place of this video: give it as `after`.")
    node: Video = plain("The video.")


@strawberry.type(description="A page of videos.")
class VideoConnection:
    edges: list[VideoEdge] = plain("The videos in order.")
    page_info: PageInfo = plain("Where this page stands.")

    @classmethod
    def of(cls, page: Page[rows.Video]) -> VideoConnection:
        """A page of rows the viewer was allowed to load."""
        edges = [
            VideoEdge(cursor=cursor, node=Video.of(row)) for row, cursor in zip(page.rows, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))


@strawberry.input(description="How to publish a draft.")
class PublishVideoInput:
    video_id: strawberry.ID = strawberry.field(description="The draft.")
    caption: str | None = strawberry.field(description="Words under the video, at most 500 characters.", default=None)
    visibility: Visibility = strawberry.field(description="Whom to publish to.", default=Visibility.PUBLIC)
    remixable: bool = strawberry.field(description="May others remix it?", default=True)


@strawberry.type(description="The video is published.")
class PublishVideoSuccess:
    video: Video = plain("The published video.")


@strawberry.input(description="Which video to delete.")
class DeleteVideoInput:
    video_id: strawberry.ID = strawberry.field(description="A video of the viewer's, draft or published.")


@strawberry.type(description="The video is gone: hidden at once, its bytes purged right after.")
class DeleteVideoSuccess:
    deleted_id: strawberry.ID = plain("Id of the deleted video, to drop it from caches.")


PublishVideoPayload = Annotated[
    PublishVideoSuccess | UnauthenticatedError | NotFoundError | ConflictError | InvalidError,
    strawberry.union("PublishVideoPayload", description="The published video, or why not."),
]
DeleteVideoPayload = Annotated[
    DeleteVideoSuccess | UnauthenticatedError | NotFoundError,
    strawberry.union("DeleteVideoPayload", description="The deleted id, or why not."),
]


@strawberry.type
class VideoMutations:
    @mutation(Access.MEMBER, "Publish a draft of the viewer's.")
    async def publish_video(
        self, info: Info, input: Annotated[PublishVideoInput, strawberry.argument(description="What and how.")]
    ) -> PublishVideoPayload:
        request = resolve.Publication(
            video_id=row_id(input.video_id, "Video", field="videoId"),
            caption=input.caption,
            visibility=rows.Visibility(input.visibility.value),
            remixable=input.remixable,
        )
        return PublishVideoSuccess(video=Video.of(await resolve.publish(info.context, request)))

    @mutation(Access.MEMBER, "Delete a video of the viewer's, draft or published.")
    async def delete_video(
        self, info: Info, input: Annotated[DeleteVideoInput, strawberry.argument(description="Which video.")]
    ) -> DeleteVideoPayload:
        await resolve.delete(info.context, row_id(input.video_id, "Video", field="videoId"))
        return DeleteVideoSuccess(deleted_id=input.video_id)
