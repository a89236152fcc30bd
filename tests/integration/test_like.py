"""Likes: once each, however often and from however many processes at once; only of what somebody may see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from jobs.derived.counts import settle_counts
from jobs.feed.live_counts import tell_counts
from jobs.feed.stream import FEED_STREAM
from models.block import Block
from models.counts import VideoCounts
from models.like import Like
from models.notification import Notification
from models.video import VideoVisibility
from resolvers.limit import Limit
from tests.api import Api, Server
from tests.consent import account, make_cameo, make_video
from tests.jobs_stack import until
from tests.social import like, unlike, vid

COUNTS = "query($id: ID!) { video(id: $id) { state likeCount commentCount viewCount viewerHasLiked } }"
WATCH = """subscription($videos: [ID!]) { feedUpdates(kind: LATEST, videos: $videos) {
  __typename ... on CountsChanged { id likeCount commentCount viewCount remixCount treeCount video { viewerHasLiked } }
} }"""


async def counts(who: Api, video: Any) -> dict[str, Any] | None:
    return (await who.run(COUNTS, id=vid(video)))["video"]


async def test_a_member_likes_a_video_once_and_takes_it_back(server: Server, ada: Api, bob: Api) -> None:
    video = await make_video(server.stores, ada)
    for _ in range(2):
        assert await like(bob, video) == {
            "__typename": "LikeSuccess", "video": {"likeCount": 1, "viewerHasLiked": True},
        }  # fmt: skip
    assert (await like(ada, video))["video"]["likeCount"] == 2
    assert ((await counts(server.anyone, video)) or {})["viewerHasLiked"] is False
    for _ in range(2):
        assert (await unlike(bob, video))["video"] == {"likeCount": 1, "viewerHasLiked": False}
    assert await Like.all().count() == 1


async def test_likes_from_many_places_at_once_are_counted_once_each(server: Server, ada: Api) -> None:
    video = await make_video(server.stores, ada)
    fans = [await server.member(f"fan_{number}") for number in range(4)]
    await asyncio.gather(*(like(fan, video) for fan in fans for _ in range(4)))
    assert (await Like.all().count(), (await VideoCounts.get(id=video.id)).like_count) == (4, 4)
    await asyncio.gather(*((unlike if number % 2 else like)(fan, video) for number, fan in enumerate(fans * 3)))
    assert (await VideoCounts.get(id=video.id)).like_count == await Like.all().count() == 2
    assert await Notification.filter(kind="LIKED").count() == 2


async def test_only_what_somebody_may_see_is_liked_and_nothing_is_kept(server: Server, ada: Api, bob: Api) -> None:
    cleo = await server.member("cleo")
    cameo = await make_cameo(cleo)
    draft = await make_video(server.stores, ada, published=False)
    shown = await make_video(server.stores, ada, [cameo])
    hidden = await make_video(server.stores, ada)
    await VideoVisibility.filter(id=hidden.id).update(moderation="HIDDEN")
    blocked = await make_video(server.stores, await server.member("dan"))
    await Block.create(blocker_id=blocked.author_id, blocked_id=account(bob).id)
    await Block.create(blocker_id=account(ada).id, blocked_id=account(cleo).id)
    tries = [(bob, draft), (ada, draft), (bob, hidden), (ada, hidden), (bob, blocked), (cleo, shown)]
    for who, video in tries:
        assert await like(who, video) == {"__typename": "NotFoundError", "code": "NOT_FOUND", "field": "videoId"}
    assert (await server.anyone.run('mutation { like(input: {videoId: "x"}) { __typename } }'))["like"] == {
        "__typename": "UnauthenticatedError"
    }
    assert await Like.all().count() == await VideoCounts.all().count() == await Notification.all().count() == 0


async def test_counts_are_hidden_with_the_video_at_once_and_too_many_likes_are_named(
    server: Server, ada: Api, bob: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = await make_video(server.stores, ada)
    await like(bob, video)
    monkeypatch.setattr("resolvers.like._LIKES", Limit("like", 1, 60))
    await server.stores.redis.flushall()
    assert (await like(ada, video))["__typename"] == "LikeSuccess"
    assert (await unlike(ada, video))["code"] == "RATE_LIMITED"
    assert await Like.all().count() == 2
    await VideoVisibility.filter(id=video.id).update(consent="WITHDRAWN")
    assert await counts(bob, video) is None
    assert await counts(ada, video) == {
        "state": "WITHDRAWN", "likeCount": 0, "commentCount": 0, "viewCount": 0, "viewerHasLiked": False,
    }  # fmt: skip


async def heard(stream: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    async with asyncio.timeout(5):
        return (await anext(stream))["feedUpdates"]


def both_listen(server: Server) -> Callable[[], Awaitable[bool]]:
    async def listen() -> bool:
        return len(server.stores.feed._boxes) == 2  # pyright: ignore[reportPrivateUsage]

    return listen


async def test_open_feeds_hear_of_new_counts_together_and_only_of_what_they_may_see(
    server: Server, ada: Api, bob: Api
) -> None:
    seen, hidden, last = [await make_video(server.stores, ada) for _ in range(3)]
    redis = server.stores.redis
    everything, named = bob.subscribe(WATCH), bob.subscribe(WATCH, videos=[vid(last)])
    waiting = [asyncio.ensure_future(heard(stream)) for stream in (everything, named)]
    await until(both_listen(server), what="both listen")
    for video in (seen, hidden, last):
        await like(bob, video)
        await like(ada, video)
    await VideoVisibility.filter(id=hidden.id).update(moderation="HIDDEN")
    assert await tell_counts(redis, FEED_STREAM) == 3, "six likes, three videos"
    first, only = await asyncio.gather(*waiting)
    rest = await heard(everything)
    assert {first["id"], rest["id"]} == {vid(seen), vid(last)}
    assert only == {
        "__typename": "CountsChanged", "id": vid(last), "likeCount": 2, "commentCount": 0, "viewCount": 0,
        "remixCount": 0, "treeCount": 0, "video": {"viewerHasLiked": True},
    }  # fmt: skip
    told = b"counts:told:" + last.id.bytes
    await redis.set(told, 1)
    await unlike(ada, last)
    assert await tell_counts(redis, FEED_STREAM) == 0, "at most once a second"
    await redis.delete(told)
    assert await tell_counts(redis, FEED_STREAM) == 1, "what was held back is told later"
    assert (await heard(named))["likeCount"] == 1
    assert await settle_counts(redis) == 0
    await everything.aclose()  # type: ignore[attr-defined]
    await named.aclose()  # type: ignore[attr-defined]
