"""What members do with each other's videos, as tests say it."""

from __future__ import annotations

from typing import Any

from models.base import new_id
from models.video import Video
from schema.node import global_id
from tests.api import Api
from tests.consent import account

LIKE = """mutation($input: LikeInput!) { like(input: $input) {
  __typename ... on LikeSuccess { video { likeCount viewerHasLiked } } ... on Error { code field }
} }"""
UNLIKE = """mutation($input: UnlikeInput!) { unlike(input: $input) {
  __typename ... on UnlikeSuccess { video { likeCount viewerHasLiked } } ... on Error { code field }
} }"""
COMMENT = """mutation($input: CommentInput!) { comment(input: $input) {
  __typename ... on CommentSuccess {
    edge { cursor node { id body threadId author { handle } } } video { commentCount }
  }
  ... on Error { code field }
} }"""
CHANGE = """mutation($input: %sCommentInput!) { %sComment(input: $input) {
  __typename ... on %sCommentSuccess { %s } ... on Error { code field }
} }"""
THREADS = """query($id: ID!, $first: Int! = 10, $after: String, $order: CommentOrder! = THREADS) { video(id: $id) {
  commentCount comments(first: $first, after: $after, order: $order) {
    pageInfo { hasNextPage endCursor }
    edges { node {
      id body isDeleted isHidden replyCount author { handle } replies(first: 5) { edges { node { body } } }
    } }
  }
} }"""
WITH = "mutation($input: %sInput!) { %s(input: $input) { __typename ... on Error { code field } } }"


def vid(video: Video) -> str:
    """A video's opaque id."""
    return global_id("Video", video.id)


async def like(who: Api, video: Video) -> dict[str, Any]:
    """What liking answers."""
    return await who.mutate(LIKE, videoId=vid(video))


async def unlike(who: Api, video: Video) -> dict[str, Any]:
    """What taking a like back answers."""
    return await who.mutate(UNLIKE, videoId=vid(video))


async def say(who: Api, video: Video, body: str = "hello", **more: Any) -> dict[str, Any]:
    """What commenting answers; a fresh key unless one is given."""
    return await who.mutate(COMMENT, **{"videoId": vid(video), "body": body, "idempotencyKey": str(new_id())} | more)


async def said(who: Api, video: Video, body: str = "hello", **more: Any) -> str:
    """The id of a new comment."""
    return (await say(who, video, body, **more))["edge"]["node"]["id"]


async def change(who: Api, verb: str, comment_id: str) -> dict[str, Any]:
    """``delete``, ``hide`` or ``unhide`` a comment."""
    told = "deletedId video { commentCount }" if verb == "delete" else "comment { isHidden }"
    return await who.mutate(CHANGE % (verb.capitalize(), verb, verb.capitalize(), told), commentId=comment_id)


async def towards(who: Api, verb: str, other: Api) -> str:
    """``follow``, ``unfollow``, ``block``, ``unblock``, ``mute`` or ``unmute`` somebody; the answer's type."""
    answer = await who.mutate(WITH % (verb.capitalize(), verb), accountId=global_id("Account", account(other).id))
    return answer["__typename"]


async def threads(who: Api, video: Video, **more: Any) -> list[dict[str, Any]]:
    """The comments under a video as somebody reads them."""
    found = (await who.run(THREADS, id=vid(video), **more))["video"]
    return [edge["node"] for edge in found["comments"]["edges"]]
