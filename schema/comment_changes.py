"""Writing comments, and taking them away."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers import comment as resolve
from resolvers.thread import cursor_of, video_of
from resolvers.video import video_by_id
from schema.access import Access, plain
from schema.comment import Comment, CommentEdge
from schema.errors import (
    DeniedError,
    IdempotencyConflictError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    UnauthenticatedError,
)
from schema.mutation_field import mutation
from schema.node import row_id
from schema.video import Video


@strawberry.input(description="What to write, and where.")
class CommentInput:
    video_id: strawberry.ID = strawberry.field(description="A published video that the viewer may see.")
    body: str = strawberry.field(description="The words, 1 to 1000 characters.")
    reply_to: strawberry.ID | None = strawberry.field(
        description="The comment it answers; an answer to an answer joins its thread.", default=None
    )
    idempotency_key: str = strawberry.field(description="The same for every try of one comment; a UUID is good.")


@strawberry.type(description="The comment is written.")
class CommentSuccess:
    edge: CommentEdge = plain("The comment, for the video's threads, or its thread's replies.")
    video: Video = plain("The video, with its counts.")


@strawberry.input(description="Which comment to delete.")
class DeleteCommentInput:
    comment_id: strawberry.ID = strawberry.field(description="One's own, or one under one's own video.")


@strawberry.type(description="The comment is gone: one's own for good, somebody else's is hidden from others.")
class DeleteCommentSuccess:
    deleted_id: strawberry.ID = plain("Id of the comment, to drop it from caches.")
    video: Video | None = plain("The video, with its counts; null where the viewer may not know of it any more.")


@strawberry.input(description="Which comment to hide.")
class HideCommentInput:
    comment_id: strawberry.ID = strawberry.field(
        description="A comment under one's own video; under any for moderators."
    )


@strawberry.type(description="Only its author, that of the video and moderators read it now.")
class HideCommentSuccess:
    comment: Comment = plain("The comment.")


@strawberry.input(description="Which comment to show again.")
class UnhideCommentInput:
    comment_id: strawberry.ID = strawberry.field(description="A comment that the viewer hid, or another moderator.")


@strawberry.type(description="Everybody who sees the video reads it again.")
class UnhideCommentSuccess:
    comment: Comment = plain("The comment.")


CommentPayload = Annotated[
    CommentSuccess | UnauthenticatedError | NotFoundError | InvalidError | IdempotencyConflictError | RateLimitedError,
    strawberry.union("CommentPayload", description="The comment, or why not."),
]
DeleteCommentPayload = Annotated[
    DeleteCommentSuccess | UnauthenticatedError | NotFoundError | DeniedError | RateLimitedError,
    strawberry.union("DeleteCommentPayload", description="The deleted id, or why not."),
]
HideCommentPayload = Annotated[
    HideCommentSuccess | UnauthenticatedError | NotFoundError | DeniedError | RateLimitedError,
    strawberry.union("HideCommentPayload", description="The comment, or why not."),
]
UnhideCommentPayload = Annotated[
    UnhideCommentSuccess | UnauthenticatedError | NotFoundError | DeniedError | RateLimitedError,
    strawberry.union("UnhideCommentPayload", description="The comment, or why not."),
]


@strawberry.type
class CommentMutations:
    @mutation(Access.MEMBER, "Write a comment under a video, or an answer to one.")
    async def comment(
        self, info: Info, input: Annotated[CommentInput, strawberry.argument(description="What and where.")]
    ) -> CommentPayload:
        writing = resolve.Writing(
            video_id=row_id(input.video_id, "Video", field="videoId"),
            body=input.body,
            reply_to=None if input.reply_to is None else row_id(input.reply_to, "Comment", field="replyTo"),
            idempotency_key=input.idempotency_key,
        )
        written = await resolve.comment(info.context, writing)
        edge = CommentEdge(cursor=cursor_of(info.context, written), node=Comment.of(written))
        return CommentSuccess(edge=edge, video=Video.of(await video_of(info.context, written)))

    @mutation(Access.MEMBER, "Delete a comment of the viewer's; hide somebody else's under the viewer's video.")
    async def delete_comment(
        self, info: Info, input: Annotated[DeleteCommentInput, strawberry.argument(description="Which comment.")]
    ) -> DeleteCommentPayload:
        gone = await resolve.delete(info.context, row_id(input.comment_id, "Comment", field="commentId"))
        video = await video_by_id(info.context, gone.video_id)
        return DeleteCommentSuccess(deleted_id=input.comment_id, video=None if video is None else Video.of(video))

    @mutation(Access.MEMBER, "Hide a comment under the viewer's video; under any video for moderators.")
    async def hide_comment(
        self, info: Info, input: Annotated[HideCommentInput, strawberry.argument(description="Which comment.")]
    ) -> HideCommentPayload:
        row = await resolve.hide(info.context, row_id(input.comment_id, "Comment", field="commentId"))
        return HideCommentSuccess(comment=Comment.of(row))

    @mutation(Access.MEMBER, "Show a comment again that the viewer hid; moderators what moderators hid.")
    async def unhide_comment(
        self, info: Info, input: Annotated[UnhideCommentInput, strawberry.argument(description="Which comment.")]
    ) -> UnhideCommentPayload:
        row = await resolve.unhide(info.context, row_id(input.comment_id, "Comment", field="commentId"))
        return UnhideCommentSuccess(comment=Comment.of(row))
