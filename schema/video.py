"""Videos: finished clips, their media, and publishing or deleting them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.types import Info

from models import video as rows
from models.video import AuthorState, RenditionKind
from resolvers import lineage
from resolvers import video as resolve
from resolvers.credit import credit_line, credits_of
from resolvers.likeness import approvals_of, likenesses_of, state_of
from resolvers.page import Page, Window
from resolvers.publish import Publication, VideoChange, publish, update
from resolvers.share import share_url_of
from resolvers.social import MOST_COUNTED, counts_of, viewer_likes
from resolvers.thread import comments_of
from schema.access import Access, field, loaded, plain
from schema.account_ref import AccountRef, account_of
from schema.comment import CommentConnection, CommentOrder
from schema.connection import After, First, PageInfo
from schema.errors import ConflictError, ConsentError, InvalidError, NotFoundError, UnauthenticatedError
from schema.likeness import Approval, Likeness
from schema.mutation_field import mutation
from schema.node import Node, global_id, row_id
from schema.provenance import Credit, Provenance
from schema.receipt import VideoConsent
from schema.tombstone import Tombstone


@strawberry.enum(description="What the viewer is told of a video's state.")
class VideoState(Enum):
    DRAFT = strawberry.enum_value(
        "DRAFT", description="Finished, not published; its author and the people shown see it."
    )
    AWAITING_APPROVAL = strawberry.enum_value(
        "AWAITING_APPROVAL", description="A draft that somebody in it has to agree to before it can be published."
    )
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="Published to its audience.")
    HIDDEN = strawberry.enum_value("HIDDEN", description="Hidden by moderators while they look at it.")
    WITHDRAWN = strawberry.enum_value(
        "WITHDRAWN", description="Somebody in it, or in what it was made from, no longer allows it. It does not return."
    )
    REMOVED = strawberry.enum_value("REMOVED", description="Removed by moderators.")


@strawberry.enum(description="Whom a video is published to.")
class Visibility(Enum):
    PUBLIC = strawberry.enum_value("PUBLIC", description="Everyone; it appears in feeds.")
    FOLLOWERS = strawberry.enum_value("FOLLOWERS", description="Members who follow the author.")
    MUTUALS = strawberry.enum_value("MUTUALS", description="Members who follow the author and whom the author follows.")
    CHOSEN = strawberry.enum_value("CHOSEN", description="Members whom the author picked by name, at most 500.")
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


@strawberry.type(
    description="A finished clip. Of one that is hidden from everybody its author and the people shown keep a stub: "
    "its `state` says so, and it has no media."
)
class Video(Node):
    row: strawberry.Private[rows.Video]

    @classmethod
    def of(cls, row: rows.Video) -> Video:
        """A row the viewer was already allowed to load."""
        return cls(
            id=global_id("Video", row.id),
            row=row,
            caption=row.caption,
            prompt_public=row.prompt_public,
            created_at=row.created_at,
        )

    @loaded(Access.PARENT, "Who made it.")
    async def author(self, info: Info) -> AccountRef:
        return await account_of(info, self.row.author_id)

    caption: str = plain("The author's words under the video.")

    @loaded(Access.PARENT, "The prompt; null unless the viewer is the author, or shown, or `promptPublic` is set.")
    async def prompt(self, info: Info) -> str | None:
        return await resolve.prompt_of(info.context, self.row)

    prompt_public: bool = plain("Does its author let everybody who sees the video read its prompt?")

    @loaded(Access.PARENT, "Where it stands, as far as the viewer is told.")
    async def state(self, info: Info) -> VideoState:
        return VideoState[await state_of(info.context, self.row)]

    @loaded(Access.PARENT, "Whom it is published to; null for a draft, and for anybody but its author.")
    async def visibility(self, info: Info) -> Visibility | None:
        row = await info.context.loaders.visibility.load(self.row.id)
        published = row.author_state is AuthorState.PUBLISHED and _is_author(info, self.row)
        return Visibility.__members__.get(row.audience.name) if published else None

    @field(Access.PARENT, "Who was chosen to see it, for CHOSEN; null for anybody but its author.")
    async def viewers(self, info: Info) -> list[AccountRef] | None:
        if not _is_author(info, self.row):
            return None
        chosen = await info.context.loaders.viewers.load(self.row.id)
        return list(await asyncio.gather(*(account_of(info, each) for each in chosen)))

    @loaded(Access.PARENT, "Who is in it. A remix carries everybody on who was in what it was made from.")
    async def likenesses(self, info: Info) -> list[Likeness]:
        return [Likeness.of(shown) for shown in await likenesses_of(info.context, self.row)]

    @loaded(
        Access.PARENT,
        "Who has to agree to the draft: all for its author, their own for the people shown; null for others.",
    )
    async def approvals(self, info: Info) -> list[Approval] | None:
        found = await approvals_of(info.context, self.row)
        return None if found is None else [Approval.of(each) for each in found]

    @loaded(Access.PARENT, "The video it remixes; null for an original.")
    async def parent(self, info: Info) -> ChainLink | None:
        return _link(await lineage.parent_of(info.context, self.row.id))

    @loaded(Access.PARENT, "The first clip of its chain of remixes; null for an original.")
    async def root(self, info: Info) -> ChainLink | None:
        return _link(await lineage.root_of(info.context, self.row.id))

    @field(Access.PARENT, "Everything it was made from, from the first clip to its parent.")
    async def ancestors(self, info: Info) -> list[ChainLink]:
        return [_chain_link(link) for link in await lineage.ancestors_of(info.context, self.row.id)]

    @field(Access.PARENT, "Who made what it comes from, the video that was remixed first; empty for an original.")
    async def credits(self, info: Info) -> list[Credit]:
        return await Credit.chain(info, self.row.id)

    @loaded(Access.PARENT, "The same in one line to show with the caption; null for an original.")
    async def credit_line(self, info: Info) -> str | None:
        return credit_line(await credits_of(info.context, self.row.id))

    @field(Access.PARENT, "Published remixes of it, newest first.")
    async def remixes(self, info: Info, first: First = 10, after: After = None) -> VideoConnection:
        return VideoConnection.of(await lineage.remixes_of(info.context, self.row.id, Window(first, after)))

    @loaded(Access.PARENT, "How many published remixes of it there are.")
    async def remix_count(self, info: Info) -> int:
        return (await counts_of(info.context, self.row.id)).remix_count

    @loaded(Access.PARENT, "How many published videos were made from it, or from what was made from it.")
    async def tree_count(self, info: Info) -> int:
        return (await counts_of(info.context, self.row.id)).tree_count

    @loaded(Access.PARENT, "How many members like it.")
    async def like_count(self, info: Info) -> int:
        return (await counts_of(info.context, self.row.id)).like_count

    @loaded(Access.PARENT, "How often members met it.")
    async def view_count(self, info: Info) -> int:
        return min((await counts_of(info.context, self.row.id)).view_count, MOST_COUNTED)

    @loaded(Access.PARENT, "How many comments it has, replies among them.")
    async def comment_count(self, info: Info) -> int:
        return (await counts_of(info.context, self.row.id)).comment_count

    @loaded(Access.PARENT, "Does the viewer like it?")
    async def viewer_has_liked(self, info: Info) -> bool:
        return await viewer_likes(info.context, self.row.id)

    @loaded(Access.PARENT, "Is it on the viewer's profile? Null where `showAppearance` would not put it there.")
    async def viewer_shows(self, info: Info) -> bool | None:
        return await info.context.loaders.shown_by_viewer.load(self.row.id)

    @field(Access.PARENT, "What members wrote under it, newest first.")
    async def comments(
        self,
        info: Info,
        first: First = 10,
        after: After = None,
        order: Annotated[
            CommentOrder, strawberry.argument(description="Which, in which order.")
        ] = CommentOrder.THREADS,
    ) -> CommentConnection:
        page = await comments_of(info.context, self.row.id, order.listing, Window(first, after))
        return CommentConnection.of(page)

    @loaded(
        Access.PARENT,
        "May others remix it? To strangers of an author who is for mutuals only, it is as if the author said no.",
    )
    async def remixable(self, info: Info) -> bool:
        return self.row.remixable and await info.context.loaders.open_to_remix.load(self.row.id)

    @loaded(Access.PARENT, "Where its bytes are; null when they are gone, or hidden.")
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

    @loaded(
        Access.PARENT,
        "A short address that stays the same: a page for whoever has it, also without an account. Null unless the "
        "video is published as PUBLIC or LINK.",
    )
    async def share_url(self, info: Info) -> str | None:
        return await share_url_of(info.context, self.row)

    @field(Access.PARENT, "Where the video comes from.")
    def provenance(self) -> Provenance:
        return Provenance(video_id=self.row.id)

    @loaded(Access.PARENT, "Do the people shown consent to it? For everybody, with a signed receipt.")
    async def consent(self, info: Info) -> VideoConsent:
        return await VideoConsent.of_video(info, self.row.id)

    created_at: datetime = plain("When the clip was finished.")

    @loaded(Access.PARENT, "When it was published; null for a draft.")
    async def published_at(self, info: Info) -> datetime | None:
        return (await info.context.loaders.visibility.load(self.row.id)).published_at


ChainLink = Annotated[
    Video | Tombstone,
    strawberry.union("ChainLink", description="A link of a chain of remixes, as the viewer may know it."),
]


def _link(link: lineage.Link | None) -> Video | Tombstone | None:
    return None if link is None else _chain_link(link)


def _chain_link(link: lineage.Link) -> Video | Tombstone:
    return Tombstone.of(link) if isinstance(link, lineage.Stone) else Video.of(link)


def _is_author(info: Info, row: rows.Video) -> bool:
    viewer = info.context.viewer
    return viewer is not None and viewer.id == row.author_id


def _chosen(viewers: Sequence[str] | None) -> tuple[UUID, ...] | None:
    return None if viewers is None else tuple(row_id(each, "Account", field="viewers") for each in viewers)


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
    remixable: bool | None = strawberry.field(
        description="May others remix it? Null: as the author's `remixableDefault` says.", default=None
    )
    viewers: list[strawberry.ID] | None = strawberry.field(
        description="Who may see it, with CHOSEN: at most 500 members. Null: those chosen for it before.",
        default=None,
    )
    prompt_public: bool = strawberry.field(
        description="Whoever sees the video may read its prompt, and it can take part in trends.", default=False
    )


@strawberry.type(description="The video is published.")
class PublishVideoSuccess:
    video: Video = plain("The published video.")


@strawberry.input(description="What to change of a published video; what is left out stays as it is.")
class UpdateVideoInput:
    video_id: strawberry.ID = strawberry.field(description="A video of the viewer's.")
    caption: str | None = strawberry.field(description="Words under the video, at most 500 characters.", default=None)
    visibility: Visibility | None = strawberry.field(
        description="Whom it is published to. Fewer at once; more only where everybody in it agrees.", default=None
    )
    remixable: bool | None = strawberry.field(description="May others remix it?", default=None)
    unpublish: bool = strawberry.field(description="Make it a draft again.", default=False)
    viewers: list[strawberry.ID] | None = strawberry.field(
        description="Who may see a video published to CHOSEN, all of them: at most 500 members. Somebody added passes "
        "as a wider audience does; somebody left out no longer sees it, at once.",
        default=None,
    )
    prompt_public: bool | None = strawberry.field(
        description="May whoever sees the video read its prompt?", default=None
    )


@strawberry.type(description="The video is as asked.")
class UpdateVideoSuccess:
    video: Video = plain("The video.")


@strawberry.input(description="Which video to delete.")
class DeleteVideoInput:
    video_id: strawberry.ID = strawberry.field(description="A video of the viewer's, draft or published.")


@strawberry.type(description="The video is gone: hidden at once, its bytes purged right after.")
class DeleteVideoSuccess:
    deleted_id: strawberry.ID = plain("Id of the deleted video, to drop it from caches.")


PublishVideoPayload = Annotated[
    PublishVideoSuccess | UnauthenticatedError | NotFoundError | ConflictError | InvalidError | ConsentError,
    strawberry.union("PublishVideoPayload", description="The published video, or why not."),
]
UpdateVideoPayload = Annotated[
    UpdateVideoSuccess | UnauthenticatedError | NotFoundError | ConflictError | InvalidError | ConsentError,
    strawberry.union("UpdateVideoPayload", description="The changed video, or why not."),
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
        request = Publication(
            video_id=row_id(input.video_id, "Video", field="videoId"),
            caption=input.caption,
            visibility=rows.Visibility(input.visibility.value),
            remixable=input.remixable,
            prompt_public=input.prompt_public,
            viewers=_chosen(input.viewers),
        )
        return PublishVideoSuccess(video=Video.of(await publish(info.context, request)))

    @mutation(Access.MEMBER, "Change a video of the viewer's: its caption, whom it is published to, whether to remix.")
    async def update_video(
        self, info: Info, input: Annotated[UpdateVideoInput, strawberry.argument(description="What to change.")]
    ) -> UpdateVideoPayload:
        change = VideoChange(
            video_id=row_id(input.video_id, "Video", field="videoId"),
            caption=input.caption,
            visibility=None if input.visibility is None else rows.Visibility(input.visibility.value),
            remixable=input.remixable,
            unpublish=input.unpublish,
            prompt_public=input.prompt_public,
            viewers=_chosen(input.viewers),
        )
        return UpdateVideoSuccess(video=Video.of(await update(info.context, change)))

    @mutation(Access.MEMBER, "Delete a video of the viewer's, draft or published.")
    async def delete_video(
        self, info: Info, input: Annotated[DeleteVideoInput, strawberry.argument(description="Which video.")]
    ) -> DeleteVideoPayload:
        await resolve.delete(info.context, row_id(input.video_id, "Video", field="videoId"))
        return DeleteVideoSuccess(deleted_id=input.video_id)
